//! `summary.csv`: one row a trial.

use super::damage::Damage;
use super::run_json::{ResultRecord, Status};
use crate::files::{self, cells, links};
use crate::format::{number, plural};
use crate::metric::{ALL, Metric, Metrics};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The name of the file.
pub const FILE: &str = "summary.csv";

/// A trial's row.
#[derive(Clone, Debug)]
pub struct SummaryRow {
    /// The trial's name.
    pub trial: String,
    pub seed: u64,
    /// The keys by which the trials differ, and their values.
    pub swept: Vec<(String, String)>,
    /// How it stands.
    pub status: Status,
    /// What it is judged by.
    pub metrics: Metrics,
    /// What came of it.
    pub result: Option<ResultRecord>,
    /// What tells the text of the deciding figure from others; empty before there is a record.
    pub text: String,
    /// What tells its tokens from others: the level, and digits of the vocabulary's sum. Empty where
    /// the deciding figure does not depend on them.
    pub vocabulary: String,
    /// The labels that its spec gave it.
    pub tags: Vec<String>,
    /// Why it failed or was stopped, if it was.
    pub why: String,
}

/// The shares of unknown tokens.
const UNKNOWN: [&str; 3] = ["train_unknown", "valid_unknown", "test_unknown"];

/// What stands between tags in a cell; no tag has one.
pub(crate) const BETWEEN_TAGS: &str = ";";

/// The summary of an experiment as CSV, rows in the order of the plan.
///
/// # Errors
/// When rows have different keys.
pub fn to_csv(rows: &[SummaryRow]) -> std::io::Result<Vec<u8>> {
    let swept = rows.first().map(|row| row.swept.as_slice()).unwrap_or_default();
    let figures = figures(rows);
    let mut header = vec!["trial", "seed"];
    header.extend(swept.iter().map(|(key, _)| key.as_str()));
    header.extend(["status", "best_epoch", "best_step"]);
    header.extend(&figures);
    header.extend(["metric", "text", "vocabulary"]);
    let tagged = rows.iter().any(|row| !row.tags.is_empty());
    header.extend(tagged.then_some("tags"));
    header.push("why");
    let mut table = vec![header.into_iter().map(str::to_owned).collect()];
    for row in rows {
        let mut cells = vec![row.trial.clone(), row.seed.to_string()];
        cells.extend(row.swept.iter().map(|(_, value)| value.trim_matches('"').to_owned()));
        cells.push(row.status.name().to_owned());
        let result = row.result.as_ref();
        let cell = |cell: Option<String>| cell.unwrap_or_default();
        cells.push(cell(result.map(|result| result.best_epoch.to_string())));
        cells.push(cell(result.map(|result| result.best_step.to_string())));
        let figure = |column: &str| result?.figure(column).map(number);
        cells.extend(figures.iter().map(|column| cell(figure(column))));
        let split = result.map_or("valid", ResultRecord::split);
        cells.push(format!("{split}_{}", row.metrics.deciding.name));
        cells.extend([row.text.clone(), row.vocabulary.clone()]);
        cells.extend(tagged.then(|| row.tags.join(BETWEEN_TAGS)));
        cells.push(row.why.clone());
        table.push(cells);
    }
    cells::table(table)
}

/// The columns of figures: those of any trial's task, the loss first.
fn figures(rows: &[SummaryRow]) -> Vec<&'static str> {
    let has =
        |metric: &Metric| rows.iter().any(|row| row.metrics.with_columns().any(|it| it == *metric));
    let mut metrics: Vec<Metric> = ALL.into_iter().filter(has).collect();
    metrics.sort_by_key(Metric::has_columns);
    let mut columns: Vec<&str> = metrics.iter().flat_map(|metric| metric.columns).collect();
    let figure = |column: &&str| {
        rows.iter().any(|row| row.result.as_ref().is_some_and(|it| it.figure(column).is_some()))
    };
    columns.extend(UNKNOWN.into_iter().filter(figure));
    columns
}

/// The rows of an experiment's trials.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The experiment's name.
    pub experiment: String,
    pub folder: PathBuf,
    /// The columns, as in `summary.csv`.
    pub header: Vec<String>,
    /// A row a trial.
    pub rows: Vec<Vec<String>>,
    /// What is damaged and has no row, since nothing is known of it.
    pub lost: Vec<Damage>,
}

