//! A trial in training: network, optimizer, place in the data, hidden state.

use super::TrainError;
use super::event::{Finished, Row, Sample, Started, StepReport};
use super::optimizer::{self, Optimizer};
use super::progress::{Best, Progress, Snapshot, SnapshotError};
use super::schedule::{self, Position};
use crate::data::{DatasetInfo, Split};
use crate::kernels::Compute;
use crate::metric::{Metric, Metrics, Score};
use crate::nn::{NamedParameter, Parameters, Step};
use crate::spec::{Checkpoint, Experiment, Length, Monitor};
use crate::standing::Standing;
use crate::tasks::{self, AnyDataset, Artifacts, Generated, SampleKey, Trainer};
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

/// A trial in training.
pub struct Session {
    experiment: Experiment,
    compute: Compute,
    trainer: Box<dyn Trainer>,
    metrics: Metrics,
    optimizer: Optimizer,
    progress: Progress,
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
        match self.experiment.training.length {
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
        let cut = optimizer::clip(training.clip, norm);
        self.optimizer.step(self.trainer.parameters_mut(), rate, cut);

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
    fn check(
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

    /// Whether a row of `metrics.csv` ends here, and has not been made yet.
    pub fn row_is_due(&self) -> bool {
        let every = self.experiment.training.evaluate_every.unwrap_or(self.steps_per_epoch());
        let step = self.progress.step;
        step > self.progress.row_step && (step.is_multiple_of(every.max(1)) || self.is_done())
    }

    /// Ends a row, and writes the samples that are due after it. Where that fails or `stop` is
    /// set meanwhile, the session is as before.
    ///
    /// # Errors
    /// When memory runs out, or when `stop` was set.
    pub fn end_row(&mut self, stop: &AtomicBool) -> Result<(Row, Vec<Sample>), TrainError> {
        let before = self.progress.clone();
        let ended = self.close_row(stop).and_then(|row| {
            let samples = self.samples(&row, stop)?;
            Ok((row, samples))
        });
        if ended.is_err() {
            self.progress = before;
        }
        ended
    }

    /// Ends a row: evaluates, and tells schedule and early stopping.
    ///
    /// # Errors
    /// When memory runs out, or when `stop` was set.
    pub fn close_row(&mut self, stop: &AtomicBool) -> Result<Row, TrainError> {
        // An evaluation needs other arrays than a step, and what follows on a row none of them.
        self.compute.trim();
        let valid = self.score_of(Split::Valid, stop)?;
        self.compute.trim();
        let (metric, per_epoch) = (self.metric(), self.steps_per_epoch().max(1));
        let read = self.trainer.text(Split::Train, self.progress.score.count);
        let progress = &mut self.progress;
        progress.rows += 1;
        progress.row_step = progress.step;
        let mut row = Row {
            number: progress.rows,
            epoch: progress.step.div_ceil(per_epoch),
            step: progress.step,
            tokens: progress.tokens,
            learning_rate: progress.learning_rate,
            grad_norm: progress.grad_norms / progress.steps_in_row.max(1) as f64,
            train: progress.score.of_text(read),
            valid,
            smooth_loss: progress.smooth_loss,
            metrics: self.metrics,
            is_best: false,
        };
        let stands = |score: Score| Standing::of(&metric, &score);
        let better = |best: Best| stands(row.deciding()) < stands(best.deciding());
        row.is_best = progress.best.is_none_or(better);
        if row.is_best {
            let (epoch, step) = (row.epoch, row.step);
            progress.best = Some(Best { epoch, step, train: row.train, valid: row.valid });
        }
        progress.score = Score::default();
        progress.grad_norms = 0.0;
        progress.steps_in_row = 0;
        let training = &self.experiment.training;
        let watched = |monitor: Option<Monitor>| {
            (monitor.map_or(metric, tasks::metric_of).watched)(&row.deciding())
        };
        let seen = watched(training.schedule.monitor());
        let base = training.learning_rate;
        schedule::observe(&training.schedule, base, &mut progress.plateau, seen);
        if let Some(stopping) = training.early_stopping {
            let seen = watched(stopping.monitor);
            if progress.reference.is_none_or(|best| seen < best - stopping.min_delta) {
                progress.reference = Some(seen);
                progress.rows_without_progress = 0;
            } else {
                progress.rows_without_progress += 1;
            }
            progress.stopped_early = progress.rows_without_progress > stopping.patience;
        }
        Ok(row)
    }

    /// The score over a split; none if it is empty. One that is no number ends the training.
    fn score_of(&self, split: Split, stop: &AtomicBool) -> Result<Option<Score>, TrainError> {
        if self.trainer.predictions(split) == 0 {
            return Ok(None);
        }
        let mut given_up = stop.load(Ordering::Relaxed);
        let mut go_on = |_: &Score| {
            given_up = given_up || stop.load(Ordering::Relaxed);
            !given_up
        };
        let score = self.trainer.evaluate(split, &mut go_on)?;
        if given_up {
            return Err(self.interrupted());
        }
        self.check(split, self.progress.step, score, self.progress.grad_norm)?;
        Ok(Some(score))
    }

    /// The first place of an input that an output before it depends on, though it is to be
    /// predicted; none for a causal model.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn first_leak(&self) -> Result<Option<usize>, TrainError> {
        Ok(self.trainer.first_leak()?)
    }

    /// What ends a run that was asked to stop.
    pub fn interrupted(&self) -> TrainError {
        TrainError::Interrupted { step: self.progress.step }
    }

    /// The samples that are due after a row.
    ///
    /// # Errors
    /// When memory runs out, or when `stop` was set.
    pub fn samples(&self, row: &Row, stop: &AtomicBool) -> Result<Vec<Sample>, TrainError> {
        let every = self.experiment.generation.as_ref().map_or(1, |generation| generation.every);
        if !row.number.is_multiple_of(every.max(1)) && !self.is_done() {
            return Ok(Vec::new());
        }
        let key = SampleKey { seed: self.experiment.seed, row: row.number };
        let written = self.trainer.samples(key, None)?.into_iter();
        let sample = |generated: Generated| {
            let Generated { prefix, text } = generated;
            Sample { epoch: row.epoch, step: row.step, prefix, text }
        };
        if stop.load(Ordering::Relaxed) {
            return Err(self.interrupted());
        }
        Ok(written.map(sample).collect())
    }

    /// Ends the training: the test score of the weights that the network has now, the best ones
    /// where somebody kept them, and what they leave.
    ///
    /// # Errors
    /// When memory runs out, or `stop` was set.
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
