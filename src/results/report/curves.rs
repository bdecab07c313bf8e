//! Curves inside of the page: the colours are the page's, and every point says its value.

use super::families::is_share;
use super::html::number;
use crate::plot::{Series, line_chart};
use maud::{Markup, PreEscaped, html};

/// More points than this are not told apart on a screen: every n-th is drawn then, and the last.
const DRAWN: usize = 300;
/// The number of colours that the style has.
const COLORS: usize = 8;
/// How near the mouse must come to a point, in the units of the chart.
const REACH: i32 = 24;

/// A chart with its legend; empty if no series has a point.
pub(super) fn chart(title: &str, x_label: &str, mut series: Vec<Series>) -> Markup {
    for one in &mut series {
        one.points = thinned(&one.points);
    }
    let Some(chart) = line_chart(&series, x_label, is_share(title)) else {
        return Markup::default();
    };
    let (width, height) = chart.size;
    let spoken = format!("{title} by {x_label}: {}", spoken(&series));
    html! {
        figure {
            figcaption { (title) @if chart.is_log { ", logarithmic" } }
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(spoken) {
                (PreEscaped(&chart.svg))
                @for (index, (one, spots)) in series.iter().zip(&chart.spots).enumerate() {
                    // A single point has no line to be seen by.
                    @let single = if spots.len() == 1 { " single" } else { "" };
                    g class={ "c" (index % COLORS) (single) } {
                        @for ((x, y), (cx, cy)) in one.points.iter().zip(spots) {
                            circle cx=(cx) cy=(cy) r=(REACH) {
                                title { (one.name) ", " (x_label) " " (number(*x)) ": " (number(*y)) }
                            }
                        }
                    }
                }
            }
            @if series.len() > 1 {
                ul.legend {
                    @for (index, one) in series.iter().enumerate() {
                        li class={ "c" (index % COLORS) } { (one.name) }
                    }
                }
            }
        }
    }
}

/// What a screen reader says of the curves.
fn spoken(series: &[Series]) -> String {
    let ends = series.iter().take(6).filter_map(|series| {
        let (first, last) = (series.points.first()?.1, series.points.last()?.1);
        Some(format!("{} from {} to {}", series.name, number(first), number(last)))
    });
    ends.collect::<Vec<_>>().join("; ")
}

/// The points that are drawn.
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
            chart("loss", "epoch", vec![Series { name: "train".into(), points }]).into_string()
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
