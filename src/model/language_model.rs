//! The recurrent language model: tokens → embedding or one-hot → recurrent layers → vocabulary.

use super::decoder::Decoder;
use super::embedding::{Embedding, drop_out};
use super::parameter::{AnyParameter, Array, Gradients, Layout, Parameter};
use super::recurrent::{Extent, Layer, TypedCell};
use super::{Model, ModelError, ModelState, Step};
use crate::data::Batch;
use crate::kernels::Compute;
use crate::kernels::softmax::Loss;
use crate::random::{Purpose, Stream};
use crate::spec::{self, Reduction};
use dfdx::prelude::*;
use std::sync::Arc;

/// Hidden states of the last layer, (T, B, D, H).
type Hidden<D, H, T> = Array<(usize, usize, D, H), T>;

/// A language model with C's cell, D directions, embeddings of size E and H hidden units.
#[derive(Debug)]
pub struct LanguageModel<C: TypedCell, D: ConstDim, E: Dim, H: Dim> {
    device: Cpu,
    compute: Compute,
    spec: spec::Model,
    directions: D,
    input: Input<C, E, H>,
    deeper: Vec<Layer<C, (C::Gates, H, D, H), H>>,
    decoder: Decoder,
    /// The decoder's weight, unless it is the embedding's.
    decoder_weight: Option<Parameter<(usize, D, H)>>,
    vocabulary: usize,
}

/// How tokens come in.
#[derive(Debug)]
enum Input<C: TypedCell, E: Dim, H: Dim> {
    OneHot(Layer<C, (usize, C::Gates, H), H>),
    Embedded(Embedding<E>, Layer<C, (C::Gates, H, E), H>),
}

impl<C: TypedCell, D: ConstDim, E: Dim, H: Dim> LanguageModel<C, D, E, H> {
    /// A model of zeros for a vocabulary.
    pub fn new(
        compute: Compute,
        spec: &spec::Model,
        cell: C,
        (embedding, hidden): (E, H),
        vocabulary: usize,
    ) -> Self {
        let device = Cpu::default();
        let (directions, gates) = (D::default(), C::Gates::default());
        let input = if spec.embedding_size == 0 {
            let sizes = (vocabulary, hidden);
            let shape = (vocabulary, gates, hidden);
            Input::OneHot(Layer::new(&device, cell, 0, D::SIZE, shape, sizes, Layout::Transposed))
        } else {
            let sizes = (embedding.size(), hidden);
            let shape = (gates, hidden, embedding);
            Input::Embedded(
                Embedding::new(&device, vocabulary, embedding),
                Layer::new(&device, cell, 0, D::SIZE, shape, sizes, Layout::Same),
            )
        };
        let features = D::SIZE * hidden.size();
        let deeper = (1..spec.layers).map(|index| {
            let shape = (gates, hidden, directions, hidden);
            Layer::new(&device, cell, index, D::SIZE, shape, (features, hidden), Layout::Same)
        });
        let decoder_weight = (!spec.tied).then(|| {
            let (name, torch) = ("decoder.weight", vec![vocabulary, features]);
            Parameter::new(&device, name, (vocabulary, directions, hidden), torch, Layout::Same)
        });
        Self {
            deeper: deeper.collect(),
            decoder: Decoder::new(&device, vocabulary),
            device,
            compute,
            spec: spec.clone(),
            directions,
            input,
            decoder_weight,
            vocabulary,
        }
    }

