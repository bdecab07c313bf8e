//! A point's trials and their names.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::spec::experiment::Experiment;
use crate::spec::experiment::canonical::{to_text, value_in};
use crate::spec::experiment::sweep::SweepOptions;
use crate::spec::keys::Key;
use crate::spec::parse::check::Assignment;
use crate::spec::resolve::settings::Settings;

/// The longest name of a trial, in bytes.
const MAX_NAME: usize = 120;

/// One trial of a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Readable, unique within the spec, and safe as the name of a folder: the swept values, the
    /// seed and 8 hexadecimal digits of [`Experiment::hash`], as in
    /// `hidden_size=128,seed=42-1a2b3c4d`.
    pub name: String,
    /// The swept keys (dotted paths, without `seed`), each with its value in TOML; empty where
    /// the key does not go with the trial's choices. Every trial of a spec has the same keys.
    pub swept: Vec<(String, String)>,
    /// What is run.
    pub experiment: Experiment,
}

/// The trials of a point, one for each seed; `None` if it breaks a rule or is left out.
pub(in crate::spec) fn trials_of(settings: &Settings, point: &[Assignment]) -> Option<Vec<Trial>> {
    let (experiment, _) = settings.point(point.to_vec()).ok()?;
    if is_skipped(settings, &experiment) {
        return None;
    }
    of_seeds(settings, point, &experiment)
}

/// Whether a condition leaves the experiment out.
pub(super) fn is_skipped(settings: &Settings, experiment: &Experiment) -> bool {
    let skips = &settings.swept().skips;
    if skips.is_empty() {
        return false;
    }
    let values = serde_json::to_value(experiment).unwrap_or_default();
    skips.iter().any(|skip| {
        skip.tests.iter().all(|(key, allowed)| {
            value_in(key, &values).is_some_and(|value| allowed.contains(&value))
        })
    })
}

/// Trials of a point.
pub(super) fn seeds(settings: &Settings) -> u64 {
    settings.table::<SweepOptions>("sweep").map_or(1, |sweep| sweep.seeds)
}

/// One trial for each seed; `None` if the seeds come to their end.
pub(in crate::spec) fn of_seeds(
    settings: &Settings,
    point: &[Assignment],
    experiment: &Experiment,
) -> Option<Vec<Trial>> {
    let last = experiment.seed.checked_add(seeds(settings) - 1)?;
    if last > i64::MAX as u64 {
        return None;
    }
    let swept = swept_values(settings, point, experiment);
    Some((experiment.seed..=last).map(|seed| trial(point, &swept, experiment, seed)).collect())
}

/// Every swept key with its value at a point, in one order for all points.
fn swept_values(
    settings: &Settings,
    point: &[Assignment],
    experiment: &Experiment,
) -> Vec<(String, String)> {
    let swept = settings.swept();
    let mut keys: Vec<&'static Key> = swept.all_axes().map(|axis| axis.key).collect();
    let assigned = swept.points.iter().flat_map(|point| &point.assignments);
    let more = swept.draws.iter().map(|draw| draw.key).chain(assigned.map(|it| it.key));
    for key in more {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.retain(|key| key.path != "seed");
    let values = serde_json::to_value(experiment).unwrap_or_default();
    let text = |key: &'static Key| {
        let own = point.iter().find(|assignment| assignment.key == key);
        let own = own.and_then(|assignment| assignment.value.clone());
        own.or_else(|| value_in(key, &values)).map(|value| to_text(&value)).unwrap_or_default()
    };
    keys.into_iter().map(|key| (key.path.to_owned(), text(key))).collect()
}

fn trial(
    point: &[Assignment],
    swept: &[(String, String)],
    experiment: &Experiment,
    seed: u64,
) -> Trial {
    let experiment = Experiment { seed, ..experiment.clone() };
    let assigned: Vec<_> = point
        .iter()
        .filter(|assignment| assignment.key.path != "seed")
        .map(|assignment| (assignment.key, assignment.value.clone().unwrap_or_default()))
        .collect();
    let name = name(&assigned, &experiment);
    Trial { name, swept: swept.to_vec(), experiment }
}

/// `hidden_size=128,seed=42-1a2b3c4d`.
fn name(swept: &[(&Key, Json)], experiment: &Experiment) -> String {
    let ambiguous =
        |key: &Key| swept.iter().filter(|(other, _)| other.name() == key.name()).count() > 1;
    let values = swept.iter().map(|(key, value)| {
        let name = if ambiguous(key) { key.path } else { key.name() };
        format!("{name}={}", plain(value))
    });
    let end = format!("seed={}-{:.8}", experiment.seed, experiment.hash());
    let values: Vec<_> = values.collect();
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "._=,+-".contains(c) { c } else { '_' }
    };
    let mut name: String = values.join(",").chars().map(safe).collect();
    name.truncate(MAX_NAME - end.len() - 1);
    match name.is_empty() {
        true => end,
        false => format!("{name},{end}"),
    }
}

/// A value without quotation marks and spaces.
fn plain(value: &Json) -> String {
    match value {
        Json::Null => "none".into(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("+"),
        Json::Object(entries) => {
            entries.iter().map(|(name, value)| format!("{name}-{}", plain(value))).collect()
        }
        _ => to_text(value),
    }
}

/// Gives a trial whose name another has already the whole of its hash.
pub(in crate::spec) fn make_unique(trials: &mut [Trial]) {
    let mut names = BTreeSet::new();
    for trial in trials {
        if !names.insert(trial.name.clone()) {
            trial.name = format!("seed={}-{}", trial.experiment.seed, trial.experiment.hash());
            names.insert(trial.name.clone());
        }
    }
}
