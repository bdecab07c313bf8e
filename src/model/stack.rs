//! Recurrent layers above one another, with or without an embedding below: what all tasks but
//! language modelling read sequences with. Sizes are those of run time, and the cell's type is
//! forgotten.
//!
//! Sequences of different lengths are padded at their ends. A layer that reads forwards gives at
//! each step what depends on this step and earlier ones alone, and one that reads backwards begins
//! at the last true step and takes the padding last; so padding changes nothing at a true step. And
//! as no loss looks at padded steps, their gradient is zero and adds nothing to any sum.

use super::embedding::{Embedding, drop_out};
use super::parameter::{AnyParameter, Array, Layout, Recording};
use super::pass::{Extent, Sequences};
use super::recurrent::{Hidden, Layer, TypedCell};
use super::{ModelState, Step};
use crate::kernels::Compute;
use crate::kernels::cell::{Gru, Lstm, Rnn};
use crate::kernels::sequence::State;
use crate::random::{Purpose, Stream};
use crate::spec::{self, Architecture, Nonlinearity};
use dfdx::prelude::*;
use std::sync::Arc;

/// Hidden states (T, B, D, H).
pub type States<T> = Hidden<usize, usize, T>;

/// Features (T, B, F).
pub type Features<T> = Array<(usize, usize, usize), T>;

/// What a stack reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// One of so many tokens.
    Tokens(usize),
    /// So many numbers.
    Features(usize),
}

/// Tokens of sequences side by side, each padded at its end.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Tokens (T, B), time-major.
    pub ids: Arc<Vec<u32>>,
    /// The sequences.
    pub sequences: Sequences,
}

impl Tokens {
    /// Tokens (T, B) of B sequences with these true lengths.
    pub fn new(ids: &[u32], lengths: &[usize]) -> Self {
        let batch = lengths.len();
        let extent = Extent { steps: ids.len() / batch.max(1), batch };
        let sequences = Sequences { extent, lengths: Some(Arc::new(lengths.to_vec())) };
        Self { ids: Arc::new(ids.to_vec()), sequences }
    }
}

/// Dropout in a step of training: the key of its masks, and the first of their places.
#[derive(Clone, Copy, Debug)]
pub struct Masks {
    /// The step; without one nothing is dropped.
    pub step: Option<Step>,
    /// What is added to every place, so that two stacks have masks of their own.
    pub first: u64,
}

impl Masks {
    /// Drops nothing.
    pub const NONE: Self = Self { step: None, first: 0 };

    /// Dropout at a place of the network.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn drop<S: Shape, T: Tape<f32, Cpu>>(
        self,
        compute: &Compute,
        device: &Cpu,
        input: Array<S, T>,
        place: u64,
        probability: f64,
    ) -> Result<Array<S, T>, CpuError> {
        let Some(step) = self.step else {
            return Ok(input);
        };
        let key = (step.index << 16) + self.first + place;
        let mask = Stream::new(step.seed, Purpose::Dropout, key);
        drop_out(compute, input, mask, probability, device)
    }
}

/// A recurrent network without its head.
pub trait Stack {
    /// All parameters, in PyTorch's order.
    fn parameters(&self) -> Vec<&dyn AnyParameter>;

    /// All parameters, in PyTorch's order.
    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter>;

    /// The zero state.
    fn zero_state(&self, batch: usize) -> ModelState;

    /// Reads tokens, recording.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn tokens_taped(
        &self,
        tokens: Tokens,
        state: &mut ModelState,
        masks: Masks,
        tape: Recording,
    ) -> Result<States<Recording>, CpuError>;

    /// Reads tokens.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn tokens(&self, tokens: Tokens, state: &mut ModelState) -> Result<States<NoneTape>, CpuError>;

    /// Reads features (T, B, F), recording.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn features_taped(
        &self,
        features: Features<Recording>,
        state: &mut ModelState,
        masks: Masks,
    ) -> Result<States<Recording>, CpuError>;

    /// Reads features (T, B, F).
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn features(
        &self,
        features: Features<NoneTape>,
        state: &mut ModelState,
    ) -> Result<States<NoneTape>, CpuError>;
}

