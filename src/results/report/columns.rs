//! The columns of a table of settings, and what stands in its cells.

use crate::format::{count, key_name, short};
use crate::metric::{ALL, LOSS};
use crate::results::ranking::Group;
use crate::results::statistics::Mean;
use crate::runs::recorded::Recorded;
use crate::runs::run_json::json;
use serde::Serialize;
use serde_json::Value;

/// A column of a table.
#[derive(Serialize)]
pub(super) struct Column {
    /// Its whole name, as `model.hidden_size`.
    pub name: String,
    /// What stands above it.
    pub label: String,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Experiment,
    Key,
    Result,
    Seeds,
    Status,
    Figure,
}

/// A cell: what is shown, and what it is sorted and filtered by.
pub(super) struct Cell {
    pub text: String,
    pub value: Value,
}

/// The columns of a group's table: what tells settings apart, then the figure that decides, then others.
pub(super) fn columns(group: &Group<'_>, keys: &[String], several: bool) -> Vec<Column> {
    let column = |name: &str, label: String, kind| Column { name: name.to_owned(), label, kind };
    let mut columns = Vec::new();
    if several {
        columns.push(column("experiment", "experiment".to_owned(), Kind::Experiment));
    }
    columns.extend(keys.iter().map(|key| column(key, words(key_name(key)), Kind::Key)));
    columns.push(column(group.column, words(group.column), Kind::Result));
    columns.push(column("seeds", "seeds".to_owned(), Kind::Seeds));
    columns.push(column("status", "status".to_owned(), Kind::Status));
    let has = |name: &str| {
        group
            .points
            .iter()
            .any(|point| point.rows.iter().any(|row| point.summary.number(row, name).is_some()))
    };
    // First the figure that decides on the other splits; figures of training say little of others.
    let [train, valid, test] = group.metric.columns;
    let others =
        ALL.iter().chain([&LOSS]).flat_map(|metric| [metric.columns[1], metric.columns[2]]);
    let mut known = vec![group.column];
    for name in [valid, test, train].into_iter().chain(others) {
        if !known.contains(&name) && has(name) {
            known.push(name);
            columns.push(column(name, words(name), Kind::Figure));
        }
    }
    for name in ["best_epoch", "parameters", "seconds"] {
        columns.push(column(name, words(name), Kind::Figure));
    }
    columns
}

/// A name without underscores.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Figures that stand in the record beside the metrics, by the names of their columns.
pub(super) fn recorded(column: &str) -> Option<fn(&Recorded) -> Option<f64>> {
    match column {
        "parameters" => Some(|trial| trial.run["parameters"].as_f64()),
        "seconds" => Some(|trial| trial.run["times"]["seconds"].as_f64()),
        _ => None,
    }
}

impl Cell {
    /// A text, which is a number where it reads like one.
    pub fn text(text: &str) -> Self {
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        Self { text: text.to_owned(), value: number.map_or_else(|| text.into(), number_json) }
    }
}

/// A mean, with its interval where that is wanted.
pub(super) fn mean_cell(values: &[f64], interval: bool) -> Cell {
    let Some(mean) = Mean::of(values) else {
        return Cell { text: String::new(), value: Value::Null };
    };
    let half = mean.interval.filter(|_| interval);
    let half = half.map(|half| format!(" ± {}", short(half))).unwrap_or_default();
    let value = Some(mean.mean).filter(|mean| !mean.is_nan()).map_or(Value::Null, number_json);
    let text = if mean.mean.is_nan() { "failed".to_owned() } else { shown(mean.mean) + &half };
    Cell { text, value }
}

/// A number in JSON, in as few signs as it needs; one that is infinite is a text.
pub(super) fn number_json(value: f64) -> Value {
    match value.fract() == 0.0 && value.abs() < 1e15 {
        true => (value as i64).into(),
        false => json(value),
    }
}

/// A figure: a count as it is, and other numbers to four digits.
pub(super) fn shown(value: f64) -> String {
    match value.fract() == 0.0 && (1.0..1e15).contains(&value) {
        true => count(value as u64),
        false => short(value),
    }
}
