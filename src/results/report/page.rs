//! The page.

use super::board::{self, Experiment};
use super::curves::{self, Series};
use super::difference;
use super::families::{families, family};
use super::html::escape;
use super::pictures::pictures;
use super::trial::{Siblings, trial};
use crate::format::{duration, plural};
use crate::runs::recorded::Recorded;
use std::fmt::Write;
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
    let names: Vec<&str> = experiments.iter().map(|experiment| experiment.name).collect();
    let title = match names.as_slice() {
        [one] => escape(one),
        many => format!("{} experiments", many.len()),
    };
    let connect = if stamp.is_some() { " connect-src 'self';" } else { "" };
    let stamp = stamp.map_or_else(String::new, |s| format!(" data-stamp=\"{}\"", escape(s)));
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta \
         http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;{connect}\">\n<meta \
         name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} – runner \
         report</title>\n<style>\n{STYLE}</style></head>\n<body{stamp}>\n<a class=\"skip\" \
         href=\"#board\">Skip to the leaderboard</a>\n<header><h1>{title}</h1>{}</header>\n<main>\n\
         <h2>Leaderboard</h2>\n",
        headline(trials)
    );
    html.push_str(&board::table(trials));
    for (number, Experiment { name, members }) in experiments.iter().enumerate() {
        let _ = writeln!(html, "<section id=\"e{number}\"><h2>{}</h2>", escape(name));
        let of: Vec<&Recorded> = members.iter().map(|member| &trials[member.index]).collect();
        // In one chart only what compares.
        let first = members.first().map(|member| member.group);
        let alike = members.iter().zip(&of).filter(|(member, _)| Some(member.group) == first);
        let alike: Vec<&Recorded> = alike.map(|(_, trial)| *trial).collect();
        html.push_str(&comparison(&alike));
        if alike.len() < of.len() {
            html.push_str(
                "<p class=\"warning\">Trials of other groups read another text or have other tokens: \
                 their figures do not compare, and are not in this chart.</p>\n",
            );
        }
        let open = experiments.len() <= OPEN && of.len() == 1;
        let siblings = Siblings { trials: &of, members };
        (0..of.len()).for_each(|place| trial(&mut html, place, &siblings, open));
        html.push_str("</section>\n");
    }
    let _ = write!(
        html,
        "</main>\n<footer class=\"soft\"><p>Made by runner {} from the files of the results \
         folders.</p></footer>\n<script>\n{SCRIPT}</script>\n</body></html>\n",
        env!("CARGO_PKG_VERSION")
    );
    html
}

/// What ran and what came of it, in a sentence.
fn headline(trials: &[Recorded]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for trial in trials {
        match counts.iter_mut().find(|(status, _)| *status == trial.status()) {
            Some((_, count)) => *count += 1,
            None => counts.push((trial.status(), 1)),
        }
    }
    let counts: Vec<_> =
        counts.iter().map(|(status, count)| format!("{count} {}", escape(status))).collect();
    let seconds: f64 =
        trials.iter().filter_map(|trial| trial.run["times"]["seconds"].as_f64()).sum();
    let (all, counts) = (plural(trials.len(), "trial"), counts.join(", "));
    format!("<p>{all}: {counts}; {} of training.</p>", duration(seconds))
}

/// The curves of all trials of an experiment over one another, for its first metric.
fn comparison(trials: &[&Recorded]) -> String {
    // The best, but for damaged ones.
    let Some(first) = trials.iter().find(|it| !it.metrics.rows.is_empty()) else {
        return String::new();
    };
    let mut html = pictures(first.folder.parent().unwrap_or(Path::new("")), &|stem| {
        families(&first.metrics).iter().any(|(metric, _)| *metric == stem)
    });
    if trials.len() < 2 {
        return html;
    }
    let Some((metric, columns)) = families(&first.metrics).into_iter().next() else {
        return html;
    };
    let held_out = |column: &&&str| family(column).1 == Some("valid");
    let has = |column: &str| trials.iter().any(|t| !t.metrics.points("step", column).is_empty());
    let column = columns.iter().find(held_out).filter(|column| has(column)).unwrap_or(&columns[0]);
    let keys = difference::varied(trials);
    let axis = if trials.iter().all(|t| t.metrics.axis() == "epoch") { "epoch" } else { "step" };
    let series: Vec<Series> = trials
        .iter()
        .take(COMPARED)
        .map(|trial| Series {
            name: keys
                .iter()
                .filter_map(|key| {
                    let name = key.rsplit('.').next().unwrap_or(key);
                    Some(format!("{name}={}", difference::value(trial, key)?))
                })
                .collect::<Vec<_>>()
                .join(" "),
            points: trial.metrics.points(axis, column),
        })
        .collect();
    let what =
        if trials.len() > COMPARED { format!(", best {COMPARED} trials") } else { String::new() };
    let title =
        format!("{} {}{what}", family(column).1.unwrap_or_default(), metric.replace('_', " "));
    html.push_str(&curves::chart(title.trim(), axis, &series));
    html
}
