//! The rows of `metrics.csv` as curves: as many points as the page has room for.

use super::columns::number_json;
use crate::runs::recorded::Recorded;
use serde_json::{Map, Value};

/// Numbers of curves in a page: some two megabytes.
const NUMBERS: usize = 350_000;
/// Points of a curve. More are not told apart on a screen.
const POINTS: usize = 200;
/// Columns of a trial. A file of more is none that a trial wrote.
const COLUMNS: usize = 48;
/// The column of seconds since the beginning, which `timing.csv` counts by row.
const SECONDS: &str = "seconds";

/// How many points each curve may have.
pub(super) fn points_each(trials: &[&Recorded]) -> usize {
    let columns: usize = trials.iter().map(|it| it.metrics.names.len().min(COLUMNS) + 1).sum();
    (NUMBERS / columns.max(1)).clamp(2, POINTS)
}

/// The columns of a trial by their names, with at most this number of points: numbers, or one number
/// if it never changes, or the name of an earlier column that is the same.
pub(super) fn curves(trial: &Recorded, most: usize) -> Map<String, Value> {
    let rows = kept(trial.metrics.rows.len(), most);
    let mut seconds = 0.0;
    let timing = trial.timing.column(SECONDS).filter(|it| it.len() == trial.metrics.rows.len());
    let timing = timing.map(|it| {
        let sum = |part: Option<f64>| {
            seconds += part.unwrap_or(0.0);
            Some(seconds)
        };
        (SECONDS.to_owned(), it.into_iter().map(sum).collect::<Vec<_>>())
    });
    let own = trial.metrics.names.iter().take(COLUMNS);
    let own = own.filter_map(|name| Some((name.clone(), trial.metrics.column(name)?)));
    let mut known: Vec<(String, Vec<Option<f64>>)> = Vec::new();
    let mut curves = Map::new();
    for (name, column) in own.chain(timing) {
        let column: Vec<Option<f64>> =
            rows.iter().map(|row| column[*row].and_then(rounded)).collect();
        if curves.contains_key(&name) || column.iter().all(Option::is_none) {
            continue;
        }
        let same = known.iter().find(|(_, other)| *other == column);
        let value = match (same, column.first()) {
            (Some((same, _)), _) => same.as_str().into(),
            (None, Some(first)) if column.len() > 1 && column.iter().all(|it| it == first) => {
                first.map_or(Value::Null, number_json)
            }
            _ => column.iter().map(|it| it.map_or(Value::Null, number_json)).collect(),
        };
        known.push((name.clone(), column));
        curves.insert(name, value);
    }
    curves
}

/// The rows that are kept of a file: every n-th one, and the last.
fn kept(rows: usize, most: usize) -> Vec<usize> {
    let last = rows.saturating_sub(1);
    let every = last.div_ceil(most.max(2) - 1).max(1);
    (0..rows).filter(|row| (last - row).is_multiple_of(every)).collect()
}

/// A number with the five digits that a curve needs; `None` if it is none that can be drawn.
fn rounded(value: f64) -> Option<f64> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Some(value);
    }
    format!("{value:.4e}").parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_are_thinned_and_keep_their_end() {
        for (rows, most) in [(0, 10), (1, 10), (10, 10), (11, 10), (10_001, 200), (7, 2)] {
            let kept = kept(rows, most);
            assert!(kept.len() <= most && kept.last().copied() == rows.checked_sub(1), "{kept:?}");
        }
        assert_eq!(kept(5, 10), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn numbers_have_the_digits_that_a_curve_needs() {
        assert_eq!(rounded(2.609_671_415), Some(2.6097));
        assert_eq!(rounded(1_234_567.0), Some(1_234_567.0));
        assert_eq!(rounded(f64::INFINITY), None);
    }
}
