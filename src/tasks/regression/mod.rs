//! The task `regression`: the next value of a series.

mod data;
mod export;
mod network;

pub use data::{SeriesBatch, SeriesBatches, load};
pub use network::Regression;

use crate::data::{DataError, Dataset, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Data, Experiment};
use crate::tasks::layers;
use crate::tasks::torch::Export;
use crate::tasks::{Definition, Model};
use std::path::PathBuf;
use std::sync::Arc;

impl Definition for Regression {
    type Split = Vec<f32>;
    const METRICS: &'static [Metric] = &[metric::MSE];
    const PREDICTIONS: &'static str = "numbers";

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn network(
        experiment: &Experiment,
        _: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        Ok(Regression::build(experiment, compute))
    }

    fn batches(experiment: &Experiment, dataset: &Arc<Dataset<Self::Split>>) -> Self::Data {
        SeriesBatches::new(experiment, dataset)
    }

    fn title(model: &spec::Model) -> String {
        layers::title(model, "one value")
    }

    fn parameters(model: &spec::Model, _: u64) -> u64 {
        layers::parameters(model, 1) + model.output_size() as u64 + 1
    }

    fn export(experiment: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Export {
        export::export(experiment, dataset, split)
    }
}
