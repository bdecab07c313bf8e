//! The task `tagging`: a label for every token of a sequence, as it is read.

mod data;
mod export;

pub use data::{TaggedBatch, TaggedSequence, load};

use crate::data::{DataError, Dataset, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::model::{BeginError, Learner, tagger};
use crate::spec::{Data, Experiment};
use crate::tasks::torch::{Array, Module};
use crate::tasks::{Definition, Predict};
use std::path::PathBuf;
use std::sync::Arc;

/// The task.
pub struct Tagging;

impl Definition for Tagging {
    type Split = Vec<TaggedSequence>;
    const METRICS: &'static [Metric] = &[metric::EXACT_MATCH, metric::ACCURACY];
    const PREDICTIONS: &'static str = "tokens";
    const PREDICT: Option<Predict> = Some(tagger::answer);

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn begin(
        experiment: &Experiment,
        dataset: &Arc<Dataset<Self::Split>>,
        compute: &Compute,
    ) -> Result<Box<dyn Learner>, BeginError> {
        tagger::begin(experiment, dataset, compute)
    }

    fn arrays(_: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Vec<Array> {
        export::arrays(dataset, split)
    }

    fn module(experiment: &Experiment, dataset: &Dataset<Self::Split>) -> Module {
        export::module(experiment, dataset)
    }
}
