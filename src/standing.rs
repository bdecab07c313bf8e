//! How results stand to one another. Rows of a trial, trials of a sweep and the means over seeds are
//! put in order here and nowhere else, so that all that is said of them agrees on which is better.

use crate::metric::{Metric, Score};
use std::cmp::Ordering;

/// How good a result is, by the figure that decides. The lesser is the better one.
///
/// Of equal figures the smaller loss is better: perplexities that have run over to infinity, and
/// accuracies, which are equal more often. What is no number is worse than all that is one,
/// infinity too.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The figure, turned so that lower is better.
    cost: f64,
    /// The loss on the same split.
    loss: f64,
}

impl Standing {
    /// That of a trial that failed: it has no figure, and nothing is worse.
    pub const FAILED: Self = Self { cost: f64::NAN, loss: f64::NAN };

    /// That of a figure, and of the loss on the same split.
    pub fn new(metric: &Metric, value: f64, loss: f64) -> Self {
        // Zero has one sign, so that a cost of nothing is equal to itself.
        Self { cost: metric.cost(value) + 0.0, loss: loss + 0.0 }
    }

    /// That of a score.
    pub fn of(metric: &Metric, score: &Score) -> Self {
        Self::new(metric, (metric.value)(score).unwrap_or(f64::NAN), score.mean())
    }

    /// That of a mean: one that is infinite makes it infinite, and one that failed makes it fail.
    /// None of nothing.
    pub fn mean(all: &[Self]) -> Option<Self> {
        let mean = |of: fn(&Self) -> f64| {
            let (sum, count) = (all.iter().map(of).sum::<f64>(), all.len() as f64);
            // The sum of large values may run over where their mean does not.
            if sum.is_finite() { sum / count } else { all.iter().map(|it| of(it) / count).sum() }
        };
        (!all.is_empty()).then(|| Self { cost: mean(|it| it.cost), loss: mean(|it| it.loss) })
    }

    /// Whether there is no figure.
    pub fn has_failed(self) -> bool {
        self.cost.is_nan()
    }

    /// The figure.
    pub fn value(self, metric: &Metric) -> f64 {
        metric.cost(self.cost)
    }
}

impl Ord for Standing {
    fn cmp(&self, other: &Self) -> Ordering {
        // The sign of what is no number means nothing.
        let last = |number: f64| if number.is_nan() { f64::NAN.abs() } else { number };
        let by = |a: f64, b: f64| last(a).total_cmp(&last(b));
        by(self.cost, other.cost).then_with(|| by(self.loss, other.loss))
    }
}

impl PartialOrd for Standing {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Standing {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Standing {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{ACCURACY, MSE, PERPLEXITY};

    #[test]
    fn better_is_higher_or_lower_and_ties_go_to_the_loss() {
        let score = |sum, right| Score { sum, count: 10, right, of: 10, ..Score::default() };
        let of = |metric: Metric, sum, right| Standing::of(&metric, &score(sum, right));
        assert!(of(PERPLEXITY, 1.0, 0) < of(PERPLEXITY, 2.0, 9));
        assert!(of(ACCURACY, 2.0, 9) < of(ACCURACY, 1.0, 8));
        assert!(of(ACCURACY, 1.0, 9) < of(ACCURACY, 2.0, 9));
        assert_eq!(of(ACCURACY, 2.0, 9), of(ACCURACY, 2.0, 9));
        assert!(of(MSE, 2.0, 0) < of(MSE, f64::NAN, 0));
    }

    #[test]
    fn perplexities_that_run_over_stand_by_their_loss() {
        let of = |loss: f64| Standing::new(&PERPLEXITY, libm::exp(loss), loss);
        let mut all = [of(8e9), Standing::FAILED, of(3.0), of(1e4), of(f64::INFINITY)];
        all.sort_unstable();
        assert_eq!(all, [of(3.0), of(1e4), of(8e9), of(f64::INFINITY), Standing::FAILED]);
        assert_eq!(of(1e4).value(&PERPLEXITY), f64::INFINITY);
        let negative = Standing { cost: -f64::NAN, loss: 0.0 };
        assert!(of(f64::INFINITY) < negative && negative.has_failed());
    }

    #[test]
    fn a_mean_leaves_none_out() {
        let of = |loss: f64| Standing::new(&PERPLEXITY, libm::exp(loss), loss);
        let mean = |all: &[Standing]| Standing::mean(all).unwrap();
        assert_eq!(mean(&[of(1.0), of(1e4)]).value(&PERPLEXITY), f64::INFINITY);
        assert!(mean(&[of(1.0), of(1e4)]) < mean(&[of(1.0), of(1e5)]));
        assert!(mean(&[of(1.0), Standing::FAILED]).has_failed());
        assert_eq!(Standing::mean(&[]), None);
    }
}
