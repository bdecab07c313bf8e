//! Curves as SVG inside of the page: the colours are the page's, and every point says its value.

use super::families::is_share;
use super::html::{escape, number};
use crate::plot::Scale;
use std::fmt::Write;

/// A curve.
pub(super) struct Series {
    /// Its name, for the legend.
    pub name: String,
    /// x and y, in the order of x.
    pub points: Vec<(f64, f64)>,
}

/// More points than this are not told apart on a screen: every n-th is drawn then, and the last.
const DRAWN: usize = 300;
/// Small, so that text keeps a readable size where a phone shrinks the whole.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;
/// Values that span more than this factor are drawn on a logarithmic axis.
const LOG_FROM: f64 = 10.0;
/// As many as the style has.
const COLORS: usize = 8;

/// A chart with its legend; empty if no series has a point.
pub(super) fn chart(title: &str, x_label: &str, series: &[Series]) -> String {
    let all = || series.iter().flat_map(|series| series.points.iter().copied());
    let Some(xs) = ends(all().map(|(x, _)| x)) else { return String::new() };
    let Some(ys) = ends(all().map(|(_, y)| y)) else { return String::new() };
    let air = if ys.1 > ys.0 { 0.06 * (ys.1 - ys.0) } else { 0.5 * ys.0.abs().max(1e-3) };
    let up = match ys.0 > 0.0 && ys.1 > LOG_FROM * ys.0 && !is_share(title) {
        true => Scale::fitting(ys.0, ys.1),
        false => Scale::linear(ys.0 - air, ys.1 + air),
    };
    let across = Scale::linear(xs.0, xs.1);
    let logarithmic = up.is_log();
    let place = |x: f64, y: f64| {
        let right = across.place(x) * (WIDTH - LEFT - RIGHT);
        (LEFT + right, HEIGHT - BOTTOM - up.place(y) * (HEIGHT - TOP - BOTTOM))
    };
    let scale = if logarithmic { ", logarithmic" } else { "" };
    let (title, x_label) = (escape(title), escape(x_label));
    let mut svg = format!(
        "<figure><figcaption>{title}{scale}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         role=\"img\" aria-label=\"{title} by {x_label}: {}\">",
        spoken(series)
    );
    for tick in up.ticks(5) {
        let at = place(xs.0, tick.value).1;
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0,
            tick.text
        );
    }
    for tick in across.whole_ticks(5) {
        let (at, y) = (place(tick.value, ys.0).0, HEIGHT - BOTTOM + 18.0);
        let _ = write!(
            svg,
            "<text x=\"{at:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
            tick.text
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{x_label}</text>",
        LEFT.midpoint(WIDTH - RIGHT),
        HEIGHT - 6.0
    );
    for (index, one) in series.iter().enumerate() {
        curve(&mut svg, one, index % COLORS, &x_label, place);
    }
    svg.push_str("</svg>");
    if series.len() > 1 {
        svg.push_str("<ul class=\"legend\">");
        for (index, one) in series.iter().enumerate() {
            let (color, name) = (index % COLORS, escape(&one.name));
            let _ = write!(svg, "<li class=\"c{color}\">{name}</li>");
        }
        svg.push_str("</ul>");
    }
    svg.push_str("</figure>\n");
    svg
}

/// The line of a series, and a spot with its value at every point.
fn curve(
    svg: &mut String,
    series: &Series,
    color: usize,
    x_label: &str,
    place: impl Fn(f64, f64) -> (f64, f64),
) {
    let name = escape(&series.name);
    let points = thinned(&series.points);
    // A single point has no line to be seen by.
    let class = if points.len() == 1 { " single" } else { "" };
    let _ = write!(svg, "<g class=\"c{color}{class}\"><path class=\"line\" d=\"");
    for (index, (x, y)) in points.iter().enumerate() {
        let (x, y) = place(*x, *y);
        let _ = write!(svg, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
    }
    let _ = write!(svg, "\"><title>{name}</title></path>");
    for (x, y) in points {
        let (cx, cy) = place(x, y);
        let _ = write!(
            svg,
            "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"6\"><title>{name}, {x_label} {}: \
             {}</title></circle>",
            number(x),
            number(y)
        );
    }
    svg.push_str("</g>");
}

/// What a screen reader says of the curves.
fn spoken(series: &[Series]) -> String {
    let ends = series.iter().take(6).filter_map(|series| {
        let (first, last) = (series.points.first()?.1, series.points.last()?.1);
        Some(format!("{} from {} to {}", escape(&series.name), number(first), number(last)))
    });
    ends.collect::<Vec<_>>().join("; ")
}

/// The smallest and the largest.
fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |ends, value| {
        Some(
            ends.map_or((value, value), |(low, high): (f64, f64)| {
                (low.min(value), high.max(value))
            }),
        )
    })
}

fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil(DRAWN).max(1);
    let last = points.len().saturating_sub(1);
    let kept = points.iter().enumerate().filter(|(index, _)| index % every == 0 || *index == last);
    kept.map(|(_, point)| *point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_says_its_values_and_survives_odd_ones() {
        let of = |points: Vec<(f64, f64)>| {
            chart("loss", "epoch", &[Series { name: "train".into(), points }])
        };
        let svg = of(vec![(1.0, 3.5), (2.0, 2.25)]);
        assert!(svg.contains("<title>train, epoch 2: 2.250</title>"), "{svg}");
        assert!(!svg.contains("single") && of(vec![(1.0, 2.0)]).contains("single"));
        assert!(svg.contains("aria-label=\"loss by epoch: train from 3.500 to 2.250\""), "{svg}");
        assert!(of(vec![(1.0, 1000.0), (2.0, 2.0)]).contains("loss, logarithmic"));
        assert!(of(Vec::new()).is_empty());
        for svg in [of(vec![(1.0, 0.0)]), of(vec![(1.0, 5.0), (2.0, 5.0)])] {
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn long_curves_are_thinned_and_keep_their_end() {
        let points: Vec<_> = (0..10_001).map(|x| (f64::from(x), 1.0)).collect();
        let thin = thinned(&points);
        assert!(thin.len() <= DRAWN + 1 && thin.last() == points.last());
    }
}
