//! The arithmetic of training: forward and backward passes on slices of `f32`.
//!
//! Every kernel keeps one fixed order of every floating-point sum, so its result depends neither
//! on the number of threads nor on the width of the vectors that the processor has:
//!
//! - a product adds over `k` in order, one fused multiply-add after the other ([`matrix`]);
//! - a reduction has a constant number of partial sums, added in a fixed order ([`reduce`]);
//! - exponentials and the like are polynomials of our own ([`activation`]);
//! - threads split the rows of an output, never a sum.
//!
//! Dimensions have one letter each, everywhere: `T` time steps, `B` batch, `I` input features,
//! `H` hidden units, `G` gates, `V` vocabulary. Sequences are time-major: `(T, B, …)`.

mod buffer;
mod simd;

pub mod activation;
pub mod attention;
pub mod cell;
pub mod dropout;
pub mod lookup;
pub mod loss;
pub mod matrix;
pub mod negative;
pub mod random;
pub mod reduce;
pub mod sequence;
pub mod softmax;
pub mod update;

pub use buffer::Buffer;
pub use simd::{Compute, Level, UnknownLevel};

/// A target that counts nowhere: the position lies past the end of its stream.
pub const IGNORE: u32 = u32::MAX;
