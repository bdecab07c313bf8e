//! Arrays on dfdx's tape whose numbers are in buffers of the kernels.
//!
//! dfdx 0.13 keeps the numbers of its tensors to itself: each look at them is a copy. So an [`Array`]
//! has the shape, the tape and the bookkeeping of gradients from dfdx, and its numbers in a buffer
//! that the next step uses again. An operation computes new numbers and gives them to
//! [`Array::then`] together with its way back.

use super::axis::Batch;
use super::pass::{Key, Pass};
use super::tape::{Gradients, Node, Recording};
use crate::kernels::{Buffer, Compute, reduce};
use crate::nn::tape::Result;
use dfdx::prelude::*;
use dfdx::tensor_ops::Backward as _;
use std::sync::Arc;

/// An array of shape `S`, with dfdx's tape or without.
#[derive(Debug)]
pub struct Array<S: Shape, T = NoneTape> {
    raw: Raw,
    shape: S,
    tape: T,
}

/// An array without its shape: what operations compute with, so that their code is compiled once and
/// not for every size.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    /// Its identity on the tape.
    pub node: Node,
    /// The numbers, row-major.
    pub values: Values,
    /// The pass that it was made in.
    pub pass: Pass,
}

/// Numbers that several may read: a part of a buffer, from somewhere to its end.
#[derive(Clone, Debug)]
pub struct Values {
    buffer: Arc<Buffer>,
    start: usize,
}

impl Values {
    /// The numbers of a buffer from `start` on.
    pub(super) fn new(buffer: Arc<Buffer>, start: usize) -> Self {
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

/// The way back of an operation: from the gradient of its output to that of its input. Gradients of
/// parameters and of further inputs it puts in their places itself.
pub(super) type Back = Box<dyn FnOnce(Buffer, &mut Backward<'_>) -> Result<Option<Buffer>>>;

/// The gradients that the way back has found so far.
pub(super) struct Backward<'g> {
    gradients: &'g mut Gradients,
    /// What computes.
    pub compute: Compute,
}

impl Backward<'_> {
    fn gradient(&mut self, node: &Node) -> Result<&mut Vec<f32>> {
        Ok(&mut **self.gradients.get_or_alloc_mut(node)?)
    }

    /// Adds to an array's gradient, of which other operations may have found a part. Of an array
    /// without a gradient yet dfdx has a single zero.
    pub fn add(&mut self, node: &Node, more: Buffer) -> Result<()> {
        let level = self.compute.level;
        let gradient = self.gradient(node)?;
        if gradient.len() == more.len() {
            reduce::add(level, gradient, &more);
        } else {
            *gradient = more.into_vec();
        }
        Ok(())
    }

    /// Adds to a parameter's gradient; the first that comes is taken as it is.
    pub fn add_to_parameter(&mut self, key: &Key, more: Buffer) -> Result<()> {
        if key.write() {
            return self.add(&key.node, more);
        }
        *self.gradient(&key.node)? = more.into_vec();
        Ok(())
    }

    /// The gradient of a table, to whose rows an operation adds.
    pub fn table(&mut self, key: &Key) -> Result<&mut Vec<f32>> {
        let compute = self.compute.clone();
        let gradient = self.gradient(&key.node)?;
        let kept = gradient.len() == key.values.len();
        if !key.write() && !kept {
            *gradient = compute.zeros(key.values.len()).into_vec();
        }
        Ok(gradient)
    }
}

impl Raw {
    fn new(pass: &Pass, values: Values, len: usize) -> Result<Self> {
        debug_assert_eq!(values.len(), len);
        Ok(Self { node: pass.device().try_zeros()?, values, pass: pass.clone() })
    }

    #[inline(never)]
    fn then<T: Tape<f32, Cpu>>(
        self,
        values: Values,
        len: usize,
        mut tape: T,
        back: Back,
    ) -> Result<(Self, T)> {
        let output = Self::new(&self.pass, values, len)?;
        output.record(&mut tape, Some(self.node), back);
        Ok((output, tape))
    }

