//! Reading back what a trial left, whatever its task: the columns are those of the file.

use super::damage::{self, Damage, Sums};
use super::metrics_csv::{Columns, MetricsCsv};
use super::paths::{METRICS, Paths, SAMPLES, SPEC, TIMING};
use super::run_json::{self, Status, number_in};
use super::samples_txt::{self, SampleText};
use super::{find, lock};
use crate::files::links::{self, Foreign};
use crate::files::read;
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
        let of_a_trial = |paths: Paths| paths.spec().exists() || paths.state().exists();
        found.retain(|folder| of_a_trial(Paths(folder.clone())));
        found.iter().try_for_each(|folder| links::check(folder))?;
        let found: Vec<Self> = found.par_iter().map(|folder| Self::read(folder)).collect();
        if found.is_empty() { Err(NothingRecorded::Nothing(path.to_owned())) } else { Ok(found) }
    }

    /// The trial of a folder, as far as its files can be read.
    pub fn read(folder: &Path) -> Self {
        let found = Self::read_once(folder);
        let run = || run_json::fields(&Paths(folder.to_owned()).run()).unwrap_or_default();
        // A trial that goes on begins with its record: it may have done so meanwhile.
        match found.damage.is_empty() || found.run["files"] == run()["files"] {
            true => found,
            false => Self::read_once(folder),
        }
    }

    fn read_once(folder: &Path) -> Self {
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
        let files = Files { folder, sums: sums_in(&run), done: run["status"] == "done" };
        let spec = String::from_utf8_lossy(&files.read(SPEC, &mut damage)).into_owned();
        let mut keys = Vec::new();
        match spec.parse::<toml::Table>() {
            Ok(mut table) => {
                table.remove("meta");
                flatten("", &table, &mut keys);
            }
            Err(error) => damage.push(format!("spec.toml is no TOML: {}", error.message())),
        }
        let metrics = files.read(METRICS, &mut damage);
        // One that was killed in its last row has done no damage.
        if !files.sums.contains_key(METRICS) {
            damage.extend(MetricsCsv::parse_ended(&metrics).first_wrong_row());
        }
        let timing = files.read(TIMING, &mut damage);
        let samples = files.read(SAMPLES, &mut damage);
        files.check_tables(&mut damage);
        Self {
            experiment: links::name_of(&links::above(folder)),
            trial: links::name_of(folder),
            metrics: MetricsCsv::parse(&metrics).columns(),
            timing: MetricsCsv::parse(&timing).columns(),
            samples: samples_txt::read(&String::from_utf8_lossy(&samples)),
            folder: folder.to_owned(),
            run,
            spec,
            keys,
            damage,
        }
    }

    /// What is damaged of some trials.
    pub fn damage_of(trials: &[Self]) -> Vec<Damage> {
        let of = |trial: &Self| {
            let place = trial.folder.clone();
            let why = trial.damage.clone().into_iter();
            why.map(move |why| Damage { place: place.clone(), why })
        };
        trials.iter().flat_map(of).collect()
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

/// The sums that a record has.
fn sums_in(run: &Value) -> Sums {
    let files = run["files"].as_object().into_iter().flatten();
    files.filter_map(|(name, sum)| Some((name.clone(), sum.as_str()?.to_owned()))).collect()
}

/// The files of a trial, and what they should be.
struct Files<'a> {
    folder: &'a Path,
    sums: Sums,
    /// Whether it has come to its end.
    done: bool,
}

impl Files<'_> {
    /// The bytes of a file; without it none. Its damage is added to that of others.
    fn read(&self, name: &str, damage: &mut Vec<String>) -> Vec<u8> {
        let needed = name == SPEC || (name == METRICS && self.done);
        match read(&self.folder.join(name)) {
            Ok(bytes) => {
                let sum = self.sums.get(name).map(String::as_str);
                damage.extend(damage::of_bytes(name, &bytes, sum));
                bytes
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !needed => Vec::new(),
            Err(error) => {
                damage.push(format!("{name} cannot be read: {error}"));
                Vec::new()
            }
        }
    }

    /// Adds the damage of the tables that its task has left; who reads weights checks them.
    fn check_tables(&self, damage: &mut Vec<String>) {
        let mut tables = self.sums.clone();
        tables.retain(|name, _| {
            name.ends_with(".csv") && ![METRICS, TIMING].contains(&name.as_str())
        });
        damage.extend(damage::of_files(self.folder, &tables).into_iter().map(|(_, why)| why));
    }
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
