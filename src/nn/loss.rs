//! Losses as the last node of the tape. Gradients come out of the forward pass; the way back only
//! hands them on.

use super::array::{Array, Back};
use super::parameter::Parameter;
use super::pass::Pass;
use super::tape::Recording;
use crate::data::{IGNORE, UNSEEN};
use crate::kernels::loss::{binary, classes, largest, squares};
use crate::kernels::negative::{self, Pairs};
use crate::kernels::{Compute, reduce};
use crate::metric::Score;
use crate::nn::tape::Result;
use crate::spec::ClassLoss;
use dfdx::prelude::*;
use std::borrow::Cow;

/// What rows of predictions are held against.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A class for each row, or [`UNSEEN`] or [`IGNORE`]; with one number a row, the logit of class 1.
    Classes(&'a [u32], ClassLoss),
    /// Numbers.
    Numbers(&'a [f32]),
}

/// The score of predictions (N, F); they become the gradient of `scale` times the loss.
///
/// A row of classes is a prediction, and right if its largest logit is the target's. An [`UNSEEN`]
/// target is a prediction that is wrong; the loss is over the others.
pub fn score(compute: &Compute, values: &mut [f32], target: Target<'_>, scale: f32) -> Score {
    let add = |losses: Vec<f64>| losses.iter().fold(0.0, |sum, loss| sum + loss);
    match target {
        Target::Classes(targets, kind) => {
            let width = (values.len() / targets.len().max(1)).max(1);
            let of = targets.iter().filter(|target| **target != IGNORE).count() as u64;
            let right = |(row, target): (&[f32], &u32)| predicted(row, kind) == *target;
            let right = values.chunks_exact(width).zip(targets).filter(|pair| right(*pair)).count();
            let targets = with_output(targets);
            let count = targets.iter().filter(|target| **target != IGNORE).count() as u64;
            let losses = match kind {
                ClassLoss::CrossEntropy => classes(compute, values, &targets, scale),
                ClassLoss::BinaryCrossEntropy => binary(values, &targets, scale),
            };
            Score { sum: add(losses), count, right: right as u64, of, ..Score::default() }
        }
        Target::Numbers(targets) => {
            let sum = add(squares(values, targets, scale));
            Score { sum, count: targets.len() as u64, ..Score::default() }
        }
    }
}

/// The targets that a network has an output for; the others are ignored.
fn with_output(targets: &[u32]) -> Cow<'_, [u32]> {
    if !targets.contains(&UNSEEN) {
        return Cow::Borrowed(targets);
    }
    let known = |target: &u32| if *target == UNSEEN { IGNORE } else { *target };
    targets.iter().map(known).collect()
}

/// The class that a row of logits predicts.
pub fn predicted(row: &[f32], kind: ClassLoss) -> u32 {
    match kind {
        ClassLoss::CrossEntropy => largest(row) as u32,
        ClassLoss::BinaryCrossEntropy => u32::from(row.first().is_some_and(|logit| *logit > 0.0)),
    }
}

/// `scale` times the loss of predictions, (…, F), on the tape; and the score.
pub fn loss<S: Shape>(
    predictions: Array<S, Recording>,
    target: Target<'_>,
    scale: f32,
) -> Result<(Array<(), Recording>, Score)> {
    let compute = predictions.raw().pass.compute().clone();
    let mut gradient = compute.buffer(predictions.values().len());
    gradient.copy_from_slice(predictions.values());
    let score = score(&compute, &mut gradient, target, scale);
    let mut scaled = compute.buffer(1);
    scaled[0] = (score.sum * f64::from(scale)) as f32;
    let back: Back = Box::new(move |outer, found| {
        if outer[0] != 1.0 {
            reduce::scale(found.compute.level, &mut gradient, outer[0]);
        }
        Ok(Some(gradient))
    });
    Ok((predictions.then((), scaled, back)?, score))
}

/// `scale` times the loss of telling the neighbours of words from random words (Mikolov et al. 2013,
/// negative sampling), on a tape; and the summed loss. The tables are those of words and of words as
/// neighbours, (V, E).
pub fn negative_sampling<S: Shape>(
    pass: &Pass,
    tape: Recording,
    (words, neighbours): (&Parameter<S>, &Parameter<S>),
    pairs: Pairs<'_>,
    scale: f32,
) -> Result<(Array<(), Recording>, f64)> {
    let compute = pass.compute();
    let (words, neighbours) = (pass.key(words.place()), pass.key(neighbours.place()));
    let mut to_words = compute.zeros(words.values.len());
    let mut to_neighbours = compute.zeros(neighbours.values.len());
    let gradients =
        negative::Gradients { words: &mut to_words, neighbours: &mut to_neighbours, scale };
    let (level, tables) = (compute.level, (&words.values, &neighbours.values));
    let sum = negative::loss(level, tables.0, tables.1, pairs, Some(gradients));
    let mut scaled = compute.buffer(1);
    scaled[0] = (sum * f64::from(scale)) as f32;
    let back: Back = Box::new(move |outer, found| {
        for (key, mut gradient) in [(&words, to_words), (&neighbours, to_neighbours)] {
            if outer[0] != 1.0 {
                reduce::scale(found.compute.level, &mut gradient, outer[0]);
            }
            found.add_to_parameter(key, gradient)?;
        }
        Ok(None)
    });
    Ok((Array::begin(pass, (), scaled, tape, back)?, sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Level;

    #[test]
    fn an_unseen_target_is_wrong_and_padding_is_nothing() {
        let compute = Compute::single(Level::Portable);
        let logits = [0.0f32, 1.0, 2.0, 0.0, 3.0, 0.0, 0.0, 0.0];
        let target = |targets| Target::Classes(targets, ClassLoss::CrossEntropy);
        let mut values = logits;
        let whole = score(&compute, &mut values, target(&[1, 1, UNSEEN, IGNORE]), 1.0);
        let known = score(&compute, &mut logits[..4].to_vec(), target(&[1, 1]), 1.0);
        assert_eq!((whole.right, whole.of, whole.count), (1, 3, 2));
        assert_eq!((whole.sum, known.of), (known.sum, 2));
        assert_eq!(values[4..], [0.0; 4]);
    }
}
