//! From the sizes of a spec to a type: the one place where run-time numbers become `Const`s.
//!
//! A network of a size that stands here is compiled with all its shapes known; every other size
//! runs through the same code with axes of run-time size. The numbers are the same either way.

use super::language_model::LanguageModel;
use super::recurrent::TypedCell;
use super::{Model, initialization};
use crate::kernels::Compute;
use crate::kernels::cell::{Gru, Lstm, Rnn};
use crate::spec::{self, Architecture, Nonlinearity};
use dfdx::prelude::*;

/// A table of sizes that are known to the compiler, for one number of directions: hidden sizes
/// of one-hot models, and (embedding, hidden) pairs. Defines the module `$table`.
macro_rules! known_sizes {
    (
        $(#[$meta:meta])* $table:ident: $directions:literal,
        one_hot: [$($hidden:literal),*], embedded: [$(($e:literal, $h:literal)),*]
    ) => {
        $(#[$meta])*
        mod $table {
            use super::*;

            /// Hidden sizes of one-hot models.
            pub const ONE_HOT: &[usize] = &[$($hidden),*];
            /// Pairs of embedding and hidden size.
            pub const EMBEDDED: &[(usize, usize)] = &[$(($e, $h)),*];

            /// Builds a model of zeros whose cell is known already.
            pub fn sized<C: TypedCell>(
                compute: Compute, spec: &spec::Model, cell: C, vocabulary: usize,
            ) -> Box<dyn Model> {
                type Typed<C, E, H> = LanguageModel<C, Const<$directions>, E, H>;
                match (spec.embedding_size, spec.hidden_size) {
                    $((0, $hidden) => {
                        let sizes = (0, Const);
                        Box::new(Typed::<C, usize, Const<$hidden>>::new(compute, spec, cell, sizes, vocabulary))
                    })*
                    $(($e, $h) => {
                        let sizes = (Const, Const);
                        Box::new(Typed::<C, Const<$e>, Const<$h>>::new(compute, spec, cell, sizes, vocabulary))
                    })*
                    _ => run_time::<C, Const<$directions>>(compute, spec, cell, vocabulary),
                }
            }
        }
    };
}

known_sizes! {
    /// Models that read forwards.
    forwards: 1,
    one_hot: [100, 128, 256],
    embedded: [(200, 200), (200, 256), (256, 256), (650, 650)]
}

known_sizes! {
    /// Models that read in both directions.
    both_ways: 2,
    one_hot: [128, 256],
    embedded: [(256, 256)]
}

/// Whether every shape of the model but the vocabulary's is known to the compiler.
pub fn is_known(spec: &spec::Model) -> bool {
    let (one_hot, embedded) = if spec.bidirectional {
        (both_ways::ONE_HOT, both_ways::EMBEDDED)
    } else {
        (forwards::ONE_HOT, forwards::EMBEDDED)
    };
    match spec.embedding_size {
        0 => one_hot.contains(&spec.hidden_size),
        size => embedded.contains(&(size, spec.hidden_size)),
    }
}

/// Builds the model of a spec for a vocabulary, its weights drawn under `seed`.
pub fn build(compute: Compute, spec: &spec::Model, vocabulary: usize, seed: u64) -> Box<dyn Model> {
    let mut model = by_cell(compute, spec, vocabulary, Sizing::Table);
    initialization::draw(model.as_mut(), spec, seed);
    model
}

/// [`build`], with all axes of run-time size.
pub fn build_unsized(
    compute: Compute,
    spec: &spec::Model,
    vocabulary: usize,
    seed: u64,
) -> Box<dyn Model> {
    let mut model = by_cell(compute, spec, vocabulary, Sizing::RunTime);
    initialization::draw(model.as_mut(), spec, seed);
    model
}

#[derive(Clone, Copy)]
enum Sizing {
    Table,
    RunTime,
}

fn by_cell(compute: Compute, spec: &spec::Model, vocabulary: usize, s: Sizing) -> Box<dyn Model> {
    match spec.architecture {
        Architecture::Rnn => {
            let relu = spec.nonlinearity == Some(Nonlinearity::Relu);
            by_direction(compute, spec, Rnn { relu }, vocabulary, s)
        }
        Architecture::Gru => by_direction(compute, spec, Gru, vocabulary, s),
        Architecture::Lstm => by_direction(compute, spec, Lstm, vocabulary, s),
    }
}

fn by_direction<C: TypedCell>(
    compute: Compute,
    spec: &spec::Model,
    cell: C,
    vocabulary: usize,
    sizing: Sizing,
) -> Box<dyn Model> {
    match (sizing, spec.bidirectional) {
        (Sizing::Table, false) => forwards::sized(compute, spec, cell, vocabulary),
        (Sizing::Table, true) => both_ways::sized(compute, spec, cell, vocabulary),
        (Sizing::RunTime, false) => run_time::<C, Const<1>>(compute, spec, cell, vocabulary),
        (Sizing::RunTime, true) => run_time::<C, Const<2>>(compute, spec, cell, vocabulary),
    }
}

fn run_time<C: TypedCell, D: ConstDim>(
    compute: Compute,
    spec: &spec::Model,
    cell: C,
    vocabulary: usize,
) -> Box<dyn Model> {
    let sizes = (spec.embedding_size, spec.hidden_size);
    Box::new(LanguageModel::<C, D, _, _>::new(compute, spec, cell, sizes, vocabulary))
}
