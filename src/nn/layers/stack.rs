//! Recurrent layers above one another, with or without an embedding below: what every task reads its
//! sequences with.

use super::cell::CellType;
use super::dropout::Dropout;
use super::embedding::Embedding;
use super::mask::PaddingMask;
use super::recurrent::{Inputs, Layer, LayerInput, RecurrentState, StateMut};
use crate::kernels::sequence::State;
use crate::nn::array::{Array, Tokens};
use crate::nn::axis::{Batch, Embedded, TimeAxis, Units};
use crate::nn::parameters::Parameters;
use crate::nn::tape::Recording;
use crate::nn::tape::Result;
use dfdx::prelude::*;
use std::marker::PhantomData;

/// The hidden state of all layers and directions of a network, its types forgotten: what is saved
/// and carried from batch to batch.
pub type ModelState = Vec<State>;

/// An embedding, dropout of its vectors, and a layer that reads them.
#[derive(Debug)]
pub struct EmbeddedLayer<C, V: Dim, E: Dim, H: Dim, D: Dim> {
    /// The embedding.
    pub embedding: Embedding<V, Embedded<E>>,
    dropout: Dropout,
    layer: Layer<C, Embedded<E>, H, D>,
}

impl<C: CellType, V: Dim, E: Dim, H: Dim, D: Dim> EmbeddedLayer<C, V, E, H, D> {
    /// Declares both.
    pub fn new(
        p: &mut Parameters,
        cell: C,
        (vocabulary, size): (V, Embedded<E>),
        units: Units<D, H>,
        dropout: Dropout,
    ) -> Self {
        let embedding = Embedding::new(p, vocabulary, size);
        Self { embedding, dropout, layer: Layer::new(p, cell, 0, size, units) }
    }
}

impl<'s, C: CellType, V: Dim, E: Dim, H: Dim, D: Dim, L: TimeAxis, T: Tape<f32, Cpu>>
    Module<Inputs<'s, Tokens<L, V, T>, L, C, H, D>> for EmbeddedLayer<C, V, E, H, D>
{
    type Output = Array<(L, Batch, Units<D, H>), T>;
    type Error = CpuError;

    fn try_forward(
        &self,
        (tokens, mask, state): Inputs<'s, Tokens<L, V, T>, L, C, H, D>,
    ) -> Result<Self::Output> {
        let vectors = self.dropout.try_forward(self.embedding.try_forward(tokens)?)?;
        self.layer.try_forward((vectors, mask, state))
    }
}

/// What may be the first layer of a stack.
pub trait FirstLayer<C, H: Dim, D: Dim> {
    /// The state that a sequence begins with.
    fn zero_state(&self, batch: Batch) -> RecurrentState<C, H, D>;
}

impl<C: CellType, I: LayerInput, H: Dim, D: Dim> FirstLayer<C, H, D> for Layer<C, I, H, D> {
    fn zero_state(&self, batch: Batch) -> RecurrentState<C, H, D> {
        Layer::zero_state(self, batch)
    }
}

impl<C: CellType, V: Dim, E: Dim, H: Dim, D: Dim> FirstLayer<C, H, D>
    for EmbeddedLayer<C, V, E, H, D>
{
    fn zero_state(&self, batch: Batch) -> RecurrentState<C, H, D> {
        self.layer.zero_state(batch)
    }
}

/// A first layer and others above it, with dropout between: (L, B, …) → (L, B, D·H).
#[derive(Debug)]
pub struct Stack<C, F, H: Dim, D: Dim> {
    /// The first layer, which reads the input.
    pub first: F,
    deeper: Vec<(Dropout, Layer<C, Units<D, H>, H, D>)>,
    units: Units<D, H>,
}

impl<C: CellType, F: FirstLayer<C, H, D>, H: Dim, D: Dim> Stack<C, F, H, D> {
    /// Declares the layers above the first, of `layers` in all.
    pub fn new(
        p: &mut Parameters,
        cell: C,
        first: F,
        layers: usize,
        units: Units<D, H>,
        dropout: Dropout,
    ) -> Self {
        let layer = |index| (dropout.after(index), Layer::new(p, cell, index, units, units));
        Self { first, deeper: (1..layers).map(layer).collect(), units }
    }

