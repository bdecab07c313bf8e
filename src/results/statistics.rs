//! Means and their uncertainty.
//!
//! A metric can be infinite, as a perplexity that overflows is: such a mean or difference is
//! infinite and has no interval.

use std::collections::BTreeMap;

/// A mean with the half width of its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval; `None` for a single value, or if a value is infinite.
    pub interval: Option<f64>,
    /// How many values.
    pub count: usize,
}

impl Mean {
    /// The mean of some values, with Student's interval; `None` for no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = mean(values);
        let interval =
            (count > 1).then(|| quantile(0.975, (count - 1) as f64) * standard_error(values, mean));
        Some(Self { mean, interval: interval.filter(|half| half.is_finite()), count })
    }
}

/// The mean of values whose sum may be larger than any number.
fn mean(values: &[f64]) -> f64 {
    let (sum, count) = (values.iter().sum::<f64>(), values.len() as f64);
    if sum.is_finite() { sum / count } else { values.iter().map(|value| value / count).sum() }
}

/// s / √n: how far the mean of such values is from the true one. The largest deviation is taken out
/// of the squares, which may be larger than any number.
fn standard_error(values: &[f64], mean: f64) -> f64 {
    if !mean.is_finite() {
        return f64::NAN;
    }
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max((value - mean).abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let count = values.len() as f64;
    let squares: f64 = values.iter().map(|value| ((value - mean) / largest).powi(2)).sum();
    largest * (squares / (count - 1.0) / count).sqrt()
}

/// How two groups of runs are held against one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Seed by seed, by Student's interval of the mean difference: what a seed does to both groups
    /// cancels out.
    Paired,
    /// As independent groups, by Welch's interval.
    Welch,
}

impl Method {
    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paired => "paired",
            Self::Welch => "welch",
        }
    }
}

/// How much larger one group is than another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The mean difference.
    pub difference: Mean,
    /// How it was taken.
    pub method: Method,
    /// How often a difference as large would be found if there were none, by Student's test; `None`
    /// where there is no interval.
    pub p: Option<f64>,
}

impl Effect {
    /// A mean difference of so many degrees of freedom.
    fn new(difference: Mean, method: Method, freedom: f64) -> Self {
        let p = difference.interval.map(|half| match half {
            0.0 => f64::from(difference.mean == 0.0),
            half => {
                let t = difference.mean / half * quantile(0.975, freedom);
                beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
            }
        });
        Self { difference, method, p }
    }
}

