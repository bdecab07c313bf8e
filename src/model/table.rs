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

/// The sizes that are known to the compiler: hidden sizes of one-hot models, and
/// (embedding, hidden) pairs.
macro_rules! known_sizes {
    ($one_hot:ident: [$($hidden:literal),*], $embedded:ident: [$(($e:literal, $h:literal)),* $(,)?]) => {
        /// Hidden sizes of one-hot models that are known to the compiler.
        pub const ONE_HOT: &[usize] = &[$($hidden),*];
        /// Pairs of embedding and hidden size that are known to the compiler.
        pub const EMBEDDED: &[(usize, usize)] = &[$(($e, $h)),*];

        /// Builds a model of zeros whose cell and directions are known already.
        fn sized<C: TypedCell, D: ConstDim>(
            compute: Compute, spec: &spec::Model, cell: C, vocabulary: usize,
        ) -> Box<dyn Model> {
            match (spec.embedding_size, spec.hidden_size) {
                $((0, $hidden) => {
                    let sizes = (0usize, Const::<$hidden>);
                    Box::new(LanguageModel::<C, D, _, _>::new(compute, spec, cell, sizes, vocabulary))
                })*
                $(($e, $h) => {
                    let sizes = (Const::<$e>, Const::<$h>);
                    Box::new(LanguageModel::<C, D, _, _>::new(compute, spec, cell, sizes, vocabulary))
                })*
                sizes => Box::new(
                    LanguageModel::<C, D, _, _>::new(compute, spec, cell, sizes, vocabulary)
                ),
            }
        }
    };
}

known_sizes! {
    one_hot: [100, 128, 256, 512],
    embedded: [
        (128, 128),
        (200, 200),
        (200, 256),
        (256, 256),
        (650, 650),
    ]
}

/// Whether every shape of the model but the vocabulary's is known to the compiler.
pub fn is_known(spec: &spec::Model) -> bool {
    match spec.embedding_size {
        0 => ONE_HOT.contains(&spec.hidden_size),
        size => EMBEDDED.contains(&(size, spec.hidden_size)),
    }
}

/// Builds the model of a spec for a vocabulary, its weights drawn under `seed`.
pub fn build(compute: Compute, spec: &spec::Model, vocabulary: usize, seed: u64) -> Box<dyn Model> {
    let mut model = by_cell(compute, spec, vocabulary, Sizing::Table);
    initialization::initialize(model.as_mut(), spec, seed);
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
    initialization::initialize(model.as_mut(), spec, seed);
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
        (Sizing::Table, false) => sized::<C, Const<1>>(compute, spec, cell, vocabulary),
        (Sizing::Table, true) => sized::<C, Const<2>>(compute, spec, cell, vocabulary),
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
