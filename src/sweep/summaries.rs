//! Summaries of experiments, as tables of text: of all trials that a folder has, those of the last
//! plan and those of earlier ones.

use super::state::{self, Outcome, State};
use super::{metric, plan, search};
use crate::metric::{LOSS, PERPLEXITY};
use crate::runs::cells;
use crate::runs::file::read_regular;
use crate::runs::folder::Paths;
use crate::runs::links::{self, Foreign};
use crate::runs::machine::memory;
use crate::runs::run_json::{ResultRecord, Status};
use crate::runs::summary::{self, SummaryRow};
use crate::spec::{self, Spec, Trial};
use crate::tasks;
use std::path::{Path, PathBuf};

/// The rows of an experiment's trials.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The experiment's name.
    pub experiment: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The columns, as in `summary.csv`.
    pub header: Vec<String>,
    /// A row a trial.
    pub rows: Vec<Vec<String>>,
}

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
    /// A file is no table.
    #[error("cannot read {}: {why}", path.display())]
    #[diagnostic(code(board::unreadable), help("run the spec again: it writes the summary anew"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
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
        let folders = if is_experiment(path) { vec![path.clone()] } else { below(path) };
        if folders.is_empty() {
            return Err(NoSummary::Nothing(path.clone()));
        }
        for folder in folders {
            if folder != *path {
                links::stays_in(path, &folder)?;
            }
            all.push(Summary::read(&folder)?);
        }
    }
    Ok(all)
}

fn is_experiment(folder: &Path) -> bool {
    ["plan.json", "summary.csv"].iter().any(|name| folder.join(name).is_file())
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name();
    entries
        .into_iter()
        .flatten()
        .map(walkdir::DirEntry::into_path)
        .filter(|p| is_experiment(p))
        .collect()
}

/// All trials of a plan: those that TPE has chosen so far are found again from the results.
pub fn all_trials(spec: &Spec, folder: &Path) -> Vec<Trial> {
    let mut trials = spec.trials.clone();
    let Some(metric) = metric::of_search(&trials) else {
        return trials;
    };
    let outcome = |trial: &Trial, until| state::outcome(&folder.join(&trial.name), &metric, until);
    let outcome: &dyn Fn(&Trial, Option<u64>) -> Outcome = &outcome;
    let mut number = 0;
    while let search::Next::Wave { .. } = search::wave(spec, number, &mut trials, &metric, outcome)
    {
        number += 1;
    }
    trials
}

/// These trials of a folder, and those that earlier plans have left in it: every spec that was run
/// with other settings. All have the same keys, those by which they differ.
pub fn with_earlier(folder: &Path, mut trials: Vec<Trial>) -> Vec<Trial> {
    let planned = trials.len();
    let entries = walkdir::WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name();
    for entry in entries.into_iter().flatten() {
        let name = entry.file_name().to_string_lossy();
        let paths = Paths(entry.path().to_owned());
        if trials[..planned].iter().any(|trial| trial.name == name) || !paths.run().is_file() {
            continue;
        }
        // A folder whose spec cannot be read is none of a trial.
        let loaded =
            spec::load(&paths.spec(), &[]).ok().and_then(|it| it.trials.into_iter().next());
        trials.extend(loaded.map(|trial| Trial { name: name.into_owned(), ..trial }));
    }
    if trials.len() > planned {
        name_differences(&mut trials);
    }
    trials
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
    let state = State::read(&folder.join(&trial.name));
    let metrics = tasks::metrics(&trial.experiment);
    let split = state.result.as_ref().map_or("valid", ResultRecord::split);
    let (mut text, mut vocabulary) = (String::new(), String::new());
    if let Some(data) = &state.data {
        let id = &data.text_ids[usize::from(split == "valid")];
        // What a model is told is another text to it than what it must predict.
        let seen = if state.causal { "" } else { "-seen" };
        text = format!("{id:.8}{seen}");
        let a_token = metrics.deciding == PERPLEXITY || metrics.deciding == LOSS;
        if a_token && data.vocabulary_size > 0 {
            let level = trial.experiment.data.level.name();
            vocabulary = format!("{level}-{:.8}", data.vocabulary_sha256);
        }
    }
    let why = match state.status {
        Status::Failed => state.error,
        Status::Stopped => state.stopped,
        _ => None,
    };
    SummaryRow {
        trial: trial.name.clone(),
        seed: trial.experiment.seed,
        swept: trial.swept.clone(),
        status: state.status,
        metrics,
        result: state.result,
        text,
        vocabulary,
        why: why.unwrap_or_default(),
    }
}

