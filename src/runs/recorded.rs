//! Reading back what a trial left, whatever its task: the columns are those of the file.

use super::lock;
use super::paths::Paths;
use super::run_json::{Status, is_whole, number_in};
use crate::files::links::{self, Foreign};
use crate::files::{read, sha256};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What stands in a trial's folder.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The folder.
    pub folder: PathBuf,
    /// The experiment's name, which is that of its folder.
    pub experiment: String,
    /// The trial's name, which is that of its folder.
    pub trial: String,
    /// `run.json`, without the vocabulary; null where it cannot be read.
    pub run: Value,
    /// `spec.toml`, as text.
    pub spec: String,
    /// The keys of the spec by their dotted paths, in the order of the file.
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

/// A CSV file of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// The header.
    pub names: Vec<String>,
    /// The cells; none where a cell is empty or no number.
    pub rows: Vec<Vec<Option<f64>>>,
}

/// A generated text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleText {
    /// The epoch, if the file says so.
    pub epoch: u64,
    /// The step.
    pub step: u64,
    /// What distinguishes it from others of the same step: a prefix, as a rule.
    pub what: String,
    /// The text.
    pub text: String,
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
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(path).max_depth(4).sort_by_file_name() {
            let Ok(entry) = entry else { continue };
            let path = entry.path();
            if entry.depth() > 0 && path.is_symlink() && path.join("run.json").is_file() {
                // Links to trials that stand here too are passed over: they count once.
                links::check(path)?;
            }
            let Some(folder) = path.parent().filter(|_| entry.file_name() == "run.json") else {
                continue;
            };
            if folder.join("spec.toml").exists() {
                links::check(folder)?;
                found.push(Self::read(folder));
            }
        }
        if found.is_empty() { Err(NothingRecorded::Nothing(path.to_owned())) } else { Ok(found) }
    }

    /// The trial of a folder, as far as its files can be read.
    pub fn read(folder: &Path) -> Self {
        let paths = Paths(folder.to_owned());
        let mut damage = Vec::new();
        let mut run = run(&paths.run(), &mut damage);
        // Its process was killed, or the power failed: no one has written how it ended.
        if run["status"] == Status::Running.name() && !lock::is_held(&paths) {
            run["status"] = Status::Interrupted.name().into();
        }
        let spec = needed(&paths.spec(), &mut damage);
        let mut keys = Vec::new();
        match spec.parse::<toml::Table>() {
            Ok(table) => flatten("", &table, &mut keys),
            Err(error) => damage.push(format!("spec.toml is no TOML: {}", error.message())),
        }
        let metrics = metrics(&paths.metrics(), &run, &mut damage);
        Self {
            experiment: links::name_of(&links::above(folder)),
            trial: links::name_of(folder),
            metrics,
            timing: Columns::parse(&text(&folder.join("timing.csv")).unwrap_or_default()),
            samples: samples(&text(&paths.samples()).unwrap_or_default()),
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

    /// The numbers of what came of it, by the names of `run.json`.
    pub fn result(&self) -> Vec<(String, f64)> {
        let mut numbers = Vec::new();
        let fields = self.run["result"].as_object().into_iter().flatten();
        for (name, value) in fields {
            match value {
                Value::Object(inner) => numbers.extend(
                    inner.iter().filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))),
                ),
                value => numbers.extend(number_in(value).map(|number| (name.clone(), number))),
            }
        }
        numbers
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

/// `run.json` without the vocabulary, if it is what a trial wrote.
fn run(path: &Path, damage: &mut Vec<String>) -> Value {
    let known = damage.len();
    let text = needed(path, damage);
    if damage.len() > known {
        return Value::Null;
    }
    let wrong = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(mut fields)) if is_whole(text.as_bytes()) => {
            fields.remove("vocabulary");
            return Value::Object(fields);
        }
        Ok(_) => "it is not what the trial wrote".to_owned(),
        Err(error) => error.to_string(),
    };
    damage.push(format!("run.json is damaged: {wrong}"));
    Value::Null
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
    let text = String::from_utf8_lossy(&bytes);
    match run["files"]["metrics.csv"].as_str() {
        Some(sum) if done && sum != sha256(&bytes) => {
            damage
                .push("metrics.csv is not what the trial wrote: its sha256 is another".to_owned());
        }
        Some(_) if done => {}
        _ => damage.extend(first_wrong_row(&text)),
    }
    Columns::parse(&text)
}

