//! Summaries of experiments, as tables of text: of all trials that a folder has, those of the last
//! plan and those of earlier ones.

use crate::files;
use crate::files::links::{self, Foreign};
use crate::metric::{LOSS, PERPLEXITY};
use crate::runs::damage::{self, Damage};
use crate::runs::find;
use crate::runs::paths::{Paths, SPEC};
use crate::runs::plan::{self, PlanError};
use crate::runs::run_json::{ResultRecord, Status};
use crate::runs::state::State;
use crate::runs::summary_csv::{self, Summary, SummaryRow, UnreadableSummary};
use crate::search::all_trials;
use crate::spec::{self, Trial};
use crate::tasks;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// There is nothing to read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NoSummary {
    /// No experiment was found.
    #[error("no experiment in {}", .0.display())]
    #[diagnostic(
        code(board::nothing),
        help(
            "give a folder of results, or that of an experiment under it; `runner SPEC` makes them"
        )
    )]
    Nothing(PathBuf),
    /// `summary.csv` is no table.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unreadable(#[from] UnreadableSummary),
    /// `plan.json` is broken.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// A trial's folder stands elsewhere.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Elsewhere(#[from] Foreign),
}

/// The summaries of the experiments at some paths: folders of experiments, or folders of those.
///
/// # Errors
/// When there is none at one of them.
pub fn gather(paths: &[PathBuf]) -> Result<Vec<Summary>, NoSummary> {
    let mut all = Vec::new();
    for path in paths {
        let folders = match find::is_experiment(path) {
            true => vec![path.clone()],
            false => find::experiments_in(path),
        };
        if folders.is_empty() {
            return Err(NoSummary::Nothing(path.clone()));
        }
        for folder in folders {
            if folder != *path {
                links::stays_in(path, &folder)?;
            }
            all.push(read(&folder)?);
        }
    }
    Ok(all)
}

/// These trials of a folder, and those that earlier plans have left in it: every spec that was run
/// with other settings. All have the same keys, those by which they differ. Those whose damage hides
/// their settings are added to `lost`.
pub fn with_earlier(folder: &Path, mut trials: Vec<Trial>, lost: &mut Vec<Damage>) -> Vec<Trial> {
    let planned: BTreeSet<String> = trials.iter().map(|trial| trial.name.clone()).collect();
    for path in find::trials_in(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if planned.contains(&name) {
            continue;
        }
        // One whose spec this version does not know is passed over.
        match earlier(&path) {
            Ok(trial) => trials.extend(trial.map(|trial| Trial { name, ..trial })),
            Err(why) => lost.push(Damage { place: path, why }),
        }
    }
    if trials.len() > planned.len() {
        name_differences(&mut trials);
    }
    trials
}

/// The trial that the spec in a folder describes, with the name that spec gives it; `None` if that is none of this version.
///
/// # Errors
/// How the spec is damaged.
pub(super) fn earlier(folder: &Path) -> Result<Option<Trial>, String> {
    let path = Paths(folder.to_owned()).spec();
    if let Ok(spec) = spec::load(&path, &[]) {
        return Ok(spec.trials.into_iter().next());
    }
    let bytes = files::read(&path).map_err(|error| format!("{SPEC} cannot be read: {error}"))?;
    let sum = State::read(folder).sum(SPEC).map(str::to_owned);
    match (damage::of_bytes(SPEC, &bytes, sum.as_deref()), toml::from_slice::<toml::Table>(&bytes))
    {
        (Some(why), _) => Err(why),
        (None, Err(error)) => Err(format!("{SPEC} is no TOML: {}", error.message())),
        (None, Ok(_)) => Ok(None),
    }
}

#[cfg(feature = "watch")]
/// The trials of an experiment: those of its plan, and those that earlier ones have left; and what of it
/// is damaged.
///
/// # Errors
/// When its plan cannot be read, or a link leads from a trial to elsewhere.
pub(super) fn trials(folder: &Path) -> Result<(Vec<Trial>, Vec<Damage>), NoSummary> {
    find::check_links_in(folder)?;
    let mut lost = Vec::new();
    let spec = plan::read_if_there(folder, &mut lost)?;
    let planned = spec.map(|spec| all_trials(&spec, folder)).unwrap_or_default();
    Ok((with_earlier(folder, planned, &mut lost), lost))
}

/// Gives trials the keys by which they differ, but for the seed, beside those that they were swept by.
fn name_differences(trials: &mut [Trial]) {
    let settings: Vec<Vec<(&str, String)>> =
        trials.iter().map(|trial| trial.experiment.settings()).collect();
    let value = |trial: usize, key: &str| {
        let found = settings[trial].iter().find(|(path, _)| *path == key);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let swept =
        |key: &str| trials.iter().any(|trial| trial.swept.iter().any(|(own, _)| own == key));
    let differs = |key: &&str| (1..trials.len()).any(|trial| value(trial, key) != value(0, key));
    let mut keys: Vec<&str> = settings.iter().flatten().map(|(path, _)| *path).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| *key != "seed" && (swept(key) || differs(key)));
    // In the order of the sweep, then of the alphabet.
    let order = trials.first().map(|trial| trial.swept.clone()).unwrap_or_default();
    keys.sort_by_key(|key| {
        (order.iter().position(|(own, _)| own == key).unwrap_or(usize::MAX), *key)
    });
    let named: Vec<Vec<(String, String)>> = (0..trials.len())
        .map(|trial| keys.iter().map(|key| ((*key).to_owned(), value(trial, key))).collect())
        .collect();
    for (trial, named) in trials.iter_mut().zip(named) {
        trial.swept = named;
    }
}

