//! What a task says of its model for PyTorch: a class of torch.nn whose parts have the names that its
//! weights have in `model.safetensors`, and how it is evaluated.

mod array;
mod parts;

pub(crate) use array::ragged;
pub use array::{Array, floats, integers};
pub(crate) use parts::{TOGETHER, cell, directed, input, of_true_lengths, recurrent};

/// A model as a class of torch.nn, and a split to evaluate it on.
#[derive(Clone, Debug)]
pub struct Export {
    /// The split.
    pub arrays: Vec<Array>,
    /// The name of the class.
    pub name: &'static str,
    /// Its parts, `name = …` each.
    pub parts: Vec<String>,
    /// Its method, from the name on.
    pub method: String,
    /// What loads its weights.
    pub load: &'static str,
    /// The lines that run it over the arrays of a split, `data`.
    pub evaluate: String,
    /// What the deciding figure then is.
    pub figure: &'static str,
}

/// Loads weights that have the names of the parts.
pub const LOAD: &str = "model.load_state_dict(load_file(here / \"model.safetensors\"))\n";
