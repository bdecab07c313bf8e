//! The task `skip_gram`: word vectors.

mod data;
mod export;
mod network;

pub use data::{NeighbourBatch, NeighbourBatches};
pub use network::SkipGram;

use crate::data::{Dataset, Ids, running_text};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Experiment};
use crate::tasks::{Deal, Definition, Load, Model, Predict, Write};

impl Definition for SkipGram {
    type Split = Ids;
    const METRICS: &'static [Metric] = &[metric::LOSS];
    const PREDICTIONS: &'static str = "pairs";
    const PREDICT: Option<Predict> = Some(network::predict);
    const RECURRENT: bool = false;
    const LOAD: Load<Self> = running_text::load_words;
    const BATCHES: Deal<Self> = |experiment, dataset| NeighbourBatches::new(experiment, dataset);
    const EXPORT: Write<Self> = export::export;

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        Ok(SkipGram::build(experiment, dataset.info.vocabulary.len(), compute))
    }

    fn title(model: &spec::Model) -> String {
        format!("skip-gram, vectors of {}", model.embedding_size)
    }

    /// A table for words and one for their neighbours.
    fn parameters(model: &spec::Model, vocabulary: u64) -> u64 {
        2 * vocabulary * model.embedding_size as u64
    }
}
