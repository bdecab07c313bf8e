//! The task `tagging`: a label for every token of a sequence.

mod network;

pub use network::{Tagger, begin, metrics, predict};
