//! Axes: which part of the numbers they show, and where their ticks stand.

use super::number;

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

/// A tick: where it stands and what it says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// The value.
    pub(crate) value: f64,
    /// The value as text.
    pub(crate) text: String,
}

/// An axis from `low` to `high`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    /// An axis that shows exactly `low..=high`, or from zero to a single value.
    pub(crate) fn linear(low: f64, high: f64) -> Self {
        let log = false;
        if high > low {
            return Self { low, high, log };
        }
        let (low, high) = (low.min(0.0), high.max(0.0));
        let high = if high > low { high } else { 1.0 };
        Self { low, high, log }
    }

    /// An axis for measured values, logarithmic where that helps. There is air above them, and
    /// more below, where a text about the lowest may stand.
    pub(crate) fn fitting(low: f64, high: f64) -> Self {
        let log = low > 0.0 && high > low * LOG_FROM;
        if log {
            let span = high.ln() - low.ln();
            let low = (low.ln() - BELOW * span).exp().max(f64::MIN_POSITIVE);
            let high = (high.ln() + ABOVE * span).exp().min(f64::MAX);
            return Self { low, high, log };
        }
        let span = if high > low { high - low } else { low.abs().max(1.0) };
        let bottom = low - BELOW * span;
        let bottom = if low < 0.0 { bottom } else { bottom.max(0.0) };
        let high = high + ABOVE * span;
        Self { low: bottom, high, log }
    }

    /// Whether equal distances are equal factors.
    pub(crate) fn is_log(&self) -> bool {
        self.log
    }

    /// How much the axis covers, to decide how precisely its values are written.
    pub(crate) fn span(&self) -> f64 {
        self.high - self.low
    }

    /// The place of a value along the axis: 0 at the low end, 1 at the high end.
    pub(crate) fn place(&self, value: f64) -> f64 {
        if self.log {
            let (low, high) = (self.low.ln(), self.high.ln());
            (value.max(f64::MIN_POSITIVE).ln() - low) / (high - low)
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// At most `most` ticks (but at least two decades' worth), at round values.
    pub(crate) fn ticks(&self, most: usize) -> Vec<Tick> {
        if self.log {
            let text = |value| Tick { value, text: number::log_tick(value) };
            return self.log_values(most).into_iter().map(text).collect();
        }
        self.linear_ticks(most, f64::MIN_POSITIVE)
    }

    /// Ticks at whole numbers only, for epochs and steps.
    pub(crate) fn whole_ticks(&self, most: usize) -> Vec<Tick> {
        self.linear_ticks(most, 1.0)
    }

    fn linear_ticks(&self, most: usize, smallest: f64) -> Vec<Tick> {
        let step = nice_step(self.span() / most.max(1) as f64).max(smallest);
        let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        // A hair of tolerance, so that rounding does not take a tick off the end of the axis.
        let first = (self.low / step - 1e-9).ceil();
        let last = (self.high / step + 1e-9).floor();
        let count = (last - first).clamp(-1.0, most as f64 + 1.0) as i64;
        (0..=count)
            .map(|i| (first + i as f64) * step)
            .map(|value| Tick { value, text: number::tick(value, decimals) })
            .collect()
    }

    fn log_values(&self, most: usize) -> Vec<f64> {
        for ladder in LADDERS {
            let values = self.rungs(ladder, 1);
            if values.len() <= most && self.apart(&values, most) {
                return values;
            }
        }
        (2..)
            .map(|stride| self.rungs(&[1.0], stride))
            .find(|values| values.len() <= most.max(2))
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

    /// Whether no two ticks stand closer than half the distance of `most` even ones.
    fn apart(&self, values: &[f64], most: usize) -> bool {
        let least = 0.5 / most.max(1) as f64;
        values.windows(2).all(|pair| self.place(pair[1]) - self.place(pair[0]) >= least)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: Vec<Tick>) -> Vec<String> {
        ticks.into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn a_wide_span_is_logarithmic_with_round_ticks() {
        let scale = Scale::fitting(58.0, 6012.0);
        assert!(scale.is_log());
        assert_eq!(texts(scale.ticks(8)), ["50", "100", "200", "500", "1,000", "2,000", "5,000"]);
    }

    #[test]
    fn a_narrow_logarithmic_span_gets_ticks_in_between() {
        let scale = Scale::fitting(62.0, 240.0);
        assert!(scale.is_log());
        assert_eq!(texts(scale.ticks(8)), ["60", "80", "100", "120", "150", "200", "250"]);
    }

    #[test]
    fn a_small_span_is_linear() {
        let scale = Scale::fitting(1.01, 1.05);
        assert!(!scale.is_log());
        assert_eq!(texts(scale.ticks(6)), ["1.01", "1.02", "1.03", "1.04", "1.05"]);
    }

    #[test]
    fn decades_are_thinned_when_there_are_many() {
        let ticks = Scale::fitting(1.5, 1e30).ticks(8);
        assert!((3..=8).contains(&ticks.len()), "{ticks:?}");
        assert_eq!(ticks[2].text, "10¹⁰");
    }

    #[test]
    fn epochs_are_whole() {
        assert_eq!(texts(Scale::linear(1.0, 4.0).whole_ticks(8)), ["1", "2", "3", "4"]);
        assert_eq!(texts(Scale::linear(1.0, 20.0).whole_ticks(6)), ["5", "10", "15", "20"]);
        assert_eq!(texts(Scale::linear(1.0, 1.0).whole_ticks(8)), ["0", "1"]);
        let steps = texts(Scale::linear(0.0, 40_000.0).whole_ticks(5));
        assert_eq!(steps, ["0", "10,000", "20,000", "30,000", "40,000"]);
    }

    #[test]
    fn extremes_do_not_break_an_axis() {
        for (low, high) in [(f64::MIN_POSITIVE, f64::MAX), (0.0, 0.0), (-5.0, 5.0), (1e300, 1e300)]
        {
            let scale = Scale::fitting(low, high);
            assert!(scale.place(low).is_finite() && scale.place(high).is_finite());
            assert!(scale.ticks(8).len() <= 10);
        }
    }
}
