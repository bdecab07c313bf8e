//! The loss over a whole split.

use crate::data::evaluation_batches;
use crate::kernels::softmax::Loss;
use crate::model::{Model, ModelError};

/// The loss of predicting every token of `tokens` but the first exactly once, in `streams`
/// streams, the hidden state carried from end to end of each. Perplexity is
/// exp(Σ nll / Σ tokens) of it.
///
/// # Errors
/// When memory runs out.
pub fn evaluate(
    model: &dyn Model,
    tokens: &[u32],
    streams: usize,
    steps: usize,
) -> Result<Loss, ModelError> {
    let loss = evaluate_while(model, tokens, streams, steps, || true)?;
    Ok(loss.unwrap_or_default())
}

/// [`evaluate`], given up before the next batch once `go_on` says no: then there is no loss.
///
/// # Errors
/// When memory runs out.
pub fn evaluate_while(
    model: &dyn Model,
    tokens: &[u32],
    streams: usize,
    steps: usize,
    go_on: impl Fn() -> bool,
) -> Result<Option<Loss>, ModelError> {
    let mut total = Loss::default();
    let mut state = None;
    for batch in evaluation_batches(tokens, streams, steps) {
        if !go_on() {
            return Ok(None);
        }
        let state = state.get_or_insert_with(|| model.zero_state(batch.batch));
        total += model.evaluate(&batch, state)?;
    }
    Ok(Some(total))
}
