//! MLflow's file store: a folder for each experiment, in it one for each run, in these a file for each
//! parameter, figure and tag.
//!
//! MLflow also keeps runs in databases, whose tables change with its versions; the file store is what
//! all versions read or migrate.

use super::run::{self, COUNTERS};
use crate::files::{self, Sync, make_below, remove, write_synced};
use crate::metric::number;
use crate::runs::Paths;
use crate::runs::recorded::Recorded;
use crate::train::RecordError;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// `RunStatus` of `service.proto`.
const RUNNING: u64 = 1;
const FINISHED: u64 = 3;
const FAILED: u64 = 4;
const KILLED: u64 = 5;
/// `SourceType.LOCAL`.
const LOCAL: u64 = 4;

/// Writes trials into a store at `root`. The same trial gives the same run, so that a second export
/// takes the place of the first.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(trials: &[&Recorded], root: &Path) -> Result<(), RecordError> {
    let mut experiments: BTreeMap<&str, f64> = BTreeMap::new();
    for trial in trials {
        let begun = experiments.entry(&trial.experiment).or_insert(f64::INFINITY);
        *begun = begun.min(run::started(trial));
    }
    for (name, begun) in experiments {
        let id = experiment_id(name);
        let folder = make_below(root, &[&id])?;
        let time = Field::Whole(milliseconds(begun));
        let fields = [
            ("artifact_location", Field::Text(&uri(&folder))),
            ("creation_time", time),
            ("experiment_id", Field::Text(&id)),
            ("last_update_time", time),
            ("lifecycle_stage", Field::Text("active")),
            ("name", Field::Text(name)),
        ];
        put(&folder.join("meta.yaml"), &yaml(&fields))?;
    }
    trials.iter().try_for_each(|trial| write_run(trial, root))
}

fn write_run(trial: &Recorded, root: &Path) -> Result<(), RecordError> {
    let experiment = experiment_id(&trial.experiment);
    let id = run::id(&[&trial.experiment, &trial.trial], 32);
    let below = |name: &str| make_below(root, &[&experiment, &id, name]);
    let params = below("params")?;
    for (key, value) in &trial.keys {
        put(&params.join(file_name(key)), &run::plain(value))?;
    }
    let metrics = below("metrics")?;
    for (name, lines) in metrics_of(trial) {
        put(&metrics.join(file_name(&name)), &lines)?;
    }
    let tags = below("tags")?;
    for (name, value) in tags_of(trial) {
        let path = tags.join(name);
        value.map_or_else(|| remove(&path), |value| put(&path, &value))?;
    }
    let artifacts = below("artifacts")?;
    put(&artifacts.join("spec.toml"), &trial.spec)?;
    if let Ok(samples) = files::read(&Paths(trial.folder.clone()).samples()) {
        write_synced(&artifacts.join("samples.txt"), &samples, Sync::Nothing)?;
    }
    let ended = run::ended(trial).map_or(Field::Null, |ended| Field::Whole(milliseconds(ended)));
    let fields = [
        ("artifact_uri", Field::Text(&uri(&artifacts))),
        ("end_time", ended),
        ("entry_point_name", Field::Text("")),
        ("experiment_id", Field::Text(&experiment)),
        ("lifecycle_stage", Field::Text("active")),
        ("run_id", Field::Text(&id)),
        ("run_name", Field::Text(&trial.trial)),
        ("source_name", Field::Text("")),
        ("source_type", Field::Whole(LOCAL)),
        ("source_version", Field::Text("")),
        ("start_time", Field::Whole(milliseconds(run::started(trial)))),
        ("status", Field::Whole(status(trial))),
        ("user_id", Field::Text("")),
    ];
    // The run counts from here on.
    put(&root.join(&experiment).join(&id).join("meta.yaml"), &yaml(&fields))
}