/// A trial's row of the summary, from its folder.
pub(super) fn row(folder: &Path, trial: &Trial) -> SummaryRow {
    let folder = folder.join(&trial.name);
    let state = State::read(&folder);
    let spec = files::read(&folder.join(SPEC)).unwrap_or_default();
    let damage = damage::of_bytes(SPEC, &spec, state.sum(SPEC));
    row_of(trial, damage.map_or(state, State::damaged))
}

/// A trial's row of the summary, from how it stands.
pub(super) fn row_of(trial: &Trial, state: State) -> SummaryRow {
    let State { status, why, record } = state;
    let metrics = tasks::metrics(&trial.experiment);
    let result = record.as_ref().and_then(|record| record.result.as_ref());
    let split = result.map_or("valid", ResultRecord::split);
    let tags = record.as_ref().map_or(&trial.experiment.meta.tags, |record| &record.tags).clone();
    let (mut text, mut vocabulary) = (String::new(), String::new());
    if let Some(record) = &record {
        let id = &record.data.text_ids[usize::from(split == "valid")];
        // What a model is told is another text to it than what it must predict.
        let seen = if record.causal { "" } else { "-seen" };
        text = format!("{id:.8}{seen}");
        let a_token = metrics.deciding == PERPLEXITY || metrics.deciding == LOSS;
        if a_token && record.data.vocabulary_size > 0 {
            let level = trial.experiment.data.level.name();
            vocabulary = format!("{level}-{:.8}", record.data.vocabulary_sha256);
        }
    }
    SummaryRow {
        trial: trial.name.clone(),
        seed: trial.experiment.seed,
        swept: trial.swept.clone(),
        status,
        metrics,
        result: record.and_then(|record| record.result),
        text,
        vocabulary,
        tags,
        why: why.unwrap_or_default(),
    }
}

/// The bytes of `summary.csv` for some trials of a folder, and all that earlier plans have left. What is
/// damaged and has no row is added to `lost`.
///
/// # Errors
/// Never but for a mistake of this program: all rows have the same columns.
pub fn csv_of(
    folder: &Path,
    trials: Vec<Trial>,
    lost: &mut Vec<Damage>,
) -> std::io::Result<Vec<u8>> {
    let trials = with_earlier(folder, trials, lost);
    let rows: Vec<SummaryRow> = trials.par_iter().map(|trial| row(folder, trial)).collect();
    summary_csv::to_csv(&rows)
}

/// The summary of all trials of a folder whose specs can be read, with or without a plan.
///
/// # Errors
/// When a link leads from one to elsewhere.
pub(super) fn of_trials(folder: &Path) -> Result<Summary, NoSummary> {
    find::check_links_in(folder)?;
    let mut lost = Vec::new();
    let csv = csv_of(folder, Vec::new(), &mut lost);
    let csv = csv.map_err(|error| UnreadableSummary::new(folder, &error))?;
    Ok(Summary { lost, ..Summary::parse(folder, &csv)? })
}

/// The summary of an experiment: anew from its trials, or without a plan from `summary.csv`.
///
/// # Errors
/// When neither can be read, or a link leads from a trial to elsewhere.
pub fn read(folder: &Path) -> Result<Summary, NoSummary> {
    match anew(folder)? {
        Some((_, summary)) => Ok(summary),
        None => Ok(checked(Summary::read(folder)?)),
    }
}

/// The bytes that `summary.csv` should have, and the summary that they are; `None` without a plan, where
/// nothing says which trials there are to be.
///
/// # Errors
/// When the plan cannot be read, or a link leads from a trial to elsewhere.
pub(super) fn anew(folder: &Path) -> Result<Option<(Vec<u8>, Summary)>, NoSummary> {
    find::check_links_in(folder)?;
    let mut lost = Vec::new();
    let spec = plan::read_if_there(folder, &mut lost)?;
    if spec.is_none() && lost.is_empty() {
        return Ok(None);
    }
    let trials = spec.map(|spec| all_trials(&spec, folder)).unwrap_or_default();
    let csv = csv_of(folder, trials, &mut lost);
    let csv = csv.map_err(|error| UnreadableSummary::new(folder, &error))?;
    let summary = Summary { lost, ..Summary::parse(folder, &csv)? };
    Ok(Some((csv, summary)))
}

/// A summary as it was written, without the figures of trials that are damaged since.
fn checked(mut summary: Summary) -> Summary {
    let states = summary.rows.par_iter();
    let states: Vec<State> =
        states.map(|row| State::read(&summary.folder.join(summary.cell(row, "trial")))).collect();
    let columns = ["status", "why"].map(|name| summary.column(name));
    let first = summary.column("best_epoch").unwrap_or(usize::MAX);
    let last = summary.column("metric").unwrap_or(0);
    for (row, state) in summary.rows.iter_mut().zip(states) {
        if state.status != Status::Damaged {
            continue;
        }
        row.iter_mut().take(last).skip(first).for_each(String::clear);
        let told = [state.status.name().to_owned(), state.why.unwrap_or_default()];
        for (column, text) in columns.into_iter().zip(told) {
            if let Some(cell) = column.and_then(|column| row.get_mut(column)) {
                *cell = text;
            }
        }
    }
    summary
}
