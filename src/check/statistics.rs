//! Whether a difference is one.
//!
//! Both sides were trained with the same seeds, so the difference is looked at seed by seed, and
//! the mean of the differences has Student's interval:
//!
//! d̄ ± t(97.5 %, n − 1) · s / √n, s² = Σ (dᵢ − d̄)² / (n − 1)
//!
//! The error rates of the decision are measured in this module's tests by simulation; they stand in
//! `docs/ci.md`.

/// The 97.5 % quantiles of Student's distribution with 1 to 30 degrees of freedom.
const T_975: [f64; 30] = [
    12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004,
    2.262_157, 2.228_139, 2.200_985, 2.178_813, 2.160_369, 2.144_787, 2.131_450, 2.119_905,
    2.109_816, 2.100_922, 2.093_024, 2.085_963, 2.079_614, 2.073_873, 2.068_658, 2.063_899,
    2.059_539, 2.055_529, 2.051_831, 2.048_407, 2.045_230, 2.042_272,
];

/// The 97.5 % quantile of Student's distribution, at least 1 degree of freedom. Beyond 30 by the
/// first two terms of the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5), which are right
/// to four digits there.
fn quantile(freedom: usize) -> f64 {
    const NORMAL: f64 = 1.959_964;
    let expanded = |n: f64| {
        let x = NORMAL;
        let first = (x.powi(3) + x) / 4.0;
        let second = (5.0 * x.powi(5) + 16.0 * x.powi(3) + 3.0 * x) / 96.0;
        x + first / n + second / (n * n)
    };
    T_975.get(freedom.wrapping_sub(1)).copied().unwrap_or_else(|| expanded(freedom as f64))
}

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
        let count = differences.len();
        if count < 2 {
            return None;
        }
        let mean = differences.iter().sum::<f64>() / count as f64;
        let squares: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
        let error = (squares / (count - 1) as f64 / count as f64).sqrt();
        let half = quantile(count - 1) * error;
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

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, expected) in
            [(1, 12.7062), (4, 2.7764), (30, 2.0423), (60, 2.0003), (1000, 1.9623)]
        {
            assert!((quantile(freedom) - expected).abs() < 2e-4, "{freedom}");
        }
    }
}
