//! What columns mean, as a baseline says it: its table `[gate.columns]`.

use super::columns::{Columns, Metric};
use serde::Deserialize;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

/// The table, and the one that it stands in.
const COLUMNS: &str = "columns";
const GATE: &str = "gate";

/// The columns that a baseline names, and the text without them: an experiment may be called `gate`,
/// too.
pub(in crate::results::gate) fn read(
    document: &DocumentMut,
    text: &str,
) -> Result<(Columns, String), toml::de::Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Gate {
        columns: Option<Columns>,
    }
    #[derive(Deserialize)]
    struct Settings {
        #[serde(default)]
        gate: Gate,
    }
    let is_there = document.get(GATE).is_some_and(|gate| gate.get(COLUMNS).is_some());
    if !is_there {
        return Ok((Columns::default(), text.to_owned()));
    }
    let settings: Settings = toml::from_str(text)?;
    let mut rest = document.clone();
    if let Some(gate) = rest.get_mut(GATE).and_then(Item::as_table_like_mut) {
        gate.remove(COLUMNS);
        if gate.is_empty() {
            rest.remove(GATE);
        }
    }
    Ok((settings.gate.columns.unwrap_or_default(), rest.to_string()))
}

/// Writes what is said into a baseline, and leaves the rest as it is.
pub(in crate::results::gate) fn write(document: &mut DocumentMut, said: &Columns) {
    let one = |name: &Option<String>| name.as_deref().map(Value::from);
    let metrics: Vec<String> = said.metric.iter().map(Metric::text).collect();
    let metric = match metrics.as_slice() {
        [] => None,
        [metric] => Some(Value::from(metric.as_str())),
        metrics => Some(Value::from(Array::from_iter(metrics))),
    };
    let columns = [
        ("experiment", one(&said.experiment)),
        ("seed", one(&said.seed)),
        ("metric", metric),
        ("step", one(&said.step)),
        ("data", one(&said.data)),
        ("take", said.take.map(|take| Value::from(take.name()))),
    ];
    for (key, value) in columns {
        let Some(value) = value else { continue };
        let mut gate = Table::new();
        gate.set_implicit(true);
        let gate = document.as_table_mut().entry(GATE).or_insert(Item::Table(gate));
        let columns = gate
            .as_table_like_mut()
            .map(|gate| gate.entry(COLUMNS).or_insert_with(|| Item::Table(Table::new())));
        if let Some(columns) = columns.and_then(Item::as_table_like_mut) {
            columns.insert(key, Item::Value(value));
        }
    }
}
