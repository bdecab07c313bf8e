//! Some states of a layer's output as a node of the tape: the last of every sequence, wherever its
//! padding begins.

use super::dense::add_to;
use super::parameter::Array;
use super::recurrent::Hidden;
use crate::kernels::Compute;
use dfdx::prelude::*;
use std::sync::Arc;

/// Some of the hidden states (T, B, D, H), as (1, N, D, H): the n-th is that at `places[n]`, as
/// `(t * B + b) * D + d`. None may be taken twice.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn select<D: Dim, H: Dim, T: Tape<f32, Cpu>>(
    compute: &Compute,
    device: &Cpu,
    input: Hidden<D, H, T>,
    places: Arc<Vec<usize>>,
) -> Result<Hidden<D, H, T>, CpuError> {
    let &(_, _, directions, hidden) = input.handle.shape();
    let width = hidden.size();
    let (inner, values, mut tape) = input.split();
    let all = values.len();
    let mut rows = compute.buffer(places.len() * width);
    for (row, place) in rows.chunks_exact_mut(width).zip(places.iter()) {
        row.copy_from_slice(&values[place * width..][..width]);
    }
    let shape = (1, places.len() / directions.size(), directions, hidden);
    let output = Array::new(device, shape, rows, NoneTape)?;
    let (outer, compute) = (output.slot(), compute.clone());
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(outer.of(gradients)?);
        let mut whole = compute.zeros(all).into_vec();
        for (place, row) in places.iter().zip(delta.chunks_exact(width)) {
            whole[place * width..][..width].copy_from_slice(row);
        }
        add_to(&compute, inner.of(gradients)?, whole);
        Ok(())
    });
    Ok(output.put_tape(tape))
}

/// The places of the last of `steps` steps of `batch` sequences, in all `directions`.
pub fn last_step(steps: usize, batch: usize, directions: usize) -> Arc<Vec<usize>> {
    let first = steps.saturating_sub(1) * batch;
    Arc::new((first * directions..(first + batch) * directions).collect())
}

/// The places of the last state of each sequence in each direction: at its last true step where
/// it is read forwards, and at its first where it is read from the end. PyTorch's `h_n`.
pub fn last_states(lengths: &[usize], directions: usize) -> Arc<Vec<usize>> {
    let batch = lengths.len();
    let place = |(sequence, length): (usize, &usize)| {
        let last = length.saturating_sub(1);
        (0..directions).map(move |direction| {
            let step = if direction == 0 { last } else { 0 };
            (step * batch + sequence) * directions + direction
        })
    };
    Arc::new(lengths.iter().enumerate().flat_map(place).collect())
}
