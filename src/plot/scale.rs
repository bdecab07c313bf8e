//! Axes: which part of the numbers they show, and where their ticks stand. plotters draws them; its
//! own axes have no round ticks on a short logarithmic scale, and none at whole numbers.

use std::ops::Range;

use plotters::coord::ranged1d::{
    KeyPointHint, KeyPointWeight, NoDefaultFormatting, Ranged, ValueFormatter,
};

use super::number;
use crate::metric::{Direction, Metric};

/// A point of a curve.
pub(super) type Point = (f64, f64);

/// Values that span more than this factor are drawn on a logarithmic axis.
const LOG_FROM: f64 = 3.0;

/// Air above and below measured values, as a share of what they span.
const ABOVE: f64 = 0.07;
const BELOW: f64 = 0.13;

/// Ticks of a decade, from many to few; the first set that fits is taken.
const LADDERS: [&[f64]; 5] = [
    &[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0],
    &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
    &[1.0, 2.0, 5.0],
    &[1.0, 3.0],
    &[1.0],
];

/// An axis from `low` to `high`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    log: bool,
    /// At most this many ticks (but at least two decades' worth).
    most: usize,
    /// The least distance of two ticks.
    smallest: f64,
    /// Between the ends of the axis and its values, in units of the page.
    inset: i32,
}

impl Scale {
    fn new(low: f64, high: f64, log: bool, most: usize) -> Self {
        Self { low, high, log, most: most.max(1), smallest: f64::MIN_POSITIVE, inset: 0 }
    }

    /// An axis that shows exactly `low..=high`, or from zero to a single value.
    pub(super) fn linear(low: f64, high: f64, most: usize) -> Self {
        if high > low {
            return Self::new(low, high, false, most);
        }
        let (low, high) = (low.min(0.0), high.max(0.0));
        Self::new(low, if high > low { high } else { 1.0 }, false, most)
    }

    /// An axis for measured values, logarithmic where that helps. There is air above them, and
    /// more below, where a text about the lowest may stand.
    pub(super) fn fitting(low: f64, high: f64, most: usize) -> Self {
        if low > 0.0 && high > low * LOG_FROM {
            let span = high.ln() - low.ln();
            let low = (low.ln() - BELOW * span).exp().max(f64::MIN_POSITIVE);
            let high = (high.ln() + ABOVE * span).exp().min(f64::MAX);
            return Self::new(low, high, true, most);
        }
        Self::level(low, high, most)
    }

    /// A linear axis for measured values, with air around them.
    fn level(low: f64, high: f64, most: usize) -> Self {
        let span = if high > low { high - low } else { low.abs().max(1.0) };
        let bottom = low - BELOW * span;
        let bottom = if low < 0.0 { bottom } else { bottom.max(0.0) };
        Self::new(bottom, high + ABOVE * span, false, most)
    }

    /// An axis for values of a metric.
    pub(super) fn of(metric: &Metric, low: f64, high: f64, most: usize) -> Self {
        match metric.grows_by_factors() {
            true => Self::fitting(low, high, most),
            false => Self::level(low, high, most),
        }
    }

    /// With ticks at whole numbers only, for epochs and steps.
    pub(super) fn whole(self) -> Self {
        Self { smallest: 1.0, ..self }
    }

    /// With room between the ends of the axis and its values.
    pub(super) fn inset(self, inset: i32) -> Self {
        Self { inset, ..self }
    }

    /// Whether equal distances are equal factors.
    pub(super) fn is_log(&self) -> bool {
        self.log
    }

    /// How much the axis covers, to decide how precisely its values are written.
    pub(super) fn span(&self) -> f64 {
        self.high - self.low
    }

    /// The least value that the axis shows.
    pub(super) fn bottom(&self) -> f64 {
        self.low
    }

    /// The greatest value that the axis shows.
    pub(super) fn top(&self) -> f64 {
        self.high
    }

