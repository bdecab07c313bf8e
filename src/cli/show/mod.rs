//! Commands that show what trials left.

pub(super) mod board;
pub(super) mod compare;
pub(super) mod export;
pub(super) mod report;
pub(super) mod sample;

use crate::cli::failure::Failure;
use crate::results::best::find_trial;
use crate::runs::Paths;
use crate::runs::run_json::RunJson;
use crate::spec::{self, Experiment};
use std::path::Path;

/// What there is until a trial has weights.
const NO_WEIGHTS_YET: &str = "the trial has not ended its first epoch yet";

/// A trial, or the best of an experiment: its files, its record, and what was run.
fn read_trial(run: &Path) -> Result<(Paths, RunJson, Experiment), Failure> {
    let paths = Paths(find_trial(run).map_err(Failure::usage)?);
    let record = RunJson::read(&paths.run()).map_err(Failure::usage)?;
    let spec = spec::load(&paths.spec(), &[]).map_err(Failure::usage)?;
    match spec.trials.into_iter().next() {
        Some(trial) => Ok((paths, record, trial.experiment)),
        None => Err(Failure::usage(miette::miette!("{} has no trial", paths.spec().display()))),
    }
}
