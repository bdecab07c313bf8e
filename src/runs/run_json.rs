//! `run.json`: what a trial was and what came of it.

use super::damage::Sums;
use crate::data::{DatasetInfo, Provenance, Vocabulary};
use crate::files::{Sync, failed, is_whole, read_regular, sealed, write_synced};
use crate::machine::Machine;
use crate::metric::{Direction, LOSS, Metric, number};
use crate::standing::Standing;
use crate::tasks::Picture;
use crate::train::{Finished, RecordError};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// More than any record has, in bytes.
const LIMIT: u64 = 1 << 32;

/// The record of a trial without its vocabulary, which may be long.
pub type Record = RunJson<IgnoredAny>;

/// The record of a trial.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunJson<V = Vocabulary> {
    /// How the trial stands.
    pub status: Status,
    /// What went wrong, if something did.
    pub error: Option<String>,
    /// Whether it failed because its loss or gradient was no number any more.
    #[serde(default)]
    pub diverged: bool,
    /// Why it was stopped before its end, if a search did.
    #[serde(default)]
    pub stopped: Option<String>,
    /// The experiment's name.
    pub experiment: String,
    /// The trial's name.
    pub trial: String,
    /// SHA-256 of `spec.toml` without `[meta]`.
    pub spec_sha256: String,
    /// The labels that the spec gives it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What the spec says that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What a reader must know before trusting the numbers.
    pub warnings: Vec<String>,
    /// Whether no output depends on what comes after it, as a probe has shown.
    #[serde(default = "yes")]
    pub causal: bool,
    /// This program's version.
    pub runner_version: String,
    /// The file of this program: its length and when it was built. Another build may compute other
    /// numbers.
    #[serde(default)]
    pub program: Option<String>,
    /// The versions that trained the beginning, where it was gone on with by another (`--force`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continued_from: Vec<ContinuedFrom>,
    /// The commit of the checkout that the run was started in.
    pub git_commit: Option<String>,
    pub machine: Machine,
    /// When it was first started, and when last ended.
    pub times: Times,
    /// Trainable numbers.
    pub parameters: usize,
    /// Where the text came from.
    pub data: DataRecord,
    /// What came of it.
    pub result: Option<ResultRecord>,
    /// The names of the classes, where the task has classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// SHA-256 of each file that it wrote beside this one, charts and checkpoints aside. Of a trial
    /// that runs, whose files grow, only that of `spec.toml`.
    #[serde(default, skip_serializing_if = "Sums::is_empty")]
    pub files: Sums,
    /// How tables that its task has left are drawn.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pictures: BTreeMap<String, Picture>,
    /// The tokens.
    pub vocabulary: V,
}

/// Records without the field are of models that were checked by their tests alone.
fn yes() -> bool {
    true
}

/// A version of this program that another one took a trial over from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContinuedFrom {
    pub runner_version: String,
    /// The step up to which it had trained.
    pub step: u64,
}

/// How a trial stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// It is being trained, or its process was killed.
    Running,
    /// It was asked to stop; it can go on.
    Interrupted,
    /// It could not be trained to its end.
    Failed,
    /// A search stopped it before its end; it can go on.
    Stopped,
    /// It came to its end.
    Done,
    /// It has not been begun: no `run.json` says so, but summaries do.
    Planned,
    /// Its files are not what it wrote: again only summaries say so.
    Damaged,
}

impl Status {
    /// The word in `run.json` and `summary.csv`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Moments, as RFC 3339 in UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Times {
    /// When it was first started.
    pub started: String,
    /// When it last ended.
    pub ended: Option<String>,
    /// Seconds of all runs of the trial together.
    pub seconds: f64,
}

/// The text of a trial.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DataRecord {
    /// Where it came from, with its SHA-256.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Tokens of train, valid and test; of tasks that read no running text, examples.
    pub tokens: [usize; 3],
    /// Characters of train, valid and test.
    pub characters: [usize; 3],
    /// Tokens of the vocabulary.
    pub vocabulary_size: usize,
    /// What tells the vocabulary from others: perplexities of different ones do not compare.
    #[serde(default)]
    pub vocabulary_sha256: String,
    /// What tells the texts of train, valid and test from others, 16 hex digits each.
    #[serde(default)]
    pub text_ids: [String; 3],
    /// The shares of `<unk>` among the tokens of train, valid and test, where there is such a token.
    #[serde(default)]
    pub unknown: Option<[f64; 3]>,
    /// What is worth knowing about how it was read.
    pub notes: Vec<String>,
}

impl DataRecord {
    /// The record of a data set.
    pub fn new(dataset: &DatasetInfo) -> Self {
        Self {
            provenance: dataset.provenance.clone(),
            tokens: dataset.sizes,
            characters: dataset.characters,
            vocabulary_size: dataset.vocabulary.len(),
            vocabulary_sha256: dataset.vocabulary.hash(),
            text_ids: dataset.text_ids.clone(),
            unknown: dataset.unknown,
            notes: dataset.notes.clone(),
        }
    }
}

/// What came of a trial.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResultRecord {
    /// Steps done.
    pub steps: u64,
    /// The best row's epoch.
    pub best_epoch: u64,
    /// The best row's step.
    pub best_step: u64,
    /// The figure that decided which row is best, and what a gate compares.
    pub metric: Deciding,
    /// Figures by the names of their columns, as `train_loss` and `test_perplexity`: of the best
    /// row, and of the best weights on the test split. Null where there is no such split; a figure
    /// that has run over is the text `inf`, since JSON has no such number.
    #[serde(flatten)]
    pub figures: Map<String, Value>,
    /// Whether early stopping ended it.
    pub stopped_early: bool,
}