    /// The last layer's hidden states. `masks` draws the dropout; without it there is none.
    fn hidden<T: Tape<f32, Cpu>>(
        &self,
        (tokens, extent): (&[u32], Extent),
        state: &mut ModelState,
        masks: Option<Step>,
        tape: T,
    ) -> Result<Hidden<D, H, T>, CpuError> {
        let mask = |place: u64| {
            let step = masks.map_or(0, |step| step.index << 16) + place;
            Stream::new(masks.map_or(0, |step| step.seed), Purpose::Dropout, step)
        };
        let probability = |p: f64| if masks.is_some() { p } else { 0.0 };
        let compute = &self.compute;
        let place = (extent, self.directions);
        let tokens = Arc::new(tokens.to_vec());
        let (first, later) = state.split_at_mut(D::SIZE.min(state.len()));
        let mut hidden = match &self.input {
            Input::OneHot(layer) => {
                layer.forward_tokens(compute, place, tokens, first, tape, &self.device)?
            }
            Input::Embedded(embedding, layer) => {
                let embedded = embedding.forward(extent, tokens, tape, &self.device)?;
                let p = probability(self.spec.embedding_dropout);
                let embedded = drop_out(compute, embedded, mask(0), p)?;
                layer.forward(compute, place, embedded, first)?
            }
        };
        for ((index, layer), state) in
            self.deeper.iter().enumerate().zip(later.chunks_mut(D::SIZE))
        {
            let p = probability(self.spec.dropout);
            let dropped = drop_out(compute, hidden, mask(1 + index as u64), p)?;
            hidden = layer.forward(compute, place, dropped, state)?;
        }
        let p = probability(self.spec.output_dropout);
        drop_out(compute, hidden, mask(1 + self.deeper.len() as u64), p)
    }

    fn decoder_values(&self) -> Arc<Vec<f32>> {
        match (&self.decoder_weight, &self.input) {
            (Some(weight), _) => weight.values(),
            (None, Input::Embedded(embedding, _)) => embedding.weight.values(),
            // The spec's validation lets no one-hot model be tied.
            (None, Input::OneHot(_)) => Arc::default(),
        }
    }

    /// The loss on the tape, through the decoder's own weight or the embedding's.
    fn loss_on_tape(
        &mut self,
        hidden: Hidden<D, H, super::parameter::Recording>,
        targets: &[u32],
        scale: f32,
    ) -> Result<(Array<(), super::parameter::Recording>, Loss), CpuError> {
        let Self { decoder, compute, decoder_weight, input, .. } = self;
        match (decoder_weight, input) {
            (Some(weight), _) => decoder.loss_on_tape(compute, weight, hidden, targets, scale),
            (None, Input::Embedded(embedding, _)) => {
                decoder.loss_on_tape(compute, &mut embedding.weight, hidden, targets, scale)
            }
            (None, Input::OneHot(layer)) => {
                // As above: never reached, and harmless.
                drop(layer.zero_state(0));
                let (hidden, tape) = hidden.split_tape();
                let zero = hidden.device().try_tensor_from_vec(vec![0.0], ())?;
                Ok((zero.put_tape(tape), Loss::default()))
            }
        }
    }

    /// The step on the tape: loss, and all gradients but in their parameters yet.
    fn record(
        &mut self,
        batch: &Batch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<(Loss, Gradients), CpuError> {
        let mut gradients = Gradients::leaky();
        for parameter in self.lent_mut() {
            parameter.lend(&mut gradients)?;
        }
        let (_, tape) = self.decoder.bias.handle().traced(gradients).split_tape();
        let extent = Extent { steps: batch.steps, batch: batch.batch };
        let hidden = self.hidden((&batch.inputs, extent), state, Some(step), tape)?;
        let scale = scale(batch, step.reduction);
        let (scaled, loss) = self.loss_on_tape(hidden, &batch.targets, scale)?;
        Ok((loss, scaled.try_backward()?))
    }

    /// The parameters whose gradients grow on the way back. The decoder's come out of the
    /// forward pass.
    fn lent_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        let tied = self.decoder_weight.is_none();
        let mut parameters: Vec<&mut dyn AnyParameter> = Vec::new();
        match &mut self.input {
            Input::OneHot(layer) => parameters.extend(layer.parameters_mut()),
            Input::Embedded(embedding, layer) => {
                if !tied {
                    parameters.push(&mut embedding.weight);
                }
                parameters.extend(layer.parameters_mut());
            }
        }
        parameters.extend(self.deeper.iter_mut().flat_map(Layer::parameters_mut));
        parameters
    }
}

