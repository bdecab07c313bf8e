//! Trainable arrays with a shape in their type.

use crate::kernels::Buffer;
use dfdx::prelude::*;
use std::sync::Arc;

/// Gradients on dfdx's tape, keyed by tensor.
pub type Gradients = dfdx::tensor::Gradients<f32, Cpu>;

/// The tape of a training step.
pub type Recording = OwnedTape<f32, Cpu>;

/// An intermediate result: a tensor that stands for it on dfdx's tape, and its numbers.
#[derive(Debug)]
pub struct Array<S: Shape, T> {
    /// Stands for the array on the tape.
    pub handle: Tensor<S, f32, Cpu, T>,
    /// The numbers, row-major.
    pub values: Values,
}

/// Numbers that several may read; a part of a buffer, from somewhere to its end.
#[derive(Clone, Debug)]
pub struct Values {
    buffer: Arc<Buffer>,
    start: usize,
}

impl Values {
    /// The numbers of a buffer from `start` on.
    pub fn new(buffer: Arc<Buffer>, start: usize) -> Self {
        Self { buffer, start }
    }
}

impl From<Buffer> for Values {
    fn from(buffer: Buffer) -> Self {
        Self::new(Arc::new(buffer), 0)
    }
}

impl std::ops::Deref for Values {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.buffer[self.start..]
    }
}

impl<S: Shape, T: Tape<f32, Cpu>> Array<S, T> {
    /// An array of these numbers on a tape.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn new(
        device: &Cpu,
        shape: S,
        values: impl Into<Values>,
        tape: T,
    ) -> Result<Self, CpuError> {
        let values = values.into();
        debug_assert_eq!(values.len(), shape.num_elements());
        Ok(Self { handle: stand_in(device, shape)?.put_tape(tape), values })
    }

    /// The array with another tape.
    pub fn put_tape<U: Tape<f32, Cpu>>(self, tape: U) -> Array<S, U> {
        let Self { handle, values } = self;
        Array { handle: handle.split_tape().0.put_tape(tape), values }
    }

    /// Where its gradient goes.
    pub fn slot(&self) -> Arc<dyn Slot> {
        Arc::new(self.handle.with_empty_tape().split_tape().0)
    }

    /// Where its gradient goes; its numbers; its tape.
    pub fn split(self) -> (Arc<dyn Slot>, Values, T) {
        let (handle, tape) = self.handle.split_tape();
        (Arc::new(handle), self.values, tape)
    }
}

/// A tensor of a shape that stands for numbers kept elsewhere: one number, repeated along all
/// axes. dfdx 0.13 gives the numbers of its tensors only by copying, which for large models costs
/// more than the update; and the tape needs no more than a name and a type.
fn stand_in<S: Shape>(device: &Cpu, shape: S) -> Result<Tensor<S, f32, Cpu>, CpuError> {
    device.try_zeros_like(&())?.try_broadcast_like::<S, S::AllAxes>(&shape)
}

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
/// The numbers live here, and a tensor of the same type stands for them on the tape.
#[derive(Debug)]
pub struct Parameter<S: Shape> {
    name: String,
    torch_shape: Vec<usize>,
    layout: Layout,
    handle: Arc<Tensor<S, f32, Cpu>>,
    values: Arc<Vec<f32>>,
    gradient: Vec<f32>,
    reach: Reach,
}

/// Where a gradient may differ from zero.
#[derive(Clone, Debug)]
pub enum Reach {
    /// Everywhere.
    All,
    /// In these rows of a table, in order and each named once: the tokens of a batch.
    Rows(Arc<Vec<u32>>),
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
        // One number is all that dfdx allocates here; nothing works without memory for that.
        #[allow(clippy::expect_used)]
        let handle = Arc::new(stand_in(device, shape).expect("memory for one number"));
        let (values, gradient) = (Arc::new(vec![0.0; len]), vec![0.0; len]);
        let reach = Reach::All;
        Self { name, torch_shape, layout, handle, values, gradient, reach }
    }

    /// Numbers of a row of the table that a reach counts the rows of: all but the first axis.
    fn row(&self) -> usize {
        let rows = self.handle.shape().concrete().into_iter().next().unwrap_or(1);
        self.values.len() / rows.max(1)
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
    /// Where the gradient of the last step may differ from zero, and the length of a row there.
    fn reach(&self) -> (&Reach, usize);
    /// The numbers and the gradient of the last step, to be changed.
    fn both_mut(&mut self) -> (&mut [f32], &mut [f32]);
    /// Takes the gradient's memory for an operation that overwrites all of it before the way back
    /// begins, whatever numbers stand there.
    fn take_gradient(&mut self) -> Vec<f32>;
    /// Puts the memory of this parameter's gradient among `gradients`: with [`Reach::All`] for an
    /// operation that overwrites it, whatever numbers stand there; with rows, all zeros, for one
    /// that adds to those rows.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn lend(&mut self, gradients: &mut Gradients, reach: Reach) -> Result<(), CpuError>;
    /// Says that the gradient's memory was changed beyond its reach.
    fn widen(&mut self);
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

    fn reach(&self) -> (&Reach, usize) {
        (&self.reach, self.row())
    }

    fn both_mut(&mut self) -> (&mut [f32], &mut [f32]) {
        let values: &mut Vec<f32> = Arc::make_mut(&mut self.values);
        (values, &mut self.gradient)
    }

    fn take_gradient(&mut self) -> Vec<f32> {
        self.reach = Reach::All;
        std::mem::take(&mut self.gradient)
    }

    fn lend(&mut self, gradients: &mut Gradients, reach: Reach) -> Result<(), CpuError> {
        if let Reach::Rows(_) = reach {
            let row = self.row();
            match &self.reach {
                Reach::All => self.gradient.fill(0.0),
                Reach::Rows(rows) => rows.iter().for_each(|place| {
                    self.gradient[*place as usize * row..][..row].fill(0.0);
                }),
            }
        }
        self.reach = reach;
        *self.handle.of(gradients)? = std::mem::take(&mut self.gradient);
        Ok(())
    }

    fn widen(&mut self) {
        self.reach = Reach::All;
    }

    fn collect(&mut self, gradients: &mut Gradients) -> Result<(), CpuError> {
        self.gradient = std::mem::take(self.handle.of(gradients)?);
        Ok(())
    }
}