/// A stack of zeros.
pub fn build(compute: &Compute, device: &Cpu, spec: &spec::Model, input: Input) -> Box<dyn Stack> {
    match spec.architecture {
        Architecture::Rnn => {
            let relu = spec.nonlinearity == Some(Nonlinearity::Relu);
            Box::new(Typed::new(compute, device, spec, Rnn { relu }, input))
        }
        Architecture::Gru => Box::new(Typed::new(compute, device, spec, Gru, input)),
        Architecture::Lstm => Box::new(Typed::new(compute, device, spec, Lstm, input)),
    }
}

/// The parameter of a stack that is a table with a row for each token.
pub fn table(spec: &spec::Model) -> &'static str {
    if spec.embedding_size == 0 { "rnn.weight_ih_l0" } else { "embedding.weight" }
}

/// The layers of a stack, a line each, for people.
pub fn describe(spec: &spec::Model, input: Input) -> Vec<String> {
    let cell = match spec.architecture {
        Architecture::Rnn => "rnn",
        Architecture::Gru => "gru",
        Architecture::Lstm => "lstm",
    };
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

/// A layer that reads features.
type Wide<C> = Layer<C, (<C as TypedCell>::Gates, usize, usize), usize>;

/// A layer that reads one-hot tokens.
type OneHot<C> = Layer<C, (usize, <C as TypedCell>::Gates, usize), usize>;

/// A stack of a known cell.
struct Typed<C: TypedCell> {
    compute: Compute,
    device: Cpu,
    embedding: Option<Embedding<usize>>,
    one_hot: Option<OneHot<C>>,
    wide: Vec<Wide<C>>,
    directions: usize,
    /// Of the embedded input, and between layers.
    dropout: [f64; 2],
}

impl<C: TypedCell> Typed<C> {
    fn new(compute: &Compute, device: &Cpu, spec: &spec::Model, cell: C, input: Input) -> Self {
        let (hidden, gates) = (spec.hidden_size, C::Gates::default());
        let directions = spec.directions();
        let wide = |index: usize, width: usize| {
            let (shape, sizes) = ((gates, hidden, width), (width, hidden));
            Wide::<C>::new(device, cell, index, directions, shape, sizes, Layout::Same)
        };
        let (mut embedding, mut one_hot, mut layers) = (None, None, Vec::new());
        match (input, spec.embedding_size) {
            (Input::Features(width), _) => layers.push(wide(0, width)),
            (Input::Tokens(size), 0) => {
                let (shape, sizes) = ((size, gates, hidden), (size, hidden));
                let layout = Layout::Transposed;
                let layer = OneHot::<C>::new(device, cell, 0, directions, shape, sizes, layout);
                one_hot = Some(layer);
            }
            (Input::Tokens(size), width) => {
                embedding = Some(Embedding::new(device, size, width));
                layers.push(wide(0, width));
            }
        }
        layers.extend((1..spec.layers).map(|index| wide(index, spec.output_size())));
        Self {
            compute: compute.clone(),
            device: device.clone(),
            embedding,
            one_hot,
            wide: layers,
            directions,
            dropout: [spec.embedding_dropout, spec.dropout],
        }
    }

    fn read_tokens<T: Tape<f32, Cpu>>(
        &self,
        Tokens { ids, sequences }: Tokens,
        state: &mut ModelState,
        masks: Masks,
        tape: T,
    ) -> Result<States<T>, CpuError> {
        match (&self.embedding, &self.one_hot) {
            (Some(embedding), _) => {
                let (compute, device, extent) = (&self.compute, &self.device, sequences.extent);
                let embedded = embedding.forward(compute, extent, ids, tape, device)?;
                let embedded = masks.drop(compute, device, embedded, 0, self.dropout[0])?;
                self.read_features(embedded, &sequences, state, masks)
            }
            (None, Some(layer)) => {
                let split = self.directions.min(state.len());
                let (first, rest) = state.split_at_mut(split);
                let (place, compute) = ((sequences.clone(), self.directions), &self.compute);
                let hidden =
                    layer.forward_tokens(compute, place, ids, first, tape, &self.device)?;
                self.deepen(hidden, &self.wide, &sequences, rest, masks)
            }
            // A stack of features is never given tokens.
            (None, None) => {
                let none = (sequences.extent.steps, sequences.extent.batch, self.directions, 0);
                Array::new(&self.device, none, self.compute.buffer(0), tape)
            }
        }
    }

    fn read_features<T: Tape<f32, Cpu>>(
        &self,
        features: Features<T>,
        sequences: &Sequences,
        state: &mut [State],
        masks: Masks,
    ) -> Result<States<T>, CpuError> {
        let place = (sequences.clone(), self.directions);
        let (first, rest) = state.split_at_mut(self.directions.min(state.len()));
        let (layer, deeper) = self.wide.split_at(1);
        let hidden = layer[0].forward(&self.compute, place, features, first, &self.device)?;
        self.deepen(hidden, deeper, sequences, rest, masks)
    }

    /// The layers above the first, with dropout below each.
    fn deepen<T: Tape<f32, Cpu>>(
        &self,
        mut hidden: States<T>,
        layers: &[Wide<C>],
        sequences: &Sequences,
        state: &mut [State],
        masks: Masks,
    ) -> Result<States<T>, CpuError> {
        let states = state.chunks_mut(self.directions);
        for ((mask, layer), state) in (1..).zip(layers).zip(states) {
            let place = (sequences.clone(), self.directions);
            let dropped = masks.drop(&self.compute, &self.device, hidden, mask, self.dropout[1])?;
            hidden = layer.forward(&self.compute, place, dropped, state, &self.device)?;
        }
        Ok(hidden)
    }
}

impl<C: TypedCell> Stack for Typed<C> {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        let embedding = self.embedding.iter().map(|it| &it.weight as &dyn AnyParameter);
        let one_hot = self.one_hot.iter().flat_map(Layer::parameters);
        embedding.chain(one_hot).chain(self.wide.iter().flat_map(Layer::parameters)).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        let embedding = self.embedding.iter_mut();
        let embedding = embedding.map(|it| &mut it.weight as &mut dyn AnyParameter);
        let one_hot = self.one_hot.iter_mut().flat_map(Layer::parameters_mut);
        let wide = self.wide.iter_mut().flat_map(Layer::parameters_mut);
        embedding.chain(one_hot).chain(wide).collect()
    }

    fn zero_state(&self, batch: usize) -> ModelState {
        let one_hot = self.one_hot.iter().flat_map(|layer| layer.zero_state(batch));
        one_hot.chain(self.wide.iter().flat_map(|layer| layer.zero_state(batch))).collect()
    }

    fn tokens_taped(
        &self,
        tokens: Tokens,
        state: &mut ModelState,
        masks: Masks,
        tape: Recording,
    ) -> Result<States<Recording>, CpuError> {
        self.read_tokens(tokens, state, masks, tape)
    }

    fn tokens(&self, tokens: Tokens, state: &mut ModelState) -> Result<States<NoneTape>, CpuError> {
        self.read_tokens(tokens, state, Masks::NONE, NoneTape)
    }

    fn features_taped(
        &self,
        features: Features<Recording>,
        state: &mut ModelState,
        masks: Masks,
    ) -> Result<States<Recording>, CpuError> {
        let sequences = whole(&features);
        self.read_features(features, &sequences, state, masks)
    }

    fn features(
        &self,
        features: Features<NoneTape>,
        state: &mut ModelState,
    ) -> Result<States<NoneTape>, CpuError> {
        let sequences = whole(&features);
        self.read_features(features, &sequences, state, Masks::NONE)
    }
}

/// Features of sequences that are all as long.
fn whole<T: Tape<f32, Cpu>>(features: &Features<T>) -> Sequences {
    let &(steps, batch, _) = features.handle.shape();
    Sequences::whole(Extent { steps, batch })
}
