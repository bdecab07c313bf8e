//! Exponential, hyperbolic tangent and logistic function as polynomials out of multiply-adds,
//! without branches, so that loops over them become vectors and every level gives the same bits.

/// `2²³ × 1.5`: adding it to a small number rounds that to the nearest integer, which then stands
/// in the low bits of the sum.
const ROUND: f32 = 12_582_912.0;

/// eˣ. Within 2 units in the last place between −87 and 88; held at the ends' values beyond
/// (the results stay normal numbers); NaN gives NaN.
///
/// Range reduction and polynomial as in Cephes' `expf` (Moshier): `x = n ln 2 + r`,
/// `|r| ≤ ½ ln 2`.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    let p = 1.987_569_1e-4_f32;
    let p = p.mul_add(r, 1.398_199_9e-3);
    let p = p.mul_add(r, 8.333_452e-3);
    let p = p.mul_add(r, 4.166_579_6e-2);
    let p = p.mul_add(r, 1.666_666_5e-1);
    let p = p.mul_add(r, 5e-1);
    let p = p.mul_add(r * r, r) + 1.0;
    // 2ⁿ: n stands in the low bits of `shifted`; move it to the exponent of 1.0.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    p * power
}

/// tanh x. Within 6 units in the last place; odd; NaN gives NaN.
///
/// The rational approximation of degrees 13 and 6 on [−7.9, 7.9] that Eigen uses; beyond, the
/// nearest `f32` is ±1 to within a unit in the last place.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    const BOUND: f32 = 7.905_311;
    let x = if x > BOUND { BOUND } else { x };
    let x = if x < -BOUND { -BOUND } else { x };
    let square = x * x;
    let p = -2.760_768_5e-16_f32;
    let p = p.mul_add(square, 2.000_188e-13);
    let p = p.mul_add(square, -8.604_672e-11);
    let p = p.mul_add(square, 5.122_297e-8);
    let p = p.mul_add(square, 1.485_722_4e-5);
    let p = p.mul_add(square, 6.372_619_4e-4);
    let p = p.mul_add(square, 4.893_524_5e-3);
    let q = 1.198_258_4e-6_f32;
    let q = q.mul_add(square, 1.185_347_1e-4);
    let q = q.mul_add(square, 2.268_434_6e-3);
    let q = q.mul_add(square, 4.893_525e-3);
    x * p / q
}

/// The logistic function 1 / (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;
    use crate::simd::vectorized;

    fn grid() -> impl Iterator<Item = f32> {
        (-120_000..=120_000).map(|i| i as f32 * 1e-3)
    }

    /// Distance in units in the last place of the expected value.
    fn ulps(found: f32, expected: f64) -> f64 {
        let near = expected as f32;
        let unit = f64::from(f32::from_bits(near.abs().to_bits() + 1)) - f64::from(near.abs());
        (f64::from(found) - expected).abs() / unit
    }

    #[test]
    fn exp_is_within_two_ulps_and_bounded_beyond() {
        for x in grid().filter(|x| (-87.0..=88.0).contains(x)) {
            let error = ulps(exp(x), f64::from(x).exp());
            assert!(error < 2.0, "exp({x}) is off by {error} ulps");
        }
        assert!(exp(1e30).is_finite() && exp(-1e30) > 0.0 && exp(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn tanh_is_within_six_ulps_odd_and_bounded() {
        for x in grid() {
            let error = ulps(tanh(x), f64::from(x).tanh());
            assert!(error < 6.0, "tanh({x}) is off by {error} ulps");
            assert_eq!(tanh(-x), -tanh(x));
            assert!(tanh(x).abs() <= 1.0, "tanh({x}) is {}", tanh(x));
        }
        assert!((tanh(1e-20) / 1e-20 - 1.0).abs() < 1e-6 && tanh(f32::NAN).is_nan());
    }

    #[test]
    fn sigmoid_is_close_and_bounded() {
        for x in grid() {
            let expected = 1.0 / (1.0 + (-f64::from(x)).exp());
            assert!((f64::from(sigmoid(x)) - expected).abs() < 1.2e-7, "sigmoid({x})");
            assert!((0.0..=1.0).contains(&sigmoid(x)));
        }
    }

    vectorized! {
        fn apply<'a>(values: &'a mut [f32], kind: u8) {
            match kind {
                0 => values.iter_mut().for_each(|x| *x = exp(*x)),
                1 => values.iter_mut().for_each(|x| *x = tanh(*x)),
                _ => values.iter_mut().for_each(|x| *x = sigmoid(*x)),
            }
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        for kind in 0..3 {
            let results = Level::available().into_iter().map(|level| {
                let mut values: Vec<f32> = grid().collect();
                apply(level, &mut values, kind);
                values.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            });
            let results: Vec<_> = results.collect();
            assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }
}
