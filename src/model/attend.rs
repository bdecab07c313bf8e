//! Joints between encoder and decoder as nodes of the tape: attention, arrays side by side, a state
//! repeated over steps. Of several inputs the first carries the tape; gradients are added, for an
//! array may go into more than one operation.

use super::dense::{add_to, numbers};
use super::parameter::{Array, Slot};
use super::pass::Extent;
use super::stack::{Features, States};
use crate::kernels::Compute;
use crate::kernels::activation;
use crate::kernels::attention::{Sizes, backward, forward};
use dfdx::prelude::*;
use std::sync::Arc;

/// The context of each query (T, B, 1, H) over the states (S, B, 1, H) of its sequence, as far as
/// its true length: (T, B, 1, H).
///
/// # Errors
/// When dfdx cannot allocate.
pub fn attend<T: Tape<f32, Cpu>>(
    compute: &Compute,
    queries: States<T>,
    states: &States<NoneTape>,
    lengths: &[usize],
) -> Result<States<T>, CpuError> {
    let (queries, mut tape) = queries.split_tape();
    let &(_, batch, _, width) = queries.shape();
    let (query, state) = (numbers(&queries), numbers(states));
    let lengths = lengths.to_vec();
    let sizes = Sizes { batch, width, lengths: &lengths };
    let (contexts, weights) = forward(compute, sizes, &query, &state);
    let output = queries.device().try_tensor_from_vec(contexts, *queries.shape())?;
    let ends: [Arc<dyn Slot>; 3] =
        [Arc::new(queries), Arc::new(states.clone()), Arc::new(output.clone())];
    let compute = compute.clone();
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(ends[2].of(gradients)?);
        let sizes = Sizes { batch, width, lengths: &lengths };
        let (to_queries, to_states) = backward(&compute, sizes, (&query, &state), &weights, &delta);
        add_to(&compute, ends[0].of(gradients)?, &to_queries);
        add_to(&compute, ends[1].of(gradients)?, &to_states);
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
    extent: Extent,
    left: Array<X, T>,
    right: &Array<Y, NoneTape>,
) -> Result<Features<T>, CpuError> {
    let (left, mut tape) = left.split_tape();
    let rows = (extent.steps * extent.batch).max(1);
    let (values, more) = (numbers(&left), numbers(right));
    let widths = [values.len() / rows, more.len() / rows];
    let both = values.chunks_exact(widths[0].max(1)).zip(more.chunks_exact(widths[1].max(1)));
    let joined: Vec<f32> =
        both.flat_map(|(left, right)| left.iter().chain(right)).copied().collect();
    let shape = (extent.steps, extent.batch, widths[0] + widths[1]);
    let output = left.device().try_tensor_from_vec(joined, shape)?;
    let ends: [Arc<dyn Slot>; 3] =
        [Arc::new(left), Arc::new(right.clone()), Arc::new(output.clone())];
    let compute = compute.clone();
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(ends[2].of(gradients)?);
        let rows = || delta.chunks_exact(widths[0] + widths[1]);
        let left: Vec<f32> = rows().flat_map(|row| &row[..widths[0]]).copied().collect();
        let right: Vec<f32> = rows().flat_map(|row| &row[widths[0]..]).copied().collect();
        add_to(&compute, ends[0].of(gradients)?, &left);
        add_to(&compute, ends[1].of(gradients)?, &right);
        Ok(())
    });
    Ok(output.put_tape(tape))
}

/// A state of each sequence, (1, B, 1, H), at so many steps: (T, B, 1, H).
///
/// # Errors
/// When dfdx cannot allocate.
pub fn repeat<T: Tape<f32, Cpu>>(state: States<T>, steps: usize) -> Result<States<T>, CpuError> {
    let (state, mut tape) = state.split_tape();
    let &(_, batch, directions, hidden) = state.shape();
    let values = numbers(&state);
    let output = state.device();
    let output =
        output.try_tensor_from_vec(values.repeat(steps), (steps, batch, directions, hidden))?;
    let ends: [Arc<dyn Slot>; 2] = [Arc::new(state), Arc::new(output.clone())];
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(ends[1].of(gradients)?);
        let total = ends[0].of(gradients)?;
        total.resize(values.len(), 0.0);
        for step in delta.chunks_exact(values.len().max(1)) {
            total.iter_mut().zip(step).for_each(|(total, value)| *total += value);
        }
        Ok(())
    });
    Ok(output.put_tape(tape))
}

/// tanh of every number.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn tanh<S: Shape, T: Tape<f32, Cpu>>(input: Array<S, T>) -> Result<Array<S, T>, CpuError> {
    let (input, mut tape) = input.split_tape();
    let mut values = numbers(&input);
    values.iter_mut().for_each(|x| *x = activation::tanh(*x));
    let kept = Arc::new(values.clone());
    let output = input.device().try_tensor_from_vec(values, *input.shape())?;
    let ends: [Arc<dyn Slot>; 2] = [Arc::new(input), Arc::new(output.clone())];
    tape.add_backward_op(move |gradients| {
        let mut delta = std::mem::take(ends[1].of(gradients)?);
        for (delta, y) in delta.iter_mut().zip(kept.iter()) {
            *delta *= (-y).mul_add(*y, 1.0);
        }
        *ends[0].of(gradients)? = delta;
        Ok(())
    });
    Ok(output.put_tape(tape))
}
