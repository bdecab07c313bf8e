//! What decides between trials.

use crate::chart::Metric;
use crate::metric;
use crate::record::run_json::ResultRecord;
use crate::spec::Experiment;
use crate::task;

/// The metric by which trials of an experiment are compared.
pub fn of(experiment: &Experiment) -> Metric {
    let metrics = (task::of(experiment.task).metrics)(experiment);
    metrics.first().map_or(Metric::PERPLEXITY, Metric::from)
}

/// The metric of a table with these columns.
pub fn of_columns(columns: &[String]) -> Metric {
    let known =
        [&metric::PERPLEXITY, &metric::EXACT_MATCH, &metric::ACCURACY, &metric::MSE, &metric::LOSS]
            .map(Metric::from);
    let has = |metric: &Metric| columns.iter().any(|column| column == metric.column_valid);
    known.into_iter().find(has).unwrap_or(Metric::PERPLEXITY)
}

/// A result's value of the metric: on the validation split, or in training where nothing is held
/// out.
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
