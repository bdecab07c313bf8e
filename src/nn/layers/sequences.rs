//! Between networks of sequences: the last state, a state at every step, arrays side by side, the sum
//! of directions, attention. The axes say what may be joined.

use super::mask::{PaddingMask, Sequences};
use crate::kernels::Buffer;
use crate::kernels::attention::{Sizes, backward, forward};
use crate::nn::array::{Array, Back, Raw};
use crate::nn::axis::{
    Batch, Concat, Directions, Hidden, Product, SourceTime, TimeAxis, Units, check_same,
};
use crate::nn::tape::Result;
use dfdx::prelude::*;

/// The last state of each sequence in each direction, PyTorch's `h_n`: (L, B, D·H) → (B, D·H). Of a
/// direction that reads from the end it stands at the first step.
pub fn last_state<L: TimeAxis, D: Dim, H: Dim, T: Tape<f32, Cpu>>(
    states: Array<(L, Batch, Units<D, H>), T>,
    mask: &PaddingMask<L>,
) -> Result<Array<(Batch, Units<D, H>), T>> {
    let &(steps, batch, units) = states.shape();
    check_same((steps, batch), mask.shape());
    let (directions, sequences) = (units.0.size(), &mask.sequences);
    let places = (0..batch.0).flat_map(|sequence| {
        let last = sequences.length(sequence).saturating_sub(1);
        (0..directions).map(move |direction| {
            let step = if direction == 0 { last } else { 0 };
            (step * batch.0 + sequence) * directions + direction
        })
    });
    let (values, back) = select(states.raw(), places.collect(), units.1.size());
    states.then((batch, units), values, back)
}

/// What stands at the last step: (L, B, F) → (B, F).
pub fn last_step<L: TimeAxis, F: Dim, T: Tape<f32, Cpu>>(
    states: Array<(L, Batch, F), T>,
) -> Result<Array<(Batch, F), T>> {
    let &(steps, batch, features) = states.shape();
    let first = steps.size().saturating_sub(1) * batch.0;
    let places = (first..first + batch.0).collect();
    let (values, back) = select(states.raw(), places, features.size());
    states.then((batch, features), values, back)
}

/// The rows at some places, none of which is taken twice.
fn select(input: &Raw, places: Vec<usize>, width: usize) -> (Buffer, Back) {
    let all = input.values.len();
    let mut rows = input.pass.compute().buffer(places.len() * width);
    for (row, place) in rows.chunks_exact_mut(width.max(1)).zip(&places) {
        row.copy_from_slice(&input.values[place * width..][..width]);
    }
    let back: Back = Box::new(move |delta, found| {
        let mut whole = found.compute.zeros(all);
        for (place, row) in places.iter().zip(delta.chunks_exact(width.max(1))) {
            whole[place * width..][..width].copy_from_slice(row);
        }
        Ok(Some(whole))
    });
    (rows, back)
}

/// A state of each sequence at every step: (B, F) → (L, B, F).
pub fn repeat<L: TimeAxis, F: Dim, T: Tape<f32, Cpu>>(
    state: Array<(Batch, F), T>,
    steps: L,
) -> Result<Array<(L, Batch, F), T>> {
    let &(batch, features) = state.shape();
    let (values, back) = repeat_raw(state.raw(), steps.size());
    state.then((steps, batch, features), values, back)
}

fn repeat_raw(input: &Raw, steps: usize) -> (Buffer, Back) {
    let width = input.values.len();
    let mut repeated = input.pass.compute().buffer(width * steps);
    repeated.chunks_exact_mut(width.max(1)).for_each(|step| step.copy_from_slice(&input.values));
    let back: Back = Box::new(move |delta, found| {
        let mut total = found.compute.zeros(width);
        for step in delta.chunks_exact(width.max(1)) {
            total.iter_mut().zip(step).for_each(|(total, value)| *total += value);
        }
        Ok(Some(total))
    });
    (repeated, back)
}

/// The sum of all directions at each step: (L, B, D·H) → (L, B, H).
pub fn sum_directions<L: TimeAxis, D: Dim, H: Dim, T: Tape<f32, Cpu>>(
    states: Array<(L, Batch, Units<D, H>), T>,
) -> Result<Array<(L, Batch, Hidden<H>), T>> {
    let &(steps, batch, Product(Directions(directions), hidden)) = states.shape();
    if directions.size() == 1 {
        return Ok(states.renamed((steps, batch, hidden)));
    }
    let (values, back) = sum_raw(states.raw(), directions.size(), hidden.size());
    states.then((steps, batch, hidden), values, back)
}

fn sum_raw(input: &Raw, directions: usize, hidden: usize) -> (Buffer, Back) {
    let mut sums = input.pass.compute().zeros(input.values.len() / directions.max(1));
    let rows = input.values.chunks_exact((directions * hidden).max(1));
    for (sum, row) in sums.chunks_exact_mut(hidden.max(1)).zip(rows) {
        for part in row.chunks_exact(hidden) {
            sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
        }
    }
    let back: Back = Box::new(move |delta, found| {
        let mut both = found.compute.buffer(delta.len() * directions);
        let rows = both.chunks_exact_mut((hidden * directions).max(1));
        for (row, delta) in rows.zip(delta.chunks_exact(hidden.max(1))) {
            row.chunks_exact_mut(hidden).for_each(|part| part.copy_from_slice(delta));
        }
        Ok(Some(both))
    });
    (sums, back)
}

