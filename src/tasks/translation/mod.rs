//! The task `translation`: a sequence from another.

mod network;

pub use network::{Translator, begin, metrics, predict};
