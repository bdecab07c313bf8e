//! What the training loop sees of any task: a [`Trainer`], a network together with its data.

use super::output::Output;
use crate::data::{Batches, Split, TextSize};
use crate::kernels::Compute;
use crate::metric::Score;
use crate::nn::Result;
use crate::nn::{Array, ModelError, ModelState, Parameters, Pass, Recording, Step};

/// The network of a task: what it computes with its parameters, which stand beside it in a [`Model`].
pub trait TaskNetwork {
    /// What it learns from.
    type Data: Batches;

    /// The hidden state before the first batch; empty for networks without one.
    fn zero_state(&self, _sequences: usize) -> ModelState {
        ModelState::new()
    }

    /// The loss of a batch on a tape, scaled as the step says, and its score; `state` becomes the
    /// state after the batch.
    fn loss(
        &self,
        pass: &Pass,
        tape: Recording,
        batch: &<Self::Data as Batches>::Batch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<(Array<(), Recording>, Score)>;

    /// The score of a batch, without dropout; `state` becomes the state after it.
    fn evaluate(
        &self,
        pass: &Pass,
        batch: &<Self::Data as Batches>::Batch,
        state: &mut ModelState,
    ) -> Result<Score>;

    /// The network in a line a layer, with its shapes, for people.
    fn describe(&self) -> Vec<String>;

    /// Texts that show what the network can do now; `key` names their random numbers. With a `limit`,
    /// to see what they take, only the first few, each of at most this many tokens.
    fn samples(
        &self,
        _pass: &Pass,
        _data: &Self::Data,
        _key: SampleKey,
        _limit: Option<usize>,
    ) -> Result<Vec<Generated>> {
        Ok(Vec::new())
    }

    /// What the trained network leaves beside its weights.
    fn artifacts(&self, _pass: &Pass, _data: &Self::Data) -> Result<Artifacts> {
        Ok(Artifacts::default())
    }

    /// For a network that predicts what comes next: the first place of an input that an output
    /// before it depends on; `None` if there is none.
    fn first_leak(&self, _pass: &Pass) -> Result<Option<usize>> {
        Ok(None)
    }
}

/// As many texts tell what each takes.
pub(super) const TIMED: usize = 4;

/// What names the random numbers of generated texts.
#[derive(Clone, Copy, Debug)]
pub struct SampleKey {
    /// The trial's seed.
    pub seed: u64,
    /// The row of `metrics.csv`.
    pub row: u64,
}

/// A text that a network wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// What it was given to go on from.
    pub prefix: String,
    /// What it wrote.
    pub text: String,
}

/// What a trained network leaves beside its weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Artifacts {
    /// Files.
    pub outputs: Vec<Output>,
    /// Figures for `run.json`, by name.
    pub figures: Vec<(String, f64)>,
}

/// A network with its parameters, and what computes.
#[derive(Debug)]
pub struct Model<N> {
    /// The parameters.
    pub parameters: Parameters,
    /// What is computed with them.
    pub network: N,
    /// What computes.
    pub compute: Compute,
}

impl<N: TaskNetwork> Model<N> {
    /// Forward and backward through a batch: afterwards every parameter holds its gradient, and
    /// `state` is the state after the batch.
    pub fn train(
        &mut self,
        batch: &<N::Data as Batches>::Batch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError> {
        let Self { parameters, network, compute } = self;
        parameters.train(compute, step, |pass, tape| network.loss(pass, tape, batch, state, step))
    }

    /// See [`TaskNetwork::evaluate`].
    pub fn evaluate(
        &self,
        batch: &<N::Data as Batches>::Batch,
        state: &mut ModelState,
    ) -> Result<Score, ModelError> {
        Ok(self.network.evaluate(&self.pass(), batch, state)?)
    }

    /// A pass of evaluation.
    pub fn pass(&self) -> Pass {
        self.parameters.evaluation(&self.compute)
    }

    /// See [`TaskNetwork::zero_state`].
    pub fn zero_state(&self, sequences: usize) -> ModelState {
        self.network.zero_state(sequences)
    }
}

/// A network together with its data, whatever the task.
pub trait Trainer {
    /// The parameters.
    fn parameters(&self) -> &Parameters;

