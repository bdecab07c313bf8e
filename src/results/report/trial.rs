//! The part of the page about one trial.

use super::board::Member;
use super::curves::{self, Series};
use super::difference;
use super::families::{deciding, families, family};
use super::html::{escape, number};
use super::pictures::{pictures, tables};
use super::samples::samples;
use crate::format::duration;
use crate::plot::grouped;
use crate::runs::metrics_csv::Columns;
use crate::runs::recorded::Recorded;
use std::fmt::Write;

/// Rows of `metrics.csv` that a page shows as numbers; longer ones are told to be in the file.
const ROWS: usize = 200;

/// The trials of an experiment, and where they stand among all trials.
pub(super) struct Siblings<'a> {
    /// The trials.
    pub trials: &'a [&'a Recorded],
    /// Their places among all, and what they compare with.
    pub members: &'a [Member],
}

/// The part of the `place`-th trial of an experiment, open or closed.
pub(super) fn trial(html: &mut String, place: usize, all: &Siblings<'_>, open: bool) {
    let (trial, index) = (all.trials[place], all.members[place].index);
    let figure = deciding(trial).map_or_else(String::new, |it| {
        format!(" · {} {}", escape(&it.column.replace('_', " ")), number(it.value))
    });
    let status = escape(trial.status());
    let _ = writeln!(
        html,
        "<details class=\"trial\" id=\"t{index}\"{}><summary>{} <span class=\"soft\"><span \
         class=\"status {status}\">{status}</span>{figure}</span></summary>",
        if open { " open" } else { "" },
        escape(&trial.trial),
    );
    notes(html, trial);
    if all.trials.len() > 1 && !trial.keys.is_empty() {
        neighbours(html, place, all);
    }
    html.push_str(&charts(&trial.metrics));
    let drawn = |stem: &str| families(&trial.metrics).iter().any(|(metric, _)| *metric == stem);
    html.push_str(&pictures(&trial.folder, &drawn));
    samples(html, &trial.samples);
    tables(html, &trial.folder);
    values(html, &trial.metrics);
    let _ = writeln!(
        html,
        "<details><summary>spec.toml</summary><pre class=\"spec\">{}</pre></details>\n</details>",
        escape(&trial.spec)
    );
}

/// Damage, warnings, errors, data and machine.
fn notes(html: &mut String, trial: &Recorded) {
    let run = &trial.run;
    for damage in &trial.damage {
        let _ = writeln!(
            html,
            "<p class=\"warning\">{}. Run the spec again, with --fresh if that does not help.</p>",
            escape(damage)
        );
    }
    let texts = |value: &serde_json::Value| -> Vec<String> {
        let texts = value.as_array().into_iter().flatten().filter_map(|it| it.as_str());
        texts.map(escape).collect()
    };
    for warning in texts(&run["warnings"]).into_iter().chain(run["error"].as_str().map(escape)) {
        let _ = writeln!(html, "<p class=\"warning\">{warning}</p>");
    }
    let text = |value: &serde_json::Value| value.as_str().map(escape);
    let count = |count: u64| format!("{} parameters", grouped(count as f64, 0));
    let facts = [
        text(&run["data"]["description"]),
        run["parameters"].as_u64().map(count),
        run["times"]["seconds"].as_f64().map(|it| format!("{} of training", duration(it))),
        text(&run["times"]["started"]).map(|it| format!("started {it}")),
        text(&run["runner_version"]).map(|it| format!("runner {it}")),
        text(&run["git_commit"]).map(|it| format!("commit {}", it.get(..12).unwrap_or(&it))),
        text(&run["machine"]["processor"]),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    let _ = writeln!(html, "<p class=\"soft\">{}</p>", facts.join(" · "));
    for note in texts(&run["data"]["notes"]) {
        let _ = writeln!(html, "<p class=\"soft\">{note}</p>");
    }
}

/// The trials that differ in the fewest keys, and what that did to the deciding figure.
fn neighbours(html: &mut String, place: usize, all: &Siblings<'_>) {
    let figure = |place: usize| {
        deciding(all.trials[place]).map_or_else(|| "–".to_owned(), |it| number(it.value))
    };
    let column = deciding(all.trials[place]).map_or_else(|| "figure".to_owned(), |it| it.column);
    let _ = writeln!(
        html,
        "<h3>Beside its neighbours</h3>\n<div class=\"wide\" role=\"region\" tabindex=\"0\" \
         aria-label=\"Neighbours\"><table><thead><tr><th scope=\"col\">neighbour</th>\
         <th scope=\"col\">what differs: here → there</th><th scope=\"col\" class=\"number\">{} \
         here</th><th scope=\"col\" class=\"number\">there</th></tr></thead><tbody>",
        escape(&column.replace('_', " "))
    );
    let compares = |other: usize| all.members[other].group == all.members[place].group;
    for (other, changes) in difference::nearest(place, all.trials, 3) {
        let there = if compares(other) { figure(other) } else { "does not compare".to_owned() };
        let changes: Vec<_> = changes
            .iter()
            .map(|(key, here, there)| {
                format!("{}: {} → {}", escape(key), escape(here), escape(there))
            })
            .collect();
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\"><a href=\"#t{}\">{}</a></th><td>{}</td><td \
             class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            all.members[other].index,
            escape(&all.trials[other].trial),
            changes.join("<br>"),
            figure(place),
            there
        );
    }
    html.push_str("</tbody></table></div>\n");
}

