//! `summary.csv`: one row a trial.

use super::metrics::number;
use super::run_json::{ResultRecord, Status};

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

/// The summary of an experiment as CSV, rows in the order of the plan.
///
/// # Errors
/// When rows have different columns.
pub fn to_csv(rows: &[SummaryRow]) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let swept = rows.first().map(|row| row.swept.as_slice()).unwrap_or_default();
    let mut header = vec!["trial", "seed"];
    header.extend(swept.iter().map(|(key, _)| key.as_str()));
    header.extend(COLUMNS);
    writer.write_record(&header)?;
    for row in rows {
        let mut cells = vec![row.trial.clone(), row.seed.to_string()];
        cells.extend(row.swept.iter().map(|(_, value)| value.trim_matches('"').to_owned()));
        cells.push(row.status.name().to_owned());
        cells.extend(metrics(row.result.as_ref()));
        cells.push(row.why.clone());
        writer.write_record(&cells)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// The columns after the swept keys.
const COLUMNS: [&str; 10] = [
    "status",
    "best_epoch",
    "best_step",
    "train_loss",
    "valid_loss",
    "test_loss",
    "train_perplexity",
    "valid_perplexity",
    "test_perplexity",
    "why",
];

/// The cells of the columns between `status` and `why`.
fn metrics(result: Option<&ResultRecord>) -> Vec<String> {
    let Some(result) = result else {
        return vec![String::new(); COLUMNS.len() - 2];
    };
    let optional = |value: Option<f64>| value.map(number).unwrap_or_default();
    vec![
        result.best_epoch.to_string(),
        result.best_step.to_string(),
        number(result.train_loss),
        optional(result.valid_loss),
        optional(result.test_loss),
        number(result.train_perplexity),
        optional(result.valid_perplexity),
        optional(result.test_perplexity),
    ]
}
