//! One direction of a recurrent layer over a whole sequence, forward and backward
//! (backpropagation through time).
//!
//! A sequence is gone through in chunks of as many time steps as make up one block of
//! a product: what a chunk's gates are is then still in the second level cache when they are used
//! again. Within a chunk the input's products of all steps are one product, and so are the
//! gradients of the weights; what remains for each step is one recurrent product, with the weights
//! packed once a sequence, and one pass of the cell.
//!
//! The chunks depend on T and B alone, so the order of every sum does too.
//!
//! Memory kept for the way back: T·B·(G + 1 to 3)·H numbers.

mod backward;
mod forward;
mod layer;
mod parts;

pub use backward::{Gradients, weight};
pub use forward::{Trace, forward};
pub use layer::{Input, Sizes, State, Weights};
