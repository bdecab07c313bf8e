//! The layers of a spec, their sizes those of run time.

use super::axis::{
    Directions, Embedded, Forwards, Hidden, Product, TimeAxis, Units, Vocabulary, forwards,
};
use super::layers::stack::{EmbeddedLayer, FeatureStack, Stack, TokenStack};
use super::layers::{AnyCell, Dropout, Layer, OneHot};
use super::parameters::Parameters;
use crate::spec;
use dfdx::prelude::Dim;

/// The units of the last layer.
pub fn units(spec: &spec::Model) -> Units<usize, usize> {
    Product(Directions(spec.directions()), Hidden(spec.hidden_size))
}

/// A stack that reads tokens. Its dropout masks have the places from `masks` on.
pub fn tokens<L: TimeAxis>(
    p: &mut Parameters,
    spec: &spec::Model,
    vocabulary: Vocabulary,
    masks: u64,
) -> Box<TokenStack<L, Vocabulary, Units<usize, usize>>> {
    let (cell, units) = (AnyCell::of(spec), units(spec));
    let between = Dropout::new(spec.dropout, masks);
    if spec.embedding_size == 0 {
        let first = Layer::new(p, cell, 0, OneHot(vocabulary), units);
        return Box::new(Stack::new(p, cell, first, spec.layers, units, between));
    }
    let (sizes, below) = ((vocabulary, Embedded(spec.embedding_size)), spec.embedding_dropout);
    let first = EmbeddedLayer::new(p, cell, sizes, units, Dropout::new(below, masks));
    Box::new(Stack::new(p, cell, first, spec.layers, units, between))
}

/// A stack that reads features, forwards alone.
pub fn features<L: TimeAxis, I: Dim>(
    p: &mut Parameters,
    spec: &spec::Model,
    input: I,
    masks: u64,
) -> Box<FeatureStack<L, I, Forwards>> {
    let (cell, units) = (AnyCell::of(spec), forwards(Hidden(spec.hidden_size)));
    let first = Layer::new(p, cell, 0, input, units);
    let between = Dropout::new(spec.dropout, masks);
    Box::new(Stack::new(p, cell, first, spec.layers, units, between))
}

/// What a stack reads.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// One of this many tokens.
    Tokens(usize),
    /// This many numbers.
    Features(usize),
}

/// The layers of a stack, a line each, for people.
pub fn describe(spec: &spec::Model, input: Input) -> Vec<String> {
    let cell = spec.architecture.name();
    let (first, mut width) = match (input, spec.embedding_size) {
        (Input::Features(size), _) => (format!("numbers    {size}"), size),
        (Input::Tokens(size), 0) => (format!("one-hot    {size}"), size),
        (Input::Tokens(size), width) => (format!("embedding  {size} × {width}"), width),
    };
    let mut lines = vec![first];
    let both = if spec.bidirectional { " × 2 directions" } else { "" };
    for index in 1..=spec.layers {
        lines.push(format!("{cell:<10} {width} → {}{both} (layer {index})", spec.hidden_size));
        width = spec.output_size();
    }
    lines
}
