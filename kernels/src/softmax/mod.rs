//! The decoder and the loss in one pass: `logits = x Wᵀ + b`, softmax, cross-entropy, and the
//! gradients of all three.
//!
//! The logits (N, V) of a large vocabulary are the largest array of a language model. Here they
//! exist for one tile of rows at a time, and their gradient takes their place (the idea of
//! Hsu et al. 2024, "Liger Kernel"): the gradients come out of the forward pass.
//!
//! Within a tile they stand transposed, in blocks of words: block b is (w, N), a row for each word.
//! So W is read where it stands, and vectors run across the rows of the input, each with its own
//! running maximum and sum (Milakov and Gimelshein 2018, "Online normalizer calculation for
//! softmax"). Memory sees a block twice: on the way forward it is computed and exponentiated, on
//! the way back it is made the gradient and multiplied by both of its sides, each time while it
//! stays in the second level cache.
//!
//! Threads share the rows of a tile, and, a block for each at a time, the gradients of W and b: none
//! of them splits a sum.

mod cross_entropy;
mod decoder;
mod part;

pub use crate::IGNORE;
pub(crate) use cross_entropy::cross_entropy_of_rows;
pub use decoder::{Decoder, Gradient, Loss, logits, loss, loss_with_gradient};
