//! Cells as types: known to the compiler, or one of all that a spec may name.

use crate::kernels::cell::{Cell, Gru, Lstm, Rnn};
use crate::spec::{self, Architecture, Nonlinearity};

/// What computes with a cell of any type.
pub(super) trait WithCell {
    /// What comes of it.
    type Output;
    /// Computes with this cell.
    fn run<C: Cell>(self, cell: C) -> Self::Output;
}

/// The table of cells: the variants of [`AnyCell`], and the types of the kernels.
macro_rules! cells {
    ($($(#[$meta:meta])* $cell:ident),* $(,)?) => {
        /// One of the cells, chosen at run time.
        #[derive(Clone, Copy, Debug)]
        pub enum AnyCell {
            $($(#[$meta])* $cell($cell),)*
        }

        impl AnyCell {
            /// Gives the cell itself, its type known, to what computes with it.
            pub(super) fn with<W: WithCell>(self, work: W) -> W::Output {
                match self {
                    $(Self::$cell(cell) => work.run(cell),)*
                }
            }
        }

        $(impl CellType for $cell {
            fn any(self) -> AnyCell {
                AnyCell::$cell(self)
            }
        })*
    };
}

cells! {
    /// Elman 1990.
    Rnn,
    /// Gated recurrent unit (Cho et al. 2014).
    Gru,
    /// Long short-term memory (Hochreiter and Schmidhuber 1997).
    Lstm,
}

/// The cell of a layer as a type: [`Lstm`] and the like, or [`AnyCell`] where a spec decides.
pub trait CellType: Copy + std::fmt::Debug {
    /// The cell, its type forgotten.
    fn any(self) -> AnyCell;
}

impl CellType for AnyCell {
    fn any(self) -> AnyCell {
        self
    }
}

impl AnyCell {
    /// The cell that a spec names.
    pub fn of(spec: &spec::Model) -> Self {
        match spec.architecture {
            Architecture::Rnn => {
                Self::Rnn(Rnn { relu: spec.nonlinearity == Some(Nonlinearity::Relu) })
            }
            Architecture::Gru => Self::Gru(Gru),
            Architecture::Lstm => Self::Lstm(Lstm),
        }
    }

    /// G, the gates.
    pub fn gates(self) -> usize {
        struct Gates;
        impl WithCell for Gates {
            type Output = usize;
            fn run<C: Cell>(self, _: C) -> usize {
                C::GATES
            }
        }
        self.with(Gates)
    }
}
