//! Reading back what a trial left, whatever its task: the columns are those of the file.

use super::file::read_regular;
use super::folder::Paths;
use super::machine::memory;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What stands in a trial's folder.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The folder.
    pub folder: PathBuf,
    /// The experiment's name.
    pub experiment: String,
    /// The trial's name.
    pub trial: String,
    /// `run.json`, without the vocabulary.
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

/// There is nothing to read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NothingRecorded {
    /// No trial under a path.
    #[error("no trial in {}", .0.display())]
    #[diagnostic(help("give a folder of results, of an experiment, or of a trial"))]
    NoTrial(PathBuf),
    /// A file of a trial is not what it should be.
    #[error("cannot read {}: {why}", path.display())]
    #[diagnostic(help("run its spec again, with --fresh if it is damaged"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl Recorded {
    /// All trials at or below a path, in the order of their names.
    ///
    /// # Errors
    /// When there are none, or the record of one is damaged.
    pub fn all(path: &Path) -> Result<Vec<Self>, NothingRecorded> {
        let mut found = Vec::new();
        let files = walkdir::WalkDir::new(path).max_depth(4).sort_by_file_name().into_iter();
        for entry in files.flatten().filter(|entry| entry.file_name() == "run.json") {
            let folder = entry.path().parent().unwrap_or(path);
            if folder.join("spec.toml").is_file() {
                found.push(Self::read(folder)?);
            }
        }
        if found.is_empty() { Err(NothingRecorded::NoTrial(path.to_owned())) } else { Ok(found) }
    }

    /// The trial of a folder.
    ///
    /// # Errors
    /// When its record or its spec cannot be read. Other files may be absent.
    pub fn read(folder: &Path) -> Result<Self, NothingRecorded> {
        let paths = Paths(folder.to_owned());
        let unreadable = |path: PathBuf, why: String| NothingRecorded::Unreadable { path, why };
        let text = |path: &Path| -> std::io::Result<String> {
            Ok(String::from_utf8_lossy(&read_regular(path, memory())?).into_owned())
        };
        let run = text(&paths.run()).map_err(|e| unreadable(paths.run(), e.to_string()))?;
        let mut run: Value =
            serde_json::from_str(&run).map_err(|e| unreadable(paths.run(), e.to_string()))?;
        if let Some(fields) = run.as_object_mut() {
            fields.remove("vocabulary");
        }
        let spec = text(&paths.spec()).map_err(|e| unreadable(paths.spec(), e.to_string()))?;
        let table: toml::Table =
            spec.parse().map_err(|e| unreadable(paths.spec(), format!("{e}")))?;
        let mut keys = Vec::new();
        flatten("", &table, &mut keys);
        let name = |field: &str| run[field].as_str().unwrap_or("?").to_owned();
        Ok(Self {
            experiment: name("experiment"),
            trial: name("trial"),
            metrics: Columns::parse(&text(&paths.metrics()).unwrap_or_default()),
            timing: Columns::parse(&text(&folder.join("timing.csv")).unwrap_or_default()),
            samples: samples(&text(&paths.samples()).unwrap_or_default()),
            folder: folder.to_owned(),
            run,
            spec,
            keys,
        })
    }

    /// How the trial stands, as `run.json` says.
    pub fn status(&self) -> &str {
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
                value => numbers.extend(value.as_f64().map(|number| (name.clone(), number))),
            }
        }
        numbers
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
}
