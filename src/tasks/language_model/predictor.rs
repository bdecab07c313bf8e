//! From tokens to the loss of what comes next, whatever the sizes.

use crate::kernels::softmax::Loss;
use crate::nn::Result;
use crate::nn::axis::{Batch, Time, Vocabulary};
use crate::nn::stack::Recurrent;
use crate::nn::{Array, ModelState, PaddingMask, Recording, Tokens, last_step};
use crate::tasks::sequence_model::SequenceModel;
use dfdx::prelude::*;

/// Tokens of a batch, and which of them are padding.
type Read<'a, T> = (Tokens<Time, Vocabulary, T>, &'a PaddingMask<Time>);

/// A language model whose sizes, apart from the vocabulary, and whose cell are forgotten.
pub trait Predictor {
    /// The state that a text begins with.
    fn zero_state(&self, batch: Batch) -> ModelState;

    /// `scale` times the summed loss of predicting `targets` (T, B) on the tape, and the loss itself.
    /// With targets for the last step alone, (B), only these are predicted.
    fn loss_on_tape(
        &self,
        input: Read<'_, Recording>,
        state: &mut ModelState,
        targets: &[u32],
        scale: f32,
    ) -> Result<(Array<(), Recording>, Loss)>;

    /// The loss of predicting `targets`, (T, B).
    fn loss(
        &self,
        input: Read<'_, NoneTape>,
        state: &mut ModelState,
        targets: &[u32],
    ) -> Result<Loss>;

    /// The logits (T, B, V) after each token.
    fn logits(&self, input: Read<'_, NoneTape>, state: &mut ModelState) -> Result<Vec<f32>>;
}

impl<S, F: Dim> Predictor for SequenceModel<S, F, Vocabulary>
where
    S: Recurrent<Tokens<Time, Vocabulary>, Tokens<Time, Vocabulary, Recording>, Time, F>,
{
    fn zero_state(&self, batch: Batch) -> ModelState {
        self.stack.zero_state(batch)
    }

    fn loss_on_tape(
        &self,
        (tokens, mask): Read<'_, Recording>,
        state: &mut ModelState,
        targets: &[u32],
        scale: f32,
    ) -> Result<(Array<(), Recording>, Loss)> {
        let (steps, batch) = mask.shape();
        let states = self.dropout.try_forward(self.stack.read(tokens, mask, state)?)?;
        if targets.len() < steps.0 * batch.0 {
            return self.decoder.cross_entropy(last_step(states)?, targets, scale);
        }
        self.decoder.cross_entropy(states, targets, scale)
    }

    fn loss(
        &self,
        (tokens, mask): Read<'_, NoneTape>,
        state: &mut ModelState,
        targets: &[u32],
    ) -> Result<Loss> {
        Ok(self.decoder.loss(&self.stack.read(tokens, mask, state)?, targets))
    }

    fn logits(
        &self,
        (tokens, mask): Read<'_, NoneTape>,
        state: &mut ModelState,
    ) -> Result<Vec<f32>> {
        Ok(self.decoder.logits(&self.stack.read(tokens, mask, state)?))
    }
}
