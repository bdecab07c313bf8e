//! `summary.csv`: one row a trial.

use super::run_json::{ResultRecord, Status};
use crate::files::cells;
use crate::format::number;
use crate::metric::{ALL, Metric, Metrics};

/// A trial's row.
#[derive(Clone, Debug)]
pub struct SummaryRow {
    /// The trial's name.
    pub trial: String,
    /// Its seed.
    pub seed: u64,
    /// The keys by which the trials differ, and their values.
    pub swept: Vec<(String, String)>,
    /// How it stands.
    pub status: Status,
    /// What it is judged by.
    pub metrics: Metrics,
    /// What came of it.
    pub result: Option<ResultRecord>,
    /// What tells the text of the deciding figure from others; empty before there is a record.
    pub text: String,
    /// What tells its tokens from others: the level, and digits of the vocabulary's sum. Empty where
    /// the deciding figure does not depend on them.
    pub vocabulary: String,
    /// Why it failed or was stopped, if it was.
    pub why: String,
}

/// The shares of unknown tokens.
const UNKNOWN: [&str; 3] = ["train_unknown", "valid_unknown", "test_unknown"];

/// The summary of an experiment as CSV, rows in the order of the plan.
///
/// # Errors
/// When rows have different keys.
pub fn to_csv(rows: &[SummaryRow]) -> std::io::Result<Vec<u8>> {
    let swept = rows.first().map(|row| row.swept.as_slice()).unwrap_or_default();
    let figures = figures(rows);
    let mut header = vec!["trial", "seed"];
    header.extend(swept.iter().map(|(key, _)| key.as_str()));
    header.extend(["status", "best_epoch", "best_step"]);
    header.extend(&figures);
    header.extend(["metric", "text", "vocabulary", "why"]);
    let mut table = vec![header.into_iter().map(str::to_owned).collect()];
    for row in rows {
        let mut cells = vec![row.trial.clone(), row.seed.to_string()];
        cells.extend(row.swept.iter().map(|(_, value)| value.trim_matches('"').to_owned()));
        cells.push(row.status.name().to_owned());
        let result = row.result.as_ref();
        let cell = |cell: Option<String>| cell.unwrap_or_default();
        cells.push(cell(result.map(|result| result.best_epoch.to_string())));
        cells.push(cell(result.map(|result| result.best_step.to_string())));
        let figure = |column: &str| result?.figure(column).map(number);
        cells.extend(figures.iter().map(|column| cell(figure(column))));
        let split = result.map_or("valid", ResultRecord::split);
        cells.push(format!("{split}_{}", row.metrics.deciding.name));
        cells.extend([row.text.clone(), row.vocabulary.clone(), row.why.clone()]);
        table.push(cells);
    }
    cells::table(table)
}

/// The columns of figures: those of any trial's task, the loss first.
fn figures(rows: &[SummaryRow]) -> Vec<&'static str> {
    let has =
        |metric: &Metric| rows.iter().any(|row| row.metrics.with_columns().any(|it| it == *metric));
    let mut metrics: Vec<Metric> = ALL.into_iter().filter(has).collect();
    metrics.sort_by_key(Metric::has_columns);
    let mut columns: Vec<&str> = metrics.iter().flat_map(|metric| metric.columns).collect();
    let figure = |column: &&str| {
        rows.iter().any(|row| row.result.as_ref().is_some_and(|it| it.figure(column).is_some()))
    };
    columns.extend(UNKNOWN.into_iter().filter(figure));
    columns
}
