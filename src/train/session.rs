//! A trial in training: network, optimizer, place in the data, hidden state.

use super::TrainError;
use super::event::{Finished, Started, StepReport};
use super::optimizer::{self, Optimizer};
use super::progress::{Progress, Snapshot, SnapshotError};
use super::schedule::{self, Position};
use crate::data::{DatasetInfo, Split};
use crate::kernels::Compute;
use crate::metric::{Metric, Metrics, Score};
use crate::nn::{NamedParameter, Parameters, Step};
use crate::spec::{Checkpoint, Experiment, Length};
use crate::tasks::{self, AnyDataset, Artifacts, Trainer};
use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

/// A trial in training.
pub struct Session {
    pub(super) experiment: Experiment,
    pub(super) compute: Compute,
    pub(super) trainer: Box<dyn Trainer>,
    pub(super) metrics: Metrics,
    optimizer: Optimizer,
    pub(super) progress: Progress,
    /// The shares of unknown tokens, by the names of `run.json`.
    unknown: Vec<(String, f64)>,
}

impl Session {
    /// A trial before its first step.
    ///
    /// # Errors
    /// When spec and data do not fit together, as a prefix of `[generation]` with a token that the
    /// vocabulary does not hold.
    pub fn new(
        experiment: &Experiment,
        dataset: &dyn AnyDataset,
        compute: Compute,
    ) -> Result<Self, TrainError> {
        let trainer = dataset.begin(experiment, &compute)?;
        let (training, data) = (&experiment.training, &experiment.data);
        // The loss of a sequence whose every token is equally likely.
        let start = libm::log(dataset.vocabulary.len() as f64) * data.sequence_length as f64;
        Ok(Self {
            optimizer: Optimizer::new(training.optimizer, &compute, trainer.parameters()),
            progress: Progress {
                smooth_loss: training.smoothing.map(|_| start),
                learning_rate: training.learning_rate,
                ..Progress::default()
            },
            metrics: tasks::metrics(experiment),
            experiment: experiment.clone(),
            compute,
            trainer,
            unknown: unknown(dataset),
        })
    }

    /// The parameters of its network.
    pub fn parameters(&self) -> &Parameters {
        self.trainer.parameters()
    }

    /// The parameters, to put others in their place.
    pub fn parameters_mut(&mut self) -> &mut Parameters {
        self.trainer.parameters_mut()
    }

    /// The network with its data.
    pub fn trainer(&self) -> &dyn Trainer {
        self.trainer.as_ref()
    }

