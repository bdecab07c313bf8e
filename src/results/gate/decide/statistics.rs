//! Whether a difference is one, and whether it could have been told.
//!
//! Both sides were trained with the same seeds, so the difference is looked at seed by seed, and
//! the mean of the differences has Student's interval:
//!
//! d̄ ± t(97.5 %, n − 1) · s / √n, s² = Σ (dᵢ − d̄)² / (n − 1)
//!
//! An interval above zero speaks for a loss. One that reaches down to zero does not speak against
//! it: with few seeds or much noise it is wide, and holds large losses too. That there is none is a
//! claim of its own, a test of non-inferiority: the upper end must lie below a margin. Of builds
//! that are worse by the margin at most 2.5 % pass. Between the two nothing is decided.
//!
//! How many seeds decide is the sample size of a paired t test with a power of 90 %, the smallest n
//! with
//!
//! (t(97.5 %, n − 1) + t(90 %, n − 1)) · s / √n ≤ margin
//!
//! S. A. Julious, "Sample sizes for clinical trials with Normal data", Statistics in Medicine 23
//! (2004), pages 1921–1986, has both. The error rates of the decision are measured in this module's
//! tests by simulation; they stand in `docs/ci.md`.

use crate::results::statistics::{Mean, quantile};

/// The probability with which a loss is found that counts as one that can be told.
pub(super) const POWER: f64 = 0.9;
/// More seeds than any gate has.
pub(super) const MOST_SEEDS: usize = 1000;

/// A mean difference with the interval that holds the true one in 95 of 100 cases. Differences are
/// positive where it got worse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The mean of the differences.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How many differences.
    count: usize,
    /// Their standard deviation.
    noise: f64,
}

/// What a difference speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It got worse: the interval lies above zero, and the effect above a threshold.
    Worse,
    /// It got better, by the same rule.
    Better,
    /// It did not get worse by the margin: the interval lies below it.
    NotWorse,
    /// Neither can be said.
    Undecided,
}

/// The bounds between the findings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The smallest effect that counts.
    pub min_effect: f64,
    /// The loss that must not go unnoticed.
    pub margin: f64,
}

impl Difference {
    /// The mean of at least two differences, with its interval.
    pub fn of(differences: &[f64]) -> Option<Self> {
        let Mean { mean, interval, count } = Mean::of(differences)?;
        let half = interval?;
        let noise = half / student(0.975, count);
        Some(Self { mean, low: mean - half, high: mean + half, count, noise })
    }

    /// The same with another bound of the t statistic in place of Student's quantile: an interval that
    /// holds the true mean as often, at all looks together.
    pub fn within(differences: &[f64], bound: f64) -> Option<Self> {
        let of_one_look = Self::of(differences)?;
        let half = bound * of_one_look.noise / (differences.len() as f64).sqrt();
        let Self { mean, count, noise, .. } = of_one_look;
        Some(Self { mean, low: mean - half, high: mean + half, count, noise })
    }

    /// The standard deviation of one seed's difference.
    pub(super) fn noise(&self) -> f64 {
        self.noise
    }

    /// What it speaks for.
    pub fn finding(&self, bounds: Bounds) -> Finding {
        if self.low > 0.0 && self.mean > bounds.min_effect {
            Finding::Worse
        } else if self.high < 0.0 && self.mean < -bounds.min_effect {
            Finding::Better
        } else if self.high <= bounds.margin {
            Finding::NotWorse
        } else {
            Finding::Undecided
        }
    }

    /// The smallest loss that is found in 90 of 100 cases with this noise and number of seeds.
    pub fn detectable(&self, bounds: Bounds) -> f64 {
        let half = self.high - self.mean;
        half.max(bounds.min_effect) + self.noise * student(POWER, self.count)
    }

    /// None, with this noise.
    #[cfg(test)]
    pub(super) fn of_noise(noise: f64) -> Self {
        Self { mean: 0.0, low: 0.0, high: 0.0, count: 2, noise }
    }

    /// How many seeds rule out a loss of the margin in 90 of 100 cases where there is none, with
    /// this noise; `None` if a thousand do not.
    pub fn seeds_needed(&self, bounds: Bounds) -> Option<usize> {
        (2..=MOST_SEEDS).find(|seeds| self.noise <= largest_noise(*seeds, bounds.margin))
    }
}

/// The largest standard deviation of differences with which `seeds` seeds rule out a loss of
/// `margin` in 90 of 100 cases where there is none.
pub fn largest_noise(seeds: usize, margin: f64) -> f64 {
    margin / (student(0.975, seeds) + student(POWER, seeds))
}

