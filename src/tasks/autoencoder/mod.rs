//! The task `autoencoder`: a vector restored after a narrow layer.

mod data;
mod export;

pub use data::{VectorBatch, load, width};

use crate::data::{DataError, Dataset, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::model::{BeginError, Learner, autoencoder};
use crate::spec::{Data, Experiment};
use crate::tasks::Definition;
use crate::tasks::torch::{Array, Module};
use std::path::PathBuf;
use std::sync::Arc;

/// The task.
pub struct Autoencoder;

impl Definition for Autoencoder {
    type Split = Vec<Vec<f32>>;
    const METRICS: &'static [Metric] = &[metric::MSE];
    const PREDICTIONS: &'static str = "numbers";

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn begin(
        experiment: &Experiment,
        dataset: &Arc<Dataset<Self::Split>>,
        compute: &Compute,
    ) -> Result<Box<dyn Learner>, BeginError> {
        autoencoder::begin(experiment, dataset, compute)
    }

    fn arrays(_: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Vec<Array> {
        export::arrays(dataset, split)
    }

    fn module(experiment: &Experiment, dataset: &Dataset<Self::Split>) -> Module {
        export::module(experiment, dataset)
    }
}
