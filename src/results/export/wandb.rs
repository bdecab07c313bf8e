//! Offline runs of Weights & Biases, which `wandb sync` uploads: a log of records.
//!
//! The messages are those of `wandb_internal.proto`; the numbers below are their field numbers.

use super::run;
use crate::files::{Sync, make_below, remove, write_synced};
use crate::results::encodings::leveldb::Log;
use crate::results::encodings::protobuf::Message;
use crate::runs::recorded::Recorded;
use crate::train::RecordError;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

// The kinds of `Record`, by their fields.
const HISTORY: u32 = 2;
const SUMMARY: u32 = 3;
const RUN: u32 = 17;
const EXIT: u32 = 18;
const HEADER: u32 = 21;
/// The most characters of a project's name.
const LONGEST_PROJECT: usize = 128;

/// Writes the offline run of a trial into a folder of its own below `root`: the folder's path. The
/// same trial gives the same run, so that a second export takes the place of the first.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(trial: &Recorded, root: &Path) -> Result<PathBuf, RecordError> {
    let id = run::id(&[&trial.experiment, &trial.trial], 16);
    let begun = OffsetDateTime::from_unix_timestamp(run::started(trial) as i64);
    let begun = begun.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (begun.date(), begun.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second) = time.as_hms();
    let folder =
        format!("offline-run-{year:04}{month:02}{day:02}_{hour:02}{minute:02}{second:02}-{id}");
    // Where `wandb sync` writes the settings for the server.
    make_below(root, &[&folder, "files"])?;
    let folder = root.join(folder);
    // What an earlier export was uploaded with does not hold for this one.
    for mark in ["synced", "syncstate"] {
        remove(&folder.join(format!("run-{id}.wandb.{mark}")))?;
    }
    write_synced(&folder.join(format!("run-{id}.wandb")), records(trial, &id).bytes(), Sync::All)?;
    Ok(folder)
}

/// The log: what the run is, a record for each row, what came of it, and how it ended.
fn records(trial: &Recorded, id: &str) -> Log {
    let (mut log, mut number) = (Log::new(), 0);
    let mut put = |kind: u32, content: &Message| {
        number += 1;
        log.append(Message::new().integer(1, number).message(kind, content).encoded());
    };
    let producer = Message::new().text(1, concat!("runner ", env!("CARGO_PKG_VERSION")));
    put(HEADER, &Message::new().message(1, &producer));
    put(RUN, &description(trial, id));
    let begun = run::started(trial);
    let mut last = Vec::new();
    for row in run::rows(trial) {
        let clock =
            [("_step", row.step as f64), ("_timestamp", row.time), ("_runtime", row.time - begun)];
        last = row.cells.into_iter().filter(|(name, _)| *name != "step").chain(clock).collect();
        let item = |history: Message, (name, value): &(&str, f64)| {
            history.message(1, &Message::new().text(2, name).text(16, &json(*value)))
        };
        let history = last.iter().fold(Message::new(), item);
        put(HISTORY, &history.message(2, &Message::new().integer(1, row.step)));
    }
    let last = last.into_iter().map(|(name, value)| (name.to_owned(), value));
    let summary = last.chain(run::summary(trial)).fold(Message::new(), |summary, (name, value)| {
        summary.message(1, &Message::new().text(1, &name).text(16, &json(value)))
    });
    put(SUMMARY, &summary);
    let seconds = run::ended(trial).map_or(0.0, |ended| (ended - begun).max(0.0));
    let failed = u64::from(trial.status() != "done");
    put(EXIT, &Message::new().integer(1, failed).integer(2, seconds as u64));
    log
}

/// `RunRecord`.
fn description(trial: &Recorded, id: &str) -> Message {
    let mut config = Message::new();
    for (key, value) in &trial.keys {
        let value = serde_json::to_string(value).unwrap_or_default();
        config = config.message(1, &Message::new().text(1, key).text(16, &value));
    }
    let begun = run::started(trial);
    let start = Message::new().integer(1, begun as u64).integer(2, (begun.fract() * 1e9) as u64);
    let run = Message::new()
        .text(1, id)
        .text(3, &project(&trial.experiment))
        .message(4, &config)
        .text(6, run::group(trial))
        .text(8, &trial.trial)
        .text(9, trial.note().unwrap_or_default());
    trial.tags().into_iter().fold(run, |run, tag| run.text(10, tag)).message(17, &start)
}

/// An experiment's name as that of a project, in which some signs may not stand.
fn project(name: &str) -> String {
    let allowed = |c: char| if "/\\#?%:".contains(c) { '_' } else { c };
    name.chars().take(LONGEST_PROJECT).map(allowed).collect()
}

/// A number in JSON, which of Python's kind has infinities.
fn json(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ if value.fract() == 0.0 && value.abs() < 9e15 => format!("{value:.0}"),
        _ => serde_json::Value::from(value).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_pythons_json() {
        let numbers = [f64::NAN, f64::INFINITY, -f64::INFINITY, 3.0, 0.1, 1e300];
        let wanted = ["NaN", "Infinity", "-Infinity", "3", "0.1", "1e+300"];
        assert_eq!(numbers.map(json), wanted);
    }

    #[test]
    fn a_project_has_a_name_that_is_allowed() {
        assert_eq!(project("50% #1"), "50_ _1");
        assert_eq!(project(&"é".repeat(200)).chars().count(), LONGEST_PROJECT);
    }
}
