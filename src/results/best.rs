//! Trials under a results folder.

use super::ranking;
use super::summaries::{self, NoSummary};
use crate::files::links::{self, Foreign};
use crate::runs::damage::Damage;
use crate::runs::plan::PlanError;
use crate::runs::summary_csv::Summary;
use crate::runs::{Paths, find};
use crate::streams;
use std::path::{Path, PathBuf};

/// There is no run where one was looked for.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NoRun {
    /// There is none.
    #[error("no run in {}", .0.display())]
    #[diagnostic(
        code(sweep::no_run),
        help(
            "give a folder under results/ that `runner SPEC` has made; `runner board` says how its \
             trials stand, and why those failed that did"
        )
    )]
    Nothing(PathBuf),
    /// The plan of the experiment is broken.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(PlanError),
    /// What should be one stands elsewhere.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Elsewhere(#[from] Foreign),
}

/// The folder of a trial: `path` itself, or a trial of the point that the board of the experiment
/// there has first. Of its seeds the best one is taken.
///
/// Damaged ones are passed over and added to `left_out`.
///
/// # Errors
/// When there is no trial, or a link leads from it to elsewhere.
pub fn find_trial(path: &Path, left_out: &mut Vec<Damage>) -> Result<PathBuf, NoRun> {
    if find::is_trial(path) {
        links::check(path)?;
        return Ok(path.to_owned());
    }
    let none = || NoRun::Nothing(path.to_owned());
    let summaries = [summaries::read(path).map_err(|error| match error {
        NoSummary::Elsewhere(link) => NoRun::Elsewhere(link),
        NoSummary::Plan(broken) => NoRun::Plan(broken),
        _ => none(),
    })?];
    left_out.extend(summaries[0].damage());
    let groups = ranking::groups(&summaries, false);
    if groups.len() > 1 {
        streams::tell(format_args!(
            "note: the trials of {} do not all compare; this is the best of those that compare with the \
             last one run (`runner board {0}` shows all; the folder of a trial names another)",
            path.display()
        ));
    }
    let has_weights = |folder: &PathBuf| Paths(folder.clone()).weights().is_file();
    let points = groups.into_iter().flat_map(|group| group.points);
    for point in points {
        let own =
            Summary { rows: point.rows.into_iter().cloned().collect(), ..summaries[0].clone() };
        let own = [own];
        let trials = ranking::groups(&own, true).into_iter().flat_map(|group| group.points);
        let mut folders = trials.map(|trial| path.join(own[0].cell(trial.rows[0], "trial")));
        if let Some(folder) = folders.find(has_weights) {
            return Ok(folder);
        }
    }
    Err(none())
}
