//! The task `skip_gram`: word vectors.

mod network;

pub use network::{SkipGram, begin, metrics, predict};
