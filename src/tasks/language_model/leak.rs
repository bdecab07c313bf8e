//! Whether an output depends on what comes after it.
//!
//! A language model that sees what it must predict has a perplexity that means nothing. So before a
//! trial begins, tokens are changed at and after a place, and the loss of what stands before it
//! must stay the same to the last bit.

use super::LanguageModel;
use crate::data::{Batch, IGNORE};
use crate::nn::Pass;
use crate::nn::Result;
use crate::random::{Purpose, Stream};
use crate::tasks::TaskNetwork;

/// Time steps of the probe: enough for every direction and layer to show.
const STEPS: usize = 6;

/// The first place of an input that an output before it depends on; `None` for a causal model.
pub fn first_leak(model: &LanguageModel, pass: &Pass, vocabulary: usize) -> Result<Option<usize>> {
    if vocabulary < 2 {
        return Ok(None);
    }
    let mut stream = Stream::new(0, Purpose::Shuffle, STEPS as u64);
    let mut draw = || stream.below(vocabulary as u64) as u32;
    let tokens: Vec<u32> = (0..=STEPS).map(|_| draw()).collect();
    for place in 1..STEPS {
        let loss = |changed: bool| {
            let other = |(at, token): (usize, &u32)| {
                if changed && at >= place { (token + 1) % vocabulary as u32 } else { *token }
            };
            let inputs = tokens[..STEPS].iter().enumerate().map(other).collect();
            let kept = |at: usize| if at < place { tokens[at + 1] } else { IGNORE };
            let targets = (0..STEPS).map(kept).collect();
            let batch = Batch { inputs, targets, steps: STEPS, batch: 1, lengths: None };
            let mut state = model.zero_state(1);
            model.evaluate(pass, &batch, &mut state)
        };
        if loss(false)?.sum.to_bits() != loss(true)?.sum.to_bits() {
            return Ok(Some(place));
        }
    }
    Ok(None)
}
