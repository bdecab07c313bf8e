//! What the core can do at most: fused multiply-adds of registers alone.

use pulp::{Arch, Simd, WithSimd};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Chains of multiply-adds that do not wait for one another.
const CHAINS: usize = 16;

/// Multiply-adds of each chain.
const LENGTH: usize = 1 << 16;

struct Chains;

impl WithSimd for Chains {
    type Output = (f32, usize);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let (factor, term) = black_box((0.999_f32, 0.001_f32));
        let (factor, term) = (simd.splat_f32s(factor), simd.splat_f32s(term));
        let mut chains = [simd.splat_f32s(0.5); CHAINS];
        for _ in 0..LENGTH {
            for chain in &mut chains {
                *chain = simd.mul_add_e_f32s(*chain, factor, term);
            }
        }
        let sum = chains.into_iter().reduce(|a, b| simd.add_f32s(a, b));
        let sum = sum.map_or(0.0, |sum| simd.reduce_sum_f32s(sum));
        (sum, S::F32_LANES)
    }
}

/// Operations a second of this core, a multiply-add as two.
pub fn peak() -> f64 {
    let arch = Arch::new();
    let (mut best, begun) = (0.0_f64, Instant::now());
    while begun.elapsed() < Duration::from_millis(150) {
        let start = Instant::now();
        let (sum, lanes) = arch.dispatch(Chains);
        black_box(sum);
        let operations = (2 * LENGTH * CHAINS * lanes) as f64;
        best = best.max(operations / start.elapsed().as_secs_f64());
    }
    best
}
