//! Which values the y axis shows.

use super::scene::Point;

/// A start is left off if the axis would have to be so many times as long for it.
const SQUASHED: f64 = 2.5;

/// The least and greatest value of the y axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    /// The least value, always shown.
    pub(super) low: f64,
    /// The greatest value shown.
    pub(super) high: f64,
    /// The greatest value of all, where a steep start is left off so as not to squash the rest.
    pub(super) cut: Option<f64>,
}

impl Range {
    /// The range of some curves, whose points in the first part of the x axis (`start` is its
    /// share) may be left off.
    pub(super) fn of(curves: &[&[Point]], start: f64) -> Self {
        let (first, last) = extremes(curves.iter().flat_map(|points| points.iter().map(|p| p.0)));
        let from = first + start * (last - first);
        let (low, high) = extremes(curves.iter().flat_map(|points| points.iter().map(|p| p.1)));
        let settled = extremes(curves.iter().flat_map(|points| late(points, from)));
        let length = |(low, high): Point| {
            if low > 0.0 { (high / low).ln() } else { high - low }
        };
        let (all, rest) = (length((low, high)), length(settled));
        if rest <= 0.0 || all <= SQUASHED * rest || settled.1 >= high {
            return Self { low, high, cut: None };
        }
        // Some room above, so that the curve is seen to come from there.
        let above = 0.3 * rest;
        let above = if settled.0 > 0.0 { settled.1 * above.exp() } else { settled.1 + above };
        Self { low, high: above.min(high), cut: Some(high) }
    }
}

/// The values from some x on: always the last, and all of a curve that has but a few.
fn late(points: &[Point], from: f64) -> impl Iterator<Item = f64> {
    let count = points.len();
    let shown = move |&(i, point): &(usize, &Point)| count < 5 || i + 1 == count || point.0 >= from;
    points.iter().enumerate().filter(shown).map(|(_, point)| point.1)
}

/// The least and the greatest.
fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(values: &[f64]) -> Range {
        let points: Vec<_> = values.iter().enumerate().map(|(i, &y)| (i as f64, y)).collect();
        Range::of(&[&points], 0.05)
    }

    #[test]
    fn a_huge_first_value_is_left_off() {
        let range = range(&[6e6, 130.0, 100.0, 90.0, 85.0, 82.0]);
        assert_eq!(range.cut, Some(6e6));
        assert!(range.low == 82.0 && (130.0..200.0).contains(&range.high), "{range:?}");
    }

    #[test]
    fn all_is_shown_where_nothing_is_squashed() {
        let shown = |low, high| Range { low, high, cut: None };
        assert_eq!(range(&[200.0, 150.0, 120.0, 100.0, 90.0]), shown(90.0, 200.0));
        assert_eq!(range(&[6000.0, 90.0]), shown(90.0, 6000.0));
        assert_eq!(range(&[7.0]), shown(7.0, 7.0));
        // Training that diverges late is the very thing to see.
        assert_eq!(range(&[200.0, 150.0, 120.0, 100.0, 9e9]), shown(100.0, 9e9));
    }
}
