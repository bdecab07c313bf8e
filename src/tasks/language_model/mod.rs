//! The task `language_model`: the next token of a text.

mod data;
mod export;
mod generate;
mod leak;
mod network;
mod predictor;
pub mod sizes;

pub use data::TextBatches;
pub use generate::{Draw, Generator};
pub use network::{LanguageModel, build, build_unsized};

use crate::data::{DataError, Dataset, DatasetInfo, Ids, check_batches, running_text};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Data, Experiment, Sampling};
use crate::tasks::layers;
use crate::tasks::{Deal, Definition, Load, Model, Write};

impl Definition for LanguageModel {
    type Split = Ids;
    const METRICS: &'static [Metric] =
        &[metric::PERPLEXITY, metric::BITS_PER_BYTE, metric::BITS_PER_CHARACTER];
    const PREDICTIONS: &'static str = "tokens";
    const LOAD: Load<Self> = running_text::load;
    const BATCHES: Deal<Self> = TextBatches::new;
    const EXPORT: Write<Self> = export::export;

    /// The text does not depend on how it is cut into batches.
    fn shared(data: &Data) -> Data {
        let sampling = Sampling::Consecutive;
        Data { batch_size: 1, sequence_length: 1, eval_batch_size: 1, sampling, ..data.clone() }
    }

    fn check(data: &Data, dataset: &DatasetInfo) -> Result<(), DataError> {
        check_batches(data, dataset.sizes[0])
    }

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        network::begin(experiment, &dataset.info.vocabulary, compute)
    }

    fn parameters(model: &spec::Model, vocabulary: u64) -> u64 {
        let decoder = vocabulary * if model.tied { 1 } else { model.output_size() as u64 + 1 };
        let first = layers::width(model, vocabulary);
        layers::parameters(model, first) + vocabulary * model.embedding_size as u64 + decoder
    }
}
