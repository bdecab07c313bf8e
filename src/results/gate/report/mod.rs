//! Outcomes as tables for people, and as JSON for programs.

pub mod junit;

use crate::results::gate::history::{History, sparkline};
use crate::results::gate::outcome::{Outcome, Verdict};
use serde_json::{Value, json};

/// The columns of the table.
const COLUMNS: [&str; 7] =
    ["experiment", "metric", "baseline", "now", "change", "95 % interval", "verdict"];

/// How many names of a list are shown.
const SHOWN: usize = 5;

/// What cells show that have nothing to show.
const NONE: &str = "-";

/// The cells of a row.
fn cells(outcome: &Outcome) -> [String; 7] {
    let number = |value: Option<f64>| value.map_or(NONE.to_owned(), short);
    let percent = |part: f64| format!("{:+.2} %", part * 100.0);
    let interval = |(low, high)| format!("{} … {}", percent(low), percent(high));
    [
        outcome.name.clone(),
        outcome.metric.clone().unwrap_or(NONE.to_owned()),
        number(outcome.baseline),
        number(outcome.value),
        outcome.change.map_or(NONE.to_owned(), percent),
        outcome.interval.map_or(NONE.to_owned(), interval),
        outcome.verdict.name().to_owned(),
    ]
}

/// A number to five significant digits.
fn short(value: f64) -> String {
    if value == 0.0 || !(1e-4..1e7).contains(&value.abs()) {
        return format!("{value:.4e}");
    }
    let before = value.abs().log10().floor() as i32 + 1;
    format!("{value:.*}", usize::try_from(5 - before).unwrap_or(0))
}

/// The table on a terminal: columns aligned, and below it a line for each reason and warning, and for
/// what of the baseline is none of these experiments.
pub fn text(outcomes: &[Outcome], elsewhere: &[String]) -> String {
    let rows: Vec<[String; 7]> = outcomes.iter().map(cells).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(COLUMNS[column].len())
    };
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&COLUMNS.map(str::to_owned))];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.push(String::new());
    for outcome in outcomes {
        lines.push(format!("{}: {}: {}", outcome.name, outcome.verdict.name(), outcome.reason));
        let warnings = outcome.warnings.iter();
        lines.extend(warnings.map(|warning| format!("{}: warning: {warning}", outcome.name)));
    }
    lines.extend(note(elsewhere));
    lines.join("\n")
}

/// A sentence on what of the baseline was not compared.
fn note(elsewhere: &[String]) -> Option<String> {
    let more = elsewhere.len().saturating_sub(SHOWN);
    let shown = elsewhere.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!elsewhere.is_empty()).then(|| {
        format!("in the baseline, but none of these specs: {shown}{more} (--all refuses that)")
    })
}

/// The same as Markdown, with how each metric went over past baselines.
pub fn markdown(outcomes: &[Outcome], elsewhere: &[String], history: &History) -> String {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut header = COLUMNS.map(str::to_owned).to_vec();
    header.push("past baselines".to_owned());
    let rule = vec!["---".to_owned(); header.len()];
    let mut lines = vec![format!("### {}", headline(outcomes)), String::new()];
    lines.push(row(&header));
    lines.push(format!("| {} |", rule.join(" | ")));
    for outcome in outcomes {
        let mut cells = cells(outcome).to_vec();
        cells[6] = format!("{} {}", sign(outcome.verdict), cells[6]);
        cells.push(sparkline(&history.values(&outcome.name)));
        lines.push(row(&cells));
    }
    lines.push(String::new());
    for outcome in outcomes {
        let name = escaped(&outcome.name);
        lines.push(format!("- **{name}**: {}", escaped(&outcome.reason)));
        let warnings = outcome.warnings.iter();
        lines.extend(warnings.map(|warning| format!("  - warning: {}", escaped(warning))));
    }
    lines.extend(note(elsewhere).map(|note| format!("\n{}", escaped(&note))));
    lines.join("\n") + "\n"
}

/// What all outcomes come to, in a few words.
pub fn headline(outcomes: &[Outcome]) -> String {
    let count = |verdict: Verdict| outcomes.iter().filter(|o| o.verdict == verdict).count();
    let counted = [
        (Verdict::Regression, "regressed"),
        (Verdict::Changed, "changed"),
        (Verdict::Undecided, "undecided"),
        (Verdict::Refused, "cannot be compared"),
        (Verdict::Improved, "improved"),
        (Verdict::Pass, "passed"),
        (Verdict::Recorded, "recorded"),
        (Verdict::Removed, "removed"),
    ];
    let parts = counted.into_iter().filter_map(|(verdict, word)| match count(verdict) {
        0 => None,
        count => Some(format!("{count} {word}")),
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "nothing to compare".to_owned() } else { parts.join(", ") }
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass | Verdict::Recorded | Verdict::Removed => "✅",
        Verdict::Improved => "🎉",
        Verdict::Regression | Verdict::Changed => "❌",
        Verdict::Undecided => "❔",
        Verdict::Refused => "⚠️",
    }
}

