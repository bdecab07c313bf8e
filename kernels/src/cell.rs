//! What one time step of a recurrent cell computes, apart from its matrix products.
//!
//! A cell gets, for every row of the batch, the input's share `x W_ihᵀ + b_ih` and the previous
//! state's share `h W_hhᵀ + b_hh` of each gate, both (B, G, H) with the gates in PyTorch's order,
//! and turns them into the next hidden state. All but the GRU need their sum alone: they get it in
//! one array. The formulas are those of `torch.nn.RNN`, `GRU` and `LSTM`.
//!
//! What the compiler turns into vectors here is one row of the batch, one function a row: with a
//! loop over the rows around it, it would check for all rows at once that what is written does
//! not overlap what is read, which gates that lie side by side in a row never pass.

use super::activation::{sigmoid, tanh};
use super::simd::{Level, vectorized};

/// One step forward. `B·H` numbers each, gates `B·G·H`.
pub struct Forward<'a> {
    /// H, the units.
    pub hidden_size: usize,
    /// In: the gates before their activation, or the input's share of them where the cell keeps
    /// the shares apart. Out: the gates' activations.
    pub gates: &'a mut [f32],
    /// The previous state's share of the gates, where that stands apart; else empty.
    pub recurrent: &'a [f32],
    /// The previous hidden state.
    pub previous: &'a [f32],
    /// The previous cell state (LSTM; else empty).
    pub memory: &'a [f32],
    /// Out: the next hidden state.
    pub hidden: &'a mut [f32],
    /// Out: the next cell state (LSTM), the recurrent share of the new gate (GRU), or empty.
    pub kept: &'a mut [f32],
}

/// One step backward.
pub struct Backward<'a> {
    /// H, the units.
    pub hidden_size: usize,
    /// In: the gates' activations. Out: the gradient of the input's share of the gates.
    pub gates: &'a mut [f32],
    /// The previous hidden state.
    pub previous: &'a [f32],
    /// The hidden state that this step gave.
    pub hidden: &'a [f32],
    /// The previous cell state (LSTM; else empty).
    pub memory: &'a [f32],
    /// What [`Forward::kept`] kept.
    pub kept: &'a [f32],
    /// In: the hidden state's gradient. Out: the part of the previous hidden state's gradient
    /// that does not go through the gates.
    pub hidden_gradient: &'a mut [f32],
    /// In: the cell state's gradient from later steps; out: the previous one's (LSTM).
    pub memory_gradient: &'a mut [f32],
    /// Out: the gradient of the previous state's share of the gates, where it differs from that
    /// of the input's (GRU; else empty).
    pub recurrent_gradient: &'a mut [f32],
    /// H numbers to work with.
    pub scratch: &'a mut [f32],
}

/// A recurrent cell.
pub trait Cell: Copy + std::fmt::Debug + Send + Sync + 'static {
    /// G, the gates.
    const GATES: usize;
    /// Whether the state has a second part, the cell state c.
    const MEMORY: bool;
    /// Whether a step keeps B·H numbers beside its gates for the way back.
    const KEPT: bool;
    /// Whether the cell needs the previous state's share of the gates apart from the input's; the
    /// gradients of the two then differ.
    const APART: bool;

    /// One time step.
    fn forward(self, level: Level, step: Forward<'_>);

    /// The derivative of one time step.
    fn backward(self, level: Level, step: Backward<'_>);
}

/// `h' = tanh(i)` or `relu(i)`, `i` being the sum of both shares (Elman 1990).
#[derive(Clone, Copy, Debug)]
pub struct Rnn {
    /// Whether relu takes the place of tanh.
    pub relu: bool,
}

/// Gated recurrent unit; gates r, z, n.
#[derive(Clone, Copy, Debug)]
pub struct Gru;

/// Long short-term memory; gates i, f, g, o.
#[derive(Clone, Copy, Debug)]
pub struct Lstm;

impl Cell for Rnn {
    const GATES: usize = 1;
    const MEMORY: bool = false;
    const KEPT: bool = false;
    const APART: bool = false;

    fn forward(self, level: Level, step: Forward<'_>) {
        rnn_forward(level, step, self.relu);
    }

    fn backward(self, level: Level, step: Backward<'_>) {
        rnn_backward(level, step, self.relu);
    }
}

vectorized! {
    fn rnn_forward<'a>(step: Forward<'a>, relu: bool) {
        let Forward { gates, hidden, .. } = step;
        if relu {
            for (h, x) in hidden.iter_mut().zip(gates) {
                *h = if *x > 0.0 || x.is_nan() { *x } else { 0.0 };
            }
        } else {
            for (h, x) in hidden.iter_mut().zip(gates) {
                *h = tanh(*x);
            }
        }
    }
}

vectorized! {
    fn rnn_backward<'a>(step: Backward<'a>, relu: bool) {
        let Backward { gates, hidden, hidden_gradient, .. } = step;
        if relu {
            for ((d, h), dh) in gates.iter_mut().zip(hidden).zip(&*hidden_gradient) {
                *d = if *h > 0.0 { *dh } else { 0.0 };
            }
        } else {
            for ((d, h), dh) in gates.iter_mut().zip(hidden).zip(&*hidden_gradient) {
                *d = dh * h.mul_add(-h, 1.0);
            }
        }
        hidden_gradient.fill(0.0);
    }
}

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