    /// The parameters.
    fn parameters_mut(&mut self) -> &mut Parameters;

    /// See [`TaskNetwork::describe`].
    fn describe(&self) -> Vec<String>;

    /// Steps of a pass over the training data.
    fn steps_per_epoch(&self) -> u64;

    /// Forward and backward through training batch `index` of `epoch`, both counted from 0: its
    /// score, and how many sequences it has.
    fn train(&mut self, epoch: u64, index: u64, step: Step) -> Result<(Score, usize), ModelError>;

    /// Predictions that [`Self::evaluate`] makes.
    fn predictions(&self, split: Split) -> u64;

    /// How much text this many predictions of a split spell out.
    fn text(&self, split: Split, predictions: u64) -> TextSize;

    /// The score over a split, or over as much of it as `go_on` wishes, which is asked after
    /// every batch.
    fn evaluate(
        &self,
        split: Split,
        go_on: &mut dyn FnMut(&Score) -> bool,
    ) -> Result<Score, ModelError>;

    /// The hidden state that is carried between training batches.
    fn state(&self) -> &ModelState;

    /// The same, to be restored.
    fn state_mut(&mut self) -> &mut ModelState;

    /// See [`TaskNetwork::samples`].
    fn samples(&self, key: SampleKey, limit: Option<usize>) -> Result<Vec<Generated>, ModelError>;

    /// See [`TaskNetwork::artifacts`].
    fn artifacts(&self) -> Result<Artifacts, ModelError>;

    /// See [`TaskNetwork::first_leak`].
    fn first_leak(&self) -> Result<Option<usize>, ModelError>;
}

/// The [`Trainer`] of a task's network and its data.
pub struct TaskTrainer<N: TaskNetwork> {
    data: N::Data,
    model: Model<N>,
    state: ModelState,
}

impl<N: TaskNetwork> TaskTrainer<N> {
    /// A trainer before its first step; `sequences` is how many a training batch has, where state is
    /// carried from one to the next.
    pub fn new(data: N::Data, model: Model<N>, sequences: usize) -> Self {
        let state = if data.carries_state() { model.zero_state(sequences) } else { Vec::new() };
        Self { data, model, state }
    }
}

impl<N: TaskNetwork> Trainer for TaskTrainer<N> {
    fn parameters(&self) -> &Parameters {
        &self.model.parameters
    }

    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.model.parameters
    }

    fn describe(&self) -> Vec<String> {
        self.model.network.describe()
    }

    fn steps_per_epoch(&self) -> u64 {
        self.data.batches_per_epoch() as u64
    }

    fn train(&mut self, epoch: u64, index: u64, step: Step) -> Result<(Score, usize), ModelError> {
        let batch = self.data.batch(epoch, index as usize);
        let sequences = self.data.sequences(&batch);
        if index == 0 || !self.data.carries_state() {
            self.state = self.model.zero_state(sequences);
        }
        Ok((self.model.train(&batch, &mut self.state, step)?, sequences))
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
        let (mut state, pass) = (None, self.model.pass());
        for batch in self.data.evaluation(split) {
            let zero = || self.model.zero_state(self.data.sequences(&batch));
            if !self.data.evaluation_carries_state() {
                state = None;
            }
            total += self.model.network.evaluate(&pass, &batch, state.get_or_insert_with(zero))?;
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

    fn samples(&self, key: SampleKey, limit: Option<usize>) -> Result<Vec<Generated>, ModelError> {
        Ok(self.model.network.samples(&self.model.pass(), &self.data, key, limit)?)
    }

    fn artifacts(&self) -> Result<Artifacts, ModelError> {
        Ok(self.model.network.artifacts(&self.model.pass(), &self.data)?)
    }

    fn first_leak(&self) -> Result<Option<usize>, ModelError> {
        Ok(self.model.network.first_leak(&self.model.pass())?)
    }
}
