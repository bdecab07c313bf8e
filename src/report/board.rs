//! The table of all trials.

use super::difference::{value, varied};
use super::html::{escape, number};
use crate::record::recorded::Recorded;
use std::fmt::Write;

/// Figures of `run.json` that are no metrics.
const NO_METRICS: [&str; 2] = ["steps", "best_step"];

/// The columns of the table: swept keys, then figures, each once over all experiments.
struct Columns {
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

/// What trials of an experiment are ranked by, smallest first: the metric that decides which row is
/// best, else the loss.
fn rank(trial: &Recorded) -> f64 {
    let metric = &trial.run["result"]["metric"];
    let name = metric["name"].as_str().unwrap_or("loss");
    let result = trial.result();
    let of = |split: &str| {
        let column = format!("{split}_{name}");
        result.iter().find(|(known, _)| *known == column).map(|(_, value)| *value)
    };
    let sign = if metric["lower_is_better"] == false { -1.0 } else { 1.0 };
    of("valid").or_else(|| of("train")).map_or_else(|| loss(trial), |value| sign * value)
}

/// How well a trial does: the loss on held-out data, else in training, else
/// that of the last row.
pub(super) fn loss(trial: &Recorded) -> f64 {
    let result = trial.result();
    let figure = |name: &str| result.iter().find(|(known, _)| known == name).map(|(_, v)| *v);
    let last = |name| Some(trial.metrics.points("step", name).last()?.1);
    figure("valid_loss")
        .or_else(|| figure("train_loss"))
        .or_else(|| last("valid_loss"))
        .or_else(|| last("train_loss"))
        .unwrap_or(f64::INFINITY)
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
    let heads = ["experiment", "trial", "status"].into_iter().map(|name| (name, ""));
    let keys = columns.keys.iter().map(|key| (key.as_str(), ""));
    let figures = columns.figures.iter().map(|name| (name.as_str(), " class=\"number\""));
    for (name, class) in heads.chain(keys).chain(figures) {
        let (full, short) = (escape(name), escape(&label(name)));
        let _ = write!(
            html,
            "<th scope=\"col\"{class} title=\"{full}\"><button type=\"button\">{short}</button></th>"
        );
    }
    html.push_str("</tr></thead><tbody>\n");
    for (_, members) in &experiments {
        for (rank, index) in members.iter().enumerate() {
            row(&mut html, &trials[*index], *index, rank == 0 && members.len() > 1, &columns);
        }
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// A key's last name, and a metric without underscores.
fn label(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).replace('_', " ")
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
    Columns { keys, figures }
}

fn row(html: &mut String, trial: &Recorded, index: usize, best: bool, columns: &Columns) {
    let class = if best { " class=\"best\"" } else { "" };
    let (experiment, name) = (escape(&trial.experiment), escape(&trial.trial));
    let status = escape(trial.status());
    let _ = write!(
        html,
        "<tr{class} data-status=\"{status}\"><td>{experiment}</td><th scope=\"row\">\
         <a href=\"#t{index}\">{name}</a></th><td><span class=\"status {status}\">{status}</span></td>"
    );
    for key in &columns.keys {
        let shown = value(trial, key).unwrap_or_default();
        let (key, shown) = (escape(&format!("{}={shown}", label_of_key(key))), escape(&shown));
        let _ = write!(html, "<td data-find=\"{key}\">{shown}</td>");
    }
    let result = trial.result();
    for name in &columns.figures {
        match result.iter().find(|(known, _)| known == name) {
            Some((_, figure)) => {
                let shown = number(*figure);
                let _ = write!(html, "<td class=\"number\" data-value=\"{figure}\">{shown}</td>");
            }
            None => html.push_str("<td class=\"number\"></td>"),
        }
    }
    html.push_str("</tr>\n");
}

fn label_of_key(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
