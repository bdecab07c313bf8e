//! The table of all trials.

use super::difference::{last, value, varied};
use super::families::deciding;
use super::html::{for_script, number};
use crate::results::ranking;
use crate::results::summaries;
use crate::runs::recorded::Recorded;
use crate::runs::summary_csv::Summary;
use maud::{Markup, html};
use std::path::Path;

/// Figures of `run.json` that are no metrics.
const NO_METRICS: [&str; 2] = ["steps", "best_step"];

/// The columns of the table: swept keys, then figures, each once over all experiments.
struct Columns {
    /// Whether a column says which trials of an experiment compare, as not all of them do.
    group: bool,
    /// Whether a column says what decided, as it is not the same for all trials.
    result: bool,
    keys: Vec<String>,
    figures: Vec<String>,
}

/// The trials of an experiment.
pub(super) struct Experiment<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its trials, in the order of the leaderboard; those that it does not know come last.
    pub members: Vec<Member>,
}

/// A trial of an experiment.
#[derive(Clone, Copy)]
pub(super) struct Member {
    /// Its place among all trials.
    pub index: usize,
    /// The number of the group whose figures its own compares with.
    pub group: usize,
    /// Whether its point is the best one of the group.
    pub best: bool,
}

/// The trials of each experiment, in the order of the names of experiments.
pub(super) fn experiments(trials: &[Recorded]) -> Vec<Experiment<'_>> {
    let mut folders: Vec<(&str, &Path, Vec<usize>)> = Vec::new();
    for (index, trial) in trials.iter().enumerate() {
        let folder = trial.folder.parent().unwrap_or(Path::new(""));
        let same = |known: &&mut (&str, &Path, Vec<usize>)| {
            known.0 == trial.experiment && known.1 == folder
        };
        match folders.iter_mut().find(same) {
            Some((.., members)) => members.push(index),
            None => folders.push((&trial.experiment, folder, vec![index])),
        }
    }
    folders.sort_by_key(|(name, folder, _)| (*name, *folder));
    let ordered =
        |(name, folder, indices)| Experiment { name, members: ordered(trials, folder, indices) };
    folders.into_iter().map(ordered).collect()
}

/// Some trials of a folder in the order of its leaderboard.
fn ordered(trials: &[Recorded], folder: &Path, mut indices: Vec<usize>) -> Vec<Member> {
    let summaries: Vec<Summary> = summaries::read(folder).into_iter().collect();
    let groups = ranking::groups(&summaries, false);
    let mut members = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        for (place, point) in group.points.iter().enumerate() {
            let ended = point.standing.is_some_and(|standing| !standing.has_failed());
            let best = place == 0 && group.points.len() > 1 && ended;
            for row in &point.rows {
                let name = point.summary.cell(row, "trial");
                let own = |index: &usize| {
                    let trial = &trials[*index];
                    trial.damage.is_empty() && trial.folder.file_name() == Some(name.as_ref())
                };
                if let Some(at) = indices.iter().position(own) {
                    members.push(Member { index: indices.remove(at), group: number + 1, best });
                }
            }
        }
    }
    members.extend(indices.into_iter().map(|index| Member { index, group: 0, best: false }));
    members
}

/// The table, with what sorts and filters it.
pub(super) fn table(trials: &[Recorded]) -> Markup {
    let experiments = experiments(trials);
    let columns = columns(trials, &experiments);
    let mut statuses: Vec<&str> = trials.iter().map(Recorded::status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    html! {
        div.tools {
            label {
                "Filter "
                input #filter type="search" placeholder="words, or hidden_size=128";
            }
            label {
                "Status "
                select #status {
                    option value="" { "all" }
                    @for status in statuses { option { (status) } }
                }
            }
            output #count aria-live="polite" { (trials.len()) " trials" }
        }
        div.wide role="region" aria-label="Leaderboard" tabindex="0" {
            table #board {
                thead { tr { (heads(&columns)) } }
                tbody {
                    @for (number, experiment) in experiments.iter().enumerate() {
                        @for member in &experiment.members {
                            (row(&trials[member.index], number, *member, &columns))
                        }
                    }
                }
            }
        }
    }
}

