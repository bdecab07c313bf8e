//! `summary.csv`: one row a trial.

use super::metrics::{number, summarized};
use super::run_json::{ResultRecord, Status};
use crate::metric::Metric;

/// A trial's row.
#[derive(Clone, Debug)]
pub struct SummaryRow {
    /// The trial's name.
    pub trial: String,
    /// Its seed.
    pub seed: u64,
    /// The swept keys and their values.
    pub swept: Vec<(String, String)>,
    /// How it stands.
    pub status: Status,
    /// What came of it.
    pub result: Option<ResultRecord>,
    /// Why it failed or was stopped, if it was.
    pub why: String,
}

/// The summary of an experiment as CSV, rows in the order of the plan. `metrics` are those of its
/// task.
///
/// # Errors
/// When rows have different columns.
pub fn to_csv(rows: &[SummaryRow], metrics: &'static [Metric]) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let swept = rows.first().map(|row| row.swept.as_slice()).unwrap_or_default();
    let figures: Vec<&str> = summarized(metrics).flat_map(|(columns, _)| columns).collect();
    let mut header = vec!["trial", "seed"];
    header.extend(swept.iter().map(|(key, _)| key.as_str()));
    header.extend(["status", "best_epoch", "best_step"]);
    header.extend(&figures);
    header.push("why");
    writer.write_record(&header)?;
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
        cells.push(row.why.clone());
        writer.write_record(&cells)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}
