//! The task `classification`: which class a text belongs to.

mod data;
mod export;
mod forms;

pub use data::{LabelledBatch, LabelledText, load, shortened};

use crate::data::{DataError, Dataset, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::model::{BeginError, Learner, classifier};
use crate::spec::{Data, Experiment};
use crate::tasks::torch::{Array, Module};
use crate::tasks::{Definition, Predict};
use std::path::PathBuf;
use std::sync::Arc;

/// The task.
pub struct Classification;

impl Definition for Classification {
    type Split = Vec<LabelledText>;
    const METRICS: &'static [Metric] = &[metric::ACCURACY];
    const PREDICTIONS: &'static str = "texts";
    const PREDICT: Option<Predict> = Some(classifier::answer);

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn begin(
        experiment: &Experiment,
        dataset: &Arc<Dataset<Self::Split>>,
        compute: &Compute,
    ) -> Result<Box<dyn Learner>, BeginError> {
        classifier::begin(experiment, dataset, compute)
    }

    fn arrays(_: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Vec<Array> {
        export::arrays(dataset, split)
    }

    fn module(experiment: &Experiment, dataset: &Dataset<Self::Split>) -> Module {
        export::module(experiment, dataset)
    }
}
