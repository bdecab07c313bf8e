//! Losses as the last node of the tape. Gradients come out of the forward pass; the way back only
//! hands them on.

use super::dense::Rows;
use super::parameter::{Array, Recording};
use crate::data::IGNORE;
use crate::kernels::loss::{binary, classes, largest, squares};
use crate::kernels::{Compute, reduce};
use crate::metric::Score;
use crate::spec::ClassLoss;
use dfdx::prelude::*;

/// What rows of predictions are held against.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A class for each row, or [`IGNORE`]; with one number a row, the logit of class 1.
    Classes(&'a [u32], ClassLoss),
    /// Numbers.
    Numbers(&'a [f32]),
}

/// The score of predictions (N, F); they become the gradient of `scale` times the loss.
///
/// A row of classes is a prediction, and right if its largest logit is the target's.
pub fn judge(compute: &Compute, values: &mut [f32], target: Target<'_>, scale: f32) -> Score {
    let add = |losses: Vec<f64>| losses.iter().fold(0.0, |sum, loss| sum + loss);
    match target {
        Target::Classes(targets, kind) => {
            let width = (values.len() / targets.len().max(1)).max(1);
            let counted = targets.iter().filter(|target| **target != IGNORE).count() as u64;
            let right = |(row, target): (&[f32], &u32)| predicted(row, kind) == *target;
            let right = values.chunks_exact(width).zip(targets).filter(|pair| right(*pair)).count();
            let losses = match kind {
                ClassLoss::CrossEntropy => classes(compute, values, targets, scale),
                ClassLoss::BinaryCrossEntropy => binary(values, targets, scale),
            };
            let right = right as u64;
            Score { sum: add(losses), count: counted, right, of: counted, ..Score::default() }
        }
        Target::Numbers(targets) => {
            let sum = add(squares(values, targets, scale));
            Score { sum, count: targets.len() as u64, ..Score::default() }
        }
    }
}

/// The class that a row of logits predicts.
pub fn predicted(row: &[f32], kind: ClassLoss) -> u32 {
    match kind {
        ClassLoss::CrossEntropy => largest(row) as u32,
        ClassLoss::BinaryCrossEntropy => u32::from(row.first().is_some_and(|logit| *logit > 0.0)),
    }
}

/// `scale` times the loss of predictions (N, F), as a tensor; and the score.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn on_tape(
    compute: &Compute,
    device: &Cpu,
    predictions: Rows<Recording>,
    target: Target<'_>,
    scale: f32,
) -> Result<(Array<(), Recording>, Score), CpuError> {
    let (inner, predictions, mut tape) = predictions.split();
    let mut values = predictions.to_vec();
    let score = judge(compute, &mut values, target, scale);
    let mut loss = compute.buffer(1);
    loss[0] = (score.sum * f64::from(scale)) as f32;
    let output = Array::new(device, (), loss, NoneTape)?;
    let (outer, level) = (output.slot(), compute.level);
    tape.add_backward_op(move |gradients| {
        let outer = outer.of(gradients)?.first().copied().unwrap_or(0.0);
        if outer != 1.0 {
            reduce::scale(level, &mut values, outer);
        }
        *inner.of(gradients)? = values;
        Ok(())
    });
    Ok((output.put_tape(tape), score))
}