/// What the summed loss is multiplied with.
fn scale(batch: &Batch, reduction: Reduction) -> f32 {
    let counted = batch.targets.iter().filter(|target| **target != crate::data::IGNORE).count();
    match reduction {
        Reduction::Mean => 1.0 / counted.max(1) as f32,
        Reduction::Sum => 1.0,
        Reduction::Batchmean => 1.0 / batch.batch.max(1) as f32,
    }
}

impl<C: TypedCell, D: ConstDim, E: Dim, H: Dim> Model for LanguageModel<C, D, E, H> {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        let mut parameters: Vec<&dyn AnyParameter> = Vec::new();
        match &self.input {
            Input::OneHot(layer) => parameters.extend(layer.parameters()),
            Input::Embedded(embedding, layer) => {
                parameters.push(&embedding.weight);
                parameters.extend(layer.parameters());
            }
        }
        parameters.extend(self.deeper.iter().flat_map(Layer::parameters));
        parameters.extend(self.decoder_weight.iter().map(|weight| weight as &dyn AnyParameter));
        parameters.push(&self.decoder.bias);
        parameters
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        let mut parameters: Vec<&mut dyn AnyParameter> = Vec::new();
        match &mut self.input {
            Input::OneHot(layer) => parameters.extend(layer.parameters_mut()),
            Input::Embedded(embedding, layer) => {
                parameters.push(&mut embedding.weight);
                parameters.extend(layer.parameters_mut());
            }
        }
        parameters.extend(self.deeper.iter_mut().flat_map(Layer::parameters_mut));
        if let Some(weight) = &mut self.decoder_weight {
            parameters.push(weight);
        }
        parameters.push(&mut self.decoder.bias);
        parameters
    }

    fn zero_state(&self, batch: usize) -> ModelState {
        let mut state = match &self.input {
            Input::OneHot(layer) => layer.zero_state(batch),
            Input::Embedded(_, layer) => layer.zero_state(batch),
        };
        state.extend(self.deeper.iter().flat_map(|layer| layer.zero_state(batch)));
        state
    }

    fn train(
        &mut self,
        batch: &Batch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<Loss, ModelError> {
        let (loss, mut gradients) = self.record(batch, state, step)?;
        for parameter in self.parameters_mut() {
            parameter.collect(&mut gradients)?;
        }
        Ok(loss)
    }

    fn evaluate(&self, batch: &Batch, state: &mut ModelState) -> Result<Loss, ModelError> {
        let extent = Extent { steps: batch.steps, batch: batch.batch };
        let hidden = self.hidden((&batch.inputs, extent), state, None, NoneTape)?;
        let weight = self.decoder_values();
        Ok(self.decoder.loss(&self.compute, &weight, &hidden, &batch.targets))
    }

    fn logits(&self, tokens: &[u32], state: &mut ModelState) -> Result<Vec<f32>, ModelError> {
        let extent = Extent { steps: tokens.len(), batch: 1 };
        let hidden = self.hidden((tokens, extent), state, None, NoneTape)?;
        Ok(self.decoder.logits(&self.compute, &self.decoder_values(), &hidden))
    }

    fn describe(&self) -> Vec<String> {
        let (vocabulary, hidden) = (self.vocabulary, self.spec.hidden_size);
        let cell = match self.spec.architecture {
            spec::Architecture::Rnn => "rnn",
            spec::Architecture::Gru => "gru",
            spec::Architecture::Lstm => "lstm",
        };
        let mut lines = vec![match &self.input {
            Input::OneHot(_) => format!("one-hot    {vocabulary}"),
            Input::Embedded(..) => {
                format!("embedding  {vocabulary} × {}", self.spec.embedding_size)
            }
        }];
        let mut input = match self.spec.embedding_size {
            0 => vocabulary,
            size => size,
        };
        let both = if D::SIZE == 2 { " × 2 directions" } else { "" };
        for index in 0..self.spec.layers {
            lines.push(format!("{cell:<10} {input} → {hidden}{both} (layer {})", index + 1));
            input = D::SIZE * hidden;
        }
        let tied = if self.decoder_weight.is_none() { ", the embedding's weights" } else { "" };
        lines.push(format!("linear     {input} → {vocabulary}{tied}"));
        lines
    }
}
