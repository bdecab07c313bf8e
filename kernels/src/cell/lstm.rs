//! Long short-term memory.

use super::{Backward, Cell, Forward};
use crate::activation::{sigmoid, tanh};
use crate::simd::{Level, vectorized};

/// Long short-term memory; gates i, f, g, o.
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

impl Cell for Lstm {
    const GATES: usize = 4;
    const MEMORY: bool = true;
    const KEPT: bool = true;
    const APART: bool = false;

    fn forward(self, level: Level, step: Forward<'_>) {
        let Forward { hidden_size: size, gates, memory, hidden, kept, .. } = step;
        let states = memory.chunks_exact(size).zip(kept.chunks_exact_mut(size));
        let rows = gates.chunks_exact_mut(4 * size).zip(states);
        for ((gates, (before, after)), hidden) in rows.zip(hidden.chunks_exact_mut(size)) {
            lstm_forward(level, gates, before, after, hidden);
        }
    }

    fn backward(self, level: Level, step: Backward<'_>) {
        let Backward {
            hidden_size: size,
            gates,
            memory,
            kept,
            hidden_gradient,
            memory_gradient,
            scratch,
            ..
        } = step;
        let states = memory.chunks_exact(size).zip(kept.chunks_exact(size));
        let gradients =
            hidden_gradient.chunks_exact(size).zip(memory_gradient.chunks_exact_mut(size));
        let rows = gates.chunks_exact_mut(4 * size).zip(states).zip(gradients);
        for ((gates, (before, after)), (dh, dc)) in rows {
            lstm_backward(level, gates, before, after, dh, dc, scratch);
        }
        hidden_gradient.fill(0.0);
    }
}

vectorized! {
    /// One row: gates (4, H), the others (H).
    fn lstm_forward<'a>(
        gates: &'a mut [f32], before: &'a [f32], after: &'a mut [f32], hidden: &'a mut [f32],
    ) {
        let size = hidden.len();
        let (input_forget, rest) = gates.split_at_mut(2 * size);
        let (candidate, output) = rest.split_at_mut(size);
        input_forget.iter_mut().for_each(|x| *x = sigmoid(*x));
        candidate.iter_mut().for_each(|x| *x = tanh(*x));
        output.iter_mut().for_each(|x| *x = sigmoid(*x));
        let (input, forget) = input_forget.split_at(size);
        let sources = input.iter().zip(&*candidate).zip(forget).zip(before);
        for (c, (((i, g), f), c0)) in after.iter_mut().zip(sources) {
            *c = f.mul_add(*c0, i * g);
        }
        for ((h, o), c) in hidden.iter_mut().zip(&*output).zip(&*after) {
            *h = o * tanh(*c);
        }
    }
}

vectorized! {
    /// One row: gates (4, H), the others (H).
    fn lstm_backward<'a>(
        gates: &'a mut [f32], before: &'a [f32], after: &'a [f32], dh: &'a [f32],
        dc: &'a mut [f32], scratch: &'a mut [f32],
    ) {
        let size = dh.len();
        let (input, rest) = gates.split_at_mut(size);
        let (forget, rest) = rest.split_at_mut(size);
        let (candidate, output) = rest.split_at_mut(size);
        for (t, c) in scratch.iter_mut().zip(after) {
            *t = tanh(*c);
        }
        let sources = dh.iter().zip(&*output).zip(&*scratch);
        for (dc, ((dh, o), t)) in dc.iter_mut().zip(sources) {
            *dc = (dh * o).mul_add(t.mul_add(-t, 1.0), *dc);
        }
        for ((o, t), dh) in output.iter_mut().zip(scratch).zip(dh) {
            *o = dh * *t * (*o * (1.0 - *o));
        }
        for ((i, g), dc) in input.iter_mut().zip(candidate).zip(&*dc) {
            let (old_i, old_g) = (*i, *g);
            *i = dc * old_g * (old_i * (1.0 - old_i));
            *g = dc * old_i * old_g.mul_add(-old_g, 1.0);
        }
        for ((f, dc), c0) in forget.iter_mut().zip(dc).zip(before) {
            let old_f = *f;
            *f = *dc * c0 * (old_f * (1.0 - old_f));
            *dc *= old_f;
        }
    }
}