/// The first row of `metrics.csv`, but for one without an end, that has other cells than numbers or
/// another number of them than the header.
fn first_wrong_row(text: &str) -> Option<String> {
    let whole = &text[..text.rfind('\n')? + 1];
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(whole.as_bytes());
    let columns = reader.headers().ok()?.len();
    reader.records().zip(2..).find_map(|(row, line)| {
        let Ok(row) = row else { return Some(format!("line {line} of metrics.csv is no text")) };
        if row.len() != columns {
            let found = row.len();
            return Some(format!(
                "line {line} of metrics.csv has {found} cells instead of {columns}"
            ));
        }
        let odd = row.iter().find(|cell| !cell.is_empty() && cell.parse::<f64>().is_err())?;
        Some(format!("line {line} of metrics.csv: `{odd}` is no number"))
    })
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

impl Columns {
    /// Reads the text of a CSV file. Rows that a process was killed in are left out.
    pub fn parse(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader
            .headers()
            .map(|names| names.iter().map(str::to_owned).collect())
            .unwrap_or_default();
        let number = |cell: &str| cell.trim().parse::<f64>().ok();
        let rows = reader.records().flatten();
        Self { names, rows: rows.map(|row| row.iter().map(number).collect()).collect() }
    }

    /// The numbers of a column.
    pub fn column(&self, name: &str) -> Option<Vec<Option<f64>>> {
        let index = self.names.iter().position(|known| known == name)?;
        Some(self.rows.iter().map(|row| row.get(index).copied().flatten()).collect())
    }

    /// The finite points of a column over another.
    pub fn points(&self, x: &str, y: &str) -> Vec<(f64, f64)> {
        let (Some(xs), Some(ys)) = (self.column(x), self.column(y)) else { return Vec::new() };
        let points = xs.into_iter().zip(ys).filter_map(|(x, y)| Some((x?, y?)));
        points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
    }

    /// The column that rows are counted by: epochs if there is one row for each, else steps.
    pub fn axis(&self) -> &'static str {
        let epochs = self.column("epoch").unwrap_or_default();
        let follow = epochs.windows(2).all(|pair| match pair {
            [Some(a), Some(b)] => b - a == 1.0,
            _ => false,
        });
        if !epochs.is_empty() && follow { "epoch" } else { "step" }
    }
}

/// The texts of a `samples.txt`: each begins with a line `=== epoch 1, step 10, …`.
fn samples(text: &str) -> Vec<SampleText> {
    let mut samples: Vec<SampleText> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("=== ").and_then(heading) {
            samples.push(head);
        } else if let Some(sample) = samples.last_mut() {
            sample.text.push_str(line);
            sample.text.push('\n');
        }
    }
    for sample in &mut samples {
        sample.text.truncate(sample.text.trim_end().len());
    }
    samples
}

/// What a heading says.
fn heading(line: &str) -> Option<SampleText> {
    let (epoch, rest) = line.strip_prefix("epoch ")?.split_once(", ")?;
    let (step, what) = rest.strip_prefix("step ")?.split_once(", ").unwrap_or((&rest[5..], ""));
    let (epoch, step) = (epoch.parse().ok()?, step.parse().ok()?);
    let what = what.strip_prefix("prefix ").unwrap_or(what).trim_matches('"').to_owned();
    Some(SampleText { epoch, step, what, text: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_parted_by_their_headings() {
        let text =
            "=== epoch 1, step 20, prefix \"lou:\"\nlou: a\n\nb\n\n=== epoch 2, step 40\nc\n";
        let found = samples(text);
        let of = |s: &SampleText| (s.epoch, s.step, s.what.clone(), s.text.clone());
        assert_eq!(of(&found[0]), (1, 20, "lou:".into(), "lou: a\n\nb".into()));
        assert_eq!(of(&found[1]), (2, 40, String::new(), "c".into()));
        assert!(samples("no heading\n").is_empty());
    }

    #[test]
    fn columns_are_read_by_the_header_of_the_file() {
        let columns = Columns::parse("epoch,step,train_accuracy\n1,10,0.5\n2,20,\n3,30,inf\n4\n");
        assert_eq!(columns.points("step", "train_accuracy"), [(10.0, 0.5)]);
        assert_eq!(columns.axis(), "epoch");
        assert_eq!(columns.column("none"), None);
        assert_eq!(Columns::parse(""), Columns::default());
    }

    #[test]
    fn a_wrong_row_is_told_but_not_one_that_was_being_written() {
        let head = "epoch,train_loss\n1,0.5\n";
        assert_eq!(first_wrong_row(&format!("{head}2,\n3,0.")), None);
        assert_eq!(first_wrong_row(""), None);
        let wrong = |rows: &str| first_wrong_row(&format!("{head}{rows}")).unwrap_or_default();
        assert_eq!(wrong("2\n3,1\n"), "line 3 of metrics.csv has 1 cells instead of 2");
        assert_eq!(wrong("2,\u{0}x\n"), "line 3 of metrics.csv: `\u{0}x` is no number");
    }
}
