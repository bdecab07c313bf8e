//! Whether a difference is one.
//!
//! Both sides were trained with the same seeds, so the difference is looked at seed by seed, and
//! the mean of the differences has Student's interval:
//!
//! d̄ ± t(97.5 %, n − 1) · s / √n, s² = Σ (dᵢ − d̄)² / (n − 1)
//!
//! The error rates of the decision are measured in this module's tests by simulation; they stand in
//! `docs/ci.md`.

use crate::sweep::statistics::Mean;

/// A mean difference with the interval that holds the true one in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The mean of the differences.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Difference {
    /// The mean of at least two differences, with its interval.
    pub fn of(differences: &[f64]) -> Option<Self> {
        let Mean { mean, interval, .. } = Mean::of(differences)?;
        let half = interval?;
        Some(Self { mean, low: mean - half, high: mean + half })
    }

    /// Whether it got worse (differences are positive where they are worse): the interval lies
    /// above zero, and the effect above a threshold.
    pub fn is_worse(&self, min_effect: f64) -> bool {
        self.low > 0.0 && self.mean > min_effect
    }

    /// Whether it got better, by the same rule.
    pub fn is_better(&self, min_effect: f64) -> bool {
        self.high < 0.0 && self.mean < -min_effect
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::MIN_EFFECT;
    use super::*;
    use crate::random::{Purpose, Stream};

    /// The standard deviation of one seed's relative difference between two builds that compute other
    /// numbers of the same quality. A change of the learning rate in the seventh digit, which stands
    /// for another order of a sum, gave less than 0.01 % in short runs of lstm_seinfeld and d2l_gru;
    /// docs/ci.md says which experiments have more.
    const NOISE: [f64; 3] = [0.004, 0.007, 0.010];

    /// Seeds of the shipped gates (docs/ci.md).
    const SEEDS: usize = 5;

    /// Simulates comparisons of two builds, the second worse by `loss`: how many of a thousand are
    /// told as worse, and as better.
    fn told(loss: f64, noise: f64, seeds: usize, key: u64) -> (usize, usize) {
        let mut stream = Stream::new(key, Purpose::Shuffle, 0);
        let (mut worse, mut better) = (0, 0);
        for _ in 0..1000 {
            let differences: Vec<f64> =
                (0..seeds).map(|_| loss + noise * stream.normal()).collect();
            let difference = Difference::of(&differences).unwrap();
            worse += usize::from(difference.is_worse(MIN_EFFECT));
            better += usize::from(difference.is_better(MIN_EFFECT));
        }
        (worse, better)
    }

    /// Prints the table of docs/ci.md: `cargo test --release error_rates -- --nocapture`.
    #[test]
    fn error_rates_are_those_that_are_documented() {
        for (key, noise) in (1..).zip(NOISE) {
            let (alarms, praise) = told(0.0, noise, SEEDS, key);
            let power = |loss: f64| told(loss, noise, SEEDS, 100 + key).0 as f64 / 10.0;
            println!(
                "noise {:.1} %: false alarms {:.1} %, false praise {:.1} %; found: {:.1} % of 1 %, \
                 {:.1} % of 2 %, {:.1} % of 5 %",
                noise * 100.0,
                alarms as f64 / 10.0,
                praise as f64 / 10.0,
                power(0.01),
                power(0.02),
                power(0.05)
            );
            assert!(alarms <= 50 && praise <= 50, "{alarms} {praise}");
            assert!(power(0.02) >= 90.0, "{}", power(0.02));
        }
    }

    #[test]
    fn a_build_that_computes_the_same_is_never_told() {
        let same = Difference::of(&[0.0; 3]).unwrap();
        assert!(!same.is_worse(MIN_EFFECT) && !same.is_better(MIN_EFFECT));
        let all_alike = Difference::of(&[0.01; 3]).unwrap();
        assert!(all_alike.is_worse(MIN_EFFECT));
        assert_eq!(Difference::of(&[0.5]), None);
    }
}
