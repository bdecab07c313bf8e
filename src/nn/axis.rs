//! Axes: what the numbers of an array are counted by, as types.
//!
//! An axis has a name and a size, which the compiler knows (`Hidden<Const<256>>`) or not
//! (`Hidden<usize>`, or `Hidden` for short). Arrays whose axes differ in name or type of size do not
//! fit together. Every axis is dfdx's `Dim`, so that tuples of them are its `Shape`s.

use dfdx::prelude::*;
use std::fmt::Debug;

macro_rules! axes {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name<N = usize>(pub N);

        impl<N: Dim> Dim for $name<N> {
            fn size(&self) -> usize {
                self.0.size()
            }
            fn from_size(size: usize) -> Option<Self> {
                N::from_size(size).map(Self)
            }
        }

        impl<N: ConstDim> ConstDim for $name<N> {
            const SIZE: usize = N::SIZE;
        }
    )*};
}

axes! {
    /// T, time steps of a sequence.
    Time,
    /// S, time steps of the sequence that another is made from.
    SourceTime,
    /// B, sequences or examples side by side.
    Batch,
    /// V, tokens of a vocabulary.
    Vocabulary,
    /// Classes or labels.
    Classes,
    /// E, numbers of a token's vector.
    Embedded,
    /// F, numbers that are read or predicted.
    Features,
    /// H, hidden units.
    Hidden,
    /// Units of the narrowest layer of an autoencoder.
    Code,
    /// D, directions in which a layer reads.
    Directions,
    /// G, gates of a cell.
    Gates,
}

/// An axis of time.
pub trait TimeAxis: Dim {}
impl<N: Dim> TimeAxis for Time<N> {}
impl<N: Dim> TimeAxis for SourceTime<N> {}

/// `A · B` numbers: each of `A` with each of `B`, as directions × hidden units, or gates × hidden
/// units. PyTorch has these as one axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Product<A, B>(pub A, pub B);

impl<A: Dim, B: Dim> Dim for Product<A, B> {
    fn size(&self) -> usize {
        self.0.size() * self.1.size()
    }
    /// `None`: a product does not tell its factors.
    fn from_size(_: usize) -> Option<Self> {
        None
    }
}

/// `A + B` numbers: those of `A` and then those of `B` (`torch.cat`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Concat<A, B>(pub A, pub B);

impl<A: Dim, B: Dim> Dim for Concat<A, B> {
    fn size(&self) -> usize {
        self.0.size() + self.1.size()
    }
    /// `None`: a sum does not tell its terms.
    fn from_size(_: usize) -> Option<Self> {
        None
    }
}

/// The units of all directions of a layer side by side.
pub type Units<D, H> = Product<Directions<D>, Hidden<H>>;

/// The units of a layer that reads forwards alone.
pub type Forwards<H = usize> = Units<Const<1>, H>;

/// Units in one direction.
pub fn forwards<H: Dim>(hidden: Hidden<H>) -> Units<Const<1>, H> {
    Product(Directions(Const), hidden)
}

/// Compares an array's axis with the one that an operation was made for. Their types are the same
/// already; sizes of run time may differ. For a `Const` this is nothing.
///
/// # Panics
/// When they differ, as dfdx does for sizes of run time.
#[inline]
pub(super) fn check_same<A: PartialEq + Debug>(found: A, expected: A) {
    if found != expected {
        differ(&found, &expected);
    }
}

#[cold]
fn differ(found: &dyn Debug, expected: &dyn Debug) -> ! {
    panic!("an array along {found:?} was given to an operation along {expected:?}")
}
