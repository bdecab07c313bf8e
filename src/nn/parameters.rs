//! Trainable arrays, declared once, where a layer is made, under the names of PyTorch's state dict.
//!
//! A layer keeps typed keys ([`Parameter`]); numbers and gradients are in [`Parameters`], in the order
//! of declaration, and all that initializes, saves or updates goes through them.

use super::ModelError;
use super::array::Array;
use super::parameter::{Layout, Parameter, Place, Sparsity, StoreId};
use super::pass::{Key, Pass, Step};
use super::tape::{Gradients, Node, Recording};
use crate::kernels::Compute;
use crate::nn::tape::Result;
use dfdx::prelude::*;
use std::sync::Arc;

/// A trainable array under its name.
#[derive(Debug)]
pub struct NamedParameter {
    name: String,
    /// As it lies in memory.
    shape: Vec<usize>,
    torch_shape: Vec<usize>,
    layout: Layout,
    values: Arc<Vec<f32>>,
    gradient: Vec<f32>,
    sparsity: Sparsity,
    node: Node,
    is_constant: bool,
    /// Whether it stays as it is in training.
    pub frozen: bool,
}

impl NamedParameter {
    /// The name in PyTorch's state dict.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape in PyTorch's state dict.
    pub fn torch_shape(&self) -> &[usize] {
        &self.torch_shape
    }

    /// How the numbers lie, seen from PyTorch.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The numbers.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The numbers, to be changed.
    pub fn values_mut(&mut self) -> &mut [f32] {
        self.values_and_gradient_mut().0
    }

    /// The gradient of the last step.
    pub fn gradient(&self) -> &[f32] {
        &self.gradient
    }

    /// Numbers and gradient, to be changed.
    pub fn values_and_gradient_mut(&mut self) -> (&mut [f32], &mut [f32]) {
        let values: &mut Vec<f32> = Arc::make_mut(&mut self.values);
        (values, &mut self.gradient)
    }

    /// Where the gradient may differ from zero.
    pub fn sparsity(&self) -> &Sparsity {
        &self.sparsity
    }

    /// Numbers in a row, as [`Sparsity::Rows`] counts them: all axes but the first.
    pub fn row_len(&self) -> usize {
        self.values.len() / self.shape.first().copied().unwrap_or(1).max(1)
    }

    /// Says that the gradient's memory was changed in rows beyond its sparsity.
    pub fn set_dense(&mut self) {
        self.sparsity = Sparsity::Dense;
    }

    /// Frees the gradient's memory, until the next training step.
    pub fn free_gradient(&mut self) {
        self.gradient = Vec::new();
        self.sparsity = Sparsity::Dense;
    }

    /// Gives the memory of the last step's gradient back: that of a sparse one, all zeros now, to
    /// `gradients`, for operations that add to some rows, and else to the buffers that any operation
    /// may take.
    fn put_gradient(&mut self, compute: &Compute, gradients: &mut Gradients) -> Result<()> {
        let (mut gradient, width) = (std::mem::take(&mut self.gradient), self.row_len());
        match &self.sparsity {
            Sparsity::Dense => drop(compute.adopt(gradient)),
            Sparsity::Rows(rows) => {
                rows.iter().for_each(|row| gradient[*row as usize * width..][..width].fill(0.0));
                **gradients.get_or_alloc_mut(&self.node)? = gradient;
            }
        }
        Ok(())
    }

    /// Takes this step's gradient.
    fn take_gradient(
        &mut self,
        gradients: &mut Gradients,
        (sparsity, found): (Sparsity, bool),
    ) -> Result<(), ModelError> {
        if !found {
            return Err(ModelError::NoGradient { name: self.name.clone() });
        }
        self.gradient = std::mem::take(&mut **gradients.get_or_alloc_mut(&self.node)?);
        self.sparsity = match sparsity {
            Sparsity::Dense => Sparsity::Dense,
            Sparsity::Rows(mut rows) => {
                rows.sort_unstable();
                rows.dedup();
                Sparsity::Rows(rows)
            }
        };
        Ok(())
    }
}