    /// Where the run stands.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// When the spec wants the state saved.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.experiment.training.checkpoint
    }

    /// Steps of a pass over the training text.
    pub fn steps_per_epoch(&self) -> u64 {
        self.trainer.steps_per_epoch()
    }

    /// Steps of the whole training.
    pub fn steps(&self) -> u64 {
        match self.experiment.training.length() {
            Length::Epochs(epochs) => epochs.saturating_mul(self.steps_per_epoch()),
            Length::Steps(steps) => steps,
        }
    }

    /// The size of what lies ahead.
    pub fn started(&self) -> Started {
        Started {
            model: self.trainer.describe(),
            parameters: self.parameters().count(),
            predictions: tasks::of(self.experiment.task).predictions,
            steps: self.steps(),
            steps_per_epoch: self.steps_per_epoch(),
            done: self.progress.step,
        }
    }

    /// Whether there is nothing left to train.
    pub fn is_done(&self) -> bool {
        self.progress.stopped_early || self.progress.step >= self.steps()
    }

    /// Makes one step: forward, backward, clip, update.
    ///
    /// # Errors
    /// When the loss or the gradient is no number any more, or memory runs out.
    pub fn step(&mut self) -> Result<StepReport, TrainError> {
        let per_epoch = self.steps_per_epoch().max(1);
        let (epoch, index) = (self.progress.step / per_epoch, self.progress.step % per_epoch);
        let training = &self.experiment.training;
        let (seed, reduction) = (self.experiment.seed, training.reduction);
        let step = Step { seed, index: self.progress.step, reduction };
        let (score, sequences) = self.trainer.train(epoch, index, step)?;

        let position = Position { step: self.progress.step, steps: self.steps(), epoch };
        let (base, plateau) = (training.learning_rate, &self.progress.plateau);
        let rate = schedule::learning_rate(&training.schedule, base, position, plateau);
        self.progress.learning_rate = rate;
        let norm = optimizer::gradient_norm(&self.compute, self.trainer.parameters());
        self.check(Split::Train, self.progress.step + 1, score, norm)?;
        let clipping = optimizer::clip(training.clip, norm);
        self.optimizer.step(self.trainer.parameters_mut(), rate, clipping);

        self.count(score, norm, sequences);
        Ok(StepReport {
            step: self.progress.step,
            steps: self.steps(),
            epoch: epoch + 1,
            step_in_epoch: index + 1,
            steps_per_epoch: per_epoch,
            tokens: score.count,
            loss: self.progress.score.mean(),
            score: self.progress.score,
            metric: self.metric(),
        })
    }

    /// The figure that decides which row is best.
    pub fn metric(&self) -> Metric {
        self.metrics.deciding
    }

    /// Stops a run whose loss or gradient is no number any more.
    pub(super) fn check(
        &self,
        split: Split,
        step: u64,
        score: Score,
        grad_norm: f64,
    ) -> Result<(), TrainError> {
        if score.sum.is_finite() && grad_norm.is_finite() {
            return Ok(());
        }
        let (loss, learning_rate) = (score.mean(), self.progress.learning_rate);
        Err(TrainError::Diverged { split, step, loss, learning_rate, grad_norm })
    }

    /// Adds a step to the running sums.
    fn count(&mut self, score: Score, norm: f64, sequences: usize) {
        let progress = &mut self.progress;
        progress.step += 1;
        progress.tokens += score.count;
        progress.score += score;
        progress.grad_norms += norm;
        progress.grad_norm = norm;
        progress.steps_in_row += 1;
        if let Some((smooth, keep)) =
            progress.smooth_loss.as_mut().zip(self.experiment.training.smoothing)
        {
            *smooth = *smooth * keep + score.sum / sequences as f64 * (1.0 - keep);
        }
    }

    /// The first place of an input that an output before it depends on, though it is to be
    /// predicted; `None` for a causal model.
    pub fn first_leak(&self) -> Result<Option<usize>, TrainError> {
        Ok(self.trainer.first_leak()?)
    }

    /// What ends a run that was asked to stop.
    pub fn interrupted(&self) -> TrainError {
        TrainError::Interrupted { step: self.progress.step }
    }

    /// Ends the training: the test score of the weights that the network has now, the best ones
    /// where somebody kept them, and what they leave.
    pub fn finish(&mut self, stop: &AtomicBool) -> Result<Finished, TrainError> {
        let test = self.score_of(Split::Test, stop)?;
        let Artifacts { outputs, figures } = self.trainer.artifacts()?;
        let so_far = self.so_far();
        let figures = figures.into_iter().chain(so_far.figures).collect();
        Ok(Finished { test, outputs, figures, ..so_far })
    }

    /// Gives the memory of training back: after the last step of training no gradient is needed, and
    /// the best weights are about to be read.
    pub fn release(&mut self) {
        self.trainer.parameters_mut().iter_mut().for_each(NamedParameter::free_gradient);
        self.compute.trim();
    }

    /// How the training stands, without a look at the test split.
    pub fn so_far(&self) -> Finished {
        let progress = &self.progress;
        let best = progress.best;
        Finished {
            step: progress.step,
            best_epoch: best.map_or(0, |best| best.epoch),
            best_step: best.map_or(0, |best| best.step),
            best_train: best.map_or(Score::default(), |best| best.train),
            best_valid: best.and_then(|best| best.valid),
            test: None,
            metrics: self.metrics,
            figures: self.unknown.clone(),
            outputs: Vec::new(),
            stopped_early: progress.stopped_early,
        }
    }

    /// All that the future depends on.
    pub fn snapshot(&self) -> Snapshot<'_> {
        let mut tensors: Vec<(String, Cow<'_, [f32]>)> = self
            .parameters()
            .iter()
            .map(|parameter| (parameter.name().to_owned(), parameter.values().into()))
            .collect();
        tensors.extend(self.optimizer.state(self.parameters()));
        for (place, state) in self.trainer.state().iter().enumerate() {
            tensors.push((format!("state.{place}.hidden"), (&state.hidden).into()));
            tensors.push((format!("state.{place}.memory"), (&state.memory).into()));
        }
        Snapshot { progress: self.progress.clone(), tensors }
    }

    /// Goes back to where a snapshot was taken.
    ///
    /// # Errors
    /// When the snapshot is of another model.
    pub fn restore(&mut self, snapshot: &Snapshot<'_>) -> Result<(), SnapshotError> {
        for parameter in self.trainer.parameters_mut().iter_mut() {
            let found = snapshot.find(parameter.name(), parameter.values().len())?;
            parameter.values_mut().copy_from_slice(found);
        }
        let find = |name: &str, len| snapshot.find(name, len).map(<[f32]>::to_vec);
        self.optimizer.restore(self.trainer.parameters(), snapshot.progress.step, find)?;
        for (place, state) in self.trainer.state_mut().iter_mut().enumerate() {
            let (hidden, memory) = (state.hidden.len(), state.memory.len());
            state.hidden = find(&format!("state.{place}.hidden"), hidden)?;
            state.memory = find(&format!("state.{place}.memory"), memory)?;
        }
        self.progress = snapshot.progress.clone();
        Ok(())
    }
}

/// The shares of unknown tokens in the splits that there are, by the names of `run.json`.
fn unknown(dataset: &DatasetInfo) -> Vec<(String, f64)> {
    let shares = dataset.unknown.into_iter().flatten().zip(dataset.sizes);
    let named = ["train_unknown", "valid_unknown", "test_unknown"].into_iter().zip(shares);
    let full = named.filter(|(_, (_, size))| *size > 0);
    full.map(|(name, (share, _))| (name.to_owned(), share)).collect()
}
