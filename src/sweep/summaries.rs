//! Summaries of experiments, as tables of text: from `summary.csv`, or anew from the trials'
//! folders where the plan is there.

use super::state::{self, Outcome};
use super::{close, metric, plan, search};
use crate::chart::Metric;
use crate::record::summary;
use crate::spec::{Spec, Trial};
use crate::task;
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
    /// What decides between its trials.
    pub metric: Metric,
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
    let Some(first) = trials.first() else {
        return trials;
    };
    let metric = metric::of(&first.experiment);
    let outcome = |trial: &Trial, until| state::outcome(&folder.join(&trial.name), &metric, until);
    let outcome: &dyn Fn(&Trial, Option<u64>) -> Outcome = &outcome;
    let mut number = 0;
    while let search::Next::Wave { .. } = search::wave(spec, number, &mut trials, &metric, outcome)
    {
        number += 1;
    }
    trials
}

impl Summary {
    /// The summary of an experiment: anew from its trials, or without a plan from `summary.csv`.
    ///
    /// # Errors
    /// When neither can be read.
    pub fn read(folder: &Path) -> Result<Self, NoSummary> {
        let path = folder.join("summary.csv");
        let unreadable = |why: String| NoSummary::Unreadable { path: path.clone(), why };
        let bytes = match plan::read(folder, None) {
            Ok((spec, folder)) => {
                let trials = all_trials(&spec, &folder);
                let rows: Vec<_> = trials.iter().map(|trial| close::row(&folder, trial)).collect();
                let metrics =
                    trials.first().map_or(&[][..], |trial| task::metrics(&trial.experiment));
                summary::to_csv(&rows, metrics).map_err(|error| unreadable(error.to_string()))?
            }
            Err(_) => std::fs::read(&path).map_err(|error| unreadable(error.to_string()))?,
        };
        let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::parse(folder, name, &bytes)
    }

    /// The summary in a CSV text.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(folder: &Path, experiment: String, bytes: &[u8]) -> Result<Self, NoSummary> {
        let path = folder.join("summary.csv");
        let unreadable = |why: String| NoSummary::Unreadable { path: path.clone(), why };
        let mut reader = csv::Reader::from_reader(bytes);
        let texts = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = reader.headers().map_err(|error| unreadable(error.to_string()))?;
        let header = texts(header);
        let rows: Result<Vec<_>, _> =
            reader.records().map(|row| row.map(|row| texts(&row))).collect();
        let rows = rows.map_err(|error| unreadable(error.to_string()))?;
        let metric = metric::of_columns(&header);
        if !["trial", "seed", "status"].iter().all(|name| header.iter().any(|own| own == name)) {
            return Err(unreadable("it is no summary of trials".to_owned()));
        }
        Ok(Self { experiment, folder: folder.to_owned(), header, rows, metric })
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

    /// The value of the metric in a row.
    pub fn value(&self, row: &[String]) -> Option<f64> {
        let valid = self.number(row, self.metric.column_valid);
        valid.or_else(|| self.number(row, self.metric.column_train))
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
