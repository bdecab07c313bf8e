//! A trial in training: model, optimizer, place in the data, hidden state.

use super::event::{Finished, Row, Sample, Started, StepReport};
use super::generate::{Draw, Generator};
use super::optimizer::{self, Optimizer};
use super::progress::{Best, Progress, Snapshot, SnapshotError};
use super::schedule::{self, Position};
use super::{TrainError, evaluate_while};
use crate::data::{Dataset, Sampler};
use crate::kernels::{Compute, softmax::Loss};
use crate::model::{self, Model, ModelState, Step, weights};
use crate::random::{Purpose, Stream};
use crate::spec::{Checkpoint, Experiment, Length, Level};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A trial in training.
pub struct Session {
    experiment: Experiment,
    dataset: Arc<Dataset>,
    compute: Compute,
    model: Box<dyn Model>,
    optimizer: Optimizer,
    sampler: Sampler,
    state: ModelState,
    progress: Progress,
    generators: Vec<(String, Generator)>,
}

impl Session {
    /// A trial before its first step.
    ///
    /// # Errors
    /// When a prefix of `[generation]` holds a token that the vocabulary does not.
    pub fn new(
        experiment: &Experiment,
        dataset: Arc<Dataset>,
        compute: Compute,
    ) -> Result<Self, TrainError> {
        let vocabulary = &dataset.vocabulary;
        let spec = &experiment.model;
        let model = model::build(compute.clone(), spec, vocabulary.len(), experiment.seed);
        let mut generators = Vec::new();
        if let Some(generation) = &experiment.generation {
            let draw = Draw { temperature: generation.temperature, top_k: generation.top_k };
            for prefix in &generation.prefixes {
                let generator = Generator::new(vocabulary, &experiment.data, prefix, draw)?;
                generators.push((prefix.clone(), generator));
            }
        }
        let (data, train) = (&experiment.data, Arc::clone(&dataset.train));
        let start = libm::log(vocabulary.len() as f64) * data.sequence_length as f64;
        Ok(Self {
            optimizer: Optimizer::new(experiment.training.optimizer, compute.level, model.as_ref()),
            sampler: Sampler::new(data, train, experiment.seed),
            state: model.zero_state(data.batch_size),
            progress: Progress {
                smooth_loss: experiment.training.smoothing.map(|_| start),
                learning_rate: experiment.training.learning_rate,
                ..Progress::default()
            },
            experiment: experiment.clone(),
            dataset,
            compute,
            model,
            generators,
        })
    }

    /// The model.
    pub fn model(&self) -> &dyn Model {
        self.model.as_ref()
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
        self.sampler.batches_per_epoch() as u64
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
            model: self.model.describe(),
            parameters: model::parameter_count(self.model.as_ref()),
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
        let batch = self.sampler.batch(epoch, index as usize);
        if index == 0 || !self.sampler.carries_state() {
            self.state = self.model.zero_state(batch.batch);
        }
        let (seed, reduction) = (self.experiment.seed, training.reduction);
        let step = Step { seed, index: self.progress.step, reduction };
        let loss = self.model.train(&batch, &mut self.state, step)?;

        let position = Position { step: self.progress.step, steps: self.steps(), epoch };
        let (base, plateau) = (training.learning_rate, &self.progress.plateau);
        let rate = schedule::learning_rate(&training.schedule, base, position, plateau);
        self.progress.learning_rate = rate;
        let norm = optimizer::gradient_norm(self.compute.level, self.model.as_ref());
        self.check(loss, norm)?;
        let cut = optimizer::clip(training.clip, norm);
        self.optimizer.step(self.model.as_mut(), rate, cut);

        self.count(loss, norm, batch.batch);
        Ok(StepReport {
            step: self.progress.step,
            steps: self.steps(),
            epoch: epoch + 1,
            step_in_epoch: index + 1,
            steps_per_epoch: per_epoch,
            tokens: loss.tokens,
            loss: Loss::from(self.progress.loss).mean(),
        })
    }

    /// Stops a run whose loss or gradient is no number any more.
    fn check(&self, loss: Loss, grad_norm: f64) -> Result<(), TrainError> {
        if loss.sum.is_finite() && grad_norm.is_finite() {
            return Ok(());
        }
        Err(TrainError::Diverged {
            step: self.progress.step + 1,
            loss: loss.mean(),
            learning_rate: self.progress.learning_rate,
            grad_norm,
        })
    }

