//! What a training run tells.

use super::progress::Snapshot;
use super::{RecordError, TrainError};
use crate::metric::{Metric, Metrics, Score};
use crate::nn::Parameters;
use crate::tasks::Output;

/// Something that happened in a training run, in the order of happening.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// Training begins, or goes on.
    Started(&'a Started),
    /// A step was made.
    Step(&'a StepReport),
    /// A row of `metrics.csv`: an epoch, or `evaluate_every` steps.
    Row(&'a Row),
    /// The row just told is the best so far.
    Best {
        /// The row.
        row: &'a Row,
        /// The network.
        parameters: &'a Parameters,
    },
    /// Text was generated.
    Sample(&'a Sample),
    /// All that the future depends on.
    Checkpoint(&'a Snapshot<'a>),
    /// The trained network left a file.
    Output(&'a Output),
    /// Training came to its end.
    Finished(&'a Finished),
}

/// Someone who listens.
pub trait Recorder {
    /// Takes an event.
    ///
    /// # Errors
    /// When it cannot be written down; training then stops.
    fn record(&mut self, event: &Event<'_>) -> Result<(), RecordError>;

    /// Puts the weights of the last [`Event::Best`] into the network; not so where nobody keeps
    /// them.
    ///
    /// # Errors
    /// When they cannot be read back.
    fn restore_best(&self, _parameters: &mut Parameters) -> Result<(), TrainError> {
        Ok(())
    }
}

/// The size of what lies ahead.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// The network, a line a layer.
    pub model: Vec<String>,
    /// Trainable numbers.
    pub parameters: usize,
    /// What a step counts: tokens, or other predictions.
    pub predictions: &'static str,
    /// Steps of the whole training.
    pub steps: u64,
    /// Steps of a pass over the training text.
    pub steps_per_epoch: u64,
    /// Steps that an earlier run has done already.
    pub done: u64,
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct StepReport {
    /// Steps done, this one included.
    pub step: u64,
    /// Steps of the whole training.
    pub steps: u64,
    /// The pass over the training text, from 1.
    pub epoch: u64,
    /// Steps done in this pass.
    pub step_in_epoch: u64,
    /// Steps of a pass.
    pub steps_per_epoch: u64,
    /// Tokens predicted in this step.
    pub tokens: u64,
    /// Mean loss since the last row.
    pub loss: f64,
    /// The score since the last row.
    pub score: Score,
    /// The figure that decides which row is best.
    pub metric: Metric,
}

/// A row of `metrics.csv`.
#[derive(Clone, Debug)]
pub struct Row {
    /// The row's number, from 1.
    pub number: u64,
    /// The pass over the training text that the last step belongs to, from 1.
    pub epoch: u64,
    /// Steps done.
    pub step: u64,
    /// Training tokens predicted so far.
    pub tokens: u64,
    /// The last step's learning rate.
    pub learning_rate: f64,
    /// Mean L2 norm of the gradients before clipping, over the row's steps.
    pub grad_norm: f64,
    /// Score over the row's steps, as training went.
    pub train: Score,
    /// Score over the whole validation split after the row's last step; `None` without one.
    pub valid: Option<Score>,
    /// The running mean of the summed loss of a sequence, in nats.
    pub smooth_loss: Option<f64>,
    /// What the trial is judged by.
    pub metrics: Metrics,
    /// Whether no earlier row was better.
    pub is_best: bool,
}

impl Row {
    /// What decides which row is best: the validation score, or without one the training score.
    pub fn deciding(&self) -> Score {
        self.valid.unwrap_or(self.train)
    }
}

/// Generated text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The pass over the training text, from 1.
    pub epoch: u64,
    /// Steps done.
    pub step: u64,
    /// What the text begins with, as in the spec.
    pub prefix: String,
    /// The whole text, the prefix included.
    pub text: String,
}

/// How a training run ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Steps done.
    pub step: u64,
    /// Epoch of the best row.
    pub best_epoch: u64,
    /// Step of the best row.
    pub best_step: u64,
    /// The best row's training score.
    pub best_train: Score,
    /// The best row's validation score.
    pub best_valid: Option<Score>,
    /// Score of the best weights on the test split; `None` without one.
    pub test: Option<Score>,
    /// What the trial is judged by.
    pub metrics: Metrics,
    /// More figures of the best weights, by name.
    pub figures: Vec<(String, f64)>,
    /// Files that the best weights leave.
    pub outputs: Vec<Output>,
    /// Whether early stopping ended it before its time.
    pub stopped_early: bool,
}
