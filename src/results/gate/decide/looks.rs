//! Stopping early: seeds are looked at while they come, and no more are trained once it is clear.
//!
//! Who looks often finds something at last, even where there is nothing. So each look has a bound of its
//! own in place of Student's quantile: with `N` seeds at most, the chance to have crossed it after `n` of
//! them, where there is no difference, is 2.5 % · n / N, and 2.5 % in all. That is an alpha-spending
//! function (K. K. G. Lan and D. L. DeMets, "Discrete sequential boundaries for clinical trials",
//! Biometrika 70 (1983), pages 659–663), here with the t statistic itself: it does not depend on the
//! noise, so the bounds are those that so many of simulated paths without a difference cross.
//!
//! Both claims, that it is worse and that it is not, have these bounds, and either stops. That the other
//! may stop first makes neither more frequent.

use super::statistics::{Bounds, Difference, MOST_SEEDS, POWER, student};
use crate::random::{Purpose, Stream};
use std::collections::BTreeMap;

/// With which probability a bound is crossed in all where there is no difference.
const ALPHA: f64 = 0.025;
/// More looks than this gain nothing.
const MOST_LOOKS: usize = 20;
/// Numbers that are drawn for the paths, and the fewest paths.
const DRAWS: usize = 2_000_000;
const FEWEST_PATHS: usize = 20_000;

/// The looks at seeds that come one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Looks {
    most: usize,
    /// The bounds of the t statistic, by how many seeds there are.
    bounds: BTreeMap<usize, f64>,
}

impl Looks {
    /// The looks at `most` seeds.
    pub fn of(most: usize) -> Self {
        let (every, paths) = (most.div_ceil(MOST_LOOKS), (DRAWS / most.max(1)).max(FEWEST_PATHS));
        let mut stream = Stream::new(most as u64, Purpose::Shuffle, 0);
        // Of each path that has crossed no bound, the sum and the sum of squares.
        let mut inside = vec![(0.0, 0.0); paths];
        let mut bounds = BTreeMap::new();
        for seeds in 1..=most {
            for (sum, squares) in &mut inside {
                let drawn = stream.normal();
                *sum += drawn;
                *squares += drawn * drawn;
            }
            let is_look = seeds > 1 && (seeds % every == 0 || seeds == most);
            let share = ALPHA * seeds as f64 / most as f64;
            let out = (share * paths as f64).round() as usize;
            let crossing = out.saturating_sub(paths - inside.len());
            if !is_look || crossing == 0 {
                continue;
            }
            let t = |(sum, squares): &(f64, f64)| {
                let (count, mean) = (seeds as f64, sum / seeds as f64);
                let variance = (squares - sum * mean) / (count - 1.0);
                mean / (variance / count).sqrt()
            };
            let mut all: Vec<f64> = inside.iter().map(t).collect();
            let (_, bound, _) = all.select_nth_unstable_by(crossing - 1, |a, b| b.total_cmp(a));
            inside.retain(|path| t(path) < *bound);
            bounds.insert(seeds, *bound);
        }
        Self { most, bounds }
    }

    /// How many seeds there are at most.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The bound after so many seeds; `None` if there is no look at them.
    pub fn bound(&self, seeds: usize) -> Option<f64> {
        self.bounds.get(&seeds).copied()
    }

    /// The largest noise with which the last look alone rules out a loss of `margin` in 90 of 100 cases
    /// where there is none.
    pub fn largest_noise(&self, margin: f64) -> f64 {
        let last = self.bound(self.most).unwrap_or(f64::INFINITY);
        margin / (last / (self.most as f64).sqrt() + student(POWER, self.most))
    }
}

