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

mod gru;
mod lstm;
mod rnn;

pub use gru::Gru;
pub use lstm::Lstm;
pub use rnn::Rnn;

use super::simd::Level;

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
