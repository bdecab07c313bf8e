//! The page.

use super::board::{self, Experiment};
use super::curves;
use super::difference::{self, last};
use super::families::{families, family};
use super::pictures::pictures;
use super::trial::{Siblings, trial};
use crate::format::{duration, plural};
use crate::plot::Series;
use crate::runs::recorded::Recorded;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::path::Path;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// Trials in a chart that compares.
const COMPARED: usize = 16;
/// With more experiments than this a page begins with all trials closed.
const OPEN: usize = 3;

/// The page of some trials: HTML that needs nothing else. `stamp`, if there is one, makes it look
/// for changes every two seconds.
pub fn page(trials: &[Recorded], stamp: Option<&str>) -> String {
    let experiments = board::experiments(trials);
    let title = match experiments.as_slice() {
        [one] => one.name.to_owned(),
        many => format!("{} experiments", many.len()),
    };
    let connect = if stamp.is_some() { " connect-src 'self';" } else { "" };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;{connect}"
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – runner report" }
                style { (PreEscaped(STYLE)) }
            }
            body data-stamp=[stamp] {
                a.skip href="#board" { "Skip to the leaderboard" }
                header { h1 { (title) } (headline(trials)) }
                main {
                    h2 { "Leaderboard" }
                    (board::table(trials))
                    @for (number, it) in experiments.iter().enumerate() {
                        section id={ "e" (number) } {
                            (experiment(trials, it, experiments.len() <= OPEN))
                        }
                    }
                }
                footer.soft {
                    p {
                        "Made by runner " (env!("CARGO_PKG_VERSION"))
                        " from the files of the results folders."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// An experiment: what its trials have in common, then each of them. `open`: a single one is open.
fn experiment(
    trials: &[Recorded],
    Experiment { name, members }: &Experiment<'_>,
    open: bool,
) -> Markup {
    let of: Vec<&Recorded> = members.iter().map(|member| &trials[member.index]).collect();
    // In one chart only what compares.
    let first = members.first().map(|member| member.group);
    let alike = members.iter().zip(&of).filter(|(member, _)| Some(member.group) == first);
    let alike: Vec<&Recorded> = alike.map(|(_, trial)| *trial).collect();
    let siblings = Siblings { trials: &of, members };
    html! {
        h2 { (name) }
        (comparison(&alike))
        @if alike.len() < of.len() {
            p.warning {
                "Trials of other groups read another text or have other tokens: their figures do not \
                 compare, and are not in this chart."
            }
        }
        @for place in 0..of.len() { (trial(place, &siblings, open && of.len() == 1)) }
    }
}

/// What ran and what came of it, in a sentence.
fn headline(trials: &[Recorded]) -> Markup {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for trial in trials {
        match counts.iter_mut().find(|(status, _)| *status == trial.status()) {
            Some((_, count)) => *count += 1,
            None => counts.push((trial.status(), 1)),
        }
    }
    let counts: Vec<_> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let seconds: f64 =
        trials.iter().filter_map(|trial| trial.run["times"]["seconds"].as_f64()).sum();
    html! {
        p {
            (plural(trials.len(), "trial")) ": " (counts.join(", ")) "; " (duration(seconds))
            " of training."
        }
    }
}

/// The pictures of an experiment, and the curves of all its trials over one another, for its first
/// metric.
fn comparison(trials: &[&Recorded]) -> Markup {
    // The best, but for damaged ones.
    let Some(first) = trials.iter().find(|it| !it.metrics.rows.is_empty()) else {
        return Markup::default();
    };
    html! {
        (pictures(first.folder.parent().unwrap_or(Path::new("")), &first.metrics))
        @if trials.len() > 1 { (overlay(trials, first)) }
    }
}

/// The curves of some trials over one another.
fn overlay(trials: &[&Recorded], first: &Recorded) -> Markup {
    let Some((metric, columns)) = families(&first.metrics).into_iter().next() else {
        return Markup::default();
    };
    let valid = |column: &&&str| family(column).1 == Some("valid");
    let has = |column: &str| trials.iter().any(|t| !t.metrics.points("step", column).is_empty());
    let column = columns.iter().find(valid).filter(|column| has(column)).unwrap_or(&columns[0]);
    let keys = difference::varied(trials);
    let axis = if trials.iter().all(|t| t.metrics.axis() == "epoch") { "epoch" } else { "step" };
    let name = |trial: &Recorded| {
        let part = |key: &String| Some(format!("{}={}", last(key), difference::value(trial, key)?));
        keys.iter().filter_map(part).collect::<Vec<_>>().join(" ")
    };
    let series = trials
        .iter()
        .take(COMPARED)
        .map(|trial| Series { name: name(trial), points: trial.metrics.points(axis, column) });
    let what =
        if trials.len() > COMPARED { format!(", best {COMPARED} trials") } else { String::new() };
    let title =
        format!("{} {}{what}", family(column).1.unwrap_or_default(), metric.replace('_', " "));
    curves::chart(title.trim(), axis, series.collect())
}
