//! A training step on the tape, whatever the network.

use super::parameter::{Array, Gradients, Reach, Recording};
use super::{ModelError, Network};
use crate::metric::Score;
use crate::spec::Reduction;
use dfdx::prelude::*;
use std::sync::Arc;

/// Runs `forward`, which gives the scaled loss on the tape and the score, and goes back through
/// it: afterwards every parameter holds its gradient. `tables` names parameters of which only the
/// rows of some tokens are read.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn learn<N: Network>(
    network: &mut N,
    device: &Cpu,
    tables: &[(&str, &[u32])],
    forward: impl FnOnce(&N, Recording) -> Result<(Array<(), Recording>, Score), CpuError>,
) -> Result<Score, ModelError> {
    let mut gradients = Gradients::leaky();
    for parameter in network.parameters_mut() {
        // Both directions of a one-hot layer have a row for each token.
        let name = parameter.name().trim_end_matches("_reverse");
        let table = tables.iter().find(|(table, _)| *table == name);
        let reach = table.map_or(Reach::All, |(_, tokens)| rows(tokens));
        parameter.lend(&mut gradients, reach)?;
    }
    let begin: Tensor<(), f32, Cpu> = device.zeros();
    let (_, tape) = begin.traced(gradients).split_tape();
    let (loss, score) = forward(network, tape)?;
    let mut gradients = loss.handle.try_backward()?;
    for parameter in network.parameters_mut() {
        parameter.collect(&mut gradients)?;
    }
    Ok(score)
}

/// The rows of a table that some tokens name.
pub(super) fn rows(tokens: &[u32]) -> Reach {
    let mut rows = tokens.to_vec();
    rows.sort_unstable();
    rows.dedup();
    Reach::Rows(Arc::new(rows))
}

/// What a summed loss is multiplied with: `count` is what it is a mean over.
pub fn scale(reduction: Reduction, count: usize, sequences: usize) -> f32 {
    match reduction {
        Reduction::Mean => 1.0 / count.max(1) as f32,
        Reduction::Sum => 1.0,
        Reduction::Batchmean => 1.0 / sequences.max(1) as f32,
    }
}
