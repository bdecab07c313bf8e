//! What a person may want to know when an experiment has ended: its points, best first, where the
//! charts are, and what can be done next.

use crate::format::plural;
use crate::results::board::{Board, View};
use crate::results::ranking::{self, Group};
use crate::runs::state::State;
use crate::runs::summary_csv::Summary;
use crate::spec::{Task, Trial};
use crate::tasks;
use std::path::PathBuf;

/// Points that are shown.
const SHOWN: usize = 10;

/// Some lines about an experiment whose last trial has ended.
pub fn epilogue(summary: &Summary, charts: &[PathBuf], trials: &[Trial]) -> String {
    let mut lines = vec![summary.headline()];
    let groups = ranking::groups(std::slice::from_ref(summary), false);
    if summary.rows.len() > 1 {
        lines.extend(groups.iter().map(table));
        if groups.len() > 1 {
            lines.push("the tables do not compare: they are of other texts or tokens".to_owned());
        }
    }
    let folder = summary.folder.display();
    // What the keys did says more than the curves.
    let first = charts.iter().find(|path| path.to_string_lossy().ends_with("_by_key.svg"));
    if let Some(first) = first.or(charts.first()) {
        let more = match charts.len() - 1 {
            0 => String::new(),
            count => format!(" and {} beside it", plural(count, "more chart")),
        };
        lines.push(format!("chart   {}{more}", first.with_extension("png").display()));
    }
    if trials.len() > 1 {
        lines.push(format!("next    runner board {folder}    all figures"));
    }
    lines.push(format!("next    runner report {folder}    a page with curves and samples"));
    if let Some(sample) = sample(trials) {
        lines.push(format!("next    runner sample {folder}{sample}"));
    }
    if let Some(longer) = groups.first().and_then(|group| longer(group, trials)) {
        lines.push(longer);
    }
    lines.join("\n")
}

/// The points of a group, best first, with the figures that decide.
fn table(group: &Group<'_>) -> String {
    let split = group.metric.columns.iter().position(|column| *column == group.column);
    let mut columns: Vec<String> = group.points[0].summary.swept().to_vec();
    columns.push(group.column.to_owned());
    if split == Some(1) {
        columns.push(group.metric.columns[2].to_owned());
    }
    columns.push("seeds".to_owned());
    let whole = |row: &&Vec<String>| group.points[0].summary.cell(row, "status") == "done";
    if !group.points.iter().flat_map(|point| &point.rows).all(whole) {
        columns.push("status".to_owned());
    }
    let view = View { columns: Some(columns), top: Some(SHOWN), ..View::default() };
    let Ok(board) = Board::of(std::slice::from_ref(group), &view) else { return String::new() };
    match group.points.len().saturating_sub(SHOWN) {
        0 => board.text(),
        more => format!("{}\nand {} more", board.text(), plural(more, "point")),
    }
}

/// How the best model is asked for something, if its task can be.
fn sample(trials: &[Trial]) -> Option<&'static str> {
    let task = trials.first()?.experiment.task;
    match (task, tasks::of(task).predict) {
        (Task::LanguageModel, _) => Some("    a text by the best model"),
        (_, Some(_)) => Some(" --text TEXT    what the best model says of a text"),
        (_, None) => None,
    }
}

/// That training was still getting better when it ended, if the best point was.
fn longer(group: &Group<'_>, trials: &[Trial]) -> Option<String> {
    let best = group.points.first()?;
    let name = best.summary.cell(best.rows.first()?, "trial");
    let result = State::read(&best.summary.folder.join(name)).record?.result?;
    if result.best_step != result.steps || result.stopped_early {
        return None;
    }
    let training = &trials.iter().find(|trial| trial.name == name)?.experiment.training;
    let (unit, key) = match (training.steps, training.epochs) {
        (Some(steps), _) => ("row", format!("training.steps={}", steps.saturating_mul(2))),
        (None, epochs) => ("epoch", format!("training.epochs={}", epochs?.saturating_mul(2))),
    };
    Some(format!("The last {unit} was the best: a longer training may be better (-s {key})."))
}
