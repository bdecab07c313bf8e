//! From the sizes of a spec to a type: the one place where run-time numbers become `Const`s.
//!
//! A network of a size that stands here is compiled with all its shapes known; every other size runs
//! through the same code with axes of run-time size. The numbers are the same either way.

use super::predictor::Predictor;
use crate::nn::axis::{Directions, Embedded, Hidden, Product, Units, Vocabulary, forwards};
use crate::nn::stack::EmbeddedLayer;
use crate::nn::{AnyCell, Dropout, Layer, Linear, OneHot, Parameters, Stack};
use crate::spec;
use crate::tasks::sequence_model::SequenceModel;
use dfdx::prelude::*;

/// The table of sizes that are known to the compiler, for each number of directions: hidden sizes of
/// one-hot models, (embedding, hidden) pairs, and sizes of models whose embedding, as large as the
/// hidden state, is the decoder's weight too.
macro_rules! known_sizes {
    ($(
        $directions:literal: one_hot [$($hidden:literal),*], embedded [$(($e:literal, $h:literal)),*],
        tied [$($n:literal),*];
    )*) => {
        /// Declares the network of a spec, with the sizes that the table has as types.
        pub fn declare(
            p: &mut Parameters,
            spec: &spec::Model,
            vocabulary: Vocabulary,
        ) -> Box<dyn Predictor> {
            let Sizes { directions, embedding, hidden, is_tied } = Sizes::of(spec);
            match (directions, embedding, hidden, is_tied) {
                $(
                    $(($directions, 0, $hidden, false) => {
                        one_hot(p, spec, vocabulary, units::<Const<$directions>, Const<$hidden>>())
                    })*
                    $(($directions, $e, $h, false) => {
                        let units = units::<Const<$directions>, Const<$h>>();
                        embedded(p, spec, vocabulary, Embedded(Const::<$e>), units)
                    })*
                    $((1, $n, $n, true) => {
                        tied(p, spec, vocabulary, Const::<$n>)
                    })*
                )*
                _ => declare_unsized(p, spec, vocabulary),
            }
        }

        /// Whether every shape of the model but the vocabulary's is known to the compiler.
        pub fn is_known(spec: &spec::Model) -> bool {
            let Sizes { directions, embedding, hidden, is_tied } = Sizes::of(spec);
            match (directions, embedding, hidden, is_tied) {
                $(
                    $(($directions, 0, $hidden, false) => true,)*
                    $(($directions, $e, $h, false) => true,)*
                    $((1, $n, $n, true) => true,)*
                )*
                _ => false,
            }
        }
    };
}

known_sizes! {
    1: one_hot [100, 128, 256], embedded [(200, 200), (200, 256), (256, 256), (650, 650)],
       tied [200, 256, 650];
    2: one_hot [128, 256], embedded [(256, 256)], tied [];
}

/// The sizes of a spec that the table knows.
struct Sizes {
    directions: usize,
    embedding: usize,
    hidden: usize,
    is_tied: bool,
}

impl Sizes {
    fn of(spec: &spec::Model) -> Self {
        let (directions, embedding) = (spec.directions(), spec.embedding_size);
        Self { directions, embedding, hidden: spec.hidden_size, is_tied: spec.tied }
    }
}

fn units<D: ConstDim, H: ConstDim>() -> Units<D, H> {
    Product(Directions(D::default()), Hidden(H::default()))
}

/// Declares the network of a spec with sizes of run time.
pub fn declare_unsized(
    p: &mut Parameters,
    spec: &spec::Model,
    vocabulary: Vocabulary,
) -> Box<dyn Predictor> {
    let Sizes { directions, embedding, hidden, is_tied } = Sizes::of(spec);
    if is_tied && directions == 1 {
        return tied(p, spec, vocabulary, hidden);
    }
    let units = Product(Directions(directions), Hidden(hidden));
    match embedding {
        0 => one_hot(p, spec, vocabulary, units),
        size => embedded(p, spec, vocabulary, Embedded(size), units),
    }
}

/// Dropout of the last layer's output, above that of all layers.
fn output_dropout(spec: &spec::Model) -> Dropout {
    Dropout::new(spec.output_dropout, spec.layers as u64)
}

fn one_hot<D: Dim, H: Dim>(
    p: &mut Parameters,
    spec: &spec::Model,
    vocabulary: Vocabulary,
    units: Units<D, H>,
) -> Box<dyn Predictor> {
    let cell = AnyCell::of(spec);
    let first = Layer::new(p, cell, 0, OneHot(vocabulary), units);
    let stack = Stack::new(p, cell, first, spec.layers, units, Dropout::new(spec.dropout, 0));
    let decoder = match spec.decoder {
        Some(false) => Linear::identity(p, units, vocabulary),
        _ => Linear::new(p, "decoder", units, vocabulary),
    };
    Box::new(SequenceModel { stack, dropout: output_dropout(spec), decoder })
}

fn embedded<E: Dim, D: Dim, H: Dim>(
    p: &mut Parameters,
    spec: &spec::Model,
    vocabulary: Vocabulary,
    size: Embedded<E>,
    units: Units<D, H>,
) -> Box<dyn Predictor> {
    let cell = AnyCell::of(spec);
    let below = Dropout::new(spec.embedding_dropout, 0);
    let first = EmbeddedLayer::new(p, cell, (vocabulary, size), units, below);
    let weight = first.embedding.weight;
    let stack = Stack::new(p, cell, first, spec.layers, units, Dropout::new(spec.dropout, 0));
    // Of two directions, the units of both together are as many as the embedding's numbers.
    let tied = weight.renamed((vocabulary, units)).filter(|_| spec.tied);
    let decoder = match (tied, spec.decoder) {
        (Some(weight), _) => Linear::tied(p, "decoder", weight),
        (None, Some(false)) => Linear::identity(p, units, vocabulary),
        _ => Linear::new(p, "decoder", units, vocabulary),
    };
    Box::new(SequenceModel { stack, dropout: output_dropout(spec), decoder })
}

fn tied<N: Dim>(
    p: &mut Parameters,
    spec: &spec::Model,
    vocabulary: Vocabulary,
    size: N,
) -> Box<dyn Predictor> {
    let (cell, units) = (AnyCell::of(spec), forwards(Hidden(size)));
    let below = Dropout::new(spec.embedding_dropout, 0);
    let first = EmbeddedLayer::new(p, cell, (vocabulary, Embedded(size)), units, below);
    let weight = first.embedding.weight.tied();
    let stack = Stack::new(p, cell, first, spec.layers, units, Dropout::new(spec.dropout, 0));
    let decoder = Linear::tied(p, "decoder", weight);
    Box::new(SequenceModel { stack, dropout: output_dropout(spec), decoder })
}
