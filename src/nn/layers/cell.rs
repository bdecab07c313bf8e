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

/// The table of cells, a line each: the word in a spec, which is the type in the kernels too, the class
/// in torch.nn, and the cell of a spec.
macro_rules! cells {
    ($($cell:ident, $torch:literal, $of_spec:expr;)*) => {
        /// One of the cells, chosen at run time.
        #[derive(Clone, Copy, Debug)]
        pub enum AnyCell {
            $(#[doc = concat!("`torch.nn.", $torch, "`.")] $cell($cell),)*
        }

        impl AnyCell {
            /// The cell that a spec names.
            pub fn of(spec: &spec::Model) -> Self {
                match spec.architecture {
                    $(Architecture::$cell => {
                        let of_spec: fn(&spec::Model) -> $cell = $of_spec;
                        Self::$cell(of_spec(spec))
                    })*
                }
            }

            /// The class in torch.nn.
            pub fn torch_class(self) -> &'static str {
                match self {
                    $(Self::$cell(_) => $torch,)*
                }
            }

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
    Rnn, "RNN", |spec| Rnn { relu: spec.nonlinearity == Some(Nonlinearity::Relu) };
    Gru, "GRU", |_| Gru;
    Lstm, "LSTM", |_| Lstm;
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
