//! The columns of `metrics.csv`, and how its numbers are written.

use crate::metric::{LOSS_COLUMNS, Metric, Score};
use crate::train::Row;

pub use crate::metric::number;

/// The columns and cells of a row, in order. The columns depend on the trial alone, so that every
/// row of a file has the same.
pub fn cells(row: &Row) -> Vec<(&'static str, String)> {
    let mut cells = vec![
        ("epoch", row.epoch.to_string()),
        ("step", row.step.to_string()),
        ("tokens", row.tokens.to_string()),
        ("learning_rate", number(row.learning_rate)),
        ("grad_norm", number(row.grad_norm)),
    ];
    let mut figure = |columns: [&'static str; 3], value: fn(&Score) -> f64| {
        let valid = row.valid.map(|score| number(value(&score)));
        cells.push((columns[0], number(value(&row.train))));
        cells.push((columns[1], valid.unwrap_or_default()));
    };
    figure(LOSS_COLUMNS, Score::mean);
    for metric in row.metrics.iter().filter(|metric| metric.has_columns()) {
        figure(metric.columns, metric.value);
    }
    if let Some(smooth) = row.smooth_loss {
        cells.push(("smooth_loss", number(smooth)));
    }
    cells
}

/// The figures of `run.json` and of a summary: name of the column, and how it is computed; the
/// loss first.
pub fn summarized(
    metrics: &'static [Metric],
) -> impl Iterator<Item = ([&'static str; 3], fn(&Score) -> f64)> {
    let own = metrics.iter().filter(|metric| metric.in_summary && metric.has_columns());
    let mean: fn(&Score) -> f64 = Score::mean;
    std::iter::once((LOSS_COLUMNS, mean)).chain(own.map(|metric| (metric.columns, metric.value)))
}