/// The bytes of `summary.csv` for some trials of a folder, and all that earlier plans have left.
///
/// # Errors
/// Never but for a mistake of this program: all rows have the same columns.
pub fn csv_of(folder: &Path, trials: Vec<Trial>) -> std::io::Result<Vec<u8>> {
    let trials = with_earlier(folder, trials);
    let rows: Vec<SummaryRow> = trials.iter().map(|trial| row(folder, trial)).collect();
    summary::to_csv(&rows)
}

impl Summary {
    /// The summary of an experiment: anew from its trials, or without a plan from `summary.csv`.
    ///
    /// # Errors
    /// When neither can be read, or a link leads from a trial to elsewhere.
    pub fn read(folder: &Path) -> Result<Self, NoSummary> {
        for entry in walkdir::WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name() {
            if let Ok(trial) = entry
                && trial.path().is_dir()
            {
                links::check(trial.path())?;
            }
        }
        let path = folder.join("summary.csv");
        let unreadable = |why: String| NoSummary::Unreadable { path: path.clone(), why };
        let bytes = match plan::read(folder, None) {
            Ok((spec, folder)) => csv_of(&folder, all_trials(&spec, &folder))
                .map_err(|error| unreadable(error.to_string()))?,
            Err(_) => {
                read_regular(&path, memory()).map_err(|error| unreadable(error.to_string()))?
            }
        };
        Self::parse(folder, links::name_of(folder), &bytes)
    }

    /// The summary in a CSV text.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(folder: &Path, experiment: String, bytes: &[u8]) -> Result<Self, NoSummary> {
        let path = folder.join("summary.csv");
        let unreadable = |why: String| NoSummary::Unreadable { path: path.clone(), why };
        let mut reader = csv::Reader::from_reader(bytes);
        let texts = |row: &csv::StringRecord| {
            row.iter().map(|cell| cells::read(cell).to_owned()).collect::<Vec<_>>()
        };
        let header = reader.headers().map_err(|error| unreadable(error.to_string()))?;
        let header = texts(header);
        let rows: Result<Vec<_>, _> =
            reader.records().map(|row| row.map(|row| texts(&row))).collect();
        let rows = rows.map_err(|error| unreadable(error.to_string()))?;
        if !["trial", "seed", "status", "metric", "text"]
            .iter()
            .all(|name| header.iter().any(|own| own == name))
        {
            return Err(unreadable("it is no summary of trials".to_owned()));
        }
        let summary = Self { experiment, folder: folder.to_owned(), header, rows };
        // Trials are looked for under these names.
        let mut names = summary.rows.iter().map(|row| summary.cell(row, "trial"));
        if let Some(name) = names.find(|name| !links::is_name(name)) {
            return Err(unreadable(format!("{name:?} is the name of no trial")));
        }
        Ok(summary)
    }

    /// How many trials there are, and how they stand.
    pub fn headline(&self) -> String {
        let points = self.points().len();
        let count = |status: &str| {
            self.rows.iter().filter(|row| self.cell(row, "status") == status).count()
        };
        let some = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        let (points, trials) = (some(points, "point"), some(self.rows.len(), "trial"));
        let status = super::board::status(&count, self.rows.len());
        format!("{}: {points}, {trials}: {status}", self.experiment)
    }

    /// The number of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|own| own == name)
    }

    /// A cell; empty where there is none.
    pub fn cell<'a>(&self, row: &'a [String], name: &str) -> &'a str {
        self.column(name).and_then(|column| row.get(column)).map_or("", String::as_str)
    }

    /// A number.
    pub fn number(&self, row: &[String], name: &str) -> Option<f64> {
        self.cell(row, name).parse().ok()
    }

    /// The swept keys: the columns between the seed and the status.
    pub fn swept(&self) -> &[String] {
        match (self.column("seed"), self.column("status")) {
            (Some(seed), Some(status)) if seed < status => &self.header[seed + 1..status],
            _ => &[],
        }
    }

    /// Whether two trials differ in nothing but the seed.
    pub fn is_same_point(&self, one: &[String], other: &[String]) -> bool {
        self.swept().iter().all(|key| self.cell(one, key) == self.cell(other, key))
    }

    /// The rows of each point, in the order of the plan.
    pub fn points(&self) -> Vec<Vec<&Vec<String>>> {
        let mut points: Vec<(Vec<&str>, Vec<&Vec<String>>)> = Vec::new();
        let mut places = std::collections::BTreeMap::new();
        for row in &self.rows {
            let key: Vec<&str> = self.swept().iter().map(|name| self.cell(row, name)).collect();
            let place = *places.entry(key.clone()).or_insert(points.len());
            if place == points.len() {
                points.push((key, Vec::new()));
            }
            points[place].1.push(row);
        }
        points.into_iter().map(|(_, rows)| rows).collect()
    }
}
