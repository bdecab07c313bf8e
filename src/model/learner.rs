//! What training sees of any task: a [`Learner`], a network together with its data.

use super::output::Output;
use super::{ModelError, ModelState, Network, Step};
use crate::data::{Batches, Split, TextSize, Unreadable};
use crate::metric::Score;

/// A network that learns from the batches of some data. This is what a task implements; what all
/// tasks share is in [`Lesson`].
pub trait Learns<D: Batches>: Network {
    /// The hidden state before the first batch; nothing for networks without one.
    fn zero_state(&self, _sequences: usize) -> ModelState {
        ModelState::new()
    }

    /// Forward and backward through a batch: afterwards every parameter holds its gradient, and
    /// `state` is the state after the batch.
    ///
    /// # Errors
    /// When memory runs out.
    fn train(
        &mut self,
        batch: &D::Batch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError>;

    /// The score of a batch, without dropout; `state` becomes the state after it.
    ///
    /// # Errors
    /// When memory runs out.
    fn evaluate(&self, batch: &D::Batch, state: &mut ModelState) -> Result<Score, ModelError>;

    /// Texts that show what the network can do now; `key` names their random numbers. With a
    /// `limit`, each has at most so many tokens.
    ///
    /// # Errors
    /// When memory runs out.
    fn texts(
        &self,
        _data: &D,
        _key: Key,
        _limit: Option<usize>,
    ) -> Result<Vec<Written>, ModelError> {
        Ok(Vec::new())
    }

    /// What the trained network leaves beside its weights.
    ///
    /// # Errors
    /// When memory runs out.
    fn outcome(&self, _data: &D) -> Result<Outcome, ModelError> {
        Ok(Outcome::default())
    }

    /// For a network that predicts what comes next: the first place of an input that an output
    /// before it depends on.
    ///
    /// # Errors
    /// When memory runs out.
    fn first_leak(&self) -> Result<Option<usize>, ModelError> {
        Ok(None)
    }
}

/// What names the random numbers of generated texts.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The trial's seed.
    pub seed: u64,
    /// The row of `metrics.csv`.
    pub row: u64,
}

/// A text that a network wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it was asked.
    pub prefix: String,
    /// What it wrote.
    pub text: String,
}

/// What a trained network leaves beside its weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Files.
    pub outputs: Vec<Output>,
    /// Figures for `run.json`, by name.
    pub figures: Vec<(String, f64)>,
}

/// Why a trial cannot begin.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BeginError {
    /// A sampled prefix holds a token that the training text does not.
    #[error("generation.prefixes: {0}")]
    #[diagnostic(help("take a prefix of tokens that occur in the training text"))]
    Prefix(#[from] Unreadable),
    /// Spec and data do not fit together.
    #[error("{what}")]
    #[diagnostic(code(model::unfit), help("{help}"))]
    Unfit {
        /// What is wrong.
        what: String,
        /// What would be right.
        help: String,
    },
}

/// A network together with its data, whatever the task.
pub trait Learner {
    /// The network.
    fn network(&self) -> &dyn Network;

    /// The network.
    fn network_mut(&mut self) -> &mut dyn Network;

    /// Steps of a pass over the training data.
    fn steps_per_epoch(&self) -> u64;

    /// Forward and backward through training batch `index` of `epoch`, both counted from 0: its
    /// score, and how many sequences it has.
    ///
    /// # Errors
    /// When memory runs out.
    fn train(&mut self, epoch: u64, index: u64, step: Step) -> Result<(Score, usize), ModelError>;

    /// Predictions that [`Self::evaluate`] makes.
    fn predictions(&self, split: Split) -> u64;

    /// How much text so many predictions of a split spell out.
    fn text(&self, split: Split, predictions: u64) -> TextSize;

    /// The score over a split, or over as much of it as `go_on` wishes, which is asked after
    /// every batch.
    ///
    /// # Errors
    /// When memory runs out.
    fn evaluate(
        &self,
        split: Split,
        go_on: &mut dyn FnMut(&Score) -> bool,
    ) -> Result<Score, ModelError>;

    /// The hidden state that is carried between training batches.
    fn state(&self) -> &ModelState;

    /// The same, to be restored.
    fn state_mut(&mut self) -> &mut ModelState;

    /// See [`Learns::texts`].
    ///
    /// # Errors
    /// When memory runs out.
    fn texts(&self, key: Key, limit: Option<usize>) -> Result<Vec<Written>, ModelError>;

    /// See [`Learns::outcome`].
    ///
    /// # Errors
    /// When memory runs out.
    fn outcome(&self) -> Result<Outcome, ModelError>;

    /// See [`Learns::first_leak`].
    ///
    /// # Errors
    /// When memory runs out.
    fn first_leak(&self) -> Result<Option<usize>, ModelError>;
}

/// The [`Learner`] of a network and its data.
pub struct Lesson<D, N> {
    data: D,
    network: N,
    state: ModelState,
}

impl<D: Batches, N: Learns<D>> Lesson<D, N> {
    /// A lesson before its first step; `sequences` is how many a training batch has, where state
    /// is carried from one to the next.
    pub fn new(data: D, network: N, sequences: usize) -> Self {
        let state = if data.carries_state() { network.zero_state(sequences) } else { Vec::new() };
        Self { data, network, state }
    }
}

impl<D: Batches, N: Learns<D>> Learner for Lesson<D, N> {
    fn network(&self) -> &dyn Network {
        &self.network
    }

    fn network_mut(&mut self) -> &mut dyn Network {
        &mut self.network
    }

    fn steps_per_epoch(&self) -> u64 {
        self.data.batches_per_epoch() as u64
    }

    fn train(&mut self, epoch: u64, index: u64, step: Step) -> Result<(Score, usize), ModelError> {
        let batch = self.data.batch(epoch, index as usize);
        let sequences = self.data.sequences(&batch);
        if index == 0 || !self.data.carries_state() {
            self.state = self.network.zero_state(sequences);
        }
        Ok((self.network.train(&batch, &mut self.state, step)?, sequences))
    }

    fn predictions(&self, split: Split) -> u64 {
        self.data.predictions(split)
    }

    fn text(&self, split: Split, predictions: u64) -> TextSize {
        self.data.text(split, predictions)
    }

    fn evaluate(
        &self,
        split: Split,
        go_on: &mut dyn FnMut(&Score) -> bool,
    ) -> Result<Score, ModelError> {
        let mut total = Score::default();
        let mut state = None;
        for batch in self.data.evaluation(split) {
            let zero = || self.network.zero_state(self.data.sequences(&batch));
            if !self.data.evaluation_carries_state() {
                state = None;
            }
            total += self.network.evaluate(&batch, state.get_or_insert_with(zero))?;
            if !go_on(&total) {
                break;
            }
        }
        let text = self.data.text(split, total.count);
        Ok(total.of_text(text))
    }

    fn state(&self) -> &ModelState {
        &self.state
    }

    fn state_mut(&mut self) -> &mut ModelState {
        &mut self.state
    }

    fn texts(&self, key: Key, limit: Option<usize>) -> Result<Vec<Written>, ModelError> {
        self.network.texts(&self.data, key, limit)
    }

    fn outcome(&self) -> Result<Outcome, ModelError> {
        self.network.outcome(&self.data)
    }

    fn first_leak(&self) -> Result<Option<usize>, ModelError> {
        self.network.first_leak()
    }
}
