//! Event files for TensorBoard: scalars of every row, samples as text, the spec's keys as
//! hyper-parameters.
//!
//! The messages are those of TensorBoard's `event.proto`, `summary.proto` and the plugin data of
//! its hparams plugin; the numbers below are their field numbers.

use super::run::{self, COUNTERS};
use crate::files::{Sync, make_below, write_synced};
use crate::results::encodings::protobuf::Message;
use crate::results::encodings::tfrecord;
use crate::runs::recorded::Recorded;
use crate::train::RecordError;
use std::path::{Path, PathBuf};

/// `DataType.DT_STRING` of `types.proto`.
const STRING: u64 = 7;
/// `DataClass.DATA_CLASS_TENSOR` of `summary.proto`.
const TENSOR: u64 = 2;
/// `DataType` of a hyper-parameter in `api.proto`.
const HP_STRING: u64 = 1;
const HP_BOOL: u64 = 2;
const HP_FLOAT: u64 = 3;
/// `Status` of a session in `api.proto`.
const SUCCESS: u64 = 1;
const FAILURE: u64 = 2;
const RUNNING: u64 = 3;

/// Writes the event file of a trial into a folder of its own below `root`: the file's path. The same
/// trial gives the same file, so that a second export takes the place of the first.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(trial: &Recorded, root: &Path) -> Result<PathBuf, RecordError> {
    let started = run::started(trial);
    let folder = make_below(root, &[&trial.experiment, &trial.trial])?;
    let path = folder.join(format!("events.out.tfevents.{:010}.runner.v2", started as u64));
    write_synced(&path, &events(trial, started), Sync::All)?;
    Ok(path)
}

/// The bytes of the file.
fn events(trial: &Recorded, started: f64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut put = |event: Message| tfrecord::append(&mut out, event.encoded());
    put(Message::new().double(1, started).text(3, "brain.Event:2"));
    for value in hyperparameters(trial, started) {
        put(event(started, 0, &value));
    }
    if let Some(note) = trial.note() {
        put(event(started, 0, &text("note", "", note)));
    }
    let mut samples = trial.samples.iter().peekable();
    for run::Row { step, time, cells } in run::rows(trial) {
        for (name, value) in cells.iter().filter(|(name, _)| !COUNTERS.contains(name)) {
            put(event(time, step, &scalar(&tag(name), *value)));
        }
        if let Some((_, epoch)) = cells.iter().find(|(name, _)| *name == COUNTERS[0]) {
            put(event(time, step, &scalar("progress/epoch", *epoch)));
        }
        while let Some(sample) = samples.next_if(|sample| sample.step <= step) {
            put(event(time, sample.step, &text("samples", &sample.what, &sample.text)));
        }
    }
    out
}

/// `valid_perplexity` as `perplexity/valid`, so that TensorBoard shows both splits beside one
/// another.
fn tag(column: &str) -> String {
    match column.split_once('_') {
        Some((split @ ("train" | "valid" | "test"), metric)) => format!("{metric}/{split}"),
        _ => format!("training/{column}"),
    }
}

/// `Event { wall_time = 1, step = 2, summary = 5 }`.
fn event(wall_time: f64, step: u64, value: &Message) -> Message {
    let summary = Message::new().message(1, value);
    Message::new().double(1, wall_time).integer(2, step).message(5, &summary)
}

/// `Summary.Value { tag = 1, simple_value = 2 }`.
fn scalar(tag: &str, value: f64) -> Message {
    Message::new().text(1, tag).float(2, value as f32)
}

/// `Summary.Value { tag = 1, tensor = 8, metadata = 9 }` of the text plugin. The text is shown as
/// Markdown, so that lines are set as code.
fn text(kind: &str, what: &str, text: &str) -> Message {
    let tag = if what.is_empty() { kind.to_owned() } else { format!("{kind}/{what}") };
    let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let tensor = Message::new().integer(1, STRING).message(2, &Message::new()).text(8, &indented);
    let plugin = Message::new().text(1, "text");
    let metadata = Message::new().message(1, &plugin).integer(4, TENSOR);
    Message::new().text(1, &tag).message(8, &tensor).message(9, &metadata)
}

/// The three summaries of the hparams plugin: what there is, the start of the session with its
/// values, and its end.
fn hyperparameters(trial: &Recorded, started: f64) -> Vec<Message> {
    let mut infos = Message::new();
    let mut start = Message::new();
    for (key, value) in &trial.keys {
        let (kind, value) = parameter(value);
        infos = infos.message(4, &Message::new().text(1, key).integer(4, kind));
        start = start.message(1, &Message::new().text(1, key).message(2, &value));
    }
    let tags = trial.tags().join(", ");
    if !tags.is_empty() {
        infos = infos.message(4, &Message::new().text(1, "tags").integer(4, HP_STRING));
        start = start
            .message(1, &Message::new().text(1, "tags").message(2, &Message::new().text(3, &tags)));
    }
    let metrics = trial.metrics.names.iter().filter(|name| !COUNTERS.contains(&name.as_str()));
    for name in metrics {
        let metric = Message::new().message(1, &Message::new().text(2, &tag(name)));
        infos = infos.message(5, &metric);
    }
    let start = start.text(4, &format!("{}/{}", trial.experiment, trial.trial)).double(5, started);
    let status = match trial.status() {
        "done" => SUCCESS,
        "failed" => FAILURE,
        _ => RUNNING,
    };
    let end = Message::new().integer(1, status).double(2, run::ended(trial).unwrap_or(started));
    let plugin = |tag: &str, field: u32, content: &Message| {
        let content = Message::new().integer(1, 0).message(field, content);
        let plugin = Message::new().text(1, "hparams").message(2, &content);
        let metadata = Message::new().message(1, &plugin);
        Message::new().text(1, tag).message(9, &metadata)
    };
    vec![
        plugin("_hparams_/experiment", 2, &infos),
        plugin("_hparams_/session_start_info", 3, &start),
        plugin("_hparams_/session_end_info", 4, &end),
    ]
}

/// A value as `google.protobuf.Value`, with its `DataType`.
fn parameter(value: &toml::Value) -> (u64, Message) {
    match value {
        toml::Value::Integer(number) => (HP_FLOAT, Message::new().double(2, *number as f64)),
        toml::Value::Float(number) => (HP_FLOAT, Message::new().double(2, *number)),
        toml::Value::Boolean(yes) => (HP_BOOL, Message::new().integer(4, u64::from(*yes))),
        toml::Value::String(text) => (HP_STRING, Message::new().text(3, text)),
        other => (HP_STRING, Message::new().text(3, &other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_tags_by_metric_and_split() {
        assert_eq!(tag("valid_perplexity"), "perplexity/valid");
        assert_eq!(tag("train_bits_per_character"), "bits_per_character/train");
        assert_eq!(tag("learning_rate"), "training/learning_rate");
    }
}
