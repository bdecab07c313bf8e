//! Commands that show what trials left.

pub(super) mod board;
pub(super) mod compare;
pub(super) mod doctor;
pub(super) mod export;
pub(super) mod report;
pub(super) mod sample;

use crate::cli::failure::Failure;
use crate::cli::print;
use crate::files;
use crate::results::best::find_trial;
use crate::runs::damage::{self, Damage};
use crate::runs::paths::{Paths, SPEC, WEIGHTS};
use crate::runs::run_json::RunJson;
use crate::spec::{self, Experiment};
use std::path::Path;

/// A trial, or the best of an experiment.
struct Read {
    paths: Paths,
    record: RunJson,
    /// What was run.
    experiment: Experiment,
    /// What of the experiment is damaged, so that a better one may be among it.
    left_out: Vec<Damage>,
}

/// Reads a trial, or the best of an experiment.
fn read_trial(run: &Path) -> Result<Read, Failure> {
    let mut left_out = Vec::new();
    let found = find_trial(run, &mut left_out);
    print::damage(&left_out);
    let paths = Paths(found.map_err(Failure::usage)?);
    let record = RunJson::read(&paths.run()).map_err(Failure::internal)?;
    let spec = paths.spec();
    let bytes = files::read(&spec).unwrap_or_default();
    whole(&paths, &record, SPEC, &bytes)?;
    let spec = spec::load(&spec, &[]).map_err(Failure::usage)?;
    match spec.trials.into_iter().next() {
        Some(trial) => Ok(Read { paths, record, experiment: trial.experiment, left_out }),
        None => Err(Failure::usage(miette::miette!("{} has no trial", paths.spec().display()))),
    }
}

/// Makes sure that a file of a trial is what it wrote.
fn whole(paths: &Paths, record: &RunJson, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let sum = record.files.get(name).map(String::as_str);
    let Some(why) = damage::of_bytes(name, bytes, sum) else { return Ok(()) };
    let folder = paths.0.display();
    let help = format!("`runner doctor --fix {folder}` mends it or says how it comes back");
    Err(Failure::internal(miette::miette!(help = help, "{folder}: {why}")))
}

/// The best weights of a trial.
fn weights_of(paths: &Paths, record: &RunJson) -> Result<Vec<u8>, Failure> {
    let path = paths.weights();
    let bytes = files::read(&path).map_err(|error| {
        let help = match record.files.contains_key(WEIGHTS) {
            true => "they have been removed: `runner doctor --fix` takes them from the checkpoint",
            false => "the trial has not ended its first epoch yet",
        };
        Failure::usage(miette::miette!(help = help, "cannot read {}: {error}", path.display()))
    })?;
    whole(paths, record, WEIGHTS, &bytes)?;
    Ok(bytes)
}