/// All trainable arrays of a network, in PyTorch's order.
#[derive(Debug)]
pub struct Parameters {
    store: StoreId,
    all: Vec<NamedParameter>,
    /// What stands before the names of the part that is being declared.
    prefix: String,
    device: Cpu,
}

impl Default for Parameters {
    fn default() -> Self {
        let (all, prefix, device) = (Vec::new(), String::new(), Cpu::default());
        Self { store: StoreId::new(), all, prefix, device }
    }
}

impl Parameters {
    /// Declares an array of zeros.
    pub fn declare<S: Shape>(&mut self, name: &str, shape: S, layout: Layout) -> Parameter<S> {
        let index = self.push(name, shape.concrete().into(), layout);
        Parameter::new(Place { store: self.store, index }, shape)
    }

    /// An array of given numbers that is no parameter: it is neither trained nor saved
    /// (`torch.nn.Module.register_buffer` with `persistent=False`).
    pub fn constant<S: Shape>(&mut self, shape: S, values: Vec<f32>) -> Parameter<S> {
        let constant = self.declare("", shape, Layout::Same);
        let entry = &mut self.all[constant.place().index];
        entry.values = Arc::new(values);
        (entry.is_constant, entry.gradient) = (true, Vec::new());
        entry.sparsity = Sparsity::Dense;
        constant
    }

    fn push(&mut self, name: &str, shape: Vec<usize>, layout: Layout) -> usize {
        let values = Arc::new(vec![0.0; shape.iter().product()]);
        let mut torch_shape = shape.clone();
        if layout == Layout::Transposed {
            torch_shape.reverse();
        }
        self.all.push(NamedParameter {
            name: format!("{}{name}", self.prefix),
            shape,
            torch_shape,
            layout,
            gradient: vec![0.0; values.len()],
            values,
            // Zeros, in every row.
            sparsity: Sparsity::Rows(Vec::new()),
            node: self.device.zeros(),
            is_constant: false,
            frozen: false,
        });
        self.all.len() - 1
    }

    /// Declares a part of a network, whose names begin with `prefix`.
    pub fn part<R>(&mut self, prefix: &str, declare: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.prefix.len();
        self.prefix += prefix;
        let part = declare(self);
        self.prefix.truncate(outer);
        part
    }

    /// All parameters.
    pub fn iter(&self) -> impl Iterator<Item = &NamedParameter> {
        self.all.iter().filter(|it| !it.is_constant)
    }

    /// All parameters, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut NamedParameter> {
        self.all.iter_mut().filter(|it| !it.is_constant)
    }

    /// How many numbers they have.
    pub fn count(&self) -> usize {
        self.iter().map(|parameter| parameter.values.len()).sum()
    }

    /// A pass of evaluation.
    pub fn evaluation(&self, compute: &Compute) -> Pass {
        self.pass(compute, None)
    }

    fn pass(&self, compute: &Compute, step: Option<Step>) -> Pass {
        let key = |it: &NamedParameter| Key::new(it.values.clone(), it.node.clone());
        Pass::new(compute, &self.device, step, self.store, self.all.iter().map(key).collect())
    }

    /// A pass of training: runs `forward`, which gives the scaled loss on the tape and more, and goes
    /// back through it. Afterwards every parameter holds its gradient.
    ///
    /// # Errors
    /// When dfdx cannot allocate, or the loss depends on a parameter in no way that the tape knows of.
    pub fn train<R>(
        &mut self,
        compute: &Compute,
        step: Step,
        forward: impl FnOnce(&Pass, Recording) -> Result<(Array<(), Recording>, R)>,
    ) -> Result<R, ModelError> {
        let mut gradients = Gradients::leaky();
        for parameter in &mut self.all {
            parameter.put_gradient(compute, &mut gradients)?;
        }
        let begin: Node = self.device.try_zeros()?;
        let tape = begin.traced(gradients).split_tape().1;
        let pass = self.pass(compute, Some(step));
        let (loss, found) = forward(&pass, tape)?;
        let mut gradients = loss.backward()?;
        for (parameter, usage) in self.all.iter_mut().zip(pass.usage()) {
            parameter.take_gradient(&mut gradients, usage)?;
        }
        Ok(found)
    }
}
