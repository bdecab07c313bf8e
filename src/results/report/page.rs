//! The page.

use super::gathered::Results;
use super::points::{self, Trial};
use super::{data, tables};
use crate::format::{duration, plural};
use crate::runs::recorded::Recorded;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the page looks like: uPlot's charts, and all else.
const STYLES: [&str; 2] = [include_str!("uplot/uPlot.min.css"), include_str!("style.css")];
/// Before a row is read: what needs the script is shown, and what it hides is hidden.
const FIRST: &str = "document.documentElement.classList.add('js')";
const UPLOT: &str = include_str!("uplot/uPlot.iife.min.js");
const UPLOT_LICENSE: &str = include_str!("uplot/LICENSE");
/// The page's own script, from what knows nothing of the rest to what puts it together.
const SCRIPT: &str = concat!(
    "\"use strict\";\n",
    include_str!("script/state.js"),
    include_str!("script/elements.js"),
    include_str!("script/filter.js"),
    include_str!("script/table.js"),
    include_str!("script/lines.js"),
    include_str!("script/curves.js"),
    include_str!("script/keys.js"),
    include_str!("script/pair.js"),
    include_str!("script/details.js"),
    include_str!("script/main.js"),
);

/// Where a live page says its version, which is known once it is made. No text of people can hold it
/// before that: their quotation marks are escaped.
pub(super) const VERSION: &str = "data-live=\"\"";

/// The page of some results: HTML that needs nothing else. A live one is told by `/events` when there
/// is a newer one.
pub fn page(results: &Results, live: bool) -> String {
    let (groups, trials) = points::groups(results);
    let names: BTreeMap<&str, ()> = trials.iter().map(|it| (it.experiment.as_str(), ())).collect();
    let title = match names.keys().collect::<Vec<_>>().as_slice() {
        [one] => (**one).to_owned(),
        many => format!("{} experiments", many.len()),
    };
    let data = data::json(&groups, &trials, &results.trials);
    let scripts = [FIRST.to_owned(), format!("/*!\n{UPLOT_LICENSE}*/\n{UPLOT}"), SCRIPT.to_owned()];
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&title, &policy(&scripts, live)))
            body data-live=[live.then_some("")] {
                a.skip href="#results" { "Skip to the results" }
                header {
                    h1 #title { (title) }
                    (headline(&trials, &results.trials))
                    nav #groups hidden[groups.len() < 2]
                        aria-label="Groups of results that compare" {
                        ul.names {
                            @for it in &groups {
                                li { a href={ "#" (it.id) } { (it.experiments.join(", ")) } }
                            }
                        }
                    }
                }
                (tools(&trials, names.keys().copied()))
                main #results tabindex="-1" {
                    @for it in &groups { (tables::group(it, &trials, &results.trials)) }
                    (tables::failures(&trials, &results.problems))
                }
                footer.soft {
                    p {
                        "Made by runner " (env!("CARGO_PKG_VERSION"))
                        " from the files of the results folders; charts by uPlot (MIT)."
                    }
                }
                script #data type="application/json" { (PreEscaped(data)) }
                @for script in &scripts[1..] { script { (PreEscaped(script)) } }
            }
        }
    };
    page.into_string()
}

/// What browsers are told before they show anything.
fn head(title: &str, policy: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            // Otherwise browsers ask for one.
            link rel="icon" href="data:,";
            title { (title) " – runner report" }
            @for style in STYLES { style { (PreEscaped(style)) } }
            script { (PreEscaped(FIRST)) }
        }
    }
}

/// Only these scripts and styles are run and applied, whatever a text brings with it.
fn policy(scripts: &[String], live: bool) -> String {
    let sums = |texts: &mut dyn Iterator<Item = &str>| {
        let sum = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        texts.map(sum).collect::<Vec<_>>().join(" ")
    };
    let connect = if live { "'self'" } else { "'none'" };
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src {connect}; \
         base-uri 'none'; form-action 'none'",
        sums(&mut scripts.iter().map(String::as_str)),
        sums(&mut STYLES.into_iter())
    )
}

/// What ran and what came of it, in a sentence.
fn headline(trials: &[Trial], records: &[Recorded]) -> Markup {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    trials.iter().for_each(|trial| *counts.entry(&trial.status).or_default() += 1);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let counts: Vec<_> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let seconds = records.iter().filter_map(|it| it.run["times"]["seconds"].as_f64()).sum();
    html! { p #headline { (plural(trials.len(), "trial")) ": " (counts.join(", ")) "; " (duration(seconds)) " of training." } }
}

/// What filters the tables. Without the script it is hidden.
fn tools<'a>(trials: &[Trial], experiments: impl ExactSizeIterator<Item = &'a str>) -> Markup {
    let mut statuses: Vec<&str> = trials.iter().map(|trial| trial.status.as_str()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    html! {
        search.tools {
            label.filter {
                "Filter "
                input #filter type="search" autocomplete="off" spellcheck="false"
                    aria-describedby="told" placeholder="hidden_size >= 128 and status = done";
            }
            label hidden[experiments.len() < 2] {
                "Experiment "
                select #experiment {
                    option value="" { "all" }
                    @for name in experiments { option value=(name) { (name) } }
                }
            }
            label {
                "Status "
                select #status {
                    option value="" { "all" }
                    @for status in statuses { option value=(status) { (status) } }
                }
            }
            button #clear type="button" { "Clear" }
            output #told aria-live="polite" {}
        }
        details.help {
            summary { "How to filter" }
            p {
                "A word must stand in a row. A comparison, as " code { "hidden_size >= 128" } " or "
                code { "optimizer = adam" } ", with = != < <= > >=, may name any column, any key of the "
                "spec, experiment, trial, seed or status. They are joined by " code { "and" }
                " (or a space), " code { "or" } ", " code { "not" } " and brackets; what has spaces stands in "
                "quotation marks. The key / leads here."
            }
        }
    }
}
