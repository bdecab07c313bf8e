//! A recurrent layer's case: its sizes and arrays, and what the kernels make of them.

use samebits::kernels::Compute;
use samebits::kernels::cell::{Cell, Gru, Lstm, Rnn};
use samebits::kernels::sequence::{Gradients, Input, Sizes, State, Weights, forward};
use samebits::random::{Purpose, Stream};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Flat arrays by name.
pub type Arrays = BTreeMap<String, Vec<f32>>;

/// The cells, by the names of the fixtures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Tanh,
    Relu,
    Gru,
    Lstm,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Tanh, Self::Relu, Self::Gru, Self::Lstm];

    /// G.
    pub fn gates(self) -> usize {
        match self {
            Self::Tanh | Self::Relu => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

/// T, B, I and H.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Dims {
    pub steps: usize,
    pub batch: usize,
    pub input: usize,
    pub hidden: usize,
}

impl Dims {
    pub const fn new(steps: usize, batch: usize, input: usize, hidden: usize) -> Self {
        Self { steps, batch, input, hidden }
    }
}

/// A layer with its input. `given` has `x` (T, B, I), `w_ih` (G, H, I), `w_hh` (G, H, H), `b_ih`
/// and `b_hh` (G, H), the state `h0` and `c0` (B, H; `c0` empty but for the LSTM), and `upstream`
/// (T, B, H): the loss is Σ output · upstream.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    #[serde(rename = "cell")]
    pub kind: Kind,
    #[serde(rename = "sizes")]
    pub dims: Dims,
    pub given: Arrays,
}

/// Uniform random numbers in ±`bound`.
pub fn numbers(len: usize, key: u64, bound: f32) -> Vec<f32> {
    let mut stream = Stream::new(2, Purpose::Initialization, key);
    (0..len).map(|_| (stream.uniform_f32() * 2.0 - 1.0) * bound).collect()
}

impl Case {
    /// A case of random numbers.
    pub fn random(kind: Kind, dims: Dims) -> Self {
        let Dims { steps, batch, input, hidden } = dims;
        let rows = kind.gates() * hidden;
        let memory = if kind == Kind::Lstm { batch * hidden } else { 0 };
        let bound = 1.5 / (hidden as f32).sqrt();
        let arrays = [
            ("x", steps * batch * input, 1.5),
            ("w_ih", rows * input, bound),
            ("w_hh", rows * hidden, bound),
            ("b_ih", rows, bound),
            ("b_hh", rows, bound),
            ("h0", batch * hidden, 0.8),
            ("c0", memory, 1.2),
            ("upstream", steps * batch * hidden, 1.0),
        ];
        let given = arrays
            .into_iter()
            .enumerate()
            .map(|(key, (name, len, bound))| (name.to_string(), numbers(len, key as u64, bound)));
        Self { kind, dims, given: given.collect() }
    }

    pub fn get(&self, name: &str) -> &[f32] {
        &self.given[name]
    }

    /// The state before the first step.
    pub fn state(&self) -> State {
        State { hidden: self.get("h0").to_vec(), memory: self.get("c0").to_vec() }
    }

    /// The weights as the kernels take them.
    pub fn weights(&self) -> Weights<'_> {
        Weights {
            input: self.get("w_ih"),
            recurrent: self.get("w_hh"),
            input_bias: self.get("b_ih"),
            recurrent_bias: self.get("b_hh"),
        }
    }

    /// What the kernels make of the case: `output`, the final `hidden` and `memory`, and the
    /// gradients under the names of what they are of.
    pub fn run(&self, compute: &Compute) -> (Arrays, Arrays) {
        match self.kind {
            Kind::Tanh => self.run_cell(compute, Rnn { relu: false }),
            Kind::Relu => self.run_cell(compute, Rnn { relu: true }),
            Kind::Gru => self.run_cell(compute, Gru),
            Kind::Lstm => self.run_cell(compute, Lstm),
        }
    }

    fn run_cell<C: Cell>(&self, compute: &Compute, cell: C) -> (Arrays, Arrays) {
        let Dims { steps, batch, hidden, .. } = self.dims;
        let sizes = Sizes { steps, batch, hidden };
        let (input, weights) = (Input::Features(self.get("x")), self.weights());
        let mut state = self.state();
        let trace = forward(compute, cell, sizes, input, weights, &mut state);
        let values = named([
            ("output", trace.output().to_vec()),
            ("hidden", state.hidden),
            ("memory", state.memory),
        ]);
        // What stands in the memory of gradients counts for nothing.
        let names = ["w_ih", "w_hh", "b_ih", "b_hh"];
        let mut found = names.map(|name| vec![f32::NAN; self.get(name).len()]);
        let [input_weight, recurrent, input_bias, recurrent_bias] = &mut found;
        let gradients = Gradients { input: input_weight, recurrent, input_bias, recurrent_bias };
        let x = trace.backward(compute, input, weights, self.get("upstream"), gradients);
        let x = x.expect("features have a gradient").into_vec();
        let [w_ih, w_hh, b_ih, b_hh] = found;
        let gradients =
            named([("x", x), ("w_ih", w_ih), ("w_hh", w_hh), ("b_ih", b_ih), ("b_hh", b_hh)]);
        (values, gradients)
    }
}

/// Arrays from pairs of name and values.
pub fn named<const N: usize>(pairs: [(&str, Vec<f32>); N]) -> Arrays {
    pairs.map(|(name, values)| (name.to_string(), values)).into()
}

/// Asserts that every expected array is there and within `tolerance` of its largest value, or of
/// 1 where all are smaller.
pub fn assert_close(found: &Arrays, expected: &Arrays, tolerance: f32, context: &str) {
    for (name, expected) in expected {
        let found = &found[name];
        assert_eq!(found.len(), expected.len(), "{context}: length of {name}");
        let bound = tolerance * expected.iter().fold(1.0, |bound: f32, x| bound.max(x.abs()));
        for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
            let error = (found - expected).abs();
            assert!(error <= bound, "{context}: {name}[{place}] is {found}, not {expected}");
        }
    }
}

/// The bits of arrays: what has to be equal where closeness is not enough.
pub fn bits(arrays: &Arrays) -> BTreeMap<&str, Vec<u32>> {
    arrays
        .iter()
        .map(|(name, values)| (&**name, values.iter().map(|x| x.to_bits()).collect()))
        .collect()
}
