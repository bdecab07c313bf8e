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
    /// The range of some curves, of which the first `start` (a share of the points, and at least
    /// one of five) may be left off.
    pub(super) fn of(curves: &[&[Point]], start: f64) -> Self {
        let (low, high) = extremes(curves, |_| 0);
        let settled = extremes(curves, |count| match count {
            0..5 => 0,
            _ => ((count as f64 * start) as usize).max(1),
        });
        let length = |(low, high): Point| {
            if low > 0.0 {
                (high / low).ln()
            } else {
                high - low
            }
        };
        let (all, rest) = (length((low, high)), length(settled));
        if rest <= 0.0 || all <= SQUASHED * rest || settled.1 >= high {
            return Self {
                low,
                high,
                cut: None,
            };
        }
        // Some room above, so that the curve is seen to come from there.
        let above = 0.3 * rest;
        let above = if settled.0 > 0.0 {
            settled.1 * above.exp()
        } else {
            settled.1 + above
        };
        Self {
            low,
            high: above.min(high),
            cut: Some(high),
        }
    }
}

/// The least and greatest value, without the first so many points of each curve.
fn extremes(curves: &[&[Point]], skipped: impl Fn(usize) -> usize) -> Point {
    curves
        .iter()
        .flat_map(|points| points.iter().skip(skipped(points.len())))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| {
            (low.min(p.1), high.max(p.1))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(values: &[f64]) -> Range {
        let points: Vec<_> = values
            .iter()
            .enumerate()
            .map(|(i, &y)| (i as f64, y))
            .collect();
        Range::of(&[&points], 0.05)
    }

    #[test]
    fn a_huge_first_value_is_left_off() {
        let range = range(&[6e6, 130.0, 100.0, 90.0, 85.0, 82.0]);
        assert_eq!(range.cut, Some(6e6));
        assert!(
            range.low == 82.0 && (130.0..200.0).contains(&range.high),
            "{range:?}"
        );
    }

    #[test]
    fn all_is_shown_where_nothing_is_squashed() {
        let shown = |low, high| Range {
            low,
            high,
            cut: None,
        };
        assert_eq!(
            range(&[200.0, 150.0, 120.0, 100.0, 90.0]),
            shown(90.0, 200.0)
        );
        assert_eq!(range(&[6000.0, 90.0]), shown(90.0, 6000.0));
        assert_eq!(range(&[7.0]), shown(7.0, 7.0));
        // Training that diverges late is the very thing to see.
        assert_eq!(range(&[200.0, 150.0, 120.0, 100.0, 9e9]), shown(100.0, 9e9));
    }
}
