//! The task `autoencoder`: vectors through a narrow layer, restored.

mod data;
mod export;
mod network;

pub use data::{VectorBatch, width};
pub use network::Autoencoder;

use crate::data::{Dataset, Minibatches};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Experiment};
use crate::tasks::{Deal, Definition, Load, Model, Write};

impl Definition for Autoencoder {
    type Split = Vec<Vec<f32>>;
    const METRICS: &'static [Metric] = &[metric::MSE];
    const PREDICTIONS: &'static str = "numbers";
    const RECURRENT: bool = false;
    const LOAD: Load<Self> = data::load;
    const BATCHES: Deal<Self> = Minibatches::new;
    const EXPORT: Write<Self> = export::export;

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        Ok(Autoencoder::build(experiment, width(dataset), compute))
    }

    fn title(model: &spec::Model) -> String {
        let hidden = model.hidden_size;
        format!("dense, {hidden}-{}-{hidden}", model.code_size)
    }

    /// Both ways between the hidden layers and the code.
    fn parameters(model: &spec::Model, _: u64) -> u64 {
        2 * model.hidden_size as u64 * model.code_size as u64
    }
}
