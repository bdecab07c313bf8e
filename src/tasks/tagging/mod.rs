//! The task `tagging`: a label for every token of a sequence.

mod data;
mod export;
mod network;

pub use data::{TaggedBatch, TaggedSequence};
pub use network::Tagger;

use crate::data::{Dataset, Minibatches};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Experiment};
use crate::tasks::layers;
use crate::tasks::{Deal, Definition, Load, Model, Predict, Write};

impl Definition for Tagger {
    type Split = Vec<TaggedSequence>;
    const METRICS: &'static [Metric] = &[metric::EXACT_MATCH, metric::ACCURACY];
    const PREDICTIONS: &'static str = "tokens";
    const PREDICT: Option<Predict> = Some(network::predict);
    const LOAD: Load<Self> = data::load;
    const BATCHES: Deal<Self> = Minibatches::new;
    const EXPORT: Write<Self> = export::export;

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        let (tokens, labels) = (dataset.info.vocabulary.len(), dataset.info.classes.len());
        Ok(Tagger::build(experiment, tokens, labels, compute))
    }

    fn parameters(model: &spec::Model, vocabulary: u64) -> u64 {
        let first = layers::width(model, vocabulary);
        layers::parameters(model, first) + vocabulary * model.embedding_size as u64
    }
}
