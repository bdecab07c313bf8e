//! Small models and batches of random tokens.

use samebits::data::{Batch, evaluation_batches};
use samebits::kernels::{Compute, Level};
use samebits::metric::Score;
use samebits::nn::ModelError;
use samebits::random::{Purpose, Stream};
use samebits::spec::{self, Architecture, Initialization};
use samebits::tasks::Model;
use samebits::tasks::language_model::{self, LanguageModel};

pub const VOCABULARY: usize = 7;

pub const CELLS: [Architecture; 3] = [Architecture::Rnn, Architecture::Gru, Architecture::Lstm];

/// A one-hot model of one layer with 6 units.
pub fn spec(architecture: Architecture) -> spec::Model {
    spec::Model {
        architecture,
        nonlinearity: (architecture == Architecture::Rnn).then_some(spec::Nonlinearity::Tanh),
        layers: 1,
        bidirectional: false,
        embedding_size: 0,
        hidden_size: 6,
        dropout: 0.0,
        embedding_dropout: 0.0,
        output_dropout: 0.0,
        tied: false,
        initialization: Initialization::Pytorch,
        ..spec::Model::default()
    }
}

pub fn compute() -> Compute {
    Compute::single(Level::best())
}

pub fn build(spec: &spec::Model) -> Model<LanguageModel> {
    language_model::build(compute(), spec, VOCABULARY, 5)
}

/// Random tokens.
pub fn tokens(len: usize, key: u64) -> Vec<u32> {
    let mut stream = Stream::new(11, Purpose::Shuffle, key);
    (0..len).map(|_| stream.below(VOCABULARY as u64) as u32).collect()
}

/// A batch of random tokens.
pub fn batch(steps: usize, batch: usize, key: u64) -> Batch {
    let (inputs, targets) = (tokens(steps * batch, key), tokens(steps * batch, key + 1000));
    Batch { inputs, targets, steps, batch, lengths: None }
}

/// The bits of all parameters.
pub fn bits(model: &Model<LanguageModel>) -> Vec<u32> {
    let numbers = model.parameters.iter().flat_map(|p| p.values().to_vec());
    numbers.map(f32::to_bits).collect()
}

/// The loss of predicting every token of a text but the first, in `streams` parts.
pub fn evaluate(
    model: &Model<LanguageModel>,
    tokens: &[u32],
    streams: usize,
    steps: usize,
) -> Result<Score, ModelError> {
    let mut total = Score::default();
    let mut state = None;
    for batch in evaluation_batches(&tokens.to_vec().into(), streams, steps) {
        let state = state.get_or_insert_with(|| model.zero_state(batch.batch));
        total += model.evaluate(&batch, state)?;
    }
    Ok(total)
}
