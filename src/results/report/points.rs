//! The groups of results that compare, as tables: a row a setting, with the mean over its seeds.

use super::columns::{Cell, Column, Kind, columns, mean_cell, recorded, shown, words};
use super::gathered::Results;
use super::keys;
use crate::format::{key_name, short};
use crate::metric::{Direction, LOSS, Metric};
use crate::results::ranking::{self, Row};
use crate::results::statistics::between;
use crate::runs::recorded::Recorded;
use crate::runs::summary_csv::Summary;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Settings whose results compare.
pub(super) struct Group {
    /// Its name in addresses: letters, digits and hyphens.
    pub id: String,
    /// The names of its experiments.
    pub experiments: Vec<String>,
    /// The figure that puts the settings in order, in words.
    pub label: String,
    /// Its column in `metrics.csv`, as `valid_perplexity`.
    pub column: &'static str,
    /// Whether larger values are better.
    pub higher: bool,
    /// What the figures were measured on.
    pub measured: String,
    /// The columns of the table, after the place.
    pub columns: Vec<Column>,
    /// The settings, the best first.
    pub points: Vec<Point>,
    /// What the seeds say of the first setting and the second.
    pub lead: Option<String>,
}

/// A setting: trials that differ in nothing but the seed.
pub(super) struct Point {
    /// The keys that differ, with their values.
    pub label: String,
    /// A cell a column.
    pub cells: Vec<Cell>,
    /// Whether at least one trial has a figure, and none has failed.
    pub ended: bool,
    /// How many trials have one: the mean is over those.
    pub counted: usize,
    /// Its trials, by their places among all.
    pub trials: Vec<usize>,
}

/// A trial, with or without a record.
#[derive(Default)]
pub(super) struct Trial {
    /// The experiment's name.
    pub experiment: String,
    /// Its own.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The seed, as text.
    pub seed: String,
    /// How it stands, in a word.
    pub status: String,
    /// Why it failed or was stopped, and what is wrong with its files.
    pub why: Vec<String>,
    /// What is shown in each column of its group's table.
    pub cells: Vec<String>,
    /// The place of its record among all.
    pub record: Option<usize>,
}

/// All groups, and the trials that they speak of. Trials of no group come last: those whose specs
/// cannot be read.
pub(super) fn groups(results: &Results) -> (Vec<Group>, Vec<Trial>) {
    let folders = results.trials.iter().enumerate().map(|(at, it)| (it.folder.as_path(), at));
    let records = folders.collect();
    let mut build = Build { results, records, told: BTreeSet::new(), trials: Vec::new() };
    let ranked = ranking::groups(&results.summaries, false);
    let mut groups: Vec<Group> =
        ranked.iter().enumerate().map(|(number, it)| build.group(number, it)).collect();
    let mut ids = BTreeSet::new();
    for (number, group) in groups.iter_mut().enumerate() {
        if !ids.insert(group.id.clone()) {
            group.id = format!("group-{number}");
        }
    }
    for (record, it) in results.trials.iter().enumerate() {
        if !build.told.contains(&record) {
            let (experiment, name) = (it.experiment.clone(), it.trial.clone());
            let folder = it.folder.clone();
            let trial =
                Trial { experiment, name, folder, record: Some(record), ..Trial::default() };
            build.add(trial);
        }
    }
    (groups, build.trials)
}

struct Build<'a> {
    results: &'a Results,
    /// The places of records among all, by their folders.
    records: BTreeMap<&'a Path, usize>,
    /// Those of which a trial has been made.
    told: BTreeSet<usize>,
    trials: Vec<Trial>,
}