/// The quantile of the mean of `count` values in units of their standard deviation.
pub(super) fn student(probability: f64, count: usize) -> f64 {
    quantile(probability, count as f64 - 1.0) / (count as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};
    use crate::results::gate::entry::{MARGIN, MIN_EFFECT};

    const BOUNDS: Bounds = Bounds { min_effect: MIN_EFFECT, margin: MARGIN };

    /// The standard deviation of one seed's relative difference between two builds that compute other
    /// numbers of the same quality. A change of the learning rate in the seventh digit, which stands
    /// for another order of a sum, gave less than 0.01 % in short runs of lstm_seinfeld and d2l_gru;
    /// docs/ci.md says which experiments have more.
    const NOISE: [f64; 3] = [0.004, 0.007, 0.010];
    const SEEDS: [usize; 4] = [2, 3, 5, 10];
    const LOSSES: [f64; 4] = [0.0, 0.01, 0.02, 0.05];

    /// Of a thousand comparisons of two builds, the second worse by a loss, how many are found to be
    /// worse, better, not worse, and undecided.
    #[derive(Default)]
    struct Found {
        worse: u32,
        better: u32,
        not_worse: u32,
        undecided: u32,
    }

    impl Found {
        fn of(loss: f64, noise: f64, seeds: usize, stream: &mut Stream) -> Self {
            let mut found = Self::default();
            for _ in 0..1000 {
                let differences: Vec<f64> =
                    (0..seeds).map(|_| loss + noise * stream.normal()).collect();
                *match Difference::of(&differences).unwrap().finding(BOUNDS) {
                    Finding::Worse => &mut found.worse,
                    Finding::Better => &mut found.better,
                    Finding::NotWorse => &mut found.not_worse,
                    Finding::Undecided => &mut found.undecided,
                } += 1;
            }
            found
        }

        /// Passed, undecided and found, in percent.
        fn cell(&self) -> String {
            let [passed, undecided, worse] =
                [self.not_worse + self.better, self.undecided, self.worse]
                    .map(|count| f64::from(count) / 10.0);
            format!("{passed:.1} / {undecided:.1} / {worse:.1}")
        }
    }

    /// Prints the tables of docs/ci.md: `cargo test --release error_rates -- --nocapture`.
    #[test]
    fn error_rates_are_those_that_are_documented() {
        let documented = include_str!("../../../../docs/ci.md");
        let mut stream = Stream::new(1, Purpose::Shuffle, 0);
        let mut missing = 0;
        for (seeds, noise) in SEEDS.into_iter().flat_map(|seeds| NOISE.map(|noise| (seeds, noise)))
        {
            let found = LOSSES.map(|loss| Found::of(loss, noise, seeds, &mut stream));
            let cells = found.each_ref().map(Found::cell).join(" | ");
            let row = format!("| {seeds} | {:.1} % | {cells} |", noise * 100.0);
            println!("{row}");
            missing += usize::from(!documented.contains(&row));
            // False alarms and false praise; losses of the margin or more that pass. All are 2.5 %
            // at most, and here within four standard deviations of a thousand draws.
            let [none, _, margin, large] = &found;
            assert!(none.worse <= 45 && none.better <= 45, "{row}");
            assert!(margin.not_worse + margin.better <= 45, "{row}");
            assert_eq!(large.not_worse + large.better, 0, "{row}");
            // The shipped gates have five seeds.
            assert!(seeds < 5 || margin.worse >= 900, "{row}");
        }
        for seeds in SEEDS {
            let row = format!("| {seeds} | {:.2} % |", largest_noise(seeds, MARGIN) * 100.0);
            println!("{row}");
            missing += usize::from(!documented.contains(&row));
        }
        assert_eq!(missing, 0, "rows are not in docs/ci.md: take them from this test's output");
    }

    /// Where the sample size says 90 %, about 90 % are decided.
    #[test]
    fn so_many_seeds_do_decide() {
        let mut stream = Stream::new(2, Purpose::Shuffle, 0);
        for noise in [0.005, 0.01, 0.03] {
            let seeds = Difference::of_noise(noise).seeds_needed(BOUNDS).unwrap();
            let found = Found::of(0.0, noise, seeds, &mut stream);
            assert!(found.undecided <= 120, "{noise} {seeds}: {}", found.cell());
            let fewer = Found::of(0.0, noise, seeds - 1, &mut stream);
            assert!(fewer.undecided >= 60, "{noise} {seeds}: {}", fewer.cell());
            let found = Found::of(MARGIN, noise, seeds, &mut stream);
            assert!(found.worse >= 870, "{noise} {seeds}: {}", found.cell());
        }
    }

    /// Tables of the paired t test at 5 % (two-sided) and 90 % have 13 for δ/σ = 1 and 44 for 1/2, with
    /// noncentral quantiles; with Student's own the second is one more.
    #[test]
    fn seeds_needed_are_those_of_tables() {
        let needed = |noise: f64| Difference::of_noise(noise).seeds_needed(BOUNDS);
        assert_eq!(needed(MARGIN), Some(13));
        assert_eq!(needed(2.0 * MARGIN), Some(45));
        assert_eq!(needed(0.0), Some(2));
        assert_eq!(needed(1.0), None);
        // 90 % of losses of this size are found: of two differences of ± 0.1 %.
        let difference = Difference::of(&[-0.001, 0.001]).unwrap();
        let right = (12.706 + 3.078) * 0.001;
        assert!((difference.detectable(BOUNDS) - right).abs() < 1e-5);
    }

    #[test]
    fn a_build_that_computes_the_same_is_never_told() {
        let same = Difference::of(&[0.0; 3]).unwrap();
        assert_eq!(same.finding(BOUNDS), Finding::NotWorse);
        assert_eq!(same.finding(Bounds { min_effect: 0.0, margin: 0.0 }), Finding::NotWorse);
        assert_eq!((same.detectable(BOUNDS), same.seeds_needed(BOUNDS)), (MIN_EFFECT, Some(2)));
        let all_alike = Difference::of(&[0.01; 3]).unwrap();
        assert_eq!(all_alike.finding(BOUNDS), Finding::Worse);
        assert_eq!(Difference::of(&[0.5]), None);
    }
}