/// The figure that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deciding {
    /// Its name, as `perplexity`.
    pub name: String,
    /// Its name in words.
    pub label: String,
    /// Whether the smallest value is the best.
    pub lower_is_better: bool,
}

impl Deciding {
    /// That of a metric.
    pub fn of(metric: &Metric) -> Self {
        Self {
            name: metric.name.to_owned(),
            label: metric.label.to_owned(),
            lower_is_better: metric.direction == Direction::Lower,
        }
    }
}

impl ResultRecord {
    /// The record of a finished training.
    pub fn new(finished: &Finished) -> Self {
        let scores = [Some(finished.best_train), finished.best_valid, finished.test];
        let mut figures = Map::new();
        for (place, score) in scores.into_iter().enumerate() {
            for metric in finished.metrics.with_columns() {
                let value = score.and_then(|score| (metric.value)(&score));
                figures.insert(metric.columns[place].to_owned(), value.map_or(Value::Null, json));
            }
        }
        let more = finished.figures.iter().map(|(name, value)| (name.clone(), json(*value)));
        figures.extend(more);
        Self {
            steps: finished.step,
            best_epoch: finished.best_epoch,
            best_step: finished.best_step,
            metric: Deciding::of(&finished.metrics.deciding),
            figures,
            stopped_early: finished.stopped_early,
        }
    }

    /// A figure by the name of its column, as `valid_loss`.
    pub fn figure(&self, column: &str) -> Option<f64> {
        self.figures.get(column).and_then(number_in)
    }

    /// The deciding figure on a split: `train`, `valid` or `test`.
    pub fn deciding_on(&self, split: &str) -> Option<f64> {
        self.figure(&format!("{split}_{}", self.metric.name))
    }

    /// The split whose figures decide: `valid`, or without one `train`.
    pub fn split(&self) -> &'static str {
        if self.figure(LOSS.columns[1]).is_some() { "valid" } else { "train" }
    }

    /// How this result stands by a metric to others of the same text.
    pub fn standing(&self, metric: &Metric) -> Standing {
        let on_split = |name: &str| self.figure(&format!("{}_{name}", self.split()));
        match on_split(metric.name) {
            Some(value) => Standing::new(metric, value, on_split(LOSS.name).unwrap_or(f64::NAN)),
            None => Standing::FAILED,
        }
    }
}

/// A number in JSON, which has none that is not finite: those are texts.
pub fn json(value: f64) -> Value {
    if value.is_finite() { value.into() } else { number(value).into() }
}

/// The number in a JSON value, as [`json`] writes it.
pub fn number_in(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// A `run.json` that cannot be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot read {path}: {why}")]
#[diagnostic(
    code(record::run_json),
    help("is this the folder of a trial, under results/? --fresh starts a trial over")
)]
pub struct UnreadableRun {
    path: String,
    why: String,
}

impl RunJson {
    /// Reads a trial's `run.json`.
    pub fn read(path: &Path) -> Result<Self, UnreadableRun> {
        let unreadable = |why: String| UnreadableRun { path: path.display().to_string(), why };
        let bytes = read_regular(path, LIMIT).map_err(|error| unreadable(error.to_string()))?;
        if !is_whole(&bytes) {
            return Err(unreadable("it is damaged: its checksum is wrong".to_owned()));
        }
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))
    }

    /// Reads a trial's `run.json`, if there is one.
    ///
    /// # Errors
    /// When there is one that cannot be read: its work is not to be thrown away unasked.
    pub fn read_if_there(path: &Path) -> Result<Option<Self>, UnreadableRun> {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        match std::fs::symlink_metadata(path) {
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
            _ => Self::read(path).map(Some),
        }
    }

    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<(), RecordError> {
        let text = sealed(self).map_err(|error| failed(path)(std::io::Error::other(error)))?;
        // With the record before it the checkpoint goes on to the same end.
        write_synced(path, &text, Sync::Bytes)
    }

    /// Writes it before files that it has the sums of are written anew: until they are, it says that
    /// the trial runs, and has none.
    pub fn open(&mut self, path: &Path) -> Result<(), RecordError> {
        self.files.clear();
        self.status = Status::Running;
        let text = sealed(self).map_err(|error| failed(path)(std::io::Error::other(error)))?;
        write_synced(path, &text, Sync::All)
    }
}

/// The record of a trial but for the vocabulary; `None` if it has none.
///
/// # Errors
/// What is wrong with the file, as a sentence without its subject.
pub fn read_if_whole(path: &Path) -> Result<Option<Record>, String> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let bytes = match read_regular(path, LIMIT) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(None),
        read => read.map_err(|error| format!("cannot be read: {error}"))?,
    };
    match serde_json::from_slice(&bytes) {
        Ok(record) if is_whole(&bytes) => Ok(Some(record)),
        Ok(_) => Err("is damaged: it is not what the trial wrote".to_owned()),
        Err(error) => Err(format!("is damaged: {error}")),
    }
}

/// The fields of a record but for the vocabulary, whatever they are.
///
/// # Errors
/// What is wrong with the file, as a sentence without its subject.
pub fn fields(path: &Path) -> Result<Value, String> {
    let bytes = read_regular(path, LIMIT).map_err(|error| format!("cannot be read: {error}"))?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(mut fields)) if is_whole(&bytes) => {
            fields.remove("vocabulary");
            Ok(Value::Object(fields))
        }
        Ok(_) => Err("is damaged: it is not what the trial wrote".to_owned()),
        Err(error) => Err(format!("is damaged: {error}")),
    }
}