    /// Adds a step to the running sums.
    fn count(&mut self, loss: Loss, norm: f64, batch: usize) {
        let progress = &mut self.progress;
        progress.step += 1;
        progress.tokens += loss.tokens;
        progress.loss.sum += loss.sum;
        progress.loss.tokens += loss.tokens;
        progress.grad_norms += norm;
        progress.steps_in_row += 1;
        if let Some((smooth, keep)) =
            progress.smooth_loss.as_mut().zip(self.experiment.training.smoothing)
        {
            *smooth = *smooth * keep + loss.sum / batch as f64 * (1.0 - keep);
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
        let valid = self.loss_of(&self.dataset.valid, stop)?;
        let progress = &mut self.progress;
        progress.rows += 1;
        progress.row_step = progress.step;
        let mut row = Row {
            number: progress.rows,
            epoch: progress.step.div_ceil(self.sampler.batches_per_epoch().max(1) as u64),
            step: progress.step,
            tokens: progress.tokens,
            learning_rate: progress.learning_rate,
            grad_norm: progress.grad_norms / progress.steps_in_row.max(1) as f64,
            train: progress.loss.into(),
            valid,
            smooth_loss: progress.smooth_loss,
            bits: matches!(self.experiment.data.level, Level::Byte | Level::Char),
            is_best: false,
        };
        row.is_best = progress.best.is_none_or(|best| row.deciding() < best.deciding());
        if row.is_best {
            let (epoch, step) = (row.epoch, row.step);
            let valid = row.valid.map(Into::into);
            progress.best = Some(Best { epoch, step, train: row.train.into(), valid });
        }
        progress.loss = Loss::default().into();
        progress.grad_norms = 0.0;
        progress.steps_in_row = 0;
        let training = &self.experiment.training;
        schedule::observe(&training.schedule, &mut progress.plateau, row.deciding());
        if let Some(stopping) = training.early_stopping {
            let better = |best: f64| row.deciding() < best - stopping.min_delta;
            if progress.reference.is_none_or(better) {
                progress.reference = Some(row.deciding());
                progress.rows_without_progress = 0;
            } else {
                progress.rows_without_progress += 1;
            }
            progress.stopped_early = progress.rows_without_progress > stopping.patience;
        }
        Ok(row)
    }

    /// The loss over a split; none if it is empty.
    fn loss_of(&self, tokens: &[u32], stop: &AtomicBool) -> Result<Option<Loss>, TrainError> {
        if tokens.len() < 2 {
            return Ok(None);
        }
        let data = &self.experiment.data;
        let (streams, steps) = (data.eval_batch_size, data.sequence_length);
        let go_on = || !stop.load(Ordering::Relaxed);
        match evaluate_while(self.model.as_ref(), tokens, streams, steps, go_on)? {
            Some(loss) => Ok(Some(loss)),
            None => Err(self.interrupted()),
        }
    }

    /// What ends a run that was asked to stop.
    pub fn interrupted(&self) -> TrainError {
        TrainError::Interrupted { step: self.progress.step }
    }

    /// The samples that are due after a row.
    ///
    /// # Errors
    /// When memory runs out, or when `stop` was set.
    fn samples(&self, row: &Row, stop: &AtomicBool) -> Result<Vec<Sample>, TrainError> {
        let Some(generation) = &self.experiment.generation else {
            return Ok(Vec::new());
        };
        let due = row.number.is_multiple_of(generation.every.max(1)) || self.is_done();
        let generators = self.generators.iter().enumerate().filter(|_| due);
        let write = |(place, (prefix, generator)): (usize, &(String, Generator))| {
            if stop.load(Ordering::Relaxed) {
                return Err(self.interrupted());
            }
            let key = (row.number << 16) + place as u64;
            let stream = Stream::new(self.experiment.seed, Purpose::Generation, key);
            let ids = generator.generate(self.model.as_ref(), generation.length, stream)?;
            let text = self.dataset.vocabulary.decode(&ids);
            Ok(Sample { epoch: row.epoch, step: row.step, prefix: prefix.clone(), text })
        };
        generators.map(write).collect()
    }

    /// Ends the training: the test loss of the best weights (those of the last step, where
    /// nobody kept the best).
    ///
    /// # Errors
    /// When the weights do not fit, memory runs out, or `stop` was set.
    pub fn finish(
        &mut self,
        best_weights: Option<Vec<u8>>,
        stop: &AtomicBool,
    ) -> Result<Finished, TrainError> {
        if let Some(bytes) = best_weights {
            weights::from_bytes(self.model.as_mut(), &bytes)?;
        }
        let test = self.loss_of(&self.dataset.test, stop)?;
        Ok(Finished { test, ..self.so_far() })
    }

    /// How the training stands, without a look at the test split.
    pub fn so_far(&self) -> Finished {
        let progress = &self.progress;
        let best = progress.best;
        Finished {
            step: progress.step,
            best_epoch: best.map_or(0, |best| best.epoch),
            best_step: best.map_or(0, |best| best.step),
            best_train: best.map_or(Loss::default(), |best| best.train.into()),
            best_valid: best.and_then(|best| best.valid).map(Into::into),
            test: None,
            stopped_early: progress.stopped_early,
        }
    }

    /// All that the future depends on.
    pub fn snapshot(&self) -> Snapshot<'_> {
        let parameters = self.model.parameters();
        let mut tensors: Vec<(String, Cow<'_, [f32]>)> = parameters
            .iter()
            .map(|parameter| (parameter.name().to_owned(), parameter.numbers().into()))
            .collect();
        tensors.extend(self.optimizer.state(self.model.as_ref()));
        for (place, state) in self.state.iter().enumerate() {
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
        for parameter in self.model.parameters_mut() {
            let name = parameter.name().to_owned();
            let (numbers, _) = parameter.both_mut();
            numbers.copy_from_slice(snapshot.find(&name, numbers.len())?);
        }
        let find = |name: &str, len| snapshot.find(name, len).map(<[f32]>::to_vec);
        self.optimizer.restore(self.model.as_ref(), snapshot.progress.step, find)?;
        for (place, state) in self.state.iter_mut().enumerate() {
            let (hidden, memory) = (state.hidden.len(), state.memory.len());
            state.hidden = find(&format!("state.{place}.hidden"), hidden)?;
            state.memory = find(&format!("state.{place}.memory"), memory)?;
        }
        self.progress = snapshot.progress.clone();
        Ok(())
    }
}
