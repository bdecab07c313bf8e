//! Recurrent layers: `torch.nn.RNN`, `GRU` and `LSTM`, one operation of the tape a layer, over all of
//! its time steps.

use super::cell::CellType;
use super::layer_pass::{LayerCore, Source};
use super::mask::PaddingMask;
use crate::kernels::sequence::State;
use crate::nn::array::{Array, Tokens};
use crate::nn::axis::{Batch, Gates, Product, TimeAxis, Units, check_same};
use crate::nn::parameter::Layout;
use crate::nn::parameters::Parameters;
use crate::nn::tape::Result;
use dfdx::prelude::*;
use std::marker::PhantomData;

/// What a layer reads: an axis of features, or [`OneHot`] tokens.
pub trait LayerInput: Copy + std::fmt::Debug {
    /// The shape of the weight between what is read and `R` rows.
    type Weight<R: Dim>: Shape;
    /// How that weight lies in memory.
    const LAYOUT: Layout;
    /// The shape of the weight.
    fn weight<R: Dim>(self, rows: R) -> Self::Weight<R>;
}

impl<I: Dim> LayerInput for I {
    type Weight<R: Dim> = (R, I);
    const LAYOUT: Layout = Layout::Same;
    fn weight<R: Dim>(self, rows: R) -> (R, I) {
        (rows, self)
    }
}

/// Tokens of a vocabulary, each read as a one among zeros.
#[derive(Clone, Copy, Debug)]
pub struct OneHot<V>(pub V);

impl<V: Dim> LayerInput for OneHot<V> {
    type Weight<R: Dim> = (V, R);
    const LAYOUT: Layout = Layout::Transposed;
    fn weight<R: Dim>(self, rows: R) -> (V, R) {
        (self.0, rows)
    }
}

/// A layer of cells `C` that reads `I` in `D` directions, with `H` units in each:
/// (L, B, I) → (L, B, D·H).
#[derive(Debug)]
pub struct Layer<C, I: LayerInput, H: Dim, D: Dim> {
    input: I,
    units: Units<D, H>,
    core: LayerCore,
    cell: PhantomData<C>,
}

impl<C: CellType, I: LayerInput, H: Dim, D: Dim> Layer<C, I, H, D> {
    /// Declares the layer at a place of a stack, counted from 0.
    pub fn new(p: &mut Parameters, cell: C, index: usize, input: I, units: Units<D, H>) -> Self {
        let (cell, Product(directions, hidden)) = (cell.any(), units);
        let rows = Product(Gates(cell.gates()), hidden);
        let mut declare = |direction: usize| {
            let suffix = if direction == 0 { "" } else { "_reverse" };
            let name = |kind: &str| format!("rnn.{kind}_l{index}{suffix}");
            [
                p.declare(&name("weight_ih"), input.weight(rows), I::LAYOUT).place(),
                p.declare(&name("weight_hh"), (rows, hidden), Layout::Same).place(),
                p.declare(&name("bias_ih"), (rows,), Layout::Same).place(),
                p.declare(&name("bias_hh"), (rows,), Layout::Same).place(),
            ]
        };
        let directions = (0..directions.size()).map(&mut declare).collect();
        let core = LayerCore { cell, hidden: hidden.size(), directions };
        Self { input, units, core, cell: PhantomData }
    }

    /// The state that a sequence begins with.
    pub fn zero_state(&self, batch: Batch) -> RecurrentState<C, H, D> {
        let states = self.core.zero_state(batch.0);
        RecurrentState { states, units: self.units, cell: PhantomData }
    }
}

/// The state of layers of cells `C`: one kernel's state for each direction of each layer.
#[derive(Clone, Debug)]
pub struct RecurrentState<C, H: Dim, D: Dim> {
    pub(super) states: Vec<State>,
    pub(super) units: Units<D, H>,
    pub(super) cell: PhantomData<C>,
}

impl<C, H: Dim, D: Dim> RecurrentState<C, H, D> {
    /// The state, to go on from.
    pub fn as_mut(&mut self) -> StateMut<'_, C, H, D> {
        StateMut { states: &mut self.states, units: self.units, cell: PhantomData }
    }
}

/// A [`RecurrentState`] that becomes the one after what is read.
#[derive(Debug)]
pub struct StateMut<'s, C, H: Dim, D: Dim> {
    pub(super) states: &'s mut [State],
    pub(super) units: Units<D, H>,
    pub(super) cell: PhantomData<C>,
}

impl<'s, C, H: Dim, D: Dim> StateMut<'s, C, H, D> {
    /// The state of the first layer, and that of those above it.
    pub(super) fn split(self) -> (Self, Self) {
        let Self { states, units, cell } = self;
        let directions = units.0.size().min(states.len());
        let (first, rest) = states.split_at_mut(directions);
        (Self { states: first, units, cell }, Self { states: rest, units, cell })
    }
}

/// What a layer is given: what it reads, which steps of it are padding, and its state.
pub type Inputs<'s, X, L, C, H, D> = (X, &'s PaddingMask<L>, StateMut<'s, C, H, D>);

/// Reads features, (L, B, I).
impl<'s, C: CellType, I: Dim, H: Dim, D: Dim, L: TimeAxis, T: Tape<f32, Cpu>>
    Module<Inputs<'s, Array<(L, Batch, I), T>, L, C, H, D>> for Layer<C, I, H, D>
{
    type Output = Array<(L, Batch, Units<D, H>), T>;
    type Error = CpuError;

    fn try_forward(
        &self,
        (input, mask, state): Inputs<'s, Array<(L, Batch, I), T>, L, C, H, D>,
    ) -> Result<Self::Output> {
        let &(steps, batch, features) = input.shape();
        check_same((steps, batch), mask.shape());
        check_same(features, self.input);
        check_same(state.units, self.units);
        let raw = input.raw();
        let source = Source::Features(raw.values.clone());
        let (values, back) = self.core.forward(&raw.pass, &mask.sequences, source, state.states);
        input.then((steps, batch, self.units), values, back)
    }
}

/// Reads one-hot tokens, (L, B).
impl<'s, C: CellType, V: Dim, H: Dim, D: Dim, L: TimeAxis, T: Tape<f32, Cpu>>
    Module<Inputs<'s, Tokens<L, V, T>, L, C, H, D>> for Layer<C, OneHot<V>, H, D>
{
    type Output = Array<(L, Batch, Units<D, H>), T>;
    type Error = CpuError;

    fn try_forward(
        &self,
        (tokens, mask, state): Inputs<'s, Tokens<L, V, T>, L, C, H, D>,
    ) -> Result<Self::Output> {
        let Tokens { ids, shape: (steps, batch), vocabulary, pass, tape } = tokens;
        check_same((steps, batch), mask.shape());
        check_same(vocabulary, self.input.0);
        check_same(state.units, self.units);
        let source = Source::Tokens(ids);
        let (values, back) = self.core.forward(&pass, &mask.sequences, source, state.states);
        Array::begin(&pass, (steps, batch, self.units), values, tape, back)
    }
}
