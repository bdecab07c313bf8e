//! What became of an experiment, and why.

use super::decide::looks::Looks;
use super::decide::statistics::largest_noise;
use super::entry::{Asked, Entry, MARGIN, Mode};
use super::measured::Measured;
use crate::metric::Direction;
use serde::Serialize;

/// What became of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No difference that counts.
    Pass,
    /// Better, by the same rule.
    Improved,
    /// Worse.
    Regression,
    /// Numbers differ where they must not.
    Changed,
    /// A loss that must not go unnoticed can be neither told nor ruled out.
    Undecided,
    /// It cannot be compared.
    Refused,
    /// It was written into the baseline.
    Recorded,
    /// It was taken out of the baseline.
    Removed,
}

impl Verdict {
    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Improved => "improved",
            Self::Regression => "regression",
            Self::Changed => "changed",
            Self::Undecided => "undecided",
            Self::Refused => "refused",
            Self::Recorded => "recorded",
            Self::Removed => "removed",
        }
    }
}

/// A decision and its reasons.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The experiment's name.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
    /// How it was decided; `None` if it was not.
    pub mode: Option<Mode>,
    /// The metric's column.
    pub metric: Option<String>,
    /// Whether lower values are better.
    pub lower_is_better: Option<bool>,
    /// The recorded mean over the seeds.
    pub baseline: Option<f64>,
    /// The present mean over the same seeds.
    pub value: Option<f64>,
    /// The relative change of the metric.
    pub change: Option<f64>,
    /// The interval of the relative change, in mode `statistical`.
    pub interval: Option<(f64, f64)>,
    /// In mode `statistical` the smallest relative loss that is told in 90 of 100 cases, with the
    /// noise between these seeds.
    pub detectable: Option<f64>,
    /// In mode `statistical` how many seeds it takes to rule out a loss of the baseline's `margin`.
    pub seeds_needed: Option<usize>,
    /// Why, in a sentence.
    pub reason: String,
    /// What to know before trusting the numbers.
    pub warnings: Vec<String>,
}

impl Outcome {
    /// One that cannot be compared.
    pub fn refused(name: &str, reason: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            verdict: Verdict::Refused,
            mode: None,
            metric: None,
            lower_is_better: None,
            baseline: None,
            value: None,
            change: None,
            interval: None,
            detectable: None,
            seeds_needed: None,
            reason: reason.into(),
            warnings: Vec::new(),
        }
    }

    /// One that was written into the baseline. What it can tell from now on is said.
    pub fn recorded(
        measured: &Measured,
        before: Option<&Entry>,
        asked: Asked,
        looks: Option<&Looks>,
    ) -> Self {
        let seeds = measured.seeds.len();
        let (done, mode, margin) = match before {
            Some(entry) => ("updated", entry.mode(asked, seeds), entry.bounds().margin),
            None => ("begun", asked.mode.unwrap_or(Mode::of_seeds(seeds)), MARGIN),
        };
        let mut reason = format!("the baseline has been {done}");
        if mode == Mode::Statistical && seeds > 1 {
            let noise = match looks.filter(|looks| looks.most() == seeds) {
                Some(looks) => looks.largest_noise(margin),
                None => largest_noise(seeds, margin),
            };
            let [margin, noise] = [margin, noise].map(percent);
            reason += &format!(
                ": {seeds} seeds tell a loss of {margin} where the noise between builds is {noise} or less"
            );
        }
        let mut outcome = Self::begin(measured, before, &reason);
        outcome.verdict = Verdict::Recorded;
        outcome
    }

    /// One that is still to be decided.
    pub(super) fn begin(measured: &Measured, entry: Option<&Entry>, reason: &str) -> Self {
        let value = measured.mean();
        let baseline = entry.map(Entry::mean);
        Self {
            metric: Some(measured.facts.metric.clone()),
            lower_is_better: Some(measured.facts.direction == Direction::Lower),
            baseline,
            value: Some(value),
            change: baseline.map(|before| relative(before, value)),
            warnings: measured.warnings.clone(),
            ..Self::refused(&measured.name, reason)
        }
    }
}

/// A change relative to what was before; the change itself where that was zero.
pub(super) fn relative(before: f64, now: f64) -> f64 {
    if before == 0.0 { now } else { (now - before) / before.abs() }
}

/// A part of something, for sentences.
pub(super) fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}
