//! A recurrent layer's case: its sizes and arrays, and what the kernels make of them.

use runner::kernels::Compute;
use runner::kernels::cell::{Cell, Gru, Lstm, Rnn};
use runner::kernels::matrix::{Packed, Start, View, multiply, product};
use runner::kernels::sequence::{Sizes, State, forward, weight};
use runner::random::{Purpose, Stream};
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

    /// The input's share of the gates, `x W_ihᵀ + b_ih`, and b_hh with it unless that stands
    /// `apart`: (T, B, G, H).
    pub fn gates(&self, compute: &Compute, apart: bool) -> Vec<f32> {
        let Dims { steps, batch, input, .. } = self.dims;
        let mut bias = self.get("b_ih").to_vec();
        if !apart {
            bias.iter_mut().zip(self.get("b_hh")).for_each(|(sum, b)| *sum += b);
        }
        let mut gates = vec![0.0; steps * batch * bias.len()];
        let weight = Packed::new(compute, View::new(self.get("w_ih"), input).transposed());
        let left = View::new(self.get("x"), input);
        multiply(compute, left, &weight, &mut gates, bias.len(), Start::Row(&bias));
        gates
    }

    /// What the kernels make of the case: `output`, the final `hidden` and `memory`, and the
    /// gradients under the names of what they are of, `gates` (T, B, G, H) among them.
    pub fn run(&self, compute: &Compute) -> (Arrays, Arrays) {
        match self.kind {
            Kind::Tanh => self.run_cell(compute, Rnn { relu: false }),
            Kind::Relu => self.run_cell(compute, Rnn { relu: true }),
            Kind::Gru => self.run_cell(compute, Gru),
            Kind::Lstm => self.run_cell(compute, Lstm),
        }
    }

    fn run_cell<C: Cell>(&self, compute: &Compute, cell: C) -> (Arrays, Arrays) {
        let Dims { steps, batch, input, hidden } = self.dims;
        let sizes = Sizes { steps, batch, hidden };
        let (w_hh, mut state) = (self.get("w_hh"), self.state());
        let gates = compute.adopt(self.gates(compute, C::APART));
        let trace = forward(compute, cell, sizes, gates, w_hh, self.get("b_hh"), &mut state);
        let values = named([
            ("output", trace.output().to_vec()),
            ("hidden", state.hidden),
            ("memory", state.memory),
        ]);
        let gradients = trace.backward(compute, w_hh, self.get("upstream"));
        let zeros = |name| vec![0.0; self.get(name).len()];
        let (mut d_w_ih, mut d_w_hh) = (zeros("w_ih"), zeros("w_hh"));
        let (mut d_b_ih, mut d_b_hh) = (zeros("b_ih"), zeros("b_hh"));
        gradients.recurrent_weight(compute, &mut d_w_hh);
        gradients.recurrent_bias(compute, &mut d_b_hh);
        let of_input = gradients.input_bias(compute);
        d_b_ih.copy_from_slice(of_input.as_deref().unwrap_or(&d_b_hh));
        weight(compute, &gradients.gates, self.get("x"), input, &mut d_w_ih);
        let share = View::new(&gradients.gates, C::GATES * hidden);
        let d_x = product(compute, share, View::new(self.get("w_ih"), input));
        let gradients = named([
            ("x", d_x.into_vec()),
            ("w_ih", d_w_ih),
            ("w_hh", d_w_hh),
            ("b_ih", d_b_ih),
            ("b_hh", d_b_hh),
            ("gates", gradients.gates.into_vec()),
        ]);
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
