//! The trials of an experiment in groups of what compares, the best first.

use super::stamp::Stamp;
use super::trial::{Known, Trial};
use crate::files::links;
use crate::format::clear_key_name;
use crate::metric::{Metric, Metrics};
use crate::results::board::{apart, by_bytes};
use crate::results::ranking::{self, Row};
use crate::results::summaries::{self, NoSummary};
use crate::runs::summary_csv::{self, Summary, SummaryRow, UnreadableSummary};
use crate::tasks;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How an experiment stands.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Its name, which is that of its folder.
    pub name: String,
    pub folder: PathBuf,
    /// Why nothing can be said of it, if that is so.
    pub problem: Option<String>,
    /// Its points in groups of what compares.
    pub groups: Vec<Group>,
}

/// Points whose figures compare, the best first.
#[derive(Clone, Debug)]
pub struct Group {
    /// What tells it from other groups of the experiment; empty where it is the only one.
    pub note: String,
    /// The figure that puts its points in order.
    pub metric: Metric,
    /// The figures that its rows have, that one first.
    pub metrics: Vec<Metric>,
    pub points: Vec<Point>,
}

/// Trials that differ in nothing but the seed.
#[derive(Clone, Debug)]
pub struct Point {
    /// What tells it from the others: swept keys with their values.
    pub name: String,
    /// The values alone, where there is no room for the keys.
    pub values: String,
    /// At least one.
    pub trials: Vec<Arc<Trial>>,
}

/// An experiment, and what has been read of it.
pub(super) struct Watched {
    folder: PathBuf,
    /// Of its plan and its folder: with other trials one of them is another.
    stamps: Option<[Stamp; 2]>,
    pub(super) trials: Vec<Known>,
    problem: Option<String>,
    /// Whether `shown` is of what is known no longer.
    pub(super) is_old: bool,
    pub(super) shown: Arc<Experiment>,
}

impl Watched {
    pub(super) fn new(folder: PathBuf) -> Self {
        let name = links::name_of(&folder);
        let shown = Experiment { name, folder: folder.clone(), problem: None, groups: Vec::new() };
        let (trials, shown) = (Vec::new(), Arc::new(shown));
        Self { folder, stamps: None, trials, problem: None, is_old: true, shown }
    }

    /// Lists its trials anew, if there may be others. What is known of those that stay is kept.
    pub(super) fn list(&mut self) {
        let plan = Stamp::of(&self.folder.join("plan.json"));
        let stamps = Some([plan, Stamp::of(&self.folder)]);
        if stamps == self.stamps {
            return;
        }
        (self.stamps, self.is_old) = (stamps, true);
        let found = summaries::trials(&self.folder);
        self.problem = match &found {
            Ok((_, lost)) if !lost.is_empty() => {
                lost.first().map(|it| format!("{}: {}", it.place.display(), it.why))
            }
            Ok((found, _)) if found.is_empty() => {
                Some("there is no trial in its folder".to_owned())
            }
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        let kept = std::mem::take(&mut self.trials).into_iter();
        let mut kept: BTreeMap<String, Known> =
            kept.map(|known| (known.planned.name.clone(), known)).collect();
        let known = |trial: crate::spec::Trial| match kept.remove(&trial.name) {
            Some(mut known) => {
                // By which keys it differs from the others may be said otherwise by now.
                known.planned = trial;
                known
            }
            None => Known::new(self.folder.join(&trial.name), trial),
        };
        self.trials = found.unwrap_or_default().0.into_iter().map(known).collect();
    }

    /// Puts what is known in order, if something has changed.
    pub(super) fn show(&mut self) -> Arc<Experiment> {
        if std::mem::take(&mut self.is_old) {
            let groups = self.groups();
            let mut shown = Experiment::clone(&self.shown);
            shown.problem = self.problem.clone();
            match groups {
                Ok(groups) => shown.groups = groups,
                Err(error) => shown.problem = Some(error.to_string()),
            }
            self.shown = Arc::new(shown);
        }
        Arc::clone(&self.shown)
    }

    fn groups(&self) -> Result<Vec<Group>, NoSummary> {
        if self.trials.is_empty() {
            return Ok(Vec::new());
        }
        let summary = summary(&self.folder, &self.trials)?;
        let trials: BTreeMap<&str, (Arc<Trial>, Metrics)> = self.trials.iter().map(entry).collect();
        let groups = ranking::groups(std::slice::from_ref(&summary), false);
        let only = groups.len() == 1;
        let group = |group: &ranking::Group<'_>| {
            let of = |row: &&Row| trials.get(summary.cell(row, "trial"));
            let points = group.points.iter().map(|point| {
                let trials: Vec<_> =
                    point.rows.iter().filter_map(of).map(|(trial, _)| Arc::clone(trial)).collect();
                let (name, values) = names(&summary, point.rows[0], &trials);
                Point { name, values, trials }
            });
            let metrics = group.points[0].rows.first().and_then(of).map(|(_, metrics)| *metrics);
            let others = metrics.into_iter().flat_map(Metrics::with_columns);
            let others = others.filter(|metric| *metric != group.metric);
            Group {
                note: if only { by_bytes(group) } else { apart(group) },
                metric: group.metric,
                metrics: std::iter::once(group.metric).chain(others).collect(),
                points: points.collect(),
            }
        };
        Ok(groups.iter().map(group).collect())
    }
}

fn entry(known: &Known) -> (&str, (Arc<Trial>, Metrics)) {
    let metrics = tasks::metrics(&known.planned.experiment);
    (known.planned.name.as_str(), (Arc::new(known.shown()), metrics))
}

/// The summary of an experiment, from what is known of its trials.
fn summary(folder: &Path, trials: &[Known]) -> Result<Summary, UnreadableSummary> {
    let row = |known: &Known| summaries::row_of(&known.planned, known.state.clone());
    let rows: Vec<SummaryRow> = trials.iter().map(row).collect();
    let csv = summary_csv::to_csv(&rows).map_err(|error| UnreadableSummary::new(folder, &error))?;
    Summary::parse(folder, &csv)
}

/// What tells a point from others: its swept keys with their values, each by the last part of its path
/// where that is clear, and the values alone; without such keys the trial, if it is the only one.
fn names(summary: &Summary, row: &Row, trials: &[Arc<Trial>]) -> (String, String) {
    let keys = summary.swept();
    let (mut named, mut values) = (Vec::new(), Vec::new());
    for key in keys {
        let value = summary.cell(row, key);
        if !value.is_empty() {
            let name = clear_key_name(key, keys.iter().map(String::as_str));
            named.push(format!("{name}={value}"));
            values.push(value);
        }
    }
    let only = match trials {
        [only] => &only.name,
        _ => &summary.experiment,
    };
    match named.as_slice() {
        [] => (only.clone(), only.clone()),
        _ => (named.join(" "), values.join(" ")),
    }
}