/// A text without what Markdown takes for marks of a table or of HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' => escaped.extend(['\\', c]),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// All outcomes as one JSON object.
pub fn json(outcomes: &[Outcome], elsewhere: &[String], exit_code: u8) -> Value {
    json!({
        "headline": headline(outcomes), "exit_code": exit_code, "experiments": outcomes,
        "not_measured": elsewhere,
    })
}

/// The JSON that github-action-benchmark reads as `customSmallerIsBetter`, or with `lower` false
/// as `customBiggerIsBetter`: the metrics of that direction. What is infinite is no number in JSON.
pub fn benchmark(outcomes: &[Outcome], lower: bool) -> Value {
    let entry = |outcome: &Outcome| {
        let value = outcome.value.filter(|value| value.is_finite())?;
        (outcome.lower_is_better? == lower).then(|| {
            let mut entry = json!({
                "name": outcome.name, "unit": outcome.metric, "value": value,
                "extra": format!("{}: {}", outcome.verdict.name(), outcome.reason),
            });
            if let (Some((low, high)), Some(baseline)) = (outcome.interval, outcome.baseline) {
                let half = (high - low) / 2.0 * baseline.abs();
                entry["range"] = format!("± {}", short(half)).into();
            }
            entry
        })
    };
    outcomes.iter().filter_map(entry).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::entry::Asked;
    use super::super::fixtures::{compare, entry, measured, with_lost};
    use super::*;

    /// One of each kind.
    pub fn outcomes() -> Vec<Outcome> {
        let old = [10.0, 11.0, 12.0];
        let baseline = entry(&measured(&old), None);
        let now = |name: &str, factor: f64| {
            let mut measured = measured(&old.map(|value| value * factor));
            measured.name = name.to_owned();
            measured
        };
        let mut leaking = now("both_ways", 1.0);
        leaking.facts.causal = Some(false);
        let mut noisy = measured(&[10.0, 11.3, 12.0]);
        noisy.name = "noisy".to_owned();
        leaking.warnings = vec!["a <b> | warning".to_owned()];
        vec![
            compare(&now("same", 1.0), &baseline, Asked::default()),
            compare(&now("worse", 1.05), &baseline, Asked::default()),
            compare(&now("sweep/hidden_size=9", 0.9), &baseline, Asked::default()),
            compare(&noisy, &baseline, Asked::default()),
            compare(&leaking, &baseline, Asked::default()),
            Outcome::recorded(&now("new", 1.0), None, Asked::default(), None),
        ]
    }

    #[test]
    fn tables_read_well() {
        let outcomes = outcomes();
        let history = History::default();
        let elsewhere = ["a_b", "c", "d", "e", "f", "g", "h"].map(str::to_owned);
        let all = [text(&outcomes, &elsewhere), markdown(&outcomes, &elsewhere, &history)];
        insta::assert_snapshot!(all.join("\n\n"));
    }

    #[test]
    fn benchmarks_have_a_direction() {
        let lower = benchmark(&outcomes(), true);
        assert_eq!(lower.as_array().map(Vec::len), Some(5));
        assert_eq!(lower[1]["name"], "worse");
        assert!(lower[1]["range"].as_str().is_some_and(|range| range.starts_with("± ")));
        assert_eq!(benchmark(&outcomes(), false), json!([]));
    }

    #[test]
    fn an_infinite_metric_is_told_and_is_no_benchmark() {
        let baseline = entry(&measured(&[10.0, 11.0]), None);
        let outcomes = [compare(&with_lost(&[10.0, 11.0], 43), &baseline, Asked::default())];
        let text = text(&outcomes, &[]);
        assert!(text.contains("10.500    inf  +inf %  -              regression"), "{text}");
        assert_eq!(benchmark(&outcomes, true), json!([]));
        assert_eq!(json(&outcomes, &[], 4)["experiments"][0]["value"], Value::Null);
    }

    #[test]
    fn numbers_have_five_digits() {
        for (value, text) in
            [(76.3126, "76.313"), (9.5, "9.5000"), (123_456.7, "123457"), (0.01234567, "0.012346")]
        {
            assert_eq!(
                short(value).parse::<f64>().unwrap(),
                text.parse::<f64>().unwrap(),
                "{value}"
            );
        }
    }
}
