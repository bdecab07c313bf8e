//! The task `classification`: which class a text belongs to.

mod data;
mod export;
mod forms;
mod network;

pub use data::{LabelledBatch, LabelledText, shortened};
pub use network::Classifier;

use crate::data::{Dataset, Minibatches};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Experiment};
use crate::tasks::layers;
use crate::tasks::{Deal, Definition, Load, Model, Predict, Write};

impl Definition for Classifier {
    type Split = Vec<LabelledText>;
    const METRICS: &'static [Metric] = &[metric::ACCURACY];
    const PREDICTIONS: &'static str = "texts";
    const PREDICT: Option<Predict> = Some(network::predict);
    const SAYS_UNKNOWN: bool = true;
    const LOAD: Load<Self> = data::load;
    const BATCHES: Deal<Self> = Minibatches::new;
    const EXPORT: Write<Self> = export::export;

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        let info = &dataset.info;
        Classifier::build(experiment, &info.vocabulary, info.classes.len(), compute)
    }

    fn parameters(model: &spec::Model, vocabulary: u64) -> u64 {
        let first = layers::width(model, vocabulary);
        layers::parameters(model, first) + vocabulary * model.embedding_size as u64
    }
}