    /// The units of the last layer.
    pub fn units(&self) -> Units<D, H> {
        self.units
    }

    /// The state that a sequence begins with.
    pub fn zero_state(&self, batch: Batch) -> RecurrentState<C, H, D> {
        let mut state = self.first.zero_state(batch);
        for (_, layer) in &self.deeper {
            state.states.append(&mut layer.zero_state(batch).states);
        }
        state
    }
}

impl<'s, C: CellType, X, F, H: Dim, D: Dim, L: TimeAxis, T: Tape<f32, Cpu>>
    Module<Inputs<'s, X, L, C, H, D>> for Stack<C, F, H, D>
where
    F: for<'f> Module<
            Inputs<'f, X, L, C, H, D>,
            Output = Array<(L, Batch, Units<D, H>), T>,
            Error = CpuError,
        >,
{
    type Output = Array<(L, Batch, Units<D, H>), T>;
    type Error = CpuError;

    fn try_forward(&self, (input, mask, state): Inputs<'s, X, L, C, H, D>) -> Result<Self::Output> {
        let (first, mut rest) = state.split();
        let mut hidden = self.first.try_forward((input, mask, first))?;
        for (dropout, layer) in &self.deeper {
            let (state, above) = rest.split();
            hidden = layer.try_forward((dropout.try_forward(hidden)?, mask, state))?;
            rest = above;
        }
        Ok(hidden)
    }
}

/// What reads `X` into `F` numbers a step, its cell and sizes forgotten: (L, B, …) → (L, B, F).
pub trait Reads<X, L: Dim, F: Dim, T> {
    /// Reads `input` and goes on from `state`, which becomes the state after it.
    fn read(
        &self,
        input: X,
        mask: &PaddingMask<L>,
        state: &mut ModelState,
    ) -> Result<Array<(L, Batch, F), T>>;
}

impl<C, X, F, H: Dim, D: Dim, L: TimeAxis, T> Reads<X, L, Units<D, H>, T> for Stack<C, F, H, D>
where
    Self: for<'s> Module<
            Inputs<'s, X, L, C, H, D>,
            Output = Array<(L, Batch, Units<D, H>), T>,
            Error = CpuError,
        >,
{
    fn read(
        &self,
        input: X,
        mask: &PaddingMask<L>,
        state: &mut ModelState,
    ) -> Result<Array<(L, Batch, Units<D, H>), T>> {
        let state = StateMut { states: state, units: self.units, cell: PhantomData };
        self.try_forward((input, mask, state))
    }
}

/// A recurrent network whose cell and number of layers are forgotten: what it reads without a tape,
/// `X`, and with one, `Y`.
pub trait Recurrent<X, Y, L: Dim, F: Dim>:
    Reads<X, L, F, NoneTape> + Reads<Y, L, F, Recording>
{
    /// The state that sequences begin with.
    fn zero_state(&self, batch: Batch) -> ModelState;
}

impl<C: CellType, X, Y, F: FirstLayer<C, H, D>, H: Dim, D: Dim, L: Dim>
    Recurrent<X, Y, L, Units<D, H>> for Stack<C, F, H, D>
where
    Self: Reads<X, L, Units<D, H>, NoneTape> + Reads<Y, L, Units<D, H>, Recording>,
{
    fn zero_state(&self, batch: Batch) -> ModelState {
        Stack::zero_state(self, batch).states
    }
}

/// A stack that reads tokens.
pub type TokenStack<L, V, F> = dyn Recurrent<Tokens<L, V>, Tokens<L, V, Recording>, L, F>;

/// A stack that reads features.
pub type FeatureStack<L, I, F> =
    dyn Recurrent<Array<(L, Batch, I)>, Array<(L, Batch, I), Recording>, L, F>;
