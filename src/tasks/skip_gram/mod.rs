//! The task `skip_gram`: the neighbours of a word from other words: word vectors.

mod data;
mod export;

pub use data::{NeighbourBatch, Windows};

use crate::data::{DataError, Dataset, Ids, Split, running_text};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::model::{BeginError, Learner, skip_gram};
use crate::spec::{Data, Experiment};
use crate::tasks::torch::{Array, Module};
use crate::tasks::{Definition, Predict};
use std::path::PathBuf;
use std::sync::Arc;

/// The task.
pub struct SkipGram;

impl Definition for SkipGram {
    type Split = Ids;
    const METRICS: &'static [Metric] = &[metric::LOSS];
    const PREDICTIONS: &'static str = "pairs";
    const PREDICT: Option<Predict> = Some(skip_gram::answer);

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        running_text::load_words(data, roots)
    }

    fn begin(
        experiment: &Experiment,
        dataset: &Arc<Dataset<Self::Split>>,
        compute: &Compute,
    ) -> Result<Box<dyn Learner>, BeginError> {
        skip_gram::begin(experiment, dataset, compute)
    }

    fn arrays(experiment: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Vec<Array> {
        export::arrays(experiment, dataset, split)
    }

    fn module(experiment: &Experiment, dataset: &Dataset<Self::Split>) -> Module {
        export::module(experiment, dataset)
    }
}
