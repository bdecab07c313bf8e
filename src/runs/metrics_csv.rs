//! The columns of `metrics.csv`, and how its numbers are written.

use crate::metric::Score;
use crate::train::Row;

use crate::format::number;

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
    for metric in row.metrics.with_columns() {
        let figure = |score: &Score| (metric.value)(score).map(number).unwrap_or_default();
        cells.push((metric.columns[0], figure(&row.train)));
        cells.push((metric.columns[1], row.valid.as_ref().map(figure).unwrap_or_default()));
    }
    if let Some(smooth) = row.smooth_loss {
        cells.push(("smooth_loss", number(smooth)));
    }
    cells
}
