//! Summaries of experiments, as tables of text: of all trials that a folder has, those of the last
//! plan and those of earlier ones.

use crate::files::links::{self, Foreign};
use crate::metric::{LOSS, PERPLEXITY};
use crate::runs::Paths;
use crate::runs::find;
use crate::runs::plan::{self, PlanError};
use crate::runs::run_json::ResultRecord;
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
/// with other settings. All have the same keys, those by which they differ.
pub fn with_earlier(folder: &Path, mut trials: Vec<Trial>) -> Vec<Trial> {
    let planned: BTreeSet<String> = trials.iter().map(|trial| trial.name.clone()).collect();
    for path in find::trials_in(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if planned.contains(&name) {
            continue;
        }
        // A folder whose spec cannot be read is none of a trial.
        let loaded = spec::load(&Paths(path).spec(), &[]).ok();
        let loaded = loaded.and_then(|spec| spec.trials.into_iter().next());
        trials.extend(loaded.map(|trial| Trial { name, ..trial }));
    }
    if trials.len() > planned.len() {
        name_differences(&mut trials);
    }
    trials
}

#[cfg(feature = "watch")]
/// The trials of an experiment: those of its plan, and those that earlier ones have left.
///
/// # Errors
/// When its plan is broken, or a link leads from a trial to elsewhere.
pub(super) fn trials(folder: &Path) -> Result<Vec<Trial>, NoSummary> {
    find::check_links_in(folder)?;
    let spec = plan::read_if_there(folder)?;
    let planned = spec.map(|spec| all_trials(&spec, folder)).unwrap_or_default();
    Ok(with_earlier(folder, planned))
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
    row_of(trial, State::read(&folder.join(&trial.name)))
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

/// The bytes of `summary.csv` for some trials of a folder, and all that earlier plans have left.
///
/// # Errors
/// Never but for a mistake of this program: all rows have the same columns.
pub fn csv_of(folder: &Path, trials: Vec<Trial>) -> std::io::Result<Vec<u8>> {
    let trials = with_earlier(folder, trials);
    let rows: Vec<SummaryRow> = trials.par_iter().map(|trial| row(folder, trial)).collect();
    summary_csv::to_csv(&rows)
}

/// The summary of all trials of a folder whose specs can be read, with or without a plan.
///
/// # Errors
/// When a link leads from one to elsewhere.
pub(super) fn of_trials(folder: &Path) -> Result<Summary, NoSummary> {
    find::check_links_in(folder)?;
    let csv = csv_of(folder, Vec::new());
    let csv = csv.map_err(|error| UnreadableSummary::new(folder, &error))?;
    Ok(Summary::parse(folder, &csv)?)
}

/// The summary of an experiment: anew from its trials, or without a plan from `summary.csv`.
///
/// # Errors
/// When neither can be read, or a link leads from a trial to elsewhere.
pub fn read(folder: &Path) -> Result<Summary, NoSummary> {
    find::check_links_in(folder)?;
    let Some(spec) = plan::read_if_there(folder)? else { return Ok(Summary::read(folder)?) };
    let csv = csv_of(folder, all_trials(&spec, folder));
    let csv = csv.map_err(|error| UnreadableSummary::new(folder, &error))?;
    Ok(Summary::parse(folder, &csv)?)
}
