//! The part of the page about one trial.

use super::board::Member;
use super::curves;
use super::difference;
use super::families::{deciding, families, family};
use super::html::number;
use super::pictures::{pictures, tables};
use super::samples::samples;
use crate::format::duration;
use crate::plot::{Series, grouped};
use crate::runs::metrics_csv::Columns;
use crate::runs::recorded::Recorded;
use maud::{Markup, html};

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
pub(super) fn trial(place: usize, all: &Siblings<'_>, open: bool) -> Markup {
    let (trial, index) = (all.trials[place], all.members[place].index);
    let status = trial.status();
    html! {
        details.trial id={ "t" (index) } open[open] {
            summary {
                (trial.trial) " "
                span.soft {
                    span class={ "status " (status) } { (status) }
                    @if let Some(it) = deciding(trial) {
                        " · " (it.column.replace('_', " ")) " " (number(it.value))
                    }
                }
            }
            (notes(trial))
            @if all.trials.len() > 1 && !trial.keys.is_empty() { (neighbours(place, all)) }
            (charts(&trial.metrics))
            (pictures(&trial.folder, &trial.metrics))
            (samples(&trial.samples))
            (tables(&trial.folder))
            (values(&trial.metrics))
            details {
                summary { "spec.toml" }
                pre.spec { (trial.spec) }
            }
        }
    }
}

/// Damage, warnings, errors, data and machine.
fn notes(trial: &Recorded) -> Markup {
    let run = &trial.run;
    let texts = |value: &serde_json::Value| -> Vec<String> {
        let texts = value.as_array().into_iter().flatten().filter_map(|it| it.as_str());
        texts.map(str::to_owned).collect()
    };
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
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
    html! {
        @for damage in &trial.damage {
            p.warning { (damage) ". Run the spec again, with --fresh if that does not help." }
        }
        @for warning in texts(&run["warnings"]).into_iter().chain(text(&run["error"])) {
            p.warning { (warning) }
        }
        p.soft { (facts.join(" · ")) }
        @for note in texts(&run["data"]["notes"]) { p.soft { (note) } }
    }
}

/// The trials that differ in the fewest keys, and what that did to the deciding figure.
fn neighbours(place: usize, all: &Siblings<'_>) -> Markup {
    let figure = |place: usize| {
        deciding(all.trials[place]).map_or_else(|| "–".to_owned(), |it| number(it.value))
    };
    let column = deciding(all.trials[place]).map_or_else(|| "figure".to_owned(), |it| it.column);
    let compares = |other: usize| all.members[other].group == all.members[place].group;
    let there = |other| if compares(other) { figure(other) } else { "does not compare".to_owned() };
    html! {
        h3 { "Beside its neighbours" }
        div.wide role="region" tabindex="0" aria-label="Neighbours" {
            table {
                thead {
                    tr {
                        th scope="col" { "neighbour" }
                        th scope="col" { "what differs: here → there" }
                        th.number scope="col" { (column.replace('_', " ")) " here" }
                        th.number scope="col" { "there" }
                    }
                }
                tbody {
                    @for (other, changes) in difference::nearest(place, all.trials, 3) {
                        tr {
                            th scope="row" {
                                a href={ "#t" (all.members[other].index) } {
                                    (all.trials[other].trial)
                                }
                            }
                            td {
                                @for (index, (key, here, there)) in changes.iter().enumerate() {
                                    @if index > 0 { br; }
                                    (key) ": " (here) " → " (there)
                                }
                            }
                            td.number { (figure(place)) }
                            td.number { (there(other)) }
                        }
                    }
                }
            }
        }
    }
}

/// A chart for each metric. A learning rate that never changes is a sentence, and one that repeats
/// another, as the loss that is the task's metric, is left out.
fn charts(metrics: &Columns) -> Markup {
    let axis = metrics.axis();
    let (mut charts, mut constant) = (Vec::new(), Vec::new());
    let mut known: Vec<Vec<Vec<(f64, f64)>>> = Vec::new();
    for (metric, columns) in families(metrics) {
        let name = metric.replace('_', " ");
        let series = columns.iter().map(|column| Series {
            name: family(column).1.unwrap_or(metric).to_owned(),
            points: metrics.points(axis, column),
        });
        let series: Vec<_> = series.filter(|series| !series.points.is_empty()).collect();
        let points: Vec<_> = series.iter().map(|series| series.points.clone()).collect();
        if points.is_empty() || known.contains(&points) {
            continue;
        }
        known.push(points);
        match series.as_slice() {
            [one] if metric == "learning_rate" && is_constant(&one.points) => {
                constant.push(format!("{name} {}", number(one.points[0].1)));
            }
            _ => charts.push(curves::chart(&name, axis, series)),
        }
    }
    html! {
        @if charts.is_empty() {
            p.soft { "No row yet." }
        } @else {
            h3 { "Curves" }
            div.charts { @for chart in charts { (chart) } }
            @if !constant.is_empty() { p.soft { "Throughout: " (constant.join(", ")) "." } }
        }
    }
}

fn is_constant(points: &[(f64, f64)]) -> bool {
    points.windows(2).all(|pair| pair[0].1 == pair[1].1)
}

/// The numbers of `metrics.csv`.
fn values(metrics: &Columns) -> Markup {
    let left_out = metrics.rows.len().saturating_sub(ROWS);
    html! {
        @if !metrics.rows.is_empty() {
            details.data {
                summary {
                    "metrics.csv"
                    @if left_out > 0 {
                        " (the last " (ROWS) " rows; " (left_out) " before them in the file)"
                    }
                }
                div.wide role="region" tabindex="0" aria-label="metrics.csv" {
                    table {
                        thead {
                            tr {
                                @for name in &metrics.names {
                                    th.number scope="col" { (name.replace('_', " ")) }
                                }
                            }
                        }
                        tbody {
                            @for row in metrics.rows.iter().skip(left_out) {
                                tr {
                                    @for cell in row {
                                        td.number { (cell.map(number).unwrap_or_default()) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::metrics_csv::MetricsCsv;

    #[test]
    fn what_never_changes_or_repeats_is_no_chart() {
        let csv = b"epoch,step,learning_rate,train_loss,train_mse\n1,5,0.1,3,3\n2,10,0.1,2,2\n";
        let html = charts(&MetricsCsv::parse(csv).columns()).into_string();
        assert_eq!(html.matches("<figure").count(), 1, "{html}");
        assert!(html.contains("Throughout: learning rate 0.1000."), "{html}");
    }
}