/// The names of the columns, which sort by them.
fn heads(columns: &Columns) -> Markup {
    let keys = columns.keys.iter().map(|key| (key.as_str(), None));
    let figures = columns.figures.iter().map(|name| (name.as_str(), Some(figure_class(columns))));
    let heads = [("experiment", None), ("trial", None)]
        .into_iter()
        .chain(columns.result.then_some(("result", Some("number"))))
        .chain([("status", None)])
        .chain(columns.group.then_some(("compares with", None)))
        .chain(keys)
        .chain(figures);
    html! {
        @for (name, class) in heads {
            th scope="col" class=[class] title=(name) { button type="button" { (label(name)) } }
        }
    }
}

/// A key's last name, and a metric without underscores.
fn label(name: &str) -> String {
    last(name).replace('_', " ")
}

/// Beside a column of results the figures are more than fits onto paper.
fn figure_class(columns: &Columns) -> &'static str {
    if columns.result { "number more" } else { "number" }
}

fn columns(trials: &[Recorded], experiments: &[Experiment<'_>]) -> Columns {
    let mut keys: Vec<String> = Vec::new();
    let mut figures: Vec<String> = Vec::new();
    let group = experiments.iter().any(|it| it.members.iter().any(|member| member.group > 1));
    for experiment in experiments {
        let of: Vec<&Recorded> =
            experiment.members.iter().map(|member| &trials[member.index]).collect();
        for key in varied(&of) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        for (name, _) in of.iter().flat_map(|trial| trial.result()) {
            if !figures.contains(&name) && !NO_METRICS.contains(&name.as_str()) {
                figures.push(name);
            }
        }
    }
    // What a person looks at first: the task's own metric on held-out data.
    figures.sort_by_key(|name| match (name.split_once('_'), name.ends_with("_loss")) {
        (Some(("valid", _)), false) => 0,
        (Some(("test", _)), false) => 1,
        (Some(("train", _)), false) => 2,
        (_, true) => 4,
        _ => 3,
    });
    let mut deciding = trials.iter().filter_map(deciding).map(|it| it.column);
    let first = deciding.next();
    let result = deciding.any(|column| Some(&column) != first.as_ref());
    Columns { group, result, keys, figures }
}

/// The row of a trial.
fn row(
    trial: &Recorded,
    experiment: usize,
    Member { index, group, best }: Member,
    columns: &Columns,
) -> Markup {
    let status = trial.status();
    let result = trial.result();
    let figure = |name: &str| result.iter().find(|(known, _)| known == name).map(|it| it.1);
    html! {
        tr class=[best.then_some("best")] data-status=(status) {
            td { a href={ "#e" (experiment) } { (trial.experiment) } }
            th scope="row" { a href={ "#t" (index) } { (trial.trial) } }
            @if columns.result {
                @match deciding(trial) {
                    Some(it) => td.number data-value=(for_script(it.value)) {
                        (number(it.value)) " " span.soft { (label(&it.column)) }
                    },
                    None => td {},
                }
            }
            td { span class={ "status " (status) } { (status) } }
            @if columns.group {
                @match group {
                    0 => td {},
                    group => td data-find={ "group=" (group) } { "group " (group) },
                }
            }
            @for key in &columns.keys {
                @let shown = value(trial, key).unwrap_or_default();
                td data-find={ (last(key)) "=" (shown) } { (shown) }
            }
            @for value in columns.figures.iter().map(|name| figure(name)) {
                td class=(figure_class(columns)) data-value=[value.map(for_script)] {
                    (value.map(number).unwrap_or_default())
                }
            }
        }
    }
}
