//! Samples, the epochs beside one another.

use super::html::escape;
use crate::runs::samples_txt::SampleText;
use std::fmt::Write;

/// Samples of a prefix that a page shows: the first, and the last ones.
const SAMPLES: usize = 12;
/// Letters of a sample.
const LETTERS: usize = 2_000;
/// Letters up to which samples of one line are cells of a table.
const SHORT: usize = 100;

/// All samples of a trial: short ones of several prefixes as a table, others as texts.
pub(super) fn samples(html: &mut String, samples: &[SampleText]) {
    let mut kinds: Vec<&str> = Vec::new();
    for sample in samples {
        if !kinds.contains(&sample.what.as_str()) {
            kinds.push(&sample.what);
        }
    }
    let is_short =
        |sample: &SampleText| !sample.text.contains('\n') && sample.text.chars().count() <= SHORT;
    if kinds.len() > 1 && samples.iter().all(is_short) {
        return table(html, samples, &kinds);
    }
    for kind in kinds {
        texts(html, samples, kind);
    }
}

/// The first of some and the last ones, and how many are left out between them.
fn ends<T: Copy>(all: &[T]) -> (Vec<T>, usize) {
    let left_out = all.len().saturating_sub(SAMPLES);
    let shown = all.iter().take(1).chain(all.iter().skip(1 + left_out));
    (shown.copied().collect(), left_out)
}

/// A row for each prefix, a column for each time.
fn table(html: &mut String, samples: &[SampleText], kinds: &[&str]) {
    let mut times: Vec<(u64, u64)> = samples.iter().map(|it| (it.epoch, it.step)).collect();
    times.dedup();
    let (times, left_out) = ends(&times);
    let _ = write!(
        html,
        "<h3>Samples{}</h3>\n<div class=\"wide\" role=\"region\" tabindex=\"0\" \
         aria-label=\"Samples by epoch\"><table class=\"short\"><thead><tr><th scope=\"col\">of</th>",
        more(left_out)
    );
    for (epoch, _) in &times {
        let _ = write!(html, "<th scope=\"col\">epoch {epoch}</th>");
    }
    html.push_str("</tr></thead><tbody>\n");
    for kind in kinds {
        let _ = write!(html, "<tr><th scope=\"row\">{}</th>", escape(kind));
        for time in &times {
            let written =
                samples.iter().find(|it| it.what == *kind && (it.epoch, it.step) == *time);
            let text = written.map(|it| escape(&it.text)).unwrap_or_default();
            let _ = write!(html, "<td>{text}</td>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
}

/// What a heading says of samples that are left out.
fn more(left_out: usize) -> String {
    match left_out {
        0 => String::new(),
        n => format!(" <span class=\"soft\">({n} more in samples.txt, after the first)</span>"),
    }
}

/// The texts of a prefix.
fn texts(html: &mut String, samples: &[SampleText], kind: &str) {
    let of: Vec<_> = samples.iter().filter(|sample| sample.what == kind).collect();
    let (shown, left_out) = ends(&of);
    let what =
        if kind.is_empty() { String::new() } else { format!(" from “{}”", escape(kind)) };
    let _ = writeln!(
        html,
        "<h3>Samples{what}{}</h3>\n<div class=\"samples\" role=\"region\" tabindex=\"0\" \
         aria-label=\"Samples by epoch\">",
        more(left_out)
    );
    for sample in shown {
        let cut: String = sample.text.chars().take(LETTERS).collect();
        let dots = if cut.len() < sample.text.len() { "…" } else { "" };
        let _ = writeln!(
            html,
            "<article><h4>epoch {}, step {}</h4><pre>{}{dots}</pre></article>",
            sample.epoch,
            sample.step,
            escape(&cut)
        );
    }
    html.push_str("</div>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(epoch: u64, what: &str, text: &str) -> SampleText {
        SampleText { epoch, step: epoch * 10, what: what.into(), text: text.into() }
    }

    #[test]
    fn short_answers_are_a_table_and_long_ones_texts() {
        let mut html = String::new();
        samples(&mut html, &[sample(1, "1+2", "4"), sample(1, "2+2", "4"), sample(2, "1+2", "3")]);
        assert!(html.contains("<th scope=\"row\">1+2</th><td>4</td><td>3</td>"), "{html}");
        assert!(html.contains("<th scope=\"row\">2+2</th><td>4</td><td></td>"), "{html}");
        let mut html = String::new();
        samples(&mut html, &[sample(1, "a", "x\ny"), sample(1, "b", "z")]);
        assert!(html.contains("<pre>x\ny</pre>") && html.contains("from “b”"), "{html}");
        assert_eq!(ends(&(0..20).collect::<Vec<_>>()).0[..2], [0, 9]);
    }
}