impl<'a> Build<'a> {
    fn group(&mut self, number: usize, ranked: &ranking::Group<'_>) -> Group {
        let names = ranked.points.iter().map(|point| point.summary.experiment.clone());
        let experiments: BTreeSet<String> = names.collect();
        let firsts: Vec<_> = ranked.points.iter().map(|point| self.first(point)).collect();
        let keys = keys::varied(&ranked.points, &firsts);
        let columns = columns(ranked, &keys, experiments.len() > 1);
        let points = ranked.points.iter().zip(&firsts);
        let points = points.map(|(it, first)| self.point(it, *first, &columns)).collect();
        Group {
            id: id(number, ranked),
            experiments: experiments.into_iter().collect(),
            label: words(ranked.column),
            column: ranked.column,
            higher: ranked.metric.direction == Direction::Higher,
            measured: measured(ranked),
            columns,
            points,
            lead: lead(ranked),
        }
    }

    /// The record of a row.
    fn record(&self, summary: &Summary, row: &Row) -> Option<usize> {
        self.records.get(summary.folder.join(summary.cell(row, "trial")).as_path()).copied()
    }

    /// The first record of a setting.
    fn first(&self, point: &ranking::Point<'_>) -> Option<&'a Recorded> {
        let record = point.rows.iter().find_map(|row| self.record(point.summary, row))?;
        Some(&self.results.trials[record])
    }

    fn point(
        &mut self,
        ranked: &ranking::Point<'_>,
        first: Option<&Recorded>,
        columns: &[Column],
    ) -> Point {
        let summary = ranked.summary;
        let trials: Vec<usize> =
            ranked.rows.iter().map(|row| self.trial(summary, row, columns)).collect();
        let status = statuses(trials.iter().map(|trial| self.trials[*trial].status.as_str()));
        let records: Vec<&Recorded> =
            trials.iter().filter_map(|trial| self.record_of(*trial)).collect();
        let result = columns.iter().find(|column| column.kind == Kind::Result);
        let counted = result.map_or(0, |column| figures(ranked, &column.name).len());
        let cell = |column: &Column| match column.kind {
            Kind::Experiment => Cell::text(&summary.experiment),
            Kind::Key => Cell::text(&keys::value(ranked, first, &column.name).unwrap_or_default()),
            Kind::Seeds => {
                let all = trials.len();
                let text =
                    if counted == all { all.to_string() } else { format!("{counted} of {all}") };
                Cell { text, value: all.into() }
            }
            Kind::Status => Cell::text(&status),
            Kind::Result => mean_cell(&figures(ranked, &column.name), true),
            Kind::Figure => match recorded(&column.name) {
                Some(of) => {
                    mean_cell(&records.iter().filter_map(|it| of(it)).collect::<Vec<_>>(), false)
                }
                None => mean_cell(&figures(ranked, &column.name), false),
            },
        };
        let cells: Vec<Cell> = columns.iter().map(cell).collect();
        let named = columns.iter().zip(&cells).filter(|(column, cell)| {
            matches!(column.kind, Kind::Experiment | Kind::Key) && !cell.text.is_empty()
        });
        let named = named.map(|(column, cell)| match column.kind {
            Kind::Experiment => cell.text.clone(),
            _ => format!("{}={}", key_name(&column.name), cell.text),
        });
        let label = named.collect::<Vec<_>>().join(" ");
        let ended = ranked.standing.is_some_and(|standing| !standing.has_failed());
        Point { label, cells, ended, counted, trials }
    }

    /// Adds the trial of a row.
    fn trial(&mut self, summary: &Summary, row: &Row, columns: &[Column]) -> usize {
        let cell = |name: &str| summary.cell(row, name).to_owned();
        let name = cell("trial");
        let record = self.record(summary, row);
        let recorded_trial = record.map(|record| &self.results.trials[record]);
        let text = |column: &Column| match column.kind {
            Kind::Status => cell("status"),
            Kind::Result => match summary.number(row, &column.name) {
                Some(value) => shown(value),
                None => so_far(recorded_trial, &column.name),
            },
            Kind::Figure => {
                let value = match recorded(&column.name) {
                    Some(of) => recorded_trial.and_then(of),
                    None => summary.number(row, &column.name),
                };
                value.map(shown).unwrap_or_default()
            }
            Kind::Experiment | Kind::Key | Kind::Seeds => String::new(),
        };
        let why = Some(cell("why")).filter(|why| !why.is_empty());
        self.add(Trial {
            experiment: summary.experiment.clone(),
            folder: summary.folder.join(&name),
            name,
            seed: cell("seed"),
            status: cell("status"),
            why: why.into_iter().collect(),
            cells: columns.iter().map(text).collect(),
            record,
        })
    }

    /// Adds a trial; what is wrong with the files of its record comes first.
    fn add(&mut self, mut trial: Trial) -> usize {
        if let Some(record) = trial.record {
            let recorded = &self.results.trials[record];
            if !recorded.damage.is_empty() || trial.status.is_empty() {
                trial.status = recorded.status().to_owned();
            }
            trial.why.splice(..0, recorded.damage.iter().cloned());
            self.told.insert(record);
        }
        self.trials.push(trial);
        self.trials.len() - 1
    }

    fn record_of(&self, trial: usize) -> Option<&'a Recorded> {
        Some(&self.results.trials[self.trials[trial].record?])
    }
}

