//! What tools are told of a trial, in whatever form they read it.

use crate::files::sha256;
use crate::runs::recorded::Recorded;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Columns that count rows and are no figures.
pub(super) const COUNTERS: [&str; 2] = ["epoch", "step"];

/// A row of `metrics.csv`.
pub(super) struct Row<'a> {
    pub step: u64,
    /// Seconds since 1970.
    pub time: f64,
    /// The cells that have numbers, by their columns, `epoch` and `step` among them.
    pub cells: Vec<(&'a str, f64)>,
}

/// When a trial was begun, in seconds since 1970.
pub(super) fn started(trial: &Recorded) -> f64 {
    moment(&trial.run["times"]["started"]).unwrap_or(0.0)
}

/// When it last ended.
pub(super) fn ended(trial: &Recorded) -> Option<f64> {
    moment(&trial.run["times"]["ended"])
}

/// Seconds since 1970 of a moment as `run.json` writes it.
fn moment(text: &Value) -> Option<f64> {
    let moment = OffsetDateTime::parse(text.as_str()?, &Rfc3339).ok()?;
    Some(moment.unix_timestamp_nanos() as f64 / 1e9)
}

/// The rows, each at the time of the start and the seconds of the rows up to it.
pub(super) fn rows(trial: &Recorded) -> Vec<Row<'_>> {
    let seconds = trial.timing.column("seconds").unwrap_or_default();
    let mut time = started(trial);
    let row = |(index, cells): (usize, &Vec<Option<f64>>)| {
        time += seconds.get(index).copied().flatten().unwrap_or(1.0);
        let names = trial.metrics.names.iter().map(String::as_str);
        let cells: Vec<_> =
            names.zip(cells).filter_map(|(name, it)| Some((name, (*it)?))).collect();
        let step = cells.iter().find(|(name, _)| *name == "step").map_or(0.0, |(_, step)| *step);
        Row { step: step as u64, time, cells }
    };
    trial.metrics.rows.iter().enumerate().map(row).collect()
}

/// What came of a trial. A figure of the best row has `best_` before the name of its column, which
/// is that of all rows.
pub(super) fn summary(trial: &Recorded) -> Vec<(String, f64)> {
    let named = |(name, value): (String, f64)| match trial.metrics.names.contains(&name) {
        true => (format!("best_{name}"), value),
        false => (name, value),
    };
    trial.result().into_iter().map(named).collect()
}

/// What trials share that differ in nothing but the seed: the swept values in a trial's name, or the
/// experiment's where nothing is swept.
pub(super) fn group(trial: &Recorded) -> &str {
    let swept = trial.trial.rsplit_once("seed=").map_or("", |(swept, _)| swept);
    match swept.trim_end_matches(',') {
        "" => &trial.experiment,
        swept => swept,
    }
}

/// Hexadecimal digits that tell one thing from others by its names: the same each time.
pub(super) fn id(names: &[&str], digits: usize) -> String {
    // No name has a slash.
    let mut id = sha256(names.join("/").as_bytes());
    id.truncate(digits);
    id
}

/// A key's value as text, strings without quotation marks.
pub(super) fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        assert_eq!(moment(&"1970-01-02T00:00:01Z".into()), Some(86_401.0));
        assert_eq!(moment(&Value::Null), None);
    }
}
