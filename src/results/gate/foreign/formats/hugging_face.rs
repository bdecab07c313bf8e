//! `trainer_state.json`, which the Trainer of Hugging Face's transformers writes.

use super::json::rows;
use crate::results::gate::foreign::FiguresError;
use crate::results::gate::foreign::records::{Place, Record};
use serde_json::{Map, Value};

/// What it keeps of each time that it logged or evaluated.
const HISTORY: &str = "log_history";

/// Whether an object is the state of a trainer.
pub(in crate::results::gate::foreign) fn is_state(object: &Map<String, Value>) -> bool {
    object.get(HISTORY).is_some_and(Value::is_array)
}

/// A record for each time that it logged.
pub(in crate::results::gate::foreign) fn records(
    place: &Place,
    state: &Map<String, Value>,
) -> Result<Vec<Record>, FiguresError> {
    let history = state.get(HISTORY).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let place = Place::of(format!("{place}, {HISTORY}"));
    let mut all = Vec::new();
    for entry in history {
        let object = entry.as_object().ok_or_else(|| {
            FiguresError::new(
                format!("{place}: an entry is no object"),
                "this is not the file of a Trainer: name another with --results",
            )
        })?;
        all.extend(rows(&place, object));
    }
    Ok(all)
}