/// A chart for each metric. A learning rate that never changes is a sentence, and one that repeats another, as
/// the loss that is the task's metric, is left out.
fn charts(metrics: &Columns) -> String {
    let axis = metrics.axis();
    let (mut html, mut constant) = (String::new(), Vec::new());
    let mut known: Vec<Vec<Vec<(f64, f64)>>> = Vec::new();
    for (metric, columns) in families(metrics) {
        let name = metric.replace('_', " ");
        let series = columns.iter().map(|column| Series {
            name: family(column).1.unwrap_or(metric).to_owned(),
            points: metrics.points(axis, column),
        });
        let series: Vec<_> = series.filter(|series| !series.points.is_empty()).collect();
        let points: Vec<_> = series.iter().map(|series| series.points.clone()).collect();
        if known.contains(&points) {
            continue;
        }
        known.push(points);
        match series.as_slice() {
            [one] if metric == "learning_rate" && is_constant(&one.points) => {
                constant.push(format!("{} {}", escape(&name), number(one.points[0].1)));
            }
            series => html.push_str(&curves::chart(&name, axis, series)),
        }
    }
    if html.is_empty() {
        return "<p class=\"soft\">No row yet.</p>\n".to_owned();
    }
    let mut html = format!("<h3>Curves</h3>\n<div class=\"charts\">\n{html}</div>\n");
    if !constant.is_empty() {
        let _ = writeln!(html, "<p class=\"soft\">Throughout: {}.</p>", constant.join(", "));
    }
    html
}

fn is_constant(points: &[(f64, f64)]) -> bool {
    points.windows(2).all(|pair| pair[0].1 == pair[1].1)
}

/// The numbers of `metrics.csv`.
fn values(html: &mut String, metrics: &Columns) {
    if metrics.rows.is_empty() {
        return;
    }
    let left_out = metrics.rows.len().saturating_sub(ROWS);
    let note = match left_out {
        0 => String::new(),
        n => format!(" (the last {ROWS} rows; {n} before them in the file)"),
    };
    let _ = write!(
        html,
        "<details class=\"data\"><summary>metrics.csv{note}</summary><div class=\"wide\" \
         role=\"region\" tabindex=\"0\" aria-label=\"metrics.csv\"><table><thead><tr>"
    );
    for name in &metrics.names {
        let name = escape(&name.replace('_', " "));
        let _ = write!(html, "<th scope=\"col\" class=\"number\">{name}</th>");
    }
    html.push_str("</tr></thead><tbody>\n");
    for row in metrics.rows.iter().skip(left_out) {
        html.push_str("<tr>");
        for cell in row {
            let shown = cell.map(number).unwrap_or_default();
            let _ = write!(html, "<td class=\"number\">{shown}</td>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div></details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::metrics_csv::MetricsCsv;

    #[test]
    fn what_never_changes_or_repeats_is_no_chart() {
        let csv = b"epoch,step,learning_rate,train_loss,train_mse\n1,5,0.1,3,3\n2,10,0.1,2,2\n";
        let html = charts(&MetricsCsv::parse(csv).columns());
        assert_eq!(html.matches("<svg").count(), 1, "{html}");
        assert!(html.contains("Throughout: learning rate 0.1000."), "{html}");
    }
}