/// How many seeds at most rule out a loss of the margin in 90 of 100 cases where there is none, with this
/// noise; `None` if nobody trains as many.
pub fn seeds_needed(difference: &Difference, bounds: Bounds) -> Option<usize> {
    let mut most = difference.seeds_needed(bounds)?;
    while most <= MOST_SEEDS {
        if difference.noise() <= Looks::of(most).largest_noise(bounds.margin) {
            return Some(most);
        }
        most += 1 + most / 20;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::statistics::Finding;
    use super::*;
    use crate::results::gate::entry::{MARGIN, MIN_EFFECT};

    const BOUNDS: Bounds = Bounds { min_effect: MIN_EFFECT, margin: MARGIN };
    const NOISE: [f64; 3] = [0.004, 0.007, 0.010];
    const MOST: [usize; 4] = [5, 7, 10, 15];
    const LOSSES: [f64; 4] = [0.0, 0.01, 0.02, 0.05];

    /// Of two thousand comparisons how many pass, decide nothing and find a loss, in percent, and how
    /// many seeds were trained on average.
    struct Rates {
        passed: f64,
        undecided: f64,
        worse: f64,
        seeds: f64,
    }

    impl Rates {
        fn of(looks: &Looks, loss: f64, noise: f64, stream: &mut Stream) -> Self {
            let (mut counts, mut trained) = ([0.0; 3], 0);
            for _ in 0..2000 {
                let mut differences = Vec::new();
                let finding = loop {
                    differences.push(loss + noise * stream.normal());
                    let Some(bound) = looks.bound(differences.len()) else { continue };
                    let found = Difference::within(&differences, bound).unwrap().finding(BOUNDS);
                    if found != Finding::Undecided || differences.len() == looks.most() {
                        break found;
                    }
                };
                trained += differences.len();
                counts[match finding {
                    Finding::NotWorse | Finding::Better => 0,
                    Finding::Undecided => 1,
                    Finding::Worse => 2,
                }] += 0.05;
            }
            let [passed, undecided, worse] = counts;
            Self { passed, undecided, worse, seeds: f64::from(trained as u32) / 2000.0 }
        }

        fn cell(&self) -> String {
            let Self { passed, undecided, worse, seeds } = self;
            format!("{passed:.1} / {undecided:.1} / {worse:.1}: {seeds:.1}")
        }
    }

    /// Prints the table of docs/ci.md: `cargo test --release early_stopping -- --nocapture`.
    #[test]
    fn error_rates_of_early_stopping_are_those_that_are_documented() {
        let documented = include_str!("../../../../docs/ci.md");
        let mut stream = Stream::new(3, Purpose::Shuffle, 0);
        let (mut missing, mut trained) = (0, Vec::new());
        for most in MOST {
            let looks = Looks::of(most);
            for noise in NOISE {
                let rates = LOSSES.map(|loss| Rates::of(&looks, loss, noise, &mut stream));
                let cells = rates.each_ref().map(Rates::cell).join(" | ");
                let row = format!("| {most} | {:.1} % | {cells} |", noise * 100.0);
                println!("{row}");
                missing += usize::from(!documented.contains(&row));
                // 2.5 % at most, and four standard deviations of two thousand draws.
                assert!(rates[0].worse <= 3.9 && rates[2].passed <= 3.9, "{row}");
                assert!(rates[3].passed == 0.0, "{row}");
                if most == 10 {
                    trained.extend(rates.iter().map(|rates| rates.seeds));
                }
            }
        }
        let mean = trained.iter().sum::<f64>() / trained.len() as f64;
        println!("of ten seeds {mean:.2} are trained on average");
        assert!(mean <= 5.0, "{mean}");
        assert_eq!(missing, 0, "rows are not in docs/ci.md: take them from this test's output");
    }

    /// With the seeds that it asks for at a noise of 1 % a loss of 2 % is found in nine of ten cases.
    #[test]
    fn as_many_seeds_as_it_asks_for_decide() {
        let mut stream = Stream::new(4, Purpose::Shuffle, 0);
        for noise in [0.005, 0.01, 0.02] {
            let asked = seeds_needed(&Difference::of_noise(noise), BOUNDS).unwrap();
            let looks = Looks::of(asked);
            let [none, loss] =
                [0.0, MARGIN].map(|loss| Rates::of(&looks, loss, noise, &mut stream));
            println!("{noise}: {asked} seeds: {} | {}", none.cell(), loss.cell());
            assert!(none.passed >= 88.0 && loss.worse >= 88.0, "{noise} {asked}: {}", loss.cell());
        }
        assert_eq!(seeds_needed(&Difference::of_noise(1.0), BOUNDS), None);
    }

    #[test]
    fn the_last_look_at_two_seeds_is_students() {
        let bound = Looks::of(2).bound(2).unwrap();
        assert!((bound / 12.706 - 1.0).abs() < 0.05, "{bound}");
        let looks = Looks::of(60);
        assert!(looks.bounds.len() == 20 && looks.bound(60).is_some() && looks.bound(4).is_none());
        // Each look has less to spend than a single one would.
        assert!(Looks::of(10).bound(10).is_some_and(|bound| bound > 2.262));
    }
}
