//! The trials of a spec: one for each point of the grid and each seed.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::canonical::to_text;
use super::experiment::Experiment;
use super::keys::Key;
use super::layer::{Assignment, Axis};
use super::problem::{MAX_PROBLEMS, Problem};
use super::settle::Settings;

/// The most trials of a spec.
pub const MAX_TRIALS: u64 = 100_000;
/// The longest name of a trial, in bytes.
const MAX_NAME: usize = 120;

/// One trial of a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Readable, unique within the spec, and safe as the name of a folder: the swept values, the
    /// seed and 8 hexadecimal digits of [`Experiment::hash`], as in
    /// `hidden_size=128,seed=42-1a2b3c4d`.
    pub name: String,
    /// The swept keys (dotted paths, without `seed`), each with its value in TOML.
    pub swept: Vec<(String, String)>,
    /// What is run.
    pub experiment: Experiment,
}

/// All trials and what is odd about them, or everything that is wrong.
///
/// The first key of the grid varies slowest, the seed fastest.
pub(super) fn trials(settings: &Settings) -> Result<(Vec<Trial>, Vec<Problem>), Vec<Problem>> {
    let seeds = settings.value("sweep.seeds").and_then(Json::as_u64).unwrap_or(1);
    let axes: Vec<_> = settings.axes().iter().filter(|axis| !axis.values.is_empty()).collect();
    let mut problems = check_sweep(settings, &axes, seeds);
    if !problems.is_empty() {
        return Err(problems);
    }
    let (mut trials, mut warnings) = (Vec::new(), Vec::new());
    for point in grid(&axes) {
        match settings.point(point.clone()) {
            Ok((experiment, odd)) => {
                add(&mut warnings, odd);
                match experiment.seed.checked_add(seeds - 1) {
                    Some(last) if last <= i64::MAX as u64 => {
                        trials.extend(
                            (experiment.seed..=last).map(|seed| trial(&point, &experiment, seed)),
                        );
                    }
                    _ => add(&mut problems, vec![seeds_end(settings)]),
                }
            }
            Err(wrong) => add(&mut problems, wrong),
        }
        if problems.len() >= MAX_PROBLEMS {
            break;
        }
    }
    make_unique(&mut trials);
    if problems.is_empty() { Ok((trials, warnings)) } else { Err(problems) }
}

/// Adds what has not been said of an earlier point.
pub(super) fn add(all: &mut Vec<Problem>, new: Vec<Problem>) {
    for problem in new {
        if all.len() < MAX_PROBLEMS && !all.iter().any(|other| other.same(&problem)) {
            all.push(problem);
        }
    }
}

/// What is wrong with the sweep itself.
fn check_sweep(settings: &Settings, axes: &[&Axis], seeds: u64) -> Vec<Problem> {
    let place = settings.place("sweep.seeds");
    let seed = axes.iter().find(|axis| axis.key.path == "seed");
    if let (Some(place), Some(axis)) = (place, seed) {
        let message = "both `sweep.seeds` and `seed` in [sweep.grid] are set";
        let problem = Problem::at(place, message).also(&axis.place, "`seed` is swept");
        return vec![problem.help("remove one of them")];
    }
    let count =
        axes.iter().fold(seeds, |count, axis| count.saturating_mul(axis.values.len() as u64));
    if count <= MAX_TRIALS {
        return settings.unused();
    }
    let message = format!("the sweep has {count} trials, more than {MAX_TRIALS}");
    let problem = match axes.last().map(|axis| &axis.place).or(place) {
        Some(place) => Problem::at(place, message),
        None => Problem::new(message),
    };
    vec![problem.help("sweep fewer values, or split the sweep into several specs")]
}

fn seeds_end(settings: &Settings) -> Problem {
    let message = format!("the last seed of the sweep would be greater than {}", i64::MAX);
    let place = settings.place("sweep.seeds").or_else(|| settings.place("seed"));
    match place {
        Some(place) => Problem::at(place, message).help("choose a smaller `seed`"),
        None => Problem::new(message),
    }
}

/// Every point of the grid; one without values where nothing is swept.
fn grid(axes: &[&Axis]) -> Vec<Vec<Assignment>> {
    axes.iter().fold(vec![Vec::new()], |points, axis| {
        let longer = |point: &Vec<Assignment>| {
            let point = point.clone();
            axis.values.iter().map(move |(value, place)| {
                let (key, place, value) = (axis.key, place.clone(), Some(value.clone()));
                let mut point = point.clone();
                point.push(Assignment { key, place, value });
                point
            })
        };
        points.iter().flat_map(longer).collect()
    })
}

fn trial(point: &[Assignment], experiment: &Experiment, seed: u64) -> Trial {
    let experiment = Experiment { seed, ..experiment.clone() };
    let swept: Vec<_> = point
        .iter()
        .filter(|assignment| assignment.key.path != "seed")
        .map(|assignment| (assignment.key, assignment.value.clone().unwrap_or_default()))
        .collect();
    let name = name(&swept, &experiment);
    let swept = swept.iter().map(|(key, value)| (key.path.to_owned(), to_text(value)));
    Trial { name, swept: swept.collect(), experiment }
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
fn make_unique(trials: &mut [Trial]) {
    let mut names = BTreeSet::new();
    for trial in trials {
        if !names.insert(trial.name.clone()) {
            trial.name = format!("seed={}-{}", trial.experiment.seed, trial.experiment.hash());
            names.insert(trial.name.clone());
        }
    }
}
