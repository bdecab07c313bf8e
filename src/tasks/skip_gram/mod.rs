//! The task `skip_gram`: word vectors.

mod data;
mod export;
mod network;

pub use data::{NeighbourBatch, NeighbourBatches};
pub use network::SkipGram;

use crate::data::{DataError, Dataset, Ids, Split, running_text};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Data, Experiment};
use crate::tasks::torch::Export;
use crate::tasks::{Definition, Model, Predict};
use std::path::PathBuf;
use std::sync::Arc;

impl Definition for SkipGram {
    type Split = Ids;
    const METRICS: &'static [Metric] = &[metric::LOSS];
    const PREDICTIONS: &'static str = "pairs";
    const PREDICT: Option<Predict> = Some(network::predict);
    const RECURRENT: bool = false;

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        running_text::load_words(data, roots)
    }

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        Ok(SkipGram::build(experiment, dataset.info.vocabulary.len(), compute))
    }

    fn batches(experiment: &Experiment, dataset: &Arc<Dataset<Self::Split>>) -> Self::Data {
        NeighbourBatches::new(experiment, dataset)
    }

    fn title(model: &spec::Model) -> String {
        format!("skip-gram, vectors of {}", model.embedding_size)
    }

    /// A table for words and one for their neighbours.
    fn parameters(model: &spec::Model, vocabulary: u64) -> u64 {
        2 * vocabulary * model.embedding_size as u64
    }

    fn export(experiment: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Export {
        export::export(experiment, dataset, split)
    }
}
