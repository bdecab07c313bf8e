//! Joints between encoder and decoder as nodes of the tape: attention, arrays side by side, a state
//! repeated over steps. Of several inputs the first carries the tape; gradients are added, for an
//! array may go into more than one operation.

use super::dense::{add_to, by_number};
use super::parameter::Array;
use super::pass::Extent;
use super::stack::{Features, States};
use crate::kernels::Compute;
use crate::kernels::activation;
use crate::kernels::attention::{Sizes, backward, forward};
use dfdx::prelude::*;

/// The context of each query (T, B, 1, H) over the states (S, B, 1, H) of its sequence, as far as
/// its true length: (T, B, 1, H).
///
/// # Errors
/// When dfdx cannot allocate.
pub fn attend<T: Tape<f32, Cpu>>(
    compute: &Compute,
    device: &Cpu,
    queries: States<T>,
    states: &States<NoneTape>,
    lengths: &[usize],
) -> Result<States<T>, CpuError> {
    let shape = *queries.handle.shape();
    let (_, batch, _, width) = shape;
    let (to_queries, query, mut tape) = queries.split();
    let (to_states, state) = (states.slot(), states.values.clone());
    let lengths = lengths.to_vec();
    let sizes = Sizes { batch, width, lengths: &lengths };
    let (contexts, weights) = forward(compute, sizes, &query, &state);
    let output = Array::new(device, shape, compute.adopt(contexts), NoneTape)?;
    let (outer, compute) = (output.slot(), compute.clone());
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(outer.of(gradients)?);
        let sizes = Sizes { batch, width, lengths: &lengths };
        let (queries, states) = backward(&compute, sizes, (&query, &state), &weights, &delta);
        add_to(&compute, to_queries.of(gradients)?, queries);
        add_to(&compute, to_states.of(gradients)?, states);
        Ok(())
    });
    Ok(output.put_tape(tape))
}

/// The sum of all directions at each step, (T, B, 1, H); with one direction the array itself.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn summed<T: Tape<f32, Cpu>>(
    compute: &Compute,
    device: &Cpu,
    states: States<T>,
) -> Result<States<T>, CpuError> {
    let &(steps, batch, directions, hidden) = states.handle.shape();
    if directions == 1 {
        return Ok(states);
    }
    let (inner, values, mut tape) = states.split();
    let mut sums = compute.zeros(steps * batch * hidden);
    let rows = values.chunks_exact((directions * hidden).max(1));
    for (sum, row) in sums.chunks_exact_mut(hidden.max(1)).zip(rows) {
        for part in row.chunks_exact(hidden) {
            sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
        }
    }
    let output = Array::new(device, (steps, batch, 1, hidden), sums, NoneTape)?;
    let (outer, compute) = (output.slot(), compute.clone());
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(outer.of(gradients)?);
        let rows = delta.chunks_exact(hidden.max(1));
        let both = rows.flat_map(|row| row.repeat(directions)).collect();
        add_to(&compute, inner.of(gradients)?, both);
        Ok(())
    });
    Ok(output.put_tape(tape))
}

/// Two arrays of as many rows side by side: (T, B, F₁ + F₂).
///
/// # Errors
/// When dfdx cannot allocate.
pub fn beside<X: Shape, Y: Shape, T: Tape<f32, Cpu>>(
    compute: &Compute,
    device: &Cpu,
    extent: Extent,
    left: Array<X, T>,
    right: &Array<Y, NoneTape>,
) -> Result<Features<T>, CpuError> {
    let (to_left, values, mut tape) = left.split();
    let (to_right, more) = (right.slot(), &right.values);
    let rows = (extent.steps * extent.batch).max(1);
    let widths = [values.len() / rows, more.len() / rows];
    let width = widths[0] + widths[1];
    let mut joined = compute.buffer(rows * width);
    let both = values.chunks_exact(widths[0].max(1)).zip(more.chunks_exact(widths[1].max(1)));
    for (row, (left, right)) in joined.chunks_exact_mut(width).zip(both) {
        row[..widths[0]].copy_from_slice(left);
        row[widths[0]..].copy_from_slice(right);
    }
    let output = Array::new(device, (extent.steps, extent.batch, width), joined, NoneTape)?;
    let (outer, compute) = (output.slot(), compute.clone());
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(outer.of(gradients)?);
        let rows = || delta.chunks_exact(width);
        let left = rows().flat_map(|row| &row[..widths[0]]).copied().collect();
        let right = rows().flat_map(|row| &row[widths[0]..]).copied().collect();
        add_to(&compute, to_left.of(gradients)?, left);
        add_to(&compute, to_right.of(gradients)?, right);
        Ok(())
    });
    Ok(output.put_tape(tape))
}

/// A state of each sequence, (1, B, 1, H), at so many steps: (T, B, 1, H).
///
/// # Errors
/// When dfdx cannot allocate.
pub fn repeat<T: Tape<f32, Cpu>>(
    compute: &Compute,
    device: &Cpu,
    state: States<T>,
    steps: usize,
) -> Result<States<T>, CpuError> {
    let &(_, batch, directions, hidden) = state.handle.shape();
    let (inner, values, mut tape) = state.split();
    let width = values.len();
    let repeated = compute.adopt(values.repeat(steps));
    let output = Array::new(device, (steps, batch, directions, hidden), repeated, NoneTape)?;
    let (outer, compute) = (output.slot(), compute.clone());
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(outer.of(gradients)?);
        let mut total = vec![0.0; width];
        for step in delta.chunks_exact(width.max(1)) {
            total.iter_mut().zip(step).for_each(|(total, value)| *total += value);
        }
        add_to(&compute, inner.of(gradients)?, total);
        Ok(())
    });
    Ok(output.put_tape(tape))
}

/// tanh of every number.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn tanh<S: Shape, T: Tape<f32, Cpu>>(
    compute: &Compute,
    device: &Cpu,
    input: Array<S, T>,
) -> Result<Array<S, T>, CpuError> {
    by_number(compute, device, input, activation::tanh, |y, delta| delta * (-y).mul_add(y, 1.0))
}
