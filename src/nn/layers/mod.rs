//! Layers, and functions between networks of sequences. Each is a thin shell: it compares axes, calls
//! one function that knows no sizes, and wraps what that gives.

mod cell;
mod dropout;
mod embedding;
mod layer_pass;
mod linear;
mod mask;
mod recurrent;
mod sequences;
pub mod stack;

pub use cell::{AnyCell, CellType};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use linear::{Elementwise, LastAxis, Linear, RELU, TANH};
pub use mask::PaddingMask;
pub use recurrent::{Inputs, Layer, LayerInput, OneHot, RecurrentState, StateMut};
pub use sequences::{
    attend, attention_weights, concat, last_state, last_step, repeat, sum_directions,
};
pub use stack::{ModelState, Stack};
