//! The tasks: a network, its data, and what it is judged by, a folder each.
//!
//! What training sees of any task is a [`Trainer`].

pub mod autoencoder;
pub mod classification;
pub mod language_model;
mod output;
mod predict;
pub mod regression;
mod sequence_model;
pub mod skip_gram;
pub mod tagging;
mod trainer;
pub mod translation;

pub use output::{Content, Output, Picture};
pub use predict::{PredictError, Trained};
pub use trainer::{Artifacts, Generated, Model, SampleKey, TaskNetwork, TaskTrainer, Trainer};
