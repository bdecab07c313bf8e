//! The task `translation`: one sequence for another.

mod data;
mod export;

pub use data::{BEGIN, END, Marks, Pair, PairBatch, load};

use crate::data::{DataError, Dataset, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::model::{BeginError, Learner, translator};
use crate::spec::{Data, Experiment};
use crate::tasks::torch::{Array, Module};
use crate::tasks::{Definition, Predict};
use std::path::PathBuf;
use std::sync::Arc;

/// The task.
pub struct Translation;

impl Definition for Translation {
    type Split = Vec<Pair>;
    const METRICS: &'static [Metric] = &[metric::EXACT_MATCH, metric::ACCURACY];
    const PREDICTIONS: &'static str = "tokens";
    const PREDICT: Option<Predict> = Some(translator::answer);

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn begin(
        experiment: &Experiment,
        dataset: &Arc<Dataset<Self::Split>>,
        compute: &Compute,
    ) -> Result<Box<dyn Learner>, BeginError> {
        translator::begin(experiment, dataset, compute)
    }

    fn arrays(_: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Vec<Array> {
        export::arrays(dataset, split)
    }

    fn module(experiment: &Experiment, dataset: &Dataset<Self::Split>) -> Module {
        export::module(experiment, dataset)
    }
}
