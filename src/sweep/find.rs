//! Trials under a results folder.

use crate::record::run_json::RunJson;
use std::path::{Path, PathBuf};

/// There is no run where one was looked for.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("no run in {}", .0.display())]
#[diagnostic(code(sweep::no_run), help("give a folder under results/ that `runner SPEC` has made"))]
pub struct NoRun(pub(super) PathBuf);

/// The folder of a trial: `path` itself, or the best of the trials below it.
///
/// # Errors
/// When there is no trial.
pub fn find_trial(path: &Path) -> Result<PathBuf, NoRun> {
    if path.join("run.json").is_file() {
        return Ok(path.to_owned());
    }
    let mut best: Option<(RunJson, PathBuf)> = None;
    let trials = walkdir::WalkDir::new(path).min_depth(2).max_depth(2).sort_by_file_name();
    for entry in trials.into_iter().flatten().filter(|entry| entry.file_name() == "run.json") {
        let Ok(run) = RunJson::read(entry.path()) else {
            continue;
        };
        let better = |(best, _): &(RunJson, PathBuf)| match (&run.result, &best.result) {
            (Some(new), Some(old)) => new.is_better(old),
            (new, old) => new.is_some() && old.is_none(),
        };
        if best.as_ref().is_none_or(better) {
            let folder = entry.path().parent().map(Path::to_owned).unwrap_or_default();
            best = Some((run, folder));
        }
    }
    best.map(|(_, folder)| folder).ok_or_else(|| NoRun(path.to_owned()))
}
