//! The end of a row of `metrics.csv`: evaluation, and what depends on it.

use super::TrainError;
use super::event::{Row, Sample};
use super::progress::Best;
use super::schedule;
use super::session::Session;
use crate::data::Split;
use crate::metric::Score;
use crate::spec::Monitor;
use crate::standing::Standing;
use crate::tasks;
use crate::tasks::{Generated, SampleKey};
use std::sync::atomic::{AtomicBool, Ordering};

impl Session {
    /// Whether a row of `metrics.csv` ends here, and has not been made yet.
    pub fn row_is_due(&self) -> bool {
        let every = self.experiment.training.evaluate_every.unwrap_or(self.steps_per_epoch());
        let step = self.progress.step;
        step > self.progress.row_step && (step.is_multiple_of(every.max(1)) || self.is_done())
    }

    /// Ends a row, and writes the samples that are due after it. Where that fails or `stop` is
    /// set meanwhile, the session is as before.
    pub fn end_row(&mut self, stop: &AtomicBool) -> Result<(Row, Vec<Sample>), TrainError> {
        let before = self.progress.clone();
        let ended = self.evaluate_row(stop).and_then(|row| {
            let samples = self.samples(&row, stop)?;
            Ok((row, samples))
        });
        if ended.is_err() {
            self.progress = before;
        }
        ended
    }

    /// Ends a row: evaluates, and tells schedule and early stopping.
    pub fn evaluate_row(&mut self, stop: &AtomicBool) -> Result<Row, TrainError> {
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

    /// The score over a split; `None` if it is empty. One that is no number ends the training.
    pub(super) fn score_of(
        &self,
        split: Split,
        stop: &AtomicBool,
    ) -> Result<Option<Score>, TrainError> {
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

    /// The samples that are due after a row.
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
}
