//! The task `classification`: which class a text belongs to.

mod data;
mod export;
mod forms;
mod network;

pub use data::{LabelledBatch, LabelledText, load, shortened};
pub use network::Classifier;

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

impl Definition for Classifier {
    type Split = Vec<LabelledText>;
    const METRICS: &'static [Metric] = &[metric::ACCURACY];
    const PREDICTIONS: &'static str = "texts";
    const PREDICT: Option<Predict> = Some(network::predict);
    const SAYS_UNKNOWN: bool = true;

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        let info = &dataset.info;
        Classifier::build(experiment, &info.vocabulary, info.classes.len(), compute)
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