    /// Puts the way back from this array to `input` on a tape.
    fn record<T: Tape<f32, Cpu>>(&self, tape: &mut T, input: Option<Node>, back: Back) {
        let (node, compute) = (self.node.clone(), self.pass.compute().clone());
        tape.add_backward_op(move |gradients| {
            let mut found = Backward { gradients, compute };
            let delta = std::mem::take(found.gradient(&node)?);
            let delta = found.compute.adopt(delta);
            let gradient = back(delta, &mut found)?;
            input.zip(gradient).map_or(Ok(()), |(input, gradient)| found.add(&input, gradient))
        });
    }
}

impl<S: Shape> Array<S> {
    /// An array that nothing on the tape leads to.
    pub fn new(pass: &Pass, shape: S, values: impl Into<Values>) -> Result<Self> {
        let raw = Raw::new(pass, values.into(), shape.num_elements())?;
        Ok(Self { raw, shape, tape: NoneTape })
    }
}

impl<S: Shape, T: Tape<f32, Cpu>> Array<S, T> {
    /// The first array on a tape: what an operation makes of tokens and parameters alone.
    pub(super) fn begin(
        pass: &Pass,
        shape: S,
        values: impl Into<Values>,
        mut tape: T,
        back: Back,
    ) -> Result<Self> {
        let raw = Raw::new(pass, values.into(), shape.num_elements())?;
        raw.record(&mut tape, None, back);
        Ok(Self { raw, shape, tape })
    }

    /// What an operation makes of this array.
    pub(super) fn then<Y: Shape>(
        self,
        shape: Y,
        values: impl Into<Values>,
        back: Back,
    ) -> Result<Array<Y, T>> {
        let Self { raw: input, tape, .. } = self;
        let (raw, tape) = input.then(values.into(), shape.num_elements(), tape, back)?;
        Ok(Array { raw, shape, tape })
    }

    /// The same numbers along other axes, of which there are as many.
    pub(super) fn renamed<Y: Shape>(self, shape: Y) -> Array<Y, T> {
        debug_assert_eq!(self.shape.num_elements(), shape.num_elements());
        Array { raw: self.raw, shape, tape: self.tape }
    }

    pub(super) fn raw(&self) -> &Raw {
        &self.raw
    }

    /// The numbers, row-major.
    pub fn values(&self) -> &[f32] {
        &self.raw.values
    }
}

impl Array<(), Recording> {
    /// dfdx's way back from here: the gradients of all that led to this number.
    pub(super) fn backward(self) -> Result<Gradients> {
        self.raw.node.put_tape(self.tape).try_backward()
    }
}

impl<S: Shape, T: Clone> Clone for Array<S, T> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), shape: self.shape, tape: self.tape.clone() }
    }
}

impl<S: Shape, T> HasShape for Array<S, T> {
    type WithShape<New: Shape> = Array<New, T>;
    type Shape = S;
    fn shape(&self) -> &S {
        &self.shape
    }
}

impl<S: Shape, T> HasErr for Array<S, T> {
    type Err = CpuError;
}

impl<S: Shape, T> Array<S, T> {
    /// The array, with what is on another tape on its own. On its way back dfdx goes through all
    /// operations in the order of their time.
    pub fn merge<R>(self, tape: R) -> Self
    where
        T: Merge<R>,
    {
        Self { tape: self.tape.merge(tape), ..self }
    }
}

impl<S: Shape, T: Default> WithEmptyTape for Array<S, T> {
    fn with_empty_tape(&self) -> Self {
        Self { raw: self.raw.clone(), shape: self.shape, tape: T::default() }
    }
}

impl<S: Shape, T> PutTape<T> for Array<S> {
    type Output = Array<S, T>;
    fn put_tape(self, tape: T) -> Array<S, T> {
        Array { raw: self.raw, shape: self.shape, tape }
    }
}

impl<S: Shape, T> SplitTape for Array<S, T> {
    type Tape = T;
    type NoTape = Array<S>;
    fn split_tape(self) -> (Array<S>, T) {
        (Array { raw: self.raw, shape: self.shape, tape: NoneTape }, self.tape)
    }
}

/// Token ids (L, B), time-major, of a vocabulary `V`, with dfdx's tape or without.
#[derive(Debug)]
pub struct Tokens<L: Dim, V: Dim, T = NoneTape> {
    pub(super) ids: Arc<Vec<u32>>,
    pub(super) shape: (L, Batch),
    pub(super) vocabulary: V,
    pub(super) pass: Pass,
    pub(super) tape: T,
}

impl<L: Dim, V: Dim> Tokens<L, V> {
    /// Tokens of a batch of sequences.
    pub fn new(pass: &Pass, ids: &[u32], shape: (L, Batch), vocabulary: V) -> Self {
        debug_assert_eq!(ids.len(), shape.0.size() * shape.1.size());
        Self { ids: Arc::new(ids.to_vec()), shape, vocabulary, pass: pass.clone(), tape: NoneTape }
    }
}

impl<L: Dim, V: Dim, T> PutTape<T> for Tokens<L, V> {
    type Output = Tokens<L, V, T>;
    fn put_tape(self, tape: T) -> Tokens<L, V, T> {
        let Self { ids, shape, vocabulary, pass, .. } = self;
        Tokens { ids, shape, vocabulary, pass, tape }
    }
}
