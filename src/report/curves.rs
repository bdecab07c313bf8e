//! Curves as SVG inside of the page: the colours are the page's, and every point says its value.

use super::html::{escape, number};
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
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;
/// As many as the style has.
const COLORS: usize = 8;

/// A chart with its legend; empty if no series has a point.
pub(super) fn chart(title: &str, x_label: &str, series: &[Series]) -> String {
    let all = || series.iter().flat_map(|series| series.points.iter().copied());
    let Some(xs) = ends(all().map(|(x, _)| x)) else { return String::new() };
    let Some(ys) = ends(all().map(|(_, y)| y)) else { return String::new() };
    let logarithmic = ys.0 > 0.0 && ys.1 / ys.0 > 20.0;
    let bend = |y: f64| if logarithmic { y.ln() } else { y };
    let unbend = |y: f64| if logarithmic { y.exp() } else { y };
    let (low, high) = padded(bend(ys.0), bend(ys.1));
    let (first, last) = if xs.0 == xs.1 { padded(xs.0, xs.1) } else { xs };
    let place = |x: f64, y: f64| {
        let across = (x - first) / (last - first);
        let up = (bend(y) - low) / (high - low);
        (LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))
    };
    let scale = if logarithmic { ", logarithmic" } else { "" };
    let (title, x_label) = (escape(title), escape(x_label));
    let mut svg = format!(
        "<figure><figcaption>{title}{scale}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         role=\"img\" aria-label=\"{title} by {x_label}: {}\">",
        spoken(series)
    );
    for tick in 0..5 {
        let y = unbend(low + (high - low) * f64::from(tick) / 4.0);
        let at = place(first, y).1;
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0,
            short(y)
        );
    }
    for (x, anchor) in [(first, "start"), (last, "end")] {
        let (at, y) = (place(x, unbend(low)).0, HEIGHT - BOTTOM + 18.0);
        let x = number(x.round());
        let _ = write!(svg, "<text x=\"{at:.1}\" y=\"{y}\" text-anchor=\"{anchor}\">{x}</text>");
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
    let _ = write!(svg, "<g class=\"c{color}\"><path class=\"line\" d=\"");
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

/// A range with room above and below.
fn padded(low: f64, high: f64) -> (f64, f64) {
    let room = match high - low {
        width if width > 0.0 => width * 0.04,
        _ if low != 0.0 => low.abs() * 0.5,
        _ => 1.0,
    };
    (low - room, high + room)
}

/// A value beside the axis.
fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        s if s >= 1e5 || (s > 0.0 && s < 1e-3) => format!("{value:.1e}"),
        s if s >= 100.0 => format!("{value:.0}"),
        s if s >= 10.0 => format!("{value:.1}"),
        s if s >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
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
