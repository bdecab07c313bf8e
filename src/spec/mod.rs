//! Specs: from TOML to a validated [`Experiment`].

mod experiment;

pub use experiment::*;