    /// The place of a value along the axis: 0 at the low end, 1 at the high end.
    pub(super) fn place(&self, value: f64) -> f64 {
        if self.log {
            let (low, high) = (self.low.ln(), self.high.ln());
            (value.max(f64::MIN_POSITIVE).ln() - low) / (high - low)
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// The ticks, at round values.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.log {
            return self.log_ticks();
        }
        let step = self.step();
        // A hair of tolerance, so that rounding does not take a tick off the end of the axis.
        let first = (self.low / step - 1e-9).ceil();
        let last = (self.high / step + 1e-9).floor();
        let count = (last - first).clamp(-1.0, self.most as f64 + 1.0) as i64;
        (0..=count).map(|i| (first + i as f64) * step).collect()
    }

    /// What stands at a tick.
    pub(super) fn text(&self, tick: f64) -> String {
        if self.log {
            return number::log_tick(tick);
        }
        number::tick(tick, (-self.step().log10().floor()).clamp(0.0, 9.0) as usize)
    }

    /// From one tick of a linear axis to the next.
    fn step(&self) -> f64 {
        nice_step(self.span() / self.most as f64).max(self.smallest)
    }

    fn log_ticks(&self) -> Vec<f64> {
        for ladder in LADDERS {
            let values = self.rungs(ladder, 1);
            if values.len() <= self.most && self.apart(&values) {
                return values;
            }
        }
        (2..)
            .map(|stride| self.rungs(&[1.0], stride))
            .find(|values| values.len() <= self.most.max(2))
            .unwrap_or_default()
    }

