//! Samples, the epochs beside one another.

use crate::runs::samples_txt::SampleText;
use maud::{Markup, html};

/// Samples of a prefix that a page shows: the first, and the last ones.
const SAMPLES: usize = 12;
/// Letters of a sample.
const LETTERS: usize = 2_000;
/// Letters up to which samples of one line are cells of a table.
const SHORT: usize = 100;

/// All samples of a trial: short ones of several prefixes as a table, others as texts.
pub(super) fn samples(samples: &[SampleText]) -> Markup {
    let mut prefixes: Vec<&str> = Vec::new();
    for sample in samples {
        if !prefixes.contains(&sample.what.as_str()) {
            prefixes.push(&sample.what);
        }
    }
    let is_short =
        |sample: &SampleText| !sample.text.contains('\n') && sample.text.chars().count() <= SHORT;
    if prefixes.len() > 1 && samples.iter().all(is_short) {
        return table(samples, &prefixes);
    }
    html! { @for prefix in prefixes { (texts(samples, prefix)) } }
}

/// The first of some and the last ones, and how many are left out between them.
fn ends<T: Copy>(all: &[T]) -> (Vec<T>, usize) {
    let left_out = all.len().saturating_sub(SAMPLES);
    let shown = all.iter().take(1).chain(all.iter().skip(1 + left_out));
    (shown.copied().collect(), left_out)
}

/// A row for each prefix, a column for each time.
fn table(samples: &[SampleText], prefixes: &[&str]) -> Markup {
    let mut times: Vec<(u64, u64)> = samples.iter().map(|it| (it.epoch, it.step)).collect();
    times.dedup();
    let (times, left_out) = ends(&times);
    let text = |prefix: &str, time: (u64, u64)| {
        let of = |it: &&SampleText| it.what == prefix && (it.epoch, it.step) == time;
        samples.iter().find(of).map_or("", |it| it.text.as_str())
    };
    html! {
        h3 { "Samples" (more(left_out)) }
        div.wide role="region" tabindex="0" aria-label="Samples by epoch" {
            table.short {
                thead {
                    tr {
                        th scope="col" { "of" }
                        @for (epoch, _) in &times { th scope="col" { "epoch " (epoch) } }
                    }
                }
                tbody {
                    @for prefix in prefixes {
                        tr {
                            th scope="row" { (prefix) }
                            @for time in &times { td { (text(prefix, *time)) } }
                        }
                    }
                }
            }
        }
    }
}

/// What a heading says of samples that are left out.
fn more(left_out: usize) -> Markup {
    html! {
        @if left_out > 0 {
            " " span.soft { "(" (left_out) " more in samples.txt, after the first)" }
        }
    }
}

/// The texts of a prefix.
fn texts(samples: &[SampleText], prefix: &str) -> Markup {
    let of: Vec<_> = samples.iter().filter(|sample| sample.what == prefix).collect();
    let (shown, left_out) = ends(&of);
    html! {
        h3 { "Samples" @if !prefix.is_empty() { " from “" (prefix) "”" } (more(left_out)) }
        div.samples role="region" tabindex="0" aria-label="Samples by epoch" {
            @for sample in shown {
                @let cut: String = sample.text.chars().take(LETTERS).collect();
                article {
                    h4 { "epoch " (sample.epoch) ", step " (sample.step) }
                    pre { (cut) @if cut.len() < sample.text.len() { "…" } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(epoch: u64, what: &str, text: &str) -> SampleText {
        SampleText { epoch, step: epoch * 10, what: what.into(), text: text.into() }
    }

    #[test]
    fn short_answers_are_a_table_and_long_ones_texts() {
        let html = samples(&[sample(1, "1+2", "4"), sample(1, "2+2", "4"), sample(2, "1+2", "3")])
            .into_string();
        assert!(html.contains("<th scope=\"row\">1+2</th><td>4</td><td>3</td>"), "{html}");
        assert!(html.contains("<th scope=\"row\">2+2</th><td>4</td><td></td>"), "{html}");
        let html = samples(&[sample(1, "a", "x\ny"), sample(1, "b", "z")]).into_string();
        assert!(html.contains("<pre>x\ny</pre>") && html.contains("from “b”"), "{html}");
        assert_eq!(ends(&(0..20).collect::<Vec<_>>()).0[..2], [0, 9]);
    }
}
