//! Recurrent layers with a linear layer above them: what language model, classifier, tagger and
//! regression are.

use crate::nn::Result;
use crate::nn::axis::{
    Classes, Features, Forwards, Hidden, Time, TimeAxis, Units, Vocabulary, forwards,
};
use crate::nn::from_spec::{self, Input};
use crate::nn::stack::{FeatureStack, TokenStack};
use crate::nn::{Array, Dropout, LastAxis, Linear, PaddingMask, Parameters};
use crate::spec;
use dfdx::prelude::*;

/// A stack that gives `F` numbers a step, dropout, and a linear layer onto `O`.
#[derive(Debug)]
pub struct SequenceModel<S, F: Dim, O: Dim> {
    /// The recurrent layers.
    pub stack: S,
    /// Of the stack's output.
    pub dropout: Dropout,
    /// The linear layer.
    pub decoder: Linear<F, O>,
}

/// A model of tokens, its sizes those of run time.
pub type TokenModel = SequenceModel<
    Box<TokenStack<Time, Vocabulary, Units<usize, usize>>>,
    Units<usize, usize>,
    Classes,
>;

/// A model of numbers.
pub type FeatureModel =
    SequenceModel<Box<FeatureStack<Time, Features, Forwards>>, Forwards, Features>;

impl TokenModel {
    /// Declares a model with this many outputs.
    pub fn new(
        p: &mut Parameters,
        spec: &spec::Model,
        vocabulary: Vocabulary,
        outputs: Classes,
    ) -> Self {
        Self {
            stack: from_spec::tokens(p, spec, vocabulary, 0),
            dropout: Dropout::new(spec.output_dropout, 1 + spec.layers as u64),
            decoder: Linear::new(p, "decoder", from_spec::units(spec), outputs),
        }
    }
}

impl FeatureModel {
    /// Declares a model that reads and gives this many numbers.
    pub fn new(p: &mut Parameters, spec: &spec::Model, input: Features, output: Features) -> Self {
        Self {
            stack: from_spec::features(p, spec, input, 0),
            dropout: Dropout::new(spec.output_dropout, 1 + spec.layers as u64),
            decoder: Linear::new(p, "decoder", forwards(Hidden(spec.hidden_size)), output),
        }
    }
}

impl<S, F: Dim, O: Dim> SequenceModel<S, F, O> {
    /// What the linear layer makes of each state, after dropout.
    pub fn decode<X: LastAxis<F>, T: Tape<f32, Cpu>>(
        &self,
        states: Array<X, T>,
    ) -> Result<Array<X::With<O>, T>> {
        self.decoder.try_forward(self.dropout.try_forward(states)?)
    }
}

/// The layers in a line each, with something said after the last.
pub fn describe(spec: &spec::Model, input: Input, outputs: usize, after: &str) -> Vec<String> {
    let mut lines = from_spec::describe(spec, input);
    lines.push(format!("linear     {} → {outputs}{after}", spec.output_size()));
    lines
}

/// Which steps of some tokens, (T, B), of sequences of these lengths are padding.
pub(super) fn mask<L: TimeAxis>(
    time: fn(usize) -> L,
    tokens: &[u32],
    lengths: &[usize],
) -> PaddingMask<L> {
    PaddingMask::new(time(tokens.len() / lengths.len().max(1)), lengths)
}
