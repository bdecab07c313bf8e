//! The columns of `metrics.csv` by the metric that they belong to, and the figure that decides.

use crate::runs::metrics_csv::Columns;
use crate::runs::recorded::Recorded;
use crate::runs::run_json::ResultRecord;
use serde::Deserialize;

/// The name of the metric of a column, and its split.
pub(super) fn family(column: &str) -> (&str, Option<&str>) {
    match column.split_once('_') {
        Some((split @ ("train" | "valid" | "test"), metric)) => (metric, Some(split)),
        _ => (column, None),
    }
}

/// The metrics of a file, each with its columns, but for what counts.
pub(super) fn families(columns: &Columns) -> Vec<(&str, Vec<&str>)> {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for column in &columns.names {
        let metric = family(column).0;
        if ["epoch", "step", "tokens"].contains(&metric) {
            continue;
        }
        match families.iter_mut().find(|(known, _)| *known == metric) {
            Some((_, columns)) => columns.push(column),
            None => families.push((metric, vec![column])),
        }
    }
    // What a person looks at first: the task's own metric, which comes after the loss.
    families.sort_by_key(|(metric, columns)| match (*metric, columns.len()) {
        ("loss", _) => 1,
        (_, 2..) => 0,
        _ => 2,
    });
    families
}

/// Whether a metric is a part of a whole, which a logarithmic axis would distort.
pub(super) fn is_share(metric: &str) -> bool {
    metric.ends_with("accuracy") || metric.ends_with("match")
}

/// The figure by which trials of an experiment are told apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deciding {
    /// Its column, as `valid_accuracy`.
    pub column: String,
    /// Its value.
    pub value: f64,
}

/// The deciding figure of a trial: on held-out data, else in training; of one that has not ended,
/// that of the last row. None before the first row, and of a trial that failed.
pub(super) fn deciding(trial: &Recorded) -> Option<Deciding> {
    let result = ResultRecord::deserialize(&trial.run["result"]).ok();
    let ended = result.and_then(|result| {
        let column = format!("{}_{}", result.split(), result.metric.name);
        Some(Deciding { column, value: result.deciding()? })
    });
    let last = |split: &str| {
        let families = families(&trial.metrics);
        let (_, columns) = families.first()?;
        let column = columns.iter().find(|column| family(column).1 == Some(split))?;
        let (_, value) = *trial.metrics.points("step", column).last()?;
        Some(Deciding { column: (*column).to_owned(), value })
    };
    ended.or_else(|| last("valid")).or_else(|| last("train"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::metrics_csv::MetricsCsv;

    #[test]
    fn metrics_are_grouped_by_their_splits() {
        let names =
            "epoch,step,tokens,learning_rate,train_loss,valid_loss,train_accuracy,valid_accuracy";
        let columns = MetricsCsv::parse(format!("{names}\n").as_bytes()).columns();
        let found: Vec<_> =
            families(&columns).into_iter().map(|(metric, _)| metric.to_owned()).collect();
        assert_eq!(found, ["accuracy", "loss", "learning_rate"]);
    }
}
