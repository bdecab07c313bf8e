//! What decides between trials.

use crate::chart::Metric;
use crate::metric::{self, ACCURACY, EXACT_MATCH, LOSS, MSE, PERPLEXITY};
use crate::record::run_json::ResultRecord;
use crate::spec::Experiment;
use crate::task;

/// The metric by which trials of an experiment are compared.
pub fn of(experiment: &Experiment) -> Metric {
    task::metrics(experiment).first().map_or(Metric::from(&LOSS), Metric::from)
}

/// The metric of a table with these columns: the most telling one that it has.
pub fn of_columns(columns: &[String]) -> Metric {
    let known = [PERPLEXITY, EXACT_MATCH, ACCURACY, MSE, LOSS];
    let has = |metric: &&metric::Metric| columns.iter().any(|column| column == metric.columns[1]);
    Metric::from(known.iter().find(has).unwrap_or(&LOSS))
}

/// A result's value of the metric: on the validation split, or in training where nothing is held
/// out; NaN where it is no finite number.
pub fn of_result(result: &ResultRecord) -> f64 {
    result.deciding().unwrap_or(f64::NAN)
}

/// The last part of a key's path.
pub(super) fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

impl Metric {
    /// The metric's column on the test split, as in `summary.csv`.
    pub fn column_test(&self) -> String {
        self.column_valid.replacen("valid_", "test_", 1)
    }

    /// A value as a cost: lower is better.
    pub fn cost(&self, value: f64) -> f64 {
        if self.lower_is_better { value } else { -value }
    }
}
