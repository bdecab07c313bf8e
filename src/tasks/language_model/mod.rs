//! The task `language_model`: which token comes next in a text.

mod data;
mod export;

pub use data::Text;

use crate::data::{DataError, Dataset, DatasetInfo, Ids, Split, check_batches, running_text};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::model::{BeginError, Learner, language};
use crate::spec::{Data, Experiment, Sampling};
use crate::tasks::Definition;
use crate::tasks::torch::{Array, Module};
use std::path::PathBuf;
use std::sync::Arc;

/// The task.
pub struct LanguageModel;

impl Definition for LanguageModel {
    type Split = Ids;
    const METRICS: &'static [Metric] =
        &[metric::PERPLEXITY, metric::BITS_PER_BYTE, metric::BITS_PER_CHARACTER];
    const PREDICTIONS: &'static str = "tokens";

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        running_text::load(data, roots)
    }

    /// The text does not depend on how it is cut into batches.
    fn shared(data: &Data) -> Data {
        let sampling = Sampling::Consecutive;
        Data { batch_size: 1, sequence_length: 1, eval_batch_size: 1, sampling, ..data.clone() }
    }

    fn check(data: &Data, dataset: &DatasetInfo) -> Result<(), DataError> {
        check_batches(data, dataset.sizes[0])
    }

    fn begin(
        experiment: &Experiment,
        dataset: &Arc<Dataset<Self::Split>>,
        compute: &Compute,
    ) -> Result<Box<dyn Learner>, BeginError> {
        language::begin(experiment, dataset, compute)
    }

    fn arrays(_: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Vec<Array> {
        export::arrays(dataset, split)
    }

    fn module(experiment: &Experiment, dataset: &Dataset<Self::Split>) -> Module {
        export::module(experiment, dataset)
    }
}
