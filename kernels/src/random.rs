//! Random numbers that depend on nothing but a key.
//!
//! A number is a pure function of (seed, purpose, step, index): there is no generator whose state
//! must be saved, so a resumed run draws what an untouched one draws, and trials that share a
//! process cannot disturb one another. The mixing function is SplitMix64's finaliser (Steele, Lea
//! and Flood 2014), applied to a counter.

/// What random numbers are drawn for. Two purposes never share a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// First weights; the step is the parameter's place in the model.
    Initialization = 1,
    /// Order of training windows; the step is the epoch.
    Shuffle = 2,
    /// Dropout masks; the step is the training step times 2¹⁶ plus the place in the model.
    Dropout = 3,
    /// Generated text; the step is the row of `metrics.csv` times 2¹⁶ plus the prefix.
    Generation = 4,
    /// Which examples are held out; the seed is always 0, so that all trials hold out the same.
    Splits = 5,
    /// Examples that are made up; the step is the example.
    Examples = 6,
    /// Words left out of a window, and windows made smaller; the step is the epoch.
    Windows = 7,
    /// Words that are no neighbours; the step is the training step.
    Negatives = 8,
    /// Points of a sweep; the step is the point's number times 2¹⁶ plus the key's.
    Sweep = 9,
}

/// A sequence of random numbers under one key.
#[derive(Clone, Debug)]
pub struct Stream {
    key: u64,
    index: u64,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's finaliser: a bijection that spreads every input bit over every output bit.
#[inline(always)]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Stream {
    /// The stream of `(seed, purpose, step)`.
    pub fn new(seed: u64, purpose: Purpose, step: u64) -> Self {
        let key = mix(seed.wrapping_add(GOLDEN));
        let key = mix(key ^ (purpose as u64).wrapping_mul(GOLDEN));
        let key = mix(key ^ step.wrapping_add(GOLDEN).wrapping_mul(GOLDEN));
        Self { key, index: 0 }
    }

    /// The 64 random bits at a place of the stream, whatever was drawn before.
    #[inline(always)]
    pub fn at(&self, index: u64) -> u64 {
        mix(self.key.wrapping_add(index.wrapping_mul(GOLDEN)))
    }

    /// The next 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.index += 1;
        self.at(self.index)
    }

    /// Uniform in [0, 1) with 24 random bits.
    #[inline]
    pub fn uniform_f32(&mut self) -> f32 {
        (self.bits() >> 40) as f32 * (1.0 / 16_777_216.0)
    }

    /// Uniform in [0, 1) with 53 random bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in 0..`bound`, without bias (Lemire 2019). `bound` must not be 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        debug_assert!(bound > 0);
        loop {
            let wide = u128::from(self.bits()) * u128::from(bound);
            let low = wide as u64;
            if low >= bound.wrapping_neg() % bound {
                return (wide >> 64) as u64;
            }
        }
    }

    /// Standard normal (Box and Muller 1958). `libm` rather than the platform's functions, so
    /// that every machine draws the same bits.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    /// Puts `items` in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_every_part_of_its_key() {
        let first = |seed, purpose, step| Stream::new(seed, purpose, step).bits();
        let base = first(1, Purpose::Shuffle, 0);
        assert_eq!(base, first(1, Purpose::Shuffle, 0));
        assert_ne!(base, first(2, Purpose::Shuffle, 0));
        assert_ne!(base, first(1, Purpose::Dropout, 0));
        assert_ne!(base, first(1, Purpose::Shuffle, 1));
    }

    #[test]
    fn moments_are_those_of_the_distribution() {
        let mut stream = Stream::new(7, Purpose::Initialization, 3);
        let n = 200_000;
        let draws: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.01, "{mean}");
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
        let uniform = (0..n).map(|_| f64::from(stream.uniform_f32())).sum::<f64>() / n as f64;
        assert!((uniform - 0.5).abs() < 0.005, "{uniform}");
    }

    #[test]
    fn a_shuffle_is_a_permutation_and_every_place_is_reached() {
        let mut seen = [[0u32; 5]; 5];
        for step in 0..5000 {
            let mut items = [0usize, 1, 2, 3, 4];
            Stream::new(9, Purpose::Shuffle, step).shuffle(&mut items);
            for (place, item) in items.iter().enumerate() {
                seen[place][*item] += 1;
            }
        }
        assert!(seen.iter().flatten().all(|count| (850..1150).contains(count)), "{seen:?}");
    }
}
