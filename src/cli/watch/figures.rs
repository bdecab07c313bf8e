//! Figures of points and trials as they are shown.

use crate::format::{grouped, short, thousands, time_left};
use crate::results::watch::{Figures, Trial};
use crate::spec::Length;
use std::sync::Arc;
use std::time::SystemTime;

/// The words for how trials stand, in the order in which they interest.
const WORDS: [&str; 8] =
    ["running", "failed", "damaged", "interrupted", "stopped", "done", "planned", "unread"];

/// How many trials stand how: `3 running`, `12 done`.
pub(super) fn counts<'a>(
    trials: impl Iterator<Item = &'a Arc<Trial>> + Clone,
) -> Vec<(usize, &'static str)> {
    let count =
        |word: &'static str| (trials.clone().filter(|trial| trial.status == word).count(), word);
    WORDS.map(count).into_iter().filter(|(count, _)| *count > 0).collect()
}

/// How some trials stand, in a word if all stand alike.
pub(super) fn status(trials: &[Arc<Trial>]) -> (String, &'static str) {
    match counts(trials.iter()).as_slice() {
        [] => (String::new(), ""),
        [(_, word)] => ((*word).to_owned(), word),
        [(count, word), ..] => (format!("{count} {word}"), word),
    }
}

/// The mean of a figure over trials that have it.
pub(super) fn mean(trials: &[Arc<Trial>], of: fn(&Trial) -> &Figures, column: &str) -> Option<f64> {
    let values: Vec<f64> =
        trials.iter().filter_map(|trial| of(trial).get(column).copied()).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A figure, or a dash.
pub(super) fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), short)
}

/// How far a trial is: `epoch 3/20`, or by steps as its length is. Nothing of one that was not begun.
pub(super) fn reached(trial: &Trial) -> Option<String> {
    let begun = (trial.status == "running").then_some(0);
    let at = |column: &str| trial.last.get(column).map(|at| *at as u64).or(begun);
    let parted = |number: u64| grouped(&number.to_string(), ',');
    match trial.length {
        Length::Epochs(all) => Some(format!("epoch {}/{}", at("epoch")?, parted(all))),
        Length::Steps(all) => Some(format!("step {}/{}", parted(at("step")?), parted(all))),
    }
}

/// How far the trial is that is shown for some: one that runs, else the first.
pub(super) fn progress(trials: &[Arc<Trial>]) -> Option<&Arc<Trial>> {
    trials.iter().find(|trial| trial.status == "running").or_else(|| trials.first())
}

/// How fast a trial is, if it runs.
pub(super) fn speed(trial: &Trial) -> Option<String> {
    trial.speed.map(|(speed, predictions)| format!("{} {predictions}/s", thousands(speed)))
}

/// How long a trial will still take, if it runs.
pub(super) fn left(trial: &Trial, now: SystemTime) -> Option<String> {
    let ends = trial.ends?;
    Some(time_left(ends.duration_since(now).unwrap_or_default().as_secs_f64()))
}

/// How long ago something was.
pub(super) fn ago(then: SystemTime, now: SystemTime) -> String {
    let seconds = now.duration_since(then).unwrap_or_default().as_secs();
    match seconds {
        0..90 => format!("{seconds} s ago"),
        90..5400 => format!("{} min ago", seconds / 60),
        5400..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
