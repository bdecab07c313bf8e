//! dfdx's tape of a training step.

use dfdx::prelude::*;

/// What an operation gives. It fails when dfdx cannot allocate.
pub type Result<T, E = CpuError> = std::result::Result<T, E>;

/// Gradients on dfdx's tape, by node.
pub(super) type Gradients = dfdx::tensor::Gradients<f32, Cpu>;

/// The tape of a training step. Without one, arrays have a `NoneTape`.
pub type Recording = OwnedTape<f32, Cpu>;

/// What dfdx's tape knows an array by: an identity, whose own number is never looked at.
pub(super) type Node = Tensor<(), f32, Cpu>;
