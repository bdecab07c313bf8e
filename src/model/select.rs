//! Some rows of a layer's output as a node of the tape: the last step of every sequence, wherever
//! its padding begins.

use super::parameter::Slot;
use super::recurrent::Hidden;
use dfdx::prelude::*;
use std::sync::Arc;

/// Rows of hidden states (T, B, D, H), as (1, N, D, H): row n is that of step and sequence
/// `places[n]`, as `t * B + b`. No row may be taken twice.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn select<D: Dim, H: Dim, T: Tape<f32, Cpu>>(
    input: Hidden<D, H, T>,
    places: Arc<Vec<usize>>,
) -> Result<Hidden<D, H, T>, CpuError> {
    let (input, mut tape) = input.split_tape();
    let &(steps, batch, directions, hidden) = input.shape();
    let width = directions.size() * hidden.size();
    let all = steps * batch * width;
    let mut values = vec![0.0; all];
    input.copy_into(&mut values);
    let rows: Vec<f32> =
        places.iter().flat_map(|place| &values[place * width..][..width]).copied().collect();
    let shape = (1, places.len(), directions, hidden);
    let output = input.device().try_tensor_from_vec(rows, shape)?;
    let ends: [Arc<dyn Slot>; 2] = [Arc::new(input), Arc::new(output.clone())];
    tape.add_backward_op(move |gradients| {
        let delta = std::mem::take(ends[1].of(gradients)?);
        // Another operation may have left its part there.
        let whole = ends[0].of(gradients)?;
        whole.resize(all, 0.0);
        for (place, row) in places.iter().zip(delta.chunks_exact(width)) {
            let target = &mut whole[place * width..][..width];
            target.iter_mut().zip(row).for_each(|(target, value)| *target += value);
        }
        Ok(())
    });
    Ok(output.put_tape(tape))
}

/// The places of the last of `steps` steps of `batch` sequences.
pub fn last_step(steps: usize, batch: usize) -> Arc<Vec<usize>> {
    let first = steps.saturating_sub(1) * batch;
    Arc::new((first..first + batch).collect())
}

/// The places of the last true step of each sequence.
pub fn last_steps(lengths: &[usize]) -> Arc<Vec<usize>> {
    let batch = lengths.len();
    let place = |(sequence, length): (usize, &usize)| length.saturating_sub(1) * batch + sequence;
    Arc::new(lengths.iter().enumerate().map(place).collect())
}
