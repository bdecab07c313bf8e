//! The tables of the page as they are read without its script: settings with their seeds, and failures.

use super::columns::{Column, Kind};
use super::points::{Group, Point, Trial};
use crate::format::plural;
use crate::runs::recorded::Recorded;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Names of experiments in a heading, and of trials that failed for one reason.
const NAMES: usize = 3;
const FAILED: usize = 40;
/// Warnings above a table.
const WARNINGS: usize = 4;

/// A group: what it is about, its best setting, and its table.
pub(super) fn group(group: &Group, trials: &[Trial], records: &[Recorded]) -> Markup {
    let better = if group.higher { "higher" } else { "lower" };
    let names = first_names(&group.experiments);
    let of: usize = group.points.iter().map(|point| point.trials.len()).sum();
    let (settings, of) = (plural(group.points.len(), "setting"), plural(of, "trial"));
    html! {
        section.group id=(group.id) data-group=(group.id) {
            h2 tabindex="-1" { (names) }
            p.soft {
                (group.label) ", " (better) " is better · " (settings) ", " (of) " · "
                (group.measured)
            }
            (warnings(group, trials, records))
            (best(group, trials, records))
            div.wide role="region" tabindex="0" aria-label={ "Settings of " (names) } {
                table.points { (head(&group.columns)) @for (place, it) in group.points.iter().enumerate() {
                    (point(place, it, group, trials))
                } }
            }
        }
    }
}

fn first_names(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES);
    let first = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// What a reader must know before trusting the numbers, each once.
fn warnings(group: &Group, trials: &[Trial], records: &[Recorded]) -> Markup {
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for record in group.points.iter().flat_map(|it| &it.trials).filter_map(|it| trials[*it].record)
    {
        for warning in records[record].run["warnings"].as_array().into_iter().flatten() {
            *told.entry(warning.as_str().unwrap_or_default()).or_default() += 1;
        }
    }
    html! {
        @for (warning, count) in told.iter().take(WARNINGS) {
            p.warning { (warning) span.soft { " (" (plural(*count, "trial")) ")" } }
        }
        @if told.len() > WARNINGS { p.soft { "and " (told.len() - WARNINGS) " more warnings" } }
    }
}

/// The best setting of a group, with what the seeds say of it and the spec of its first trial.
fn best(group: &Group, trials: &[Trial], records: &[Recorded]) -> Markup {
    let Some(point) = group.points.first().filter(|point| point.ended) else {
        return html! { p.best.soft { "No trial has come to its end yet." } };
    };
    let named = |(column, cell)| named(column, cell);
    let result = group.columns.iter().position(|column| column.kind == Kind::Result).unwrap_or(0);
    let values = group.columns.iter().zip(point.cells.iter().map(|cell| cell.text.as_str()));
    let spec = point.trials.iter().find_map(|it| Some((&trials[*it], trials[*it].record?)));
    html! {
        div.best {
            p {
                @if group.points.len() > 1 { strong { "Best: " } }
                @for text in values.filter_map(named) { span.key { (text) } " " }
            }
            p {
                strong.result { (group.label) " " (point.cells[result].text) }
                span.soft {
                    @match point.counted {
                        1 => " one seed, so no interval",
                        seeds => { " mean of " (seeds) " seeds, 95 % interval" },
                    }
                }
                @if let Some(lead) = &group.lead { " " span.soft { "· " (lead) } }
            }
            @if let Some((trial, record)) = spec {
                details {
                    summary { "spec.toml of " (trial.name) }
                    pre.spec tabindex="0" { (records[record].spec) }
                }
            }
        }
    }
}

/// What tells a setting from others.
fn named(column: &Column, text: &str) -> Option<String> {
    match column.kind {
        Kind::Experiment => Some(text.to_owned()),
        Kind::Key if !text.is_empty() => Some(format!("{} {text}", column.label)),
        _ => None,
    }
}

fn head(columns: &[Column]) -> Markup {
    html! {
        thead {
            tr {
                th.place scope="col" { button data-column="place" { "#" } }
                @for (index, column) in columns.iter().enumerate() {
                    th scope="col" class=[is_number(column).then_some("n")] title=(column.name) {
                        button data-column=(index) { (column.label) }
                    }
                }
            }
        }
    }
}

fn is_number(column: &Column) -> bool {
    matches!(column.kind, Kind::Result | Kind::Seeds | Kind::Figure)
}