/// The figures of a setting's trials; what failed has none, and so the mean has none.
fn figures(point: &ranking::Point<'_>, column: &str) -> Vec<f64> {
    let figure = |row: &&Row| match point.summary.cell(row, "status") {
        "failed" => Some(f64::NAN),
        _ => point.summary.number(row, column),
    };
    point.rows.iter().filter_map(figure).collect()
}

/// The best figure so far of a trial that has not ended.
fn so_far(trial: Option<&Recorded>, column: &str) -> String {
    let metric = Metric::of_column(column).unwrap_or(LOSS);
    let points = trial.map(|trial| trial.metrics.points("step", column)).unwrap_or_default();
    let best = points.into_iter().min_by(|a, b| metric.cost(a.1).total_cmp(&metric.cost(b.1)));
    best.map(|(_, value)| format!("{} so far", shown(value))).unwrap_or_default()
}

/// How some trials stand: one word, or how many of which.
fn statuses<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    all.for_each(|status| *counts.entry(status).or_default() += 1);
    match counts.len() {
        1 => counts.into_keys().collect(),
        _ => {
            let parts = counts.iter().map(|(status, count)| format!("{count} {status}"));
            parts.collect::<Vec<_>>().join(", ")
        }
    }
}

/// What the figures of a group were measured on.
fn measured(group: &ranking::Group<'_>) -> String {
    let tokens = match group.vocabulary.split_once('-') {
        Some((level, digits)) => format!(", tokens of level {level} (vocabulary {digits})"),
        None => String::new(),
    };
    let text = if group.text.is_empty() { "unknown" } else { &group.text };
    format!("text {text}{tokens}")
}

/// A name that is the same however many groups there are, and like no other.
fn id(number: usize, group: &ranking::Group<'_>) -> String {
    let texts = [group.column, &group.text, &group.vocabulary];
    let is_plain =
        |text: &&str| text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
    match texts.iter().all(is_plain) {
        true => texts.join("-").trim_end_matches('-').replace('_', "-"),
        false => format!("group-{number}"),
    }
}

/// What the seeds say of the first setting and the second, where both have figures.
fn lead(group: &ranking::Group<'_>) -> Option<String> {
    let [first, second, ..] = group.points.as_slice() else { return None };
    let values = |point: &ranking::Point<'_>| -> Vec<(u64, f64)> {
        let seeds =
            point.rows.iter().map(|row| point.summary.cell(row, "seed").parse().unwrap_or(0));
        seeds.zip(figures(point, group.column)).collect()
    };
    let all = |point: &ranking::Point<'_>| figures(point, group.column).len() == point.rows.len();
    let found = (all(first) && all(second)).then(|| between(&values(first), &values(second)))??;
    let difference = found.difference;
    let half = difference.interval?;
    let told = match difference.mean.abs() > half {
        true => "the seeds tell them apart",
        false => "the seeds do not tell them apart",
    };
    let sign = if difference.mean < 0.0 { "−" } else { "+" };
    Some(format!("The second is {sign}{} ± {}: {told}.", short(difference.mean.abs()), short(half)))
}
