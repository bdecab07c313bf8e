//! Specs: from TOML to a validated [`Experiment`].
//!
//! What a key is stands in [`keys`], and all keys with the structs of `experiment` that hold their
//! values. `parse` reads TOML into layers, each value with its place; `resolve` merges the layers into
//! an experiment, which rules judge as a whole; `sweep` makes a trial of it for every point and seed;
//! `load` goes this way from a path, along `extends`. What is wrong anywhere becomes a problem of
//! `diagnostics`. `schema` says the same in JSON Schema, and `explain` tells it to people.

mod diagnostics;
mod experiment;
mod explain;
pub mod keys;
mod load;
mod parse;
mod resolve;
mod schema;
mod sweep;

pub use diagnostics::problem::{Problem, SpecErrors};
pub use diagnostics::source::Place;
pub use experiment::sweep::Halving;
pub use experiment::*;
pub use explain::{explain, overview};
pub use load::{Sources, Spec, load, load_from};
pub use parse::distribution::Distribution;
pub use resolve::rules::BIDIRECTIONAL;
pub use schema::schema;
pub use sweep::{Dimension, MAX_TRIALS, Search, Space, Tpe, Trial, sets_apart};
