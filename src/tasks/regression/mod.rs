//! The task `regression`: the next value of a series.

mod data;
mod export;
mod network;

pub use data::{SeriesBatch, SeriesBatches};
pub use network::Regression;

use crate::data::Dataset;
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Experiment};
use crate::tasks::layers;
use crate::tasks::{Deal, Definition, Load, Model, Write};

impl Definition for Regression {
    type Split = Vec<f32>;
    const METRICS: &'static [Metric] = &[metric::MSE];
    const PREDICTIONS: &'static str = "numbers";
    const LOAD: Load<Self> = data::load;
    const BATCHES: Deal<Self> = SeriesBatches::new;
    const EXPORT: Write<Self> = export::export;

    fn network(
        experiment: &Experiment,
        _: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        Ok(Regression::build(experiment, compute))
    }

    fn title(model: &spec::Model) -> String {
        layers::title(model, "one value")
    }

    fn parameters(model: &spec::Model, _: u64) -> u64 {
        layers::parameters(model, 1) + model.output_size() as u64 + 1
    }
}
