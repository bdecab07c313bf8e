//! What a layer keeps of its parameters: typed keys into the network's
//! [`Parameters`](super::Parameters).

use super::axis::{Embedded, Forwards, Hidden, forwards};
use dfdx::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which array of a network's [`Parameters`](super::Parameters) a layer computes with, and its shape.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<S: Shape> {
    place: Place,
    shape: S,
}

/// Which array of which network's [`Parameters`](super::Parameters).
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub store: StoreId,
    pub index: usize,
}

impl<S: Shape> Parameter<S> {
    pub(super) fn new(place: Place, shape: S) -> Self {
        Self { place, shape }
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Its shape.
    pub fn shape(&self) -> S {
        self.shape
    }

    /// The same numbers along axes of other names; `None` if their sizes differ.
    pub fn renamed<Y: Shape<Concrete = S::Concrete>>(self, shape: Y) -> Option<Parameter<Y>> {
        let Self { place, shape: own } = self;
        (own.concrete() == shape.concrete()).then_some(Parameter { place, shape })
    }
}

impl<V: Dim, N: Dim> Parameter<(V, Embedded<N>)> {
    /// An embedding as the weight of a decoder that reads a layer of as many units.
    pub fn tied(self) -> Parameter<(V, Forwards<N>)> {
        let (vocabulary, Embedded(size)) = self.shape;
        Parameter { place: self.place, shape: (vocabulary, forwards(Hidden(size))) }
    }
}

/// Whose parameters they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoreId(u64);

impl StoreId {
    /// One that no other network has.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// How a parameter's numbers lie in memory, seen from PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As PyTorch's.
    Same,
    /// Transposed: the input weight of a one-hot layer, (V, G·H) instead of (G·H, V), so that a
    /// token's weights are one row.
    Transposed,
}

/// Where a gradient may differ from zero.
#[derive(Clone, Debug)]
pub enum Sparsity {
    /// Everywhere.
    Dense,
    /// In these rows of a table, in order and each named once: the tokens of a batch.
    Rows(Vec<u32>),
}
