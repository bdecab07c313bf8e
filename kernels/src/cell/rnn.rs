//! Elman's network.

use super::{Backward, Cell, Forward};
use crate::activation::tanh;
use crate::simd::{Level, vectorized};

/// `h' = tanh(i)` or `relu(i)`, `i` being the sum of both shares (Elman 1990).
#[derive(Clone, Copy, Debug)]
pub struct Rnn {
    /// Whether relu takes the place of tanh.
    pub relu: bool,
}

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
