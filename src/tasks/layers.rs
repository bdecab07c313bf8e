//! What can be said of recurrent layers without building them.

use crate::nn::AnyCell;
use crate::spec::Model;

/// How many numbers the layers learn, the first of which reads `input` numbers.
pub(super) fn parameters(model: &Model, input: u64) -> u64 {
    let (hidden, directions) = (model.hidden_size as u64, model.directions() as u64);
    let gates = AnyCell::of(model).gates() as u64;
    let layer = |input: u64| directions * gates * hidden * (input + hidden + 2);
    layer(input) + layer(hidden * directions) * (model.layers as u64).saturating_sub(1)
}

/// The width of what the first layer reads: embedded tokens, or one-hot ones.
pub(super) fn width(model: &Model, vocabulary: u64) -> u64 {
    if model.embedding_size == 0 { vocabulary } else { model.embedding_size as u64 }
}

/// What the first layer reads, in a word.
pub(super) fn input(model: &Model) -> String {
    match model.embedding_size {
        0 => "one-hot".to_owned(),
        size => format!("embedding {size}"),
    }
}

/// The layers in a few words.
pub(super) fn title(model: &Model, input: &str) -> String {
    let cell = AnyCell::of(model).torch_class();
    let both = if model.bidirectional { "bidirectional " } else { "" };
    format!("{both}{cell} {} × {}, {input}", model.layers, model.hidden_size)
}
