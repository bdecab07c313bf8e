//! The task `translation`: a sequence from another.

mod data;
mod export;
mod network;

pub use data::{BEGIN, END, Pair, PairBatch, SpecialTokens, load};
pub use network::Translator;

use crate::data::{DataError, Dataset, Minibatches, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Data, Experiment};
use crate::tasks::layers;
use crate::tasks::torch::Export;
use crate::tasks::{Definition, Model, Predict};
use std::path::PathBuf;
use std::sync::Arc;

impl Definition for Translator {
    type Split = Vec<Pair>;
    const METRICS: &'static [Metric] = &[metric::EXACT_MATCH, metric::ACCURACY];
    const PREDICTIONS: &'static str = "tokens";
    const PREDICT: Option<Predict> = Some(network::predict);

    fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Self::Split>, DataError> {
        load(data, roots)
    }

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        Ok(Translator::build(experiment, &dataset.info.vocabulary, compute))
    }

    fn batches(experiment: &Experiment, dataset: &Arc<Dataset<Self::Split>>) -> Self::Data {
        Minibatches::new(experiment, dataset)
    }

    /// An encoder and a decoder.
    fn parameters(model: &spec::Model, vocabulary: u64) -> u64 {
        let (hidden, embedding) = (model.hidden_size as u64, model.embedding_size as u64);
        let first = layers::width(model, vocabulary);
        2 * layers::parameters(model, first) + vocabulary * (embedding + hidden + 1)
    }

    fn export(experiment: &Experiment, dataset: &Dataset<Self::Split>, split: Split) -> Export {
        export::export(experiment, dataset, split)
    }
}
