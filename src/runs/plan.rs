//! `plan.json`: what will be run, frozen before the first trial.

use super::damage::Damage;
use crate::files::links::{above, name_of};
use crate::files::{self, failed, is_whole, sealed, sha256, write_whole};
use crate::spec::{Sources, Spec, SpecErrors, load_from};
use crate::train::RecordError;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The name of the file.
const FILE: &str = "plan.json";

/// A plan.
#[derive(Serialize, Deserialize)]
struct Plan {
    experiment: String,
    spec: String,
    runner_version: String,
    /// All texts that the spec was read from, so that editing the files changes nothing.
    sources: Sources,
    trials: Vec<PlannedTrial>,
}

/// A trial of a plan, complete in itself.
#[derive(Serialize, Deserialize)]
struct PlannedTrial {
    index: usize,
    trial: String,
    seed: u64,
    swept: serde_json::Map<String, serde_json::Value>,
    spec_sha256: String,
    spec_toml: String,
}

/// A plan that cannot be gone on with.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PlanError {
    #[error("cannot read {path}: {why}")]
    #[diagnostic(
        code(plan::unreadable),
        help("give the plan.json of an experiment, which `runner SPEC` and `runner submit` write")
    )]
    Unreadable { path: String, why: String },
    /// It is not what was written.
    #[error("{path} is damaged: {why}")]
    #[diagnostic(code(plan::damaged), help("run the spec again: it writes the plan anew"))]
    Damaged { path: String, why: String },
    /// Its texts are no right spec any more.
    #[error("{path} was frozen by runner {version}, which read its spec otherwise")]
    #[diagnostic(
        code(plan::other_version),
        help("take that version of runner, or run the spec anew")
    )]
    OtherVersion { path: String, version: String },
    /// Its texts are no right spec any more.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Spec(#[from] Box<SpecErrors>),
    /// The plan has changed, and the one that is asked for is gone.
    #[error("{path} is another plan than the one with sha256 {wanted}…")]
    #[diagnostic(code(plan::changed), help("submit the spec again"))]
    Changed {
        path: String,
        /// The first digits of the sum.
        wanted: String,
    },
}

/// Writes the plan of a spec into the folder of its experiment, and returns the first digits of
/// its SHA-256.
///
/// Another plan that stands there is kept as `plan-<digits>.json`: trials of it may be running
/// elsewhere.
pub fn freeze(spec: &Spec, folder: &Path) -> Result<String, RecordError> {
    let path = folder.join(FILE);
    let bytes = to_json(spec)?;
    match files::read(&path) {
        Ok(before) if before == bytes => return Ok(digits(&bytes)),
        Ok(before) if plan_in(&before).is_ok() => {
            write_whole(&kept(folder, &digits(&before)), &before)?;
        }
        _ => {}
    }
    write_whole(&path, &bytes)?;
    Ok(digits(&bytes))
}

/// The first digits of the SHA-256 of a spec's plan.
pub fn digits_of(spec: &Spec) -> Result<String, RecordError> {
    Ok(digits(&to_json(spec)?))
}

fn to_json(spec: &Spec) -> Result<Vec<u8>, RecordError> {
    let trials = spec.trials.iter().enumerate().map(|(index, trial)| PlannedTrial {
        index,
        trial: trial.name.clone(),
        seed: trial.experiment.seed,
        swept: trial.swept.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect(),
        spec_sha256: trial.experiment.hash(),
        spec_toml: trial.experiment.to_toml(),
    });
    let plan = Plan {
        experiment: spec.name.clone(),
        spec: spec.path.display().to_string(),
        runner_version: env!("CARGO_PKG_VERSION").to_owned(),
        sources: spec.sources.clone(),
        trials: trials.collect(),
    };
    sealed(&plan).map_err(|error| failed(Path::new(FILE))(std::io::Error::other(error)))
}

/// The plan that some bytes are.
///
/// # Errors
/// What is wrong with them.
fn plan_in(bytes: &[u8]) -> Result<Plan, String> {
    let plan = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if is_whole(bytes) { Ok(plan) } else { Err("it is not what was written".to_owned()) }
}

/// Where a plan with these digits is kept once there is a newer one.
fn kept(folder: &Path, digits: &str) -> PathBuf {
    folder.join(format!("plan-{digits}.json"))
}

/// The first 8 hexadecimal digits of a plan's SHA-256.
fn digits(bytes: &[u8]) -> String {
    format!("{:.8}", sha256(bytes))
}

/// The spec of the plan in the folder of an experiment, with all trials that it lists. `None` if
/// there is no plan, or one of a version that read its spec otherwise, or a damaged one, which is
/// added to `lost`.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read_if_there(folder: &Path, lost: &mut Vec<Damage>) -> Result<Option<Spec>, PlanError> {
    match read(folder, None) {
        Ok((spec, _)) => Ok(Some(spec)),
        Err(PlanError::Damaged { why, .. }) => {
            lost.push(Damage { place: folder.join(FILE), why: format!("it is damaged: {why}") });
            Ok(None)
        }
        Err(PlanError::Unreadable { .. }) if !is_there(&folder.join(FILE)) => Ok(None),
        Err(PlanError::OtherVersion { .. } | PlanError::Spec(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether something stands at a path, be it a link to nothing.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Reads a frozen plan: the spec as it was, and the folder of the experiment. With the digits of
/// a plan, that one is read, be there a newer one by now.
///
/// # Errors
/// When there is no such plan, or this version reads its spec otherwise.
pub fn read(path: &Path, wanted: Option<&str>) -> Result<(Spec, PathBuf), PlanError> {
    let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let unreadable = |why: String| PlanError::Unreadable { path: path.display().to_string(), why };
    let mut bytes = files::read(&path).map_err(|error| unreadable(error.to_string()))?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != digits(&bytes)) {
        let changed =
            || PlanError::Changed { path: path.display().to_string(), wanted: wanted.to_owned() };
        bytes = files::read(&kept(&folder, wanted)).map_err(|_| changed())?;
    }
    let damaged = |why: String| PlanError::Damaged { path: path.display().to_string(), why };
    let plan = plan_in(&bytes).map_err(damaged)?;
    let mut spec = load_from(Path::new(&plan.spec), &plan.sources).map_err(Box::new)?;
    let same = |(planned, trial): (&PlannedTrial, &crate::spec::Trial)| {
        planned.trial == trial.name && planned.spec_sha256 == trial.experiment.hash()
    };
    let all = plan.trials.len() == spec.trials.len();
    if !all || !plan.trials.iter().zip(&spec.trials).all(same) {
        let (path, version) = (path.display().to_string(), plan.runner_version);
        return Err(PlanError::OtherVersion { path, version });
    }
    spec.name = name_of(&above(&path));
    Ok((spec, folder))
}
