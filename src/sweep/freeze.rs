//! `plan.json`: what will be run, frozen before the first trial.

use crate::record::file::{failed, write_whole};
use crate::spec::Spec;
use crate::train::RecordError;
use serde::Serialize;
use std::path::Path;

/// A plan.
#[derive(Serialize)]
struct Plan<'a> {
    experiment: &'a str,
    spec: String,
    runner_version: &'static str,
    trials: Vec<PlannedTrial<'a>>,
}

/// A trial of a plan, complete in itself.
#[derive(Serialize)]
struct PlannedTrial<'a> {
    index: usize,
    trial: &'a str,
    seed: u64,
    swept: serde_json::Map<String, serde_json::Value>,
    spec_sha256: String,
    spec_toml: String,
}

/// Writes the plan of a spec into the folder of its experiment.
///
/// # Errors
/// When the file cannot be written.
pub fn freeze(spec: &Spec, folder: &Path) -> Result<(), RecordError> {
    let trials = spec.trials.iter().enumerate().map(|(index, trial)| PlannedTrial {
        index,
        trial: &trial.name,
        seed: trial.experiment.seed,
        swept: trial.swept.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect(),
        spec_sha256: trial.experiment.hash(),
        spec_toml: trial.experiment.to_toml(),
    });
    let plan = Plan {
        experiment: &spec.name,
        spec: spec.path.display().to_string(),
        runner_version: env!("CARGO_PKG_VERSION"),
        trials: trials.collect(),
    };
    let path = folder.join("plan.json");
    let mut bytes = serde_json::to_vec_pretty(&plan)
        .map_err(|error| failed(&path)(std::io::Error::other(error)))?;
    bytes.push(b'\n');
    write_whole(&path, &bytes)
}