    /// The rungs of a ladder in every `stride`th decade of the axis.
    fn rungs(&self, ladder: &[f64], stride: i32) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().floor() as i32);
        (first..=last)
            .filter(|decade| decade % stride == 0)
            .flat_map(|decade| ladder.iter().map(move |rung| scaled(*rung, decade)))
            .filter(|value| (self.low..=self.high).contains(value))
            .collect()
    }

    /// Whether no two ticks stand closer than half the distance of as many even ones as there may be.
    fn apart(&self, values: &[f64]) -> bool {
        let least = 0.5 / self.most as f64;
        values.windows(2).all(|pair| self.place(pair[1]) - self.place(pair[0]) >= least)
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let inset = self.inset * (to - from).signum();
        let (from, to) = (f64::from(from + inset), f64::from(to - inset));
        (from + self.place(*value) * (to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight() {
            KeyPointWeight::Bold => self.ticks(),
            KeyPointWeight::Any => Vec::new(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, tick: &f64) -> String {
        self.text(*tick)
    }
}

/// `rung × 10^decade`, correctly rounded (`0.3`, not `0.30000000000000004`).
fn scaled(rung: f64, decade: i32) -> f64 {
    format!("{rung}e{decade}").parse().unwrap_or(f64::NAN)
}

/// The smallest of 1, 2, 5 × 10ⁿ that is not below `least`.
fn nice_step(least: f64) -> f64 {
    let decade = least.log10().floor() as i32;
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|rung| scaled(rung, decade))
        .find(|&step| step >= least * (1.0 - 1e-9))
        .unwrap_or_else(|| scaled(1.0, decade + 1))
}

/// A start is left off if the axis would have to be so many times as long for it.
const SQUASHED: f64 = 2.5;

/// The least and greatest value of the y axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shown {
    /// The least value, always shown.
    pub(super) low: f64,
    /// The greatest value shown.
    pub(super) high: f64,
    /// The greatest value of all, where a steep start is left off so as not to squash the rest.
    pub(super) cut: Option<f64>,
}

impl Shown {
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

/// The greatest of some values of a sweep that is worth showing: a few that came out very badly, as those
/// of a learning rate that is too high, would squash the others. The better three quarters are always
/// shown.
pub(super) fn worth_showing(values: impl Iterator<Item = f64>, metric: &Metric) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let low = values.first().copied().unwrap_or(0.0);
    if metric.direction == Direction::Higher || low <= 0.0 {
        return f64::INFINITY;
    }
    let usual = values[(3 * (values.len() - 1)).div_ceil(4)];
    let rest = (usual / low).ln();
    if rest > 0.0 { usual * (SQUASHED * rest).exp() } else { f64::INFINITY }
}

/// The values from some x on: always the last, and all of a curve that has but a few.
fn late(points: &[Point], from: f64) -> impl Iterator<Item = f64> {
    let count = points.len();
    let shown = move |&(i, point): &(usize, &Point)| count < 5 || i + 1 == count || point.0 >= from;
    points.iter().enumerate().filter(shown).map(|(_, point)| point.1)
}

/// The least and the greatest; infinities the wrong way around if there is none.
pub(super) fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::PERPLEXITY;

    fn texts(scale: Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|tick| scale.text(tick)).collect()
    }

    #[test]
    fn a_wide_span_is_logarithmic_with_round_ticks() {
        let scale = Scale::fitting(58.0, 6012.0, 8);
        assert!(scale.is_log());
        assert_eq!(texts(scale), ["50", "100", "200", "500", "1,000", "2,000", "5,000"]);
    }

    #[test]
    fn a_narrow_logarithmic_span_gets_ticks_in_between() {
        let scale = Scale::fitting(62.0, 240.0, 8);
        assert!(scale.is_log());
        assert_eq!(texts(scale), ["60", "80", "100", "120", "150", "200", "250"]);
    }

    #[test]
    fn a_small_span_is_linear() {
        let scale = Scale::fitting(1.01, 1.05, 6);
        assert!(!scale.is_log());
        assert_eq!(texts(scale), ["1.01", "1.02", "1.03", "1.04", "1.05"]);
    }

    #[test]
    fn decades_are_thinned_when_there_are_many() {
        let ticks = texts(Scale::fitting(1.5, 1e30, 8));
        assert!((3..=8).contains(&ticks.len()), "{ticks:?}");
        assert_eq!(ticks[2], "10¹⁰");
    }

    #[test]
    fn epochs_are_whole() {
        assert_eq!(texts(Scale::linear(1.0, 4.0, 8).whole()), ["1", "2", "3", "4"]);
        assert_eq!(texts(Scale::linear(1.0, 20.0, 6).whole()), ["5", "10", "15", "20"]);
        assert_eq!(texts(Scale::linear(1.0, 1.0, 8).whole()), ["0", "1"]);
        let steps = texts(Scale::linear(0.0, 40_000.0, 5).whole());
        assert_eq!(steps, ["0", "10,000", "20,000", "30,000", "40,000"]);
    }

    #[test]
    fn extremes_do_not_break_an_axis() {
        for (low, high) in [(f64::MIN_POSITIVE, f64::MAX), (0.0, 0.0), (-5.0, 5.0), (1e300, 1e300)]
        {
            let scale = Scale::fitting(low, high, 8);
            assert!(scale.place(low).is_finite() && scale.place(high).is_finite());
            assert!(scale.ticks().len() <= 10);
        }
    }

    fn of(values: &[f64]) -> Shown {
        let points: Vec<_> = values.iter().enumerate().map(|(i, &y)| (i as f64, y)).collect();
        Shown::of(&[&points], 0.05)
    }

    #[test]
    fn a_huge_first_value_is_left_off() {
        let range = of(&[6e6, 130.0, 100.0, 90.0, 85.0, 82.0]);
        assert_eq!(range.cut, Some(6e6));
        assert!(range.low == 82.0 && (130.0..200.0).contains(&range.high), "{range:?}");
    }

    #[test]
    fn a_few_very_bad_points_of_a_sweep_are_beyond_the_chart() {
        let of = |values: &[f64]| worth_showing(values.iter().copied(), &PERPLEXITY);
        assert!((65.0..2000.0).contains(&of(&[20.0, 21.0, 25.0, 60.0, 65.0, 1e82])));
        assert_eq!(of(&[3.0, 3.0, 3.0, 3.0, 1e9]), f64::INFINITY);
        assert_eq!(of(&[7.0]), f64::INFINITY);
        assert_eq!(of(&[]), f64::INFINITY);
    }

    #[test]
    fn all_is_shown_where_nothing_is_squashed() {
        let shown = |low, high| Shown { low, high, cut: None };
        assert_eq!(of(&[200.0, 150.0, 120.0, 100.0, 90.0]), shown(90.0, 200.0));
        assert_eq!(of(&[6000.0, 90.0]), shown(90.0, 6000.0));
        assert_eq!(of(&[7.0]), shown(7.0, 7.0));
        // Training that diverges late is the very thing to see.
        assert_eq!(of(&[200.0, 150.0, 120.0, 100.0, 9e9]), shown(100.0, 9e9));
    }
}