/// 18 decimal digits, as MLflow draws them: databases keep them as numbers.
fn experiment_id(name: &str) -> String {
    let number = u64::from_str_radix(&run::id(&[name], 16), 16).unwrap_or_default();
    format!("{}", 100_000_000_000_000_000 + number % 900_000_000_000_000_000)
}

/// Each figure with its lines, `time value step`.
fn metrics_of(trial: &Recorded) -> BTreeMap<String, String> {
    let mut metrics: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |name: &str, time: f64, value: f64, step: u64| {
        let lines = metrics.entry(name.to_owned()).or_default();
        // Into memory: nothing can fail.
        let _ = writeln!(lines, "{} {} {step}", milliseconds(time), number(value));
    };
    let rows = run::rows(trial);
    for row in &rows {
        for (name, value) in row.cells.iter().filter(|(name, _)| *name != COUNTERS[1]) {
            add(name, row.time, *value, row.step);
        }
    }
    let (time, step) = rows.last().map_or((run::started(trial), 0), |row| (row.time, row.step));
    for (name, value) in run::summary(trial) {
        add(&name, time, value, step);
    }
    metrics
}

/// The tags, and those that an earlier export may have left.
fn tags_of(trial: &Recorded) -> [(&'static str, Option<String>); 6] {
    let tags = trial.tags().join(",");
    let text = |field: &str| trial.run[field].as_str().map(str::to_owned);
    // It is shown as Markdown, so that lines are set as code.
    let note = trial.note().map(|note| note.lines().map(|line| format!("    {line}\n")).collect());
    [
        ("mlflow.runName", Some(trial.trial.clone())),
        ("mlflow.note.content", note),
        ("mlflow.source.git.commit", text("git_commit")),
        ("group", Some(run::group(trial).to_owned())),
        ("runner_version", text("runner_version")),
        ("tags", (!tags.is_empty()).then_some(tags)),
    ]
}

fn status(trial: &Recorded) -> u64 {
    match trial.status() {
        "done" => FINISHED,
        "failed" => FAILED,
        "running" => RUNNING,
        _ => KILLED,
    }
}

fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1e3).round() as u64
}

fn put(path: &Path, text: &str) -> Result<(), RecordError> {
    write_synced(path, text.as_bytes(), Sync::Nothing)
}

/// A name as that of a file which MLflow takes for the same name: what may lead elsewhere is `_`.
fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' };
    let name: String = name.chars().take(200).map(safe).collect();
    if name.starts_with('.') || name.is_empty() { format!("_{name}") } else { name }
}

/// A folder's path as a URI.
fn uri(folder: &Path) -> String {
    let path = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let path = path.to_string_lossy().replace('\\', "/");
    let mut uri = format!("file://{}", if path.starts_with('/') { "" } else { "/" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte.into());
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

/// A value in YAML.
#[derive(Clone, Copy)]
enum Field<'a> {
    Null,
    Whole(u64),
    Text(&'a str),
}

fn yaml(fields: &[(&str, Field<'_>)]) -> String {
    let line = |(name, field): &(&str, Field<'_>)| match field {
        Field::Null => format!("{name}: null\n"),
        Field::Whole(number) => format!("{name}: {number}\n"),
        Field::Text(text) => format!("{name}: {}\n", quoted(text)),
    };
    fields.iter().map(line).collect()
}

/// A text in YAML's double quotes, which nothing in it ends, in ASCII alone.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ => quoted += &format!("\\U{:08x}", u32::from(c)),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_and_texts_end_nothing() {
        assert_eq!(file_name("training.learning_rate"), "training.learning_rate");
        assert_eq!(file_name("../../x y\n"), "_.._.._x_y_");
        assert_eq!(quoted("a: \"b\"\\\n# é🙂"), r#""a: \"b\"\\\U0000000a# \U000000e9\U0001f642""#);
        assert_eq!(uri(Path::new("/no/such #folder%")), "file:///no/such%20%23folder%25");
        assert_eq!(experiment_id("x").len(), 18);
    }
}
