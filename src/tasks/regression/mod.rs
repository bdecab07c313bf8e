//! The task `regression`: the next value of a series.

mod network;

pub use network::{Regression, begin, metrics};
