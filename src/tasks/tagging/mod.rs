//! The task `tagging`: a label for every token of a sequence.

mod data;
mod export;
mod network;

pub use data::{TaggedBatch, TaggedSequence, load};
pub use network::Tagger;

use crate::data::{DataError, Dataset, Minibatches, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Data, Experiment};
use crate::tasks::layers;
use crate::tasks::torch::Export;
use crate::tasks::{Definition, Model, Predict};
use std::path::PathBuf;
use std::sync::Arc;

impl Definition for Tagger {
    type Split = Vec<TaggedSequence>;
    const METRICS: &'static [Metric] = &[metric::EXACT_MATCH, metric::ACCURACY];
    const PREDICTIONS: &'static str = "tokens";
    const PREDICT: Option<Predict> = Some(network::predict);

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        let (tokens, labels) = (dataset.info.vocabulary.len(), dataset.info.classes.len());
        Ok(Tagger::build(experiment, tokens, labels, compute))
    }

    fn batches(experiment: &Experiment, dataset: &Arc<Dataset<Self::Split>>) -> Self::Data {
        Minibatches::new(experiment, dataset)
    }

    fn parameters(model: &spec::Model, vocabulary: u64) -> u64 {
        let first = layers::width(model, vocabulary);
        layers::parameters(model, first) + vocabulary * model.embedding_size as u64
    }

    fn export(experiment: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Export {
        export::export(experiment, dataset, split)
    }
}
