//! Trainable arrays with a shape in their type.

use dfdx::prelude::*;
use std::sync::Arc;

/// Gradients on dfdx's tape, keyed by tensor.
pub type Gradients = dfdx::tensor::Gradients<f32, Cpu>;

/// The tape of a training step.
pub type Recording = OwnedTape<f32, Cpu>;

/// An array on dfdx's tape.
pub type Array<S, T> = Tensor<S, f32, Cpu, T>;

/// How a parameter's numbers lie in memory, seen from PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As PyTorch's.
    Same,
    /// Transposed: the input weight of a one-hot layer, (V, G, H) instead of (G·H, V), so that a
    /// token's weights are one row.
    Transposed,
}

/// A trainable array of shape `S`.
///
/// dfdx 0.13 keeps a tensor's numbers to itself: each look at them is a copy, which for large
/// models costs more than the update. So the numbers live here, and a tensor of the same type
/// stands for them on the tape. Its own storage is never touched, and so costs no memory: the
/// system hands out zeroed pages at the first touch.
#[derive(Debug)]
pub struct Parameter<S: Shape> {
    name: String,
    torch_shape: Vec<usize>,
    layout: Layout,
    handle: Arc<Tensor<S, f32, Cpu>>,
    values: Arc<Vec<f32>>,
    gradient: Vec<f32>,
}

impl<S: Shape> Parameter<S> {
    /// An array of zeros. `name` and `torch_shape` are those of PyTorch's state dict.
    pub fn new(
        device: &Cpu,
        name: String,
        shape: S,
        torch_shape: Vec<usize>,
        layout: Layout,
    ) -> Self {
        let len = shape.num_elements();
        debug_assert_eq!(len, torch_shape.iter().product::<usize>());
        let handle = Arc::new(device.zeros_like(&shape));
        let (values, gradient) = (Arc::new(vec![0.0; len]), vec![0.0; len]);
        Self { name, torch_shape, layout, handle, values, gradient }
    }

    /// What an operation keeps of this parameter for its way back.
    pub fn used(&self) -> Used {
        Used { values: Arc::clone(&self.values), slot: self.handle.clone() }
    }

    /// A tape whose gradients are `gradients`, begun at this parameter.
    pub fn tape(&self, gradients: Gradients) -> Recording {
        Tensor::clone(&self.handle).traced(gradients).split_tape().1
    }
}

/// A parameter in an operation: its numbers, and where its gradient goes. The type is forgotten,
/// so that the code of an operation is compiled once and not for every size.
#[derive(Clone)]
pub struct Used {
    /// The numbers.
    pub values: Arc<Vec<f32>>,
    /// The gradient's place.
    pub slot: Arc<dyn Slot>,
}

/// The place of a tensor's gradient on the tape.
pub trait Slot {
    /// The tensor's gradient: zeros before the first use.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn of<'g>(&self, gradients: &'g mut Gradients) -> Result<&'g mut Vec<f32>, CpuError>;
}

impl<S: Shape> Slot for Tensor<S, f32, Cpu> {
    fn of<'g>(&self, gradients: &'g mut Gradients) -> Result<&'g mut Vec<f32>, CpuError> {
        Ok(&mut **gradients.get_or_alloc_mut(self)?)
    }
}

/// What the optimizer, the checkpoint and PyTorch see of a parameter.
pub trait AnyParameter {
    /// The name in PyTorch's state dict.
    fn name(&self) -> &str;
    /// Puts the name of the part that it belongs to before its own, as `encoder.`.
    fn put_in(&mut self, part: &str);
    /// The shape in PyTorch's state dict.
    fn torch_shape(&self) -> &[usize];
    /// How the numbers lie, seen from PyTorch.
    fn layout(&self) -> Layout;
    /// The numbers.
    fn numbers(&self) -> &[f32];
    /// The gradient of the last step.
    fn gradient(&self) -> &[f32];
    /// The numbers and the gradient of the last step, to be changed.
    fn both_mut(&mut self) -> (&mut [f32], &mut [f32]);
    /// Takes the gradient's memory, filled with zeros, for an operation that fills it before the
    /// way back begins.
    fn take_gradient(&mut self) -> Vec<f32>;
    /// Puts this parameter's zeroed gradient among `gradients`.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn lend(&mut self, gradients: &mut Gradients) -> Result<(), CpuError>;
    /// Takes this parameter's gradient from among `gradients`.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn collect(&mut self, gradients: &mut Gradients) -> Result<(), CpuError>;
}

impl<S: Shape> AnyParameter for Parameter<S> {
    fn name(&self) -> &str {
        &self.name
    }

    fn put_in(&mut self, part: &str) {
        self.name.insert_str(0, part);
    }

    fn torch_shape(&self) -> &[usize] {
        &self.torch_shape
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn numbers(&self) -> &[f32] {
        &self.values
    }

    fn gradient(&self) -> &[f32] {
        &self.gradient
    }

    fn both_mut(&mut self) -> (&mut [f32], &mut [f32]) {
        let values: &mut Vec<f32> = Arc::make_mut(&mut self.values);
        (values, &mut self.gradient)
    }

    fn take_gradient(&mut self) -> Vec<f32> {
        let mut gradient = std::mem::take(&mut self.gradient);
        gradient.fill(0.0);
        gradient
    }

    fn lend(&mut self, gradients: &mut Gradients) -> Result<(), CpuError> {
        let gradient = self.take_gradient();
        *self.handle.of(gradients)? = gradient;
        Ok(())
    }

    fn collect(&mut self, gradients: &mut Gradients) -> Result<(), CpuError> {
        self.gradient = std::mem::take(self.handle.of(gradients)?);
        Ok(())
    }
}
