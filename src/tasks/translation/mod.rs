//! The task `translation`: a sequence from another.

mod data;
mod export;
mod network;

pub use data::{BEGIN, END, Pair, PairBatch, SpecialTokens};
pub use network::Translator;

use crate::data::{Dataset, Minibatches};
use crate::kernels::Compute;
use crate::metric::{self, Metric};
use crate::nn::BeginError;
use crate::spec::{self, Experiment};
use crate::tasks::layers;
use crate::tasks::{Deal, Definition, Load, Model, Predict, Write};

impl Definition for Translator {
    type Split = Vec<Pair>;
    const METRICS: &'static [Metric] = &[metric::EXACT_MATCH, metric::ACCURACY];
    const PREDICTIONS: &'static str = "tokens";
    const PREDICT: Option<Predict> = Some(network::predict);
    const LOAD: Load<Self> = data::load;
    const BATCHES: Deal<Self> = Minibatches::new;
    const EXPORT: Write<Self> = export::export;

    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        Ok(Translator::build(experiment, &dataset.info.vocabulary, compute))
    }

    /// An encoder and a decoder.
    fn parameters(model: &spec::Model, vocabulary: u64) -> u64 {
        let (hidden, embedding) = (model.hidden_size as u64, model.embedding_size as u64);
        let first = layers::width(model, vocabulary);
        2 * layers::parameters(model, first) + vocabulary * (embedding + hidden + 1)
    }
}
