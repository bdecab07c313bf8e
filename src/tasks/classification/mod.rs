//! The task `classification`: which class a text belongs to.

mod network;

pub use network::{Classifier, begin, metrics, predict};
