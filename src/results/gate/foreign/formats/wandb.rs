//! Offline runs of Weights & Biases: the file `run-ID.wandb`, a log of records.
//!
//! The messages are those of `wandb_internal.proto`; the numbers below are their field numbers.

use crate::results::encodings::leveldb;
use crate::results::encodings::protobuf::{Broken, Field, fields};
use crate::results::gate::foreign::FiguresError;
use crate::results::gate::foreign::input::bytes_of;
use crate::results::gate::foreign::records::{Place, Record};
use serde_json::{Map, Value};
use std::path::Path;

// The kinds of `Record`, by their fields.
const HISTORY: u32 = 2;
const SUMMARY: u32 = 3;
const CONFIG: u32 = 5;
const RUN: u32 = 17;

/// Whether bytes are such a log.
pub(in crate::results::gate::foreign) fn is(bytes: &[u8]) -> bool {
    leveldb::is(bytes)
}

/// The records of a run: one for each of its history; of a run without one, that of its summary.
pub(in crate::results::gate::foreign) fn records(path: &Path) -> Result<Vec<Record>, FiguresError> {
    let bytes = bytes_of(path)?;
    let place = Place::of(path.display().to_string());
    let broken = |at: usize, why: &str| FiguresError::damaged(path, at, why);
    let (mut run, mut config) = (Record::new(place), Vec::new());
    let (mut rows, mut summary) = (Vec::new(), Vec::new());
    for record in leveldb::records(&bytes) {
        let (at, record) = record.map_err(|(at, why)| broken(at, why))?;
        let unreadable = |Broken| broken(at, "it holds no record of a run");
        for (kind, field) in fields(&record).map_err(unreadable)? {
            let Some(content) = field.bytes() else { continue };
            match kind {
                RUN => describe(&mut run, &mut config, content).map_err(unreadable)?,
                CONFIG => config.extend(items(content, 1).map_err(unreadable)?),
                HISTORY => rows.push(items(content, 1).map_err(unreadable)?),
                SUMMARY => summary.extend(items(content, 1).map_err(unreadable)?),
                _ => {}
            }
        }
    }
    if rows.is_empty() {
        rows.push(summary);
    }
    run.cells.extend(config.into_iter().map(|(name, value)| (name.into(), value)));
    let row = |cells: Vec<(String, String)>| {
        cells.iter().fold(run.clone(), |row, (name, value)| row.with(name, value))
    };
    Ok(rows.into_iter().map(row).collect())
}

/// `RunRecord { project = 3, config = 4, group = 6, display_name = 8 }`.
fn describe(
    run: &mut Record,
    config: &mut Vec<(String, String)>,
    content: &[u8],
) -> Result<(), Broken> {
    let mut texts = [const { String::new() }; 3];
    for (number, field) in fields(content)? {
        let Some(bytes) = field.bytes() else { continue };
        let text = || String::from_utf8_lossy(bytes).into_owned();
        match number {
            3 => texts[0] = text(),
            6 => texts[1] = text(),
            8 => texts[2] = text(),
            4 => config.extend(items(bytes, 1)?),
            _ => {}
        }
    }
    let [project, group, name] = texts;
    // Runs of a group differ in nothing but the seed.
    let experiment = if group.is_empty() { &project } else { &group };
    let named =
        [("experiment", experiment), ("project", &project), ("group", &group), ("run_name", &name)];
    run.cells = named.map(|(name, value)| (name.into(), value.clone())).to_vec();
    Ok(())
}

/// Items in a field of a message: `{ key = 1, nested_key = 2, value_json = 16 }` of a history and a
/// summary, `{ key = 1, value_json = 16 }` of a configuration.
fn items(content: &[u8], field: u32) -> Result<Vec<(String, String)>, Broken> {
    let mut all = Vec::new();
    for (number, item) in fields(content)? {
        let (true, Some(item)) = (number == field, item.bytes()) else { continue };
        let (mut path, mut json) = (Vec::new(), String::new());
        for (number, value) in fields(item)? {
            match (number, value) {
                (1 | 2, Field::Bytes(name)) => {
                    path.push(String::from_utf8_lossy(name).into_owned())
                }
                (16, Field::Bytes(value)) => json = String::from_utf8_lossy(value).into_owned(),
                _ => {}
            }
        }
        cells(&path.join("."), &json, &mut all);
    }
    Ok(all)
}

/// A value in JSON, which of Python's kind has infinities; objects have their own cells.
fn cells(name: &str, json: &str, all: &mut Vec<(String, String)>) {
    match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(object)) => inner(name, &object, all),
        Ok(Value::String(text)) => all.push((name.to_owned(), text)),
        Ok(Value::Null | Value::Array(_)) => {}
        Ok(value) => all.push((name.to_owned(), value.to_string())),
        Err(_) => all.push((name.to_owned(), json.to_owned())),
    }
}

fn inner(name: &str, object: &Map<String, Value>, all: &mut Vec<(String, String)>) {
    for (key, value) in object {
        cells(&format!("{name}.{key}"), &value.to_string(), all);
    }
}