/// A `summary.csv` that cannot be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot read {}: {why}", path.display())]
#[diagnostic(code(board::unreadable), help("run the spec again: it writes the summary anew"))]
pub struct UnreadableSummary {
    path: PathBuf,
    why: String,
}

impl UnreadableSummary {
    /// That of an experiment's folder.
    pub fn new(folder: &Path, why: &dyn Display) -> Self {
        Self { path: folder.join(FILE), why: why.to_string() }
    }
}

impl Summary {
    /// The summary that stands in the folder of an experiment.
    pub fn read(folder: &Path) -> Result<Self, UnreadableSummary> {
        let bytes = files::read(&folder.join(FILE));
        Self::parse(folder, &bytes.map_err(|error| UnreadableSummary::new(folder, &error))?)
    }

    /// The summary in a CSV text.
    pub fn parse(folder: &Path, bytes: &[u8]) -> Result<Self, UnreadableSummary> {
        let unreadable = |why: &dyn Display| UnreadableSummary::new(folder, why);
        let mut reader = csv::Reader::from_reader(bytes);
        let texts = |row: &csv::StringRecord| {
            row.iter().map(|cell| cells::read(cell).to_owned()).collect::<Vec<_>>()
        };
        let header = reader.headers().map_err(|error| unreadable(&error))?;
        let header = texts(header);
        let rows: Result<Vec<_>, _> =
            reader.records().map(|row| row.map(|row| texts(&row))).collect();
        let rows = rows.map_err(|error| unreadable(&error))?;
        if !["trial", "seed", "status", "metric", "text"]
            .iter()
            .all(|name| header.iter().any(|own| own == name))
        {
            return Err(unreadable(&"it is no summary of trials"));
        }
        let experiment = links::name_of(folder);
        let lost = Vec::new();
        let summary = Self { experiment, folder: folder.to_owned(), header, rows, lost };
        // Trials are looked for under these names.
        let mut names = summary.rows.iter().map(|row| summary.cell(row, "trial"));
        if let Some(name) = names.find(|name| !links::is_name(name)) {
            return Err(unreadable(&format!("{name:?} is the name of no trial")));
        }
        Ok(summary)
    }

    /// What of it is damaged: trials whose figures are left out of all others.
    pub fn damage(&self) -> Vec<Damage> {
        let damaged = self.rows.iter().filter(|row| self.cell(row, "status") == "damaged");
        let of_row = |row: &Vec<String>| Damage {
            place: self.folder.join(self.cell(row, "trial")),
            why: self.cell(row, "why").to_owned(),
        };
        damaged.map(of_row).chain(self.lost.iter().cloned()).collect()
    }

    /// How many trials there are, and how they stand.
    pub fn headline(&self) -> String {
        let points = self.rows.iter().map(|row| self.values(row)).collect::<BTreeSet<_>>().len();
        let status = self.status_of(&self.rows.iter().collect::<Vec<_>>());
        let (points, trials) = (plural(points, "point"), plural(self.rows.len(), "trial"));
        format!("{}: {points}, {trials}: {status}", self.experiment)
    }

    /// How some rows stand: `done`, or how many of which.
    pub fn status_of(&self, rows: &[&Vec<String>]) -> String {
        let words = ["done", "stopped", "failed", "damaged", "running", "interrupted", "planned"];
        let count = |word: &str| rows.iter().filter(|row| self.cell(row, "status") == word).count();
        let counts = words.map(|word| (count(word), word));
        let counts: Vec<_> = counts.into_iter().filter(|(count, _)| *count > 0).collect();
        match counts.as_slice() {
            [(count, word)] if *count == rows.len() => (*word).to_owned(),
            _ => {
                let parts = counts.iter().map(|(count, word)| format!("{count} {word}"));
                parts.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// The tags of a row.
    pub fn tags<'a>(&'a self, row: &'a [String]) -> impl Iterator<Item = &'a str> {
        self.cell(row, "tags").split(BETWEEN_TAGS).filter(|tag| !tag.is_empty())
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

    /// A trial's values of the swept keys: those of trials that differ in nothing but the seed are equal.
    pub fn values<'a>(&self, row: &'a [String]) -> Vec<&'a str> {
        let first = self.column("seed").map_or(0, |seed| seed + 1);
        row.iter().skip(first).take(self.swept().len()).map(String::as_str).collect()
    }
}
