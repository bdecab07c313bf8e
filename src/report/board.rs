//! The table of all trials.

use super::difference::{value, varied};
use super::families::deciding;
use super::html::{escape, number};
use crate::record::recorded::Recorded;
use std::fmt::Write;

/// Figures of `run.json` that are no metrics.
const NO_METRICS: [&str; 2] = ["steps", "best_step"];

/// The columns of the table: swept keys, then figures, each once over all experiments.
struct Columns {
    /// Whether a column says what decided, as it is not the same for all trials.
    result: bool,
    keys: Vec<String>,
    figures: Vec<String>,
}

/// The trials of each experiment, in the order of the names of experiments.
pub(super) fn experiments(trials: &[Recorded]) -> Vec<(&str, Vec<usize>)> {
    let mut experiments: Vec<(&str, Vec<usize>)> = Vec::new();
    for (index, trial) in trials.iter().enumerate() {
        match experiments.iter_mut().find(|(name, _)| *name == trial.experiment) {
            Some((_, members)) => members.push(index),
            None => experiments.push((&trial.experiment, vec![index])),
        }
    }
    experiments.sort_by_key(|(name, _)| *name);
    for (_, members) in &mut experiments {
        members.sort_by(|a, b| rank(&trials[*a]).total_cmp(&rank(&trials[*b])));
    }
    experiments
}

/// What trials of an experiment are ordered by, the best first: those that are damaged or have no
/// row yet come last.
fn rank(trial: &Recorded) -> f64 {
    deciding(trial).map_or(f64::INFINITY, |it| it.rank)
}

/// The table, with what sorts and filters it.
pub(super) fn table(trials: &[Recorded]) -> String {
    let experiments = experiments(trials);
    let columns = columns(trials, &experiments);
    let mut statuses: Vec<&str> = trials.iter().map(Recorded::status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let options: String =
        statuses.iter().map(|it| format!("<option>{}</option>", escape(it))).collect();
    let mut html = format!(
        "<div class=\"tools\"><label>Filter <input id=\"filter\" type=\"search\" \
         placeholder=\"words, or hidden_size=128\"></label><label>Status <select id=\"status\">\
         <option value=\"\">all</option>{options}</select></label><output id=\"count\" \
         aria-live=\"polite\">{} trials</output></div>\n<div class=\"wide\" role=\"region\" \
         aria-label=\"Leaderboard\" tabindex=\"0\"><table id=\"board\"><thead><tr>",
        trials.len()
    );
    let heads = ["experiment", "trial"].into_iter().map(|name| (name, ""));
    let result = columns.result.then_some(("result", " class=\"number\""));
    let keys = columns.keys.iter().map(|key| (key.as_str(), ""));
    let class = figure_class(&columns);
    let figures = columns.figures.iter().map(|name| (name.as_str(), class));
    let heads = heads.chain(result).chain([("status", "")]).chain(keys).chain(figures);
    for (name, class) in heads {
        let (full, short) = (escape(name), escape(&label(name)));
        let _ = write!(
            html,
            "<th scope=\"col\"{class} title=\"{full}\"><button type=\"button\">{short}</button></th>"
        );
    }
    html.push_str("</tr></thead><tbody>\n");
    for (number, (_, members)) in experiments.iter().enumerate() {
        for (place, index) in members.iter().enumerate() {
            let trial = &trials[*index];
            let best = place == 0 && members.len() > 1 && rank(trial).is_finite();
            row(&mut html, trial, [number, *index], best, &columns);
        }
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// A key's last name, and a metric without underscores.
fn label(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).replace('_', " ")
}

/// Beside a column of results the figures are more than fits onto paper.
fn figure_class(columns: &Columns) -> &'static str {
    if columns.result { " class=\"number more\"" } else { " class=\"number\"" }
}

fn columns(trials: &[Recorded], experiments: &[(&str, Vec<usize>)]) -> Columns {
    let mut keys: Vec<String> = Vec::new();
    let mut figures: Vec<String> = Vec::new();
    for (_, members) in experiments {
        let of: Vec<&Recorded> = members.iter().map(|index| &trials[*index]).collect();
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
    Columns { result, keys, figures }
}

fn row(
    html: &mut String,
    trial: &Recorded,
    [experiment, index]: [usize; 2],
    best: bool,
    columns: &Columns,
) {
    let class = if best { " class=\"best\"" } else { "" };
    let (title, name) = (escape(&trial.experiment), escape(&trial.trial));
    let status = escape(trial.status());
    let _ = write!(
        html,
        "<tr{class} data-status=\"{status}\"><td><a href=\"#e{experiment}\">{title}</a></td>\
         <th scope=\"row\"><a href=\"#t{index}\">{name}</a></th>"
    );
    if columns.result {
        let _ = match deciding(trial) {
            Some(it) => write!(
                html,
                "<td class=\"number\" data-value=\"{}\">{} <span class=\"soft\">{}</span></td>",
                it.value,
                number(it.value),
                escape(&label(&it.column))
            ),
            None => write!(html, "<td></td>"),
        };
    }
    let _ = write!(html, "<td><span class=\"status {status}\">{status}</span></td>");
    for key in &columns.keys {
        let shown = value(trial, key).unwrap_or_default();
        let (key, shown) = (escape(&format!("{}={shown}", label_of_key(key))), escape(&shown));
        let _ = write!(html, "<td data-find=\"{key}\">{shown}</td>");
    }
    let (result, class) = (trial.result(), figure_class(columns));
    for name in &columns.figures {
        match result.iter().find(|(known, _)| known == name) {
            Some((_, figure)) => {
                let shown = number(*figure);
                let _ = write!(html, "<td{class} data-value=\"{figure}\">{shown}</td>");
            }
            None => {
                let _ = write!(html, "<td{class}></td>");
            }
        }
    }
    html.push_str("</tr>\n");
}

fn label_of_key(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