/// The row of a setting, and below it those of its seeds.
fn point(place: usize, point: &Point, group: &Group, trials: &[Trial]) -> Markup {
    let number = place + 1;
    let best = (place == 0 && point.ended && group.points.len() > 1).then_some("best");
    let first = point.trials.first();
    html! {
        tbody class=[best] data-point=(place) {
            tr.point {
                th.place scope="row" {
                    input.choose type="checkbox" aria-label={ "Compare setting " (number) };
                    @if point.trials.len() > 1 {
                        button.unfold aria-expanded="false"
                            aria-label={ "Seeds of setting " (number) } {}
                    }
                    button.open data-trial=[first]
                        aria-label={ (number) ", details of " (point.label) } { (number) }
                }
                @for (column, cell) in group.columns.iter().zip(&point.cells) {
                    @let number = is_number(column) || cell.value.is_number();
                    @let status = (column.kind == Kind::Status).then_some(cell.text.as_str());
                    td class=[number.then_some("n")] {
                        @if let Some(status) = status { (status_word(status)) }
                        @else if column.kind == Kind::Result && cell.text.is_empty() {
                            (so_far(point, trials, &group.columns))
                        } @else { (cell.text) }
                    }
                }
            }
            @if point.trials.len() > 1 {
                @for index in &point.trials { (seed(*index, &trials[*index], &group.columns)) }
            }
        }
    }
}

/// The figure of the first trial of a setting of which none has ended.
fn so_far(point: &Point, trials: &[Trial], columns: &[Column]) -> Markup {
    let result = columns.iter().position(|column| column.kind == Kind::Result);
    let texts = point.trials.iter().filter_map(|it| trials[*it].cells.get(result?));
    let text = texts.map(String::as_str).find(|text| !text.is_empty());
    html! { span.soft { (text.unwrap_or_default()) } }
}

fn seed(index: usize, trial: &Trial, columns: &[Column]) -> Markup {
    html! {
        tr.seed {
            th.place scope="row" {
                button.open data-trial=(index) { "seed " (trial.seed) }
            }
            @for (column, text) in columns.iter().zip(&trial.cells) {
                td class=[is_number(column).then_some("n")] {
                    @if column.kind == Kind::Status { (status_word(&trial.status)) } @else { (text) }
                }
            }
        }
    }
}

/// How trials stand, in the colour of the first word that is no number.
fn status_word(status: &str) -> Markup {
    let word = status.split([' ', ',']).find(|word| word.parse::<u64>().is_err());
    let word = if status.contains("failed") { Some("failed") } else { word };
    html! { span.status data-status=(word.unwrap_or_default()) { (status) } }
}

/// The trials that failed or are damaged, by the reason.
pub(super) fn failures(trials: &[Trial], problems: &[String]) -> Markup {
    let mut reasons: BTreeMap<String, Vec<(usize, &Trial)>> = BTreeMap::new();
    for (index, trial) in trials.iter().enumerate() {
        let word = trial.status.as_str();
        if ["failed", "damaged", "unknown"].contains(&word) {
            let why = if trial.why.is_empty() {
                "no reason given".to_owned()
            } else {
                trial.why.join("; ")
            };
            reasons.entry(format!("{word}: {why}")).or_default().push((index, trial));
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, trials)| std::cmp::Reverse(trials.len()));
    html! {
        @if !reasons.is_empty() || !problems.is_empty() {
            section #failures {
                h2 tabindex="-1" { "Failures" }
                @for problem in problems { p.warning { (problem) } }
                @for (why, failed) in &reasons {
                    div.warning {
                        p { (plural(failed.len(), "trial")) " " (why) }
                        ul.names {
                            @for (index, trial) in failed.iter().take(FAILED) {
                                li {
                                    button.open data-trial=(index) {
                                        (trial.experiment) "/" (trial.name)
                                    }
                                }
                            }
                        }
                        @if failed.len() > FAILED { p.soft { "and " (failed.len() - FAILED) " more" } }
                    }
                }
                p.soft { "Run the specs again: what has failed is tried again with --retry, what is damaged with --fresh." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_stand_below_their_reasons() {
        let trial = |name: &str, status: &str, why: &[&str]| Trial {
            name: name.into(),
            status: status.into(),
            why: why.iter().map(|it| (*it).to_owned()).collect(),
            ..Trial::default()
        };
        let trials = [
            trial("a", "failed", &["no <text>"]),
            trial("b", "done", &[]),
            trial("c", "failed", &["no <text>"]),
            trial("d", "failed", &["other"]),
        ];
        let html = failures(&trials, &[]).into_string();
        assert!(html.contains("2 trials failed: no &lt;text&gt;</p>"), "{html}");
        assert!(html.contains("1 trial failed: other"), "{html}");
        assert!(!html.contains(">/b<"), "{html}");
        assert!(failures(&trials[1..2], &[]).into_string().is_empty());
    }
}
