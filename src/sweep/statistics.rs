//! Means and their uncertainty.

/// A mean with the half width of its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval; none of a single value.
    pub interval: Option<f64>,
    /// How many values.
    pub count: usize,
}

impl Mean {
    /// The mean of some values, with Student's interval; none of no values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let interval = (count > 1).then(|| {
            let deviation = (squares / (count - 1) as f64).sqrt();
            quantile((count - 1) as f64) * deviation / (count as f64).sqrt()
        });
        Some(Self { mean, interval, count })
    }
}

/// The difference b − a of two means with its 95 % interval, by Welch's test; none for the
/// interval where one of them is of a single value.
pub fn difference(a: &[f64], b: &[f64]) -> Option<Mean> {
    let (mean_a, mean_b) = (Mean::of(a)?, Mean::of(b)?);
    let variance = |values: &[f64], mean: f64| {
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        squares / (values.len() as f64 - 1.0) / values.len() as f64
    };
    let interval = (a.len() > 1 && b.len() > 1).then(|| {
        let (va, vb) = (variance(a, mean_a.mean), variance(b, mean_b.mean));
        if va + vb == 0.0 {
            return 0.0;
        }
        let freedom = (va + vb).powi(2)
            / (va * va / (a.len() as f64 - 1.0) + vb * vb / (b.len() as f64 - 1.0));
        quantile(freedom) * (va + vb).sqrt()
    });
    Some(Mean { mean: mean_b.mean - mean_a.mean, interval, count: a.len().min(b.len()) })
}

/// The 97.5 % quantile of Student's distribution with so many degrees of freedom: bisection of its
/// distribution function, which is a regularized incomplete beta function.
fn quantile(freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 20.0);
    for _ in 0..80 {
        let middle: f64 = (low + high) / 2.0;
        // P(|T| > t) = I_{ν/(ν+t²)}(ν/2, 1/2).
        let tail = beta(freedom / (freedom + middle * middle), freedom / 2.0, 0.5);
        if tail > 0.05 { low = middle } else { high = middle }
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
        for (freedom, right) in
            [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (9.0, 2.262), (30.0, 2.042), (1e4, 1.960)]
        {
            assert!((quantile(freedom) - right).abs() < 6e-4, "{freedom}: {}", quantile(freedom));
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
        let found = difference(&[1.0, 2.0, 3.0], &[11.0, 12.0, 13.0]).unwrap();
        assert_eq!(found.mean, 10.0);
        assert!((found.interval.unwrap() - 2.7764 * (2.0f64 / 3.0).sqrt()).abs() < 1e-3);
        assert_eq!(difference(&[1.0], &[2.0, 3.0]).unwrap().interval, None);
    }
}
