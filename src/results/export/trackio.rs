//! Runs for Trackio: a file of all, and a script that logs them with Trackio's own functions, since the
//! tables of its databases change with its versions and what it imports has no settings.

use super::run;
use crate::files::{Sync, write_synced};
use crate::runs::recorded::Recorded;
use crate::runs::run_json::json as number;
use crate::train::RecordError;
use serde_json::{Map, Value, json};
use std::path::Path;

/// What logs the runs. No text of a run stands in it.
const SCRIPT: &str = include_str!("trackio.py");

/// Writes `import.py` and `runs.json` into a folder.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(trials: &[&Recorded], folder: &Path) -> Result<(), RecordError> {
    let runs: Vec<Value> = trials.iter().map(|trial| run_of(trial)).collect();
    let runs = serde_json::to_vec_pretty(&runs).unwrap_or_default();
    write_synced(&folder.join("runs.json"), &runs, Sync::All)?;
    write_synced(&folder.join("import.py"), SCRIPT.as_bytes(), Sync::All)
}

fn run_of(trial: &Recorded) -> Value {
    let mut config: Map<String, Value> =
        trial.keys.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    if !trial.tags().is_empty() {
        config.insert("tags".to_owned(), json!(trial.tags()));
    }
    config.extend(trial.note().map(|note| ("note".to_owned(), json!(note))));
    let mut rows: Vec<(u64, Map<String, Value>)> = Vec::new();
    for row in run::rows(trial) {
        let cells = row.cells.iter().filter(|(name, _)| *name != "step");
        rows.push((row.step, cells.map(|(name, it)| ((*name).to_owned(), number(*it))).collect()));
    }
    // There is no other place for what came of it.
    if let Some((_, last)) = rows.last_mut() {
        last.extend(run::summary(trial).into_iter().map(|(name, value)| (name, number(value))));
    }
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|(step, figures)| json!({ "step": step, "figures": figures }))
        .collect();
    json!({
        "project": trial.experiment,
        "name": trial.trial,
        "group": run::group(trial),
        "config": config,
        "rows": rows,
    })
}
