//! Events as JSON lines on standard output, for programs.

use crate::runs::metrics_csv::cells;
use crate::runs::run_json::ResultRecord;
use crate::streams;
use crate::train::{Event, RecordError, Recorder};
use serde_json::{Map, Value, json};
use std::io::Write;

/// Prints what happens in a trial, a JSON object a line.
pub struct JsonLines {
    /// The experiment's and the trial's names.
    pub trial: (String, String),
}

impl JsonLines {
    /// Prints one event.
    pub fn print(&self, kind: &str, fields: Value) -> Result<(), RecordError> {
        let mut line = Map::new();
        line.insert("event".into(), kind.into());
        line.insert("experiment".into(), self.trial.0.clone().into());
        line.insert("trial".into(), self.trial.1.clone().into());
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        let line = Value::Object(line).to_string();
        match writeln!(std::io::stdout().lock(), "{}", streams::inert_json(&line)) {
            // A reader that has gone away, as `head` does, is no reason to stop training.
            Err(error) if !streams::is_answer_unread(&error) => {
                Err(RecordError { path: "standard output".to_owned(), source: error })
            }
            _ => Ok(()),
        }
    }
}

impl Recorder for JsonLines {
    fn record(&mut self, event: &Event<'_>) -> Result<(), RecordError> {
        match event {
            Event::Started(started) => self.print(
                "started",
                json!({
                    "model": started.model, "parameters": started.parameters,
                    "steps": started.steps, "steps_per_epoch": started.steps_per_epoch,
                    "done": started.done,
                }),
            ),
            Event::Row(row) => {
                let fields = cells(row).into_iter().map(|(name, cell)| {
                    // Cells that are numbers stand as numbers, empty ones as null; JSON has no
                    // infinity, which is a text.
                    let value = match cell.as_str() {
                        "" => Value::Null,
                        cell => serde_json::from_str(cell).unwrap_or_else(|_| cell.into()),
                    };
                    (name.to_owned(), value)
                });
                self.print("row", Value::Object(fields.collect()))
            }
            Event::Sample(sample) => self.print(
                "sample",
                json!({
                    "epoch": sample.epoch, "step": sample.step,
                    "prefix": sample.prefix, "text": sample.text,
                }),
            ),
            Event::Finished(finished) => {
                let result = ResultRecord::new(finished);
                self.print("finished", serde_json::to_value(result).unwrap_or_default())
            }
            Event::Step(_) | Event::Best { .. } | Event::Output(_) | Event::Checkpoint(_) => Ok(()),
        }
    }
}
