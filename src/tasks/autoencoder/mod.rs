//! The task `autoencoder`: vectors through a narrow layer, restored.

mod data;
mod export;
mod network;

pub use data::{VectorBatch, load, width};
pub use network::Autoencoder;

use crate::data::{DataError, Dataset, Minibatches, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Data, Experiment};
use crate::tasks::torch::Export;
use crate::tasks::{Definition, Model};
use std::path::PathBuf;
use std::sync::Arc;

impl Definition for Autoencoder {
    type Split = Vec<Vec<f32>>;
    const METRICS: &'static [Metric] = &[metric::MSE];
    const PREDICTIONS: &'static str = "numbers";
    const RECURRENT: bool = false;

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        Ok(Autoencoder::build(experiment, width(dataset), compute))
    }

    fn batches(experiment: &Experiment, dataset: &Arc<Dataset<Self::Split>>) -> Self::Data {
        Minibatches::new(experiment, dataset)
    }

    fn title(model: &spec::Model) -> String {
        let hidden = model.hidden_size;
        format!("dense, {hidden}-{}-{hidden}", model.code_size)
    }

    /// Both ways between the hidden layers and the code.
    fn parameters(model: &spec::Model, _: u64) -> u64 {
        2 * model.hidden_size as u64 * model.code_size as u64
    }

    fn export(experiment: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Export {
        export::export(experiment, dataset, split)
    }
}
