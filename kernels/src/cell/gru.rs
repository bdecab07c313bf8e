//! Gated recurrent unit.

use super::{Backward, Cell, Forward};
use crate::activation::{sigmoid, tanh};
use crate::simd::{Level, vectorized};

/// Gated recurrent unit; gates r, z, n.
#[derive(Clone, Copy, Debug)]
pub struct Gru;

impl Cell for Gru {
    const GATES: usize = 3;
    const MEMORY: bool = false;
    const KEPT: bool = true;
    const APART: bool = true;

    fn forward(self, level: Level, step: Forward<'_>) {
        let Forward { hidden_size: size, gates, recurrent, previous, hidden, kept, .. } = step;
        let shares = gates.chunks_exact_mut(3 * size).zip(recurrent.chunks_exact(3 * size));
        let states = previous.chunks_exact(size).zip(hidden.chunks_exact_mut(size));
        let rows = shares.zip(states).zip(kept.chunks_exact_mut(size));
        for (((gates, recurrent), (before, after)), kept) in rows {
            kept.copy_from_slice(&recurrent[2 * size..]);
            gru_forward(level, gates, recurrent, before, after);
        }
    }

    fn backward(self, level: Level, step: Backward<'_>) {
        let Backward {
            hidden_size: size,
            gates,
            previous,
            kept,
            hidden_gradient,
            recurrent_gradient,
            ..
        } = step;
        let shares =
            gates.chunks_exact_mut(3 * size).zip(recurrent_gradient.chunks_exact_mut(3 * size));
        let states = previous.chunks_exact(size).zip(kept.chunks_exact(size));
        let rows = shares.zip(states).zip(hidden_gradient.chunks_exact_mut(size));
        for (((gates, recurrent), (before, new)), dh) in rows {
            let (reset_update_share, new_share) = recurrent.split_at_mut(2 * size);
            gru_backward(level, gates, new_share, before, new, dh);
            reset_update_share.copy_from_slice(&gates[..2 * size]);
        }
    }
}

vectorized! {
    /// One row: gates and `recurrent` (3, H), the others (H).
    fn gru_forward<'a>(
        gates: &'a mut [f32], recurrent: &'a [f32], before: &'a [f32], after: &'a mut [f32],
    ) {
        let size = after.len();
        let (reset_update, candidate) = gates.split_at_mut(2 * size);
        let (recurrent, new) = recurrent.split_at(2 * size);
        add(reset_update, recurrent);
        reset_update.iter_mut().for_each(|x| *x = sigmoid(*x));
        let (reset, update) = reset_update.split_at(size);
        for ((n, r), new) in candidate.iter_mut().zip(reset).zip(new) {
            *n = tanh(r.mul_add(*new, *n));
        }
        let sources = candidate.iter().zip(update).zip(before);
        for (h, ((n, z), h0)) in after.iter_mut().zip(sources) {
            *h = z.mul_add(h0 - n, *n);
        }
    }
}

vectorized! {
    /// One row: gates (3, H), the others (H). `share` becomes the gradient of the recurrent share
    /// of the new gate.
    fn gru_backward<'a>(
        gates: &'a mut [f32], share: &'a mut [f32], before: &'a [f32], new: &'a [f32],
        dh: &'a mut [f32],
    ) {
        let size = dh.len();
        let (reset_update, candidate) = gates.split_at_mut(2 * size);
        let (reset, update) = reset_update.split_at_mut(size);
        for (((z, n), dh), h0) in update.iter_mut().zip(&mut *candidate).zip(dh).zip(before) {
            let (old_z, old_n) = (*z, *n);
            *z = *dh * (h0 - old_n) * (old_z * (1.0 - old_z));
            *n = *dh * (1.0 - old_z) * old_n.mul_add(-old_n, 1.0);
            *dh *= old_z;
        }
        for (((r, share), dn), new) in reset.iter_mut().zip(share).zip(candidate).zip(new) {
            let old_r = *r;
            *share = *dn * old_r;
            *r = *dn * new * (old_r * (1.0 - old_r));
        }
    }
}

/// `target += source`.
#[inline(always)]
fn add(target: &mut [f32], source: &[f32]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += source;
    }
}