/// Probabilities of several tests at once, so corrected that in 95 of 100 such families no difference is
/// found that is none (Holm 1979, "A simple sequentially rejective multiple test procedure").
pub fn holm(all: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        all.iter().enumerate().filter_map(|(place, p)| Some((place, (*p)?))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (mut corrected, count) = (vec![None; all.len()], order.len());
    let mut greatest: f64 = 0.0;
    for (rank, (place, p)) in order.into_iter().enumerate() {
        greatest = greatest.max((p * (count - rank) as f64).min(1.0));
        corrected[place] = Some(greatest);
    }
    corrected
}

/// The difference b − a of two groups of (seed, value): paired where both have the same seeds, two
/// or more and each once, and otherwise by Welch's test. `None` if a group is empty, or the difference is
/// undefined, as infinity minus infinity is.
pub fn between(a: &[(u64, f64)], b: &[(u64, f64)]) -> Option<Effect> {
    if let Some(differences) = by_seed(a, b) {
        let difference = Mean::of(&differences).filter(|found| !found.mean.is_nan())?;
        return Some(Effect::new(difference, Method::Paired, difference.count as f64 - 1.0));
    }
    let values = |group: &[(u64, f64)]| group.iter().map(|(_, value)| *value).collect::<Vec<_>>();
    let (difference, freedom) = difference(&values(a), &values(b))?;
    Some(Effect::new(difference, Method::Welch, freedom))
}

/// The differences b − a in the order of the seeds, where both groups have the same.
fn by_seed(a: &[(u64, f64)], b: &[(u64, f64)]) -> Option<Vec<f64>> {
    let before: BTreeMap<u64, f64> = a.iter().copied().collect();
    let now: BTreeMap<u64, f64> = b.iter().copied().collect();
    let each_once = before.len() == a.len() && now.len() == b.len();
    if !each_once || before.len() < 2 || !before.keys().eq(now.keys()) {
        return None;
    }
    Some(before.values().zip(now.values()).map(|(before, now)| now - before).collect())
}

/// The difference b − a of two means with its 95 % interval, by Welch's test, and its degrees of freedom;
/// no interval if one of them is of a single value. `None` if the difference is undefined.
fn difference(a: &[f64], b: &[f64]) -> Option<(Mean, f64)> {
    let (mean_a, mean_b) = (Mean::of(a)?.mean, Mean::of(b)?.mean);
    let (error_a, error_b) = (standard_error(a, mean_a), standard_error(b, mean_b));
    let error = error_a.hypot(error_b);
    let part = |own: f64, values: &[f64]| (own / error).powi(4) / (values.len() as f64 - 1.0);
    let freedom = match error > 0.0 {
        true => 1.0 / (part(error_a, a) + part(error_b, b)),
        false => f64::INFINITY,
    };
    let half = || if error == 0.0 { 0.0 } else { quantile(0.975, freedom) * error };
    let interval = (a.len() > 1 && b.len() > 1).then(half).filter(|half| half.is_finite());
    let found = Mean { mean: mean_b - mean_a, interval, count: a.len().min(b.len()) };
    (!found.mean.is_nan()).then_some((found, freedom))
}

/// A quantile, from 50 % on, of Student's distribution with `freedom` degrees of freedom: bisection
/// of its distribution function, which is a regularized incomplete beta function.
pub(crate) fn quantile(probability: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 20.0);
    for _ in 0..80 {
        let middle: f64 = (low + high) / 2.0;
        // P(|T| > t) = I_{ν/(ν+t²)}(ν/2, 1/2).
        let tail = beta(freedom / (freedom + middle * middle), freedom / 2.0, 0.5);
        if tail > 2.0 * (1.0 - probability) { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The regularized incomplete beta function I_x(a, b), by its continued fraction (Lentz's method;
/// Abramowitz and Stegun 26.5.8).
fn beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(1.0 - x, b, a);
    }
    let logs = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let front = libm::exp(logs + a * libm::log(x) + b * libm::log(1.0 - x)) / a;
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            fraction *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables of Student's distribution.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (probability, freedom, right) in [
            (0.975, 1.0, 12.706),
            (0.975, 2.0, 4.303),
            (0.975, 4.0, 2.776),
            (0.975, 9.0, 2.262),
            (0.975, 30.0, 2.042),
            (0.975, 1e4, 1.960),
            (0.95, 1.0, 6.314),
            (0.95, 4.0, 2.132),
            (0.8, 1.0, 1.376),
            (0.8, 9.0, 0.883),
        ] {
            let found = quantile(probability, freedom);
            assert!((found - right).abs() < 6e-4, "{probability} {freedom}: {found}");
        }
    }

    #[test]
    fn a_mean_has_students_interval() {
        let mean = Mean::of(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((mean.mean, mean.count), (2.0, 3));
        assert!((mean.interval.unwrap() - 4.3027 / 3f64.sqrt()).abs() < 1e-3);
        assert_eq!(Mean::of(&[5.0]).unwrap().interval, None);
        assert_eq!(Mean::of(&[]), None);
    }

    /// Equal variances and counts: Welch's interval is the pooled one.
    #[test]
    fn a_difference_has_welchs_interval() {
        let (found, freedom) = difference(&[1.0, 2.0, 3.0], &[11.0, 12.0, 13.0]).unwrap();
        assert!((freedom - 4.0).abs() < 1e-9);
        assert_eq!(found.mean, 10.0);
        assert!((found.interval.unwrap() - 2.7764 * (2.0f64 / 3.0).sqrt()).abs() < 1e-3);
        assert_eq!(difference(&[1.0], &[2.0, 3.0]).unwrap().0.interval, None);
    }

    #[test]
    fn infinite_values_have_infinite_means() {
        let infinite = f64::INFINITY;
        let mean = Mean::of(&[1.0, infinite, 3.0]).unwrap();
        assert_eq!((mean.mean, mean.interval, mean.count), (infinite, None, 3));
        assert_eq!(Mean::of(&[infinite; 2]).unwrap().interval, None);
        let undefined = Mean::of(&[1.0, f64::NAN]).unwrap();
        assert!(undefined.mean.is_nan() && undefined.interval.is_none());
        assert!(Mean::of(&[infinite, -infinite]).unwrap().mean.is_nan());
        // The sum is larger than any number, the mean is not.
        assert_eq!(Mean::of(&[1.5e308, 1.5e308]).unwrap().mean, 1.5e308);
        // So are the squares, but not the interval: 12.706 · 1e300.
        let half = Mean::of(&[2e300, 4e300]).unwrap().interval.unwrap();
        assert!((half / 1e300 - 12.706).abs() < 1e-3, "{half}");
        let (found, _) = difference(&[2e300, 4e300], &[6e300, 8e300]).unwrap();
        assert!((found.interval.unwrap() / 1e300 - 4.303 * 2f64.sqrt()).abs() < 1e-3);
    }

    /// t = 10 / √(2/3) of 4 degrees of freedom, and t = 2 of 1: 2 · arctan(1/2) / π.
    #[test]
    fn probabilities_are_students() {
        let of = |a: &[f64], b: &[f64]| {
            let numbered =
                |all: &[f64], from: u64| (from..).zip(all.iter().copied()).collect::<Vec<_>>();
            between(&numbered(a, 0), &numbered(b, 9)).unwrap().p.unwrap()
        };
        let welch = of(&[1.0, 2.0, 3.0], &[11.0, 12.0, 13.0]);
        assert!((welch - 2.552_167_494e-4).abs() < 1e-10, "{welch}");
        let paired = between(&[(1, 0.0), (2, 0.0)], &[(1, 1.0), (2, 3.0)]).unwrap().p.unwrap();
        assert!((paired - 2.0 * 0.5_f64.atan() / std::f64::consts::PI).abs() < 1e-9, "{paired}");
        assert_eq!(of(&[1.0, 1.0], &[2.0, 2.0]), 0.0);
        assert_eq!(of(&[1.0, 1.0], &[1.0, 1.0]), 1.0);
    }

    #[test]
    fn several_tests_at_once_need_more() {
        let found = holm(&[Some(0.01), None, Some(0.04), Some(0.03), Some(0.9)]);
        let right = [Some(0.04), None, Some(0.09), Some(0.09), Some(0.9)];
        for (found, right) in found.into_iter().zip(right) {
            assert!(found.zip(right).is_none_or(|(a, b)| (a - b).abs() < 1e-12));
            assert_eq!(found.is_some(), right.is_some());
        }
        assert_eq!(holm(&[Some(0.7), Some(0.6)]), [Some(1.0), Some(1.0)]);
    }

    /// Seeds differ by whole numbers, the groups by about 0.1: paired, that is certain.
    #[test]
    fn groups_of_the_same_seeds_are_paired() {
        let a = [(1, 10.0), (2, 20.0), (3, 30.0)];
        let b = [(3, 30.125), (1, 10.0625), (2, 20.125)];
        let found = between(&a, &b).unwrap();
        assert_eq!(found.method, Method::Paired);
        assert_eq!(found.difference.mean, 0.3125 / 3.0);
        // Differences of 1/16, 1/8, 1/8: s = 1/16 / √3, divided by √3 again.
        let right = 4.302_65 * 0.0625 / 3.0;
        assert!((found.difference.interval.unwrap() - right).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn other_groups_are_compared_by_welchs_test() {
        let a = [(1, 10.0), (2, 20.0), (3, 30.0)];
        let values = |group: &[(u64, f64)]| group.iter().map(|(_, v)| *v).collect::<Vec<f64>>();
        let others: [&[(u64, f64)]; 4] = [
            &[(1, 11.0), (2, 21.0)],
            &[(4, 11.0), (5, 21.0), (6, 31.0)],
            // A seed that stands twice has no pair.
            &[(1, 11.0), (2, 21.0), (2, 22.0), (3, 31.0)],
            &[(1, 11.0)],
        ];
        for b in others {
            let found = between(&a, b).unwrap();
            assert_eq!(found.method, Method::Welch, "{b:?}");
            let welch = difference(&values(&a), &values(b)).map(|found| found.0);
            assert_eq!(Some(found.difference), welch);
        }
        // One seed is no group of differences: there is no interval.
        let single = between(&[(1, 10.0)], &[(1, 11.0)]).unwrap();
        assert_eq!((single.difference.mean, single.difference.interval), (1.0, None));
        assert_eq!(single.method, Method::Welch);
        assert_eq!(between(&a, &[]), None);
    }

    #[test]
    fn infinite_differences_have_a_sign_or_are_none() {
        let infinite = f64::INFINITY;
        let finite = [(1, 10.0), (2, 20.0)];
        let one = [(1, infinite), (2, 20.0)];
        let apart = [(1, infinite)];
        for (a, b, right) in [
            (&finite[..], &one[..], Some((infinite, Method::Paired))),
            (&one, &finite, Some((-infinite, Method::Paired))),
            (&finite, &apart, Some((infinite, Method::Welch))),
            (&one, &one, None),
            (&apart, &apart, None),
            (&one, &[(1, 10.0), (2, infinite)], None),
            (&finite, &[(1, f64::NAN), (2, 20.0)], None),
        ] {
            let found = between(a, b);
            let told = found.map(|found| (found.difference.mean, found.method));
            assert_eq!(told, right, "{a:?} {b:?}");
            assert_eq!(found.and_then(|found| found.difference.interval), None);
        }
    }
}
