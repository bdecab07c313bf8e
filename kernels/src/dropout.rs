//! Dropout (Srivastava et al. 2014), scaled while training as in PyTorch. The mask is a function
//! of a key and of the place alone: the backward pass computes it again instead of keeping it.

use super::simd::vectorized;
use crate::random::Stream;

vectorized! {
    /// Sets each value to 0 with the given probability and multiplies the others by
    /// 1 / (1 − probability). Applied to a gradient under the same key it is its own derivative.
    pub fn apply<'a>(values: &'a mut [f32], mask: &'a Stream, probability: f64) {
        let scale = (1.0 / (1.0 - probability)) as f32;
        // The upper 32 random bits against the probability's share of 2³².
        let bound = (probability * 4_294_967_296.0) as u64;
        for (place, value) in values.iter_mut().enumerate() {
            let kept = mask.at(place as u64) >> 32 >= bound;
            *value *= if kept { scale } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;
    use crate::random::Purpose;

    #[test]
    fn keeps_the_mean_and_the_mask_is_the_same_on_every_level() {
        let mask = Stream::new(3, Purpose::Dropout, 1);
        let drop = |level| {
            let mut values = vec![1.0f32; 100_003];
            apply(level, &mut values, &mask, 0.3);
            values
        };
        let plain = drop(Level::Portable);
        assert!(Level::available().into_iter().all(|level| drop(level) == plain));
        let zeros = plain.iter().filter(|x| **x == 0.0).count();
        assert!((29_500..30_500).contains(&zeros), "{zeros}");
        assert!(plain.iter().all(|x| *x == 0.0 || (*x - 1.0 / 0.7).abs() < 1e-6));
    }
}
