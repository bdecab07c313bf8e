//! Reading back what a trial left, whatever its task: the columns are those of the file.

use super::metrics_csv::{Columns, MetricsCsv};
use super::paths::Paths;
use super::run_json::{self, Status, number_in};
use super::samples_txt::{self, SampleText};
use super::{find, lock};
use crate::files::links::{self, Foreign};
use crate::files::{read, sha256};
use rayon::prelude::*;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What stands in a trial's folder.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub folder: PathBuf,
    /// The experiment's name, which is that of its folder.
    pub experiment: String,
    /// The trial's name, which is that of its folder.
    pub trial: String,
    /// `run.json`, without the vocabulary; null where it cannot be read.
    pub run: Value,
    /// `spec.toml`, as text.
    pub spec: String,
    /// The keys of the spec by their dotted paths, in the order of the file, but for those of `[meta]`.
    pub keys: Vec<(String, toml::Value)>,
    /// `metrics.csv`.
    pub metrics: Columns,
    /// `timing.csv`.
    pub timing: Columns,
    /// `samples.txt`.
    pub samples: Vec<SampleText>,
    /// What is wrong with its files, a sentence each. What is left of them is in the other fields.
    pub damage: Vec<String>,
}

/// There is no trial at or below a path, or one that is not there.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NothingRecorded {
    /// There is none.
    #[error("no trial in {}", .0.display())]
    #[diagnostic(help("give a folder of results, of an experiment, or of a trial"))]
    Nothing(PathBuf),
    /// What should be one stands elsewhere.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Elsewhere(#[from] Foreign),
}

impl Recorded {
    /// All trials at or below a path, in the order of their names. One whose files are damaged does
    /// not hide the others.
    ///
    /// # Errors
    /// When there are none, or a link leads from one to elsewhere.
    pub fn all(path: &Path) -> Result<Vec<Self>, NothingRecorded> {
        find::check_links_below(path)?;
        let mut found = find::trials_below(path, find::DEEPEST);
        found.retain(|folder| Paths(folder.clone()).spec().exists());
        found.iter().try_for_each(|folder| links::check(folder))?;
        let found: Vec<Self> = found.par_iter().map(|folder| Self::read(folder)).collect();
        if found.is_empty() { Err(NothingRecorded::Nothing(path.to_owned())) } else { Ok(found) }
    }

    /// The trial of a folder, as far as its files can be read.
    pub fn read(folder: &Path) -> Self {
        let paths = Paths(folder.to_owned());
        let mut damage = Vec::new();
        let mut run = run_json::fields(&paths.run()).unwrap_or_else(|wrong| {
            damage.push(format!("run.json {wrong}"));
            Value::Null
        });
        // Its process was killed, or the power failed: no one has written how it ended.
        if run["status"] == Status::Running.name() && !lock::is_held(&paths) {
            run["status"] = Status::Interrupted.name().into();
        }
        let spec = needed(&paths.spec(), &mut damage);
        let mut keys = Vec::new();
        match spec.parse::<toml::Table>() {
            Ok(mut table) => {
                table.remove("meta");
                flatten("", &table, &mut keys);
            }
            Err(error) => damage.push(format!("spec.toml is no TOML: {}", error.message())),
        }
        let metrics = metrics(&paths.metrics(), &run, &mut damage);
        Self {
            experiment: links::name_of(&links::above(folder)),
            trial: links::name_of(folder),
            metrics,
            timing: MetricsCsv::parse(&read(&paths.timing()).unwrap_or_default()).columns(),
            samples: samples_txt::read(&text(&paths.samples()).unwrap_or_default()),
            folder: folder.to_owned(),
            run,
            spec,
            keys,
            damage,
        }
    }

    /// How the trial stands: damaged, else as `run.json` says.
    pub fn status(&self) -> &str {
        if !self.damage.is_empty() {
            return "damaged";
        }
        self.run["status"].as_str().unwrap_or("unknown")
    }

    /// The labels that the spec gave it.
    pub fn tags(&self) -> Vec<&str> {
        self.run["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What the spec says that it is for.
    pub fn note(&self) -> Option<&str> {
        self.run["note"].as_str()
    }

    /// The numbers of what came of it, by the names of `run.json`.
    pub fn result(&self) -> Vec<(String, f64)> {
        let fields = self.run["result"].as_object().into_iter().flatten();
        fields.filter_map(|(name, value)| Some((name.clone(), number_in(value)?))).collect()
    }
}

fn text(path: &Path) -> std::io::Result<String> {
    Ok(String::from_utf8_lossy(&read(path)?).into_owned())
}

/// The text of a file that every trial has.
fn needed(path: &Path, damage: &mut Vec<String>) -> String {
    text(path).unwrap_or_else(|error| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        damage.push(format!("{name} cannot be read: {error}"));
        String::new()
    })
}

/// `metrics.csv`. A trial that has ended says the file's sum; another may have been killed in its
/// last row, which is no damage.
fn metrics(path: &Path, run: &Value, damage: &mut Vec<String>) -> Columns {
    let done = run["status"] == "done";
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !done => {
            return Columns::default();
        }
        Err(error) => {
            damage.push(format!("metrics.csv cannot be read: {error}"));
            return Columns::default();
        }
    };
    match run["files"]["metrics.csv"].as_str() {
        Some(sum) if done && sum != sha256(&bytes) => {
            damage
                .push("metrics.csv is not what the trial wrote: its sha256 is another".to_owned());
        }
        Some(_) if done => {}
        _ => damage.extend(MetricsCsv::parse_ended(&bytes).first_wrong_row()),
    }
    MetricsCsv::parse(&bytes).columns()
}

/// The keys of a table with their dotted paths. A table of one number, as `{ norm = 5.0 }`, is a
/// key of its own.
fn flatten(prefix: &str, table: &toml::Table, keys: &mut Vec<(String, toml::Value)>) {
    for (name, value) in table {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&path, inner, keys),
            value => keys.push((path, value.clone())),
        }
    }
}