/// Two arrays side by side (`torch.cat` along the last axis): (L, B, F₁), (L, B, F₂) →
/// (L, B, F₁ + F₂).
pub fn concat<L: TimeAxis, A: Dim, B: Dim, T: Tape<f32, Cpu> + Merge<R>, R: Tape<f32, Cpu>>(
    left: Array<(L, Batch, A), T>,
    right: Array<(L, Batch, B), R>,
) -> Result<Array<(L, Batch, Concat<A, B>), T>> {
    let (right, tape) = right.split_tape();
    let left = left.merge(tape);
    let (&(steps, batch, a), &(right_steps, right_batch, b)) = (left.shape(), right.shape());
    check_same((right_steps, right_batch), (steps, batch));
    let (values, back) = concat_raw(left.raw(), right.raw(), a.size(), b.size());
    left.then((steps, batch, Concat(a, b)), values, back)
}

fn concat_raw(left: &Raw, right: &Raw, a: usize, b: usize) -> (Buffer, Back) {
    let mut joined = left.pass.compute().buffer(left.values.len() + right.values.len());
    let both = left.values.chunks_exact(a.max(1)).zip(right.values.chunks_exact(b.max(1)));
    for (row, (left, right)) in joined.chunks_exact_mut((a + b).max(1)).zip(both) {
        row[..a].copy_from_slice(left);
        row[a..].copy_from_slice(right);
    }
    let to_right = right.node.clone();
    let back: Back = Box::new(move |delta, found| {
        let rows = delta.len() / (a + b).max(1);
        let mut left = found.compute.buffer(rows * a);
        let mut right = found.compute.buffer(rows * b);
        let both = left.chunks_exact_mut(a.max(1)).zip(right.chunks_exact_mut(b.max(1)));
        for (row, (left, right)) in delta.chunks_exact((a + b).max(1)).zip(both) {
            left.copy_from_slice(&row[..a]);
            right.copy_from_slice(&row[a..]);
        }
        found.add(&to_right, right)?;
        Ok(Some(left))
    });
    (joined, back)
}

/// Dot-product attention (Luong et al. 2015): the context of each query, (L, B, H), over the states
/// (S, B, H) of its sequence that are no padding: (L, B, H).
pub fn attend<L: TimeAxis, H: Dim, T: Tape<f32, Cpu> + Merge<R>, R: Tape<f32, Cpu>>(
    queries: Array<(L, Batch, H), T>,
    states: Array<(SourceTime, Batch, H), R>,
    mask: &PaddingMask<SourceTime>,
) -> Result<Array<(L, Batch, H), T>> {
    let (states, tape) = states.split_tape();
    let queries = queries.merge(tape);
    let (&shape, &(steps, batch, hidden)) = (queries.shape(), states.shape());
    check_same((batch, hidden), (shape.1, shape.2));
    check_same((steps, batch), mask.shape());
    let (values, back) = attend_raw(queries.raw(), states.raw(), &mask.sequences, hidden.size());
    queries.then(shape, values, back)
}

/// What [`attend`] weighs the states of each sequence with: (L, the sequence's steps), each row of sum 1.
pub fn attention_weights<L: TimeAxis, H: Dim>(
    queries: &Array<(L, Batch, H)>,
    states: &Array<(SourceTime, Batch, H)>,
    mask: &PaddingMask<SourceTime>,
) -> Vec<Vec<f32>> {
    let (_, batch, hidden) = *queries.shape();
    let lengths: Vec<usize> = (0..batch.0).map(|it| mask.sequences.length(it)).collect();
    let sizes = Sizes { batch: batch.0, width: hidden.size(), lengths: &lengths };
    let (queries, states) = (queries.raw(), states.raw());
    forward(queries.pass.compute(), sizes, &queries.values, &states.values).1
}

fn attend_raw(queries: &Raw, states: &Raw, sources: &Sequences, width: usize) -> (Buffer, Back) {
    let batch = sources.batch;
    let lengths: Vec<usize> = (0..batch).map(|sequence| sources.length(sequence)).collect();
    let (query, state) = (queries.values.clone(), states.values.clone());
    let to_states = states.node.clone();
    let compute = queries.pass.compute();
    let sizes = Sizes { batch, width, lengths: &lengths };
    let (contexts, weights) = forward(compute, sizes, &query, &state);
    let back: Back = Box::new(move |delta, found| {
        let compute = found.compute.clone();
        let sizes = Sizes { batch, width, lengths: &lengths };
        let (queries, states) = backward(&compute, sizes, (&query, &state), &weights, &delta);
        found.add(&to_states, compute.adopt(states))?;
        Ok(Some(compute.adopt(queries)))
    });
    (compute.adopt(contexts), back)
}
