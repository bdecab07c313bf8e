//! The recurrent language model: tokens → embedding or one-hot → recurrent layers → vocabulary.

use super::decoder::Decoder;
use super::embedding::{Embedding, drop_out};
use super::parameter::{AnyParameter, Array, Gradients, Layout, Parameter, Reach, Recording};
use super::pass::{Extent, Sequences};
use super::recurrent::{Hidden, Layer, TypedCell};
use super::select::{last_step, select};
use super::stack::{self, Input};
use super::{Model, ModelError, ModelState, Network, Step};
use crate::data::Batch;
use crate::kernels::Compute;
use crate::kernels::softmax::Loss;
use crate::random::{Purpose, Stream};
use crate::spec::{self, Reduction};
use dfdx::prelude::*;
use std::sync::Arc;

/// A layer that reads the hidden states of the one below.
type Deeper<C, D, H> = Layer<C, (<C as TypedCell>::Gates, H, D, H), H>;

/// A language model with C's cell, D directions, embeddings of size E and H hidden units.
#[derive(Debug)]
pub struct LanguageModel<C: TypedCell, D: ConstDim, E: Dim, H: Dim> {
    device: Cpu,
    compute: Compute,
    spec: spec::Model,
    directions: D,
    ends: Ends<C, D, E, H>,
    deeper: Vec<Deeper<C, D, H>>,
    decoder: Decoder,
    vocabulary: usize,
}

/// What stands next to the vocabulary: the first layer and the decoder's weight.
#[derive(Debug)]
enum Ends<C: TypedCell, D: Dim, E: Dim, H: Dim> {
    OneHot {
        layer: Layer<C, (usize, C::Gates, H), H>,
        decoder: Parameter<(usize, D, H)>,
    },
    Embedded {
        embedding: Embedding<E>,
        layer: Layer<C, (C::Gates, H, E), H>,
        /// None: the embedding's weight.
        decoder: Option<Parameter<(usize, D, H)>>,
    },
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
        let features = D::SIZE * hidden.size();
        let decoder = |device: &Cpu| {
            let (name, torch) = ("decoder.weight".into(), vec![vocabulary, features]);
            Parameter::new(device, name, (vocabulary, directions, hidden), torch, Layout::Same)
        };
        let identity = spec.decoder == Some(false);
        let decoder = |device: &Cpu| {
            let mut weight = decoder(device);
            if identity {
                let ones = weight.both_mut().0.iter_mut().step_by(vocabulary + 1);
                ones.for_each(|one| *one = 1.0);
            }
            weight
        };
        let ends = if spec.embedding_size == 0 {
            let (shape, sizes) = ((vocabulary, gates, hidden), (vocabulary, hidden));
            let layout = Layout::Transposed;
            let layer = Layer::new(&device, cell, 0, D::SIZE, shape, sizes, layout);
            Ends::OneHot { layer, decoder: decoder(&device) }
        } else {
            let (shape, sizes) = ((gates, hidden, embedding), (embedding.size(), hidden));
            Ends::Embedded {
                embedding: Embedding::new(&device, vocabulary, embedding),
                layer: Layer::new(&device, cell, 0, D::SIZE, shape, sizes, Layout::Same),
                decoder: (!spec.tied).then(|| decoder(&device)),
            }
        };
        let deeper = (1..spec.layers).map(|index| {
            let shape = (gates, hidden, directions, hidden);
            Layer::new(&device, cell, index, D::SIZE, shape, (features, hidden), Layout::Same)
        });
        Self {
            deeper: deeper.collect(),
            decoder: Decoder::new(&device, vocabulary),
            device,
            compute,
            spec: spec.clone(),
            directions,
            ends,
            vocabulary,
        }
    }

    /// The last layer's hidden states. `masks` draws the dropout; without it there is none.
    fn hidden<T: Tape<f32, Cpu>>(
        &self,
        (tokens, sequences): (&[u32], Sequences),
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
        let extent = sequences.extent;
        let place = || (sequences.clone(), self.directions);
        let tokens = Arc::new(tokens.to_vec());
        let first_layer = D::SIZE.min(state.len());
        let (first, later) = state.split_at_mut(first_layer);
        let mut hidden = match &self.ends {
            Ends::OneHot { layer, .. } => {
                layer.forward_tokens(compute, place(), tokens, first, tape, &self.device)?
            }
            Ends::Embedded { embedding, layer, .. } => {
                let embedded = embedding.forward(compute, extent, tokens, tape, &self.device)?;
                let p = probability(self.spec.embedding_dropout);
                let embedded = drop_out(compute, embedded, mask(0), p, &self.device)?;
                layer.forward(compute, place(), embedded, first, &self.device)?
            }
        };
        for ((index, layer), state) in self.deeper.iter().enumerate().zip(later.chunks_mut(D::SIZE))
        {
            let p = probability(self.spec.dropout);
            let dropped = drop_out(compute, hidden, mask(1 + index as u64), p, &self.device)?;
            hidden = layer.forward(compute, place(), dropped, state, &self.device)?;
        }
        let p = probability(self.spec.output_dropout);
        drop_out(compute, hidden, mask(1 + self.deeper.len() as u64), p, &self.device)
    }

    fn decoder_weight(&self) -> &[f32] {
        match &self.ends {
            Ends::OneHot { decoder, .. } | Ends::Embedded { decoder: Some(decoder), .. } => {
                decoder.numbers()
            }
            Ends::Embedded { embedding, decoder: None, .. } => embedding.weight.numbers(),
        }
    }

    /// The loss on the tape, through the decoder's own weight or the embedding's.
    fn loss_on_tape(
        &mut self,
        hidden: Hidden<D, H, Recording>,
        targets: &[u32],
        scale: f32,
    ) -> Result<(Array<(), Recording>, Loss), CpuError> {
        let (head, compute, device) = (&mut self.decoder, &self.compute, &self.device);
        match &mut self.ends {
            Ends::OneHot { decoder, .. } | Ends::Embedded { decoder: Some(decoder), .. } => {
                head.loss_on_tape(compute, decoder, hidden, targets, scale, device)
            }
            Ends::Embedded { embedding, decoder: None, .. } => {
                head.loss_on_tape(compute, &mut embedding.weight, hidden, targets, scale, device)
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
        self.lend(&batch.inputs, &mut gradients)?;
        let tape = self.decoder.bias.tape(gradients);
        let mut hidden = self.hidden((&batch.inputs, sequences(batch)), state, Some(step), tape)?;
        if batch.targets.len() < batch.inputs.len() {
            let places = last_step(batch.steps, batch.batch, D::SIZE);
            hidden = select(&self.compute, &self.device, hidden, places)?;
        }
        let scale = scale(batch, step.reduction);
        let (scaled, loss) = self.loss_on_tape(hidden, &batch.targets, scale)?;
        Ok((loss, scaled.handle.try_backward()?))
    }

    /// Lends the memory of the gradients that are written on the way back. The decoder's come out
    /// of the forward pass; of the first layer's or the embedding's, only the tokens' rows change.
    fn lend(&mut self, tokens: &[u32], gradients: &mut Gradients) -> Result<(), CpuError> {
        let rows = super::step::rows(tokens);
        match &mut self.ends {
            Ends::OneHot { layer, .. } => layer.lend(gradients, rows)?,
            Ends::Embedded { embedding, layer, decoder } => {
                if decoder.is_some() {
                    embedding.weight.lend(gradients, rows)?;
                }
                layer.lend(gradients, Reach::All)?;
            }
        }
        self.deeper.iter_mut().try_for_each(|layer| layer.lend(gradients, Reach::All))
    }
}

/// The sequences of a batch.
fn sequences(batch: &Batch) -> Sequences {
    let extent = Extent { steps: batch.steps, batch: batch.batch };
    Sequences { extent, lengths: batch.lengths.clone().map(Arc::new) }
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

impl<C: TypedCell, D: ConstDim, E: Dim, H: Dim> Network for LanguageModel<C, D, E, H> {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        let mut parameters: Vec<&dyn AnyParameter> = Vec::new();
        let decoder = match &self.ends {
            Ends::OneHot { layer, decoder } => {
                parameters.extend(layer.parameters());
                Some(decoder)
            }
            Ends::Embedded { embedding, layer, decoder } => {
                parameters.push(&embedding.weight);
                parameters.extend(layer.parameters());
                decoder.as_ref()
            }
        };
        parameters.extend(self.deeper.iter().flat_map(Layer::parameters));
        // Without a decoder an identity stands in for it, which is no parameter.
        if self.spec.decoder != Some(false) {
            parameters.extend(decoder.map(|weight| weight as &dyn AnyParameter));
            parameters.push(&self.decoder.bias);
        }
        parameters
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        let mut parameters: Vec<&mut dyn AnyParameter> = Vec::new();
        let decoder = match &mut self.ends {
            Ends::OneHot { layer, decoder } => {
                parameters.extend(layer.parameters_mut());
                Some(decoder)
            }
            Ends::Embedded { embedding, layer, decoder } => {
                parameters.push(&mut embedding.weight);
                parameters.extend(layer.parameters_mut());
                decoder.as_mut()
            }
        };
        parameters.extend(self.deeper.iter_mut().flat_map(Layer::parameters_mut));
        if self.spec.decoder != Some(false) {
            parameters.extend(decoder.map(|weight| weight as &mut dyn AnyParameter));
            parameters.push(&mut self.decoder.bias);
        }
        parameters
    }

    fn describe(&self) -> Vec<String> {
        describe(&self.spec, self.vocabulary)
    }
}

impl<C: TypedCell, D: ConstDim, E: Dim, H: Dim> Model for LanguageModel<C, D, E, H> {
    fn zero_state(&self, batch: usize) -> ModelState {
        let mut state = match &self.ends {
            Ends::OneHot { layer, .. } => layer.zero_state(batch),
            Ends::Embedded { layer, .. } => layer.zero_state(batch),
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
        // The identity that stands in for a decoder is no parameter, but it has lent its memory.
        if self.spec.decoder == Some(false) {
            self.decoder.bias.collect(&mut gradients)?;
            if let Ends::OneHot { decoder, .. } | Ends::Embedded { decoder: Some(decoder), .. } =
                &mut self.ends
            {
                decoder.collect(&mut gradients)?;
            }
        }
        Ok(loss)
    }

    fn evaluate(&self, batch: &Batch, state: &mut ModelState) -> Result<Loss, ModelError> {
        let hidden = self.hidden((&batch.inputs, sequences(batch)), state, None, NoneTape)?;
        Ok(self.decoder.loss(&self.compute, self.decoder_weight(), &hidden, &batch.targets))
    }

    fn logits(&self, tokens: &[u32], state: &mut ModelState) -> Result<Vec<f32>, ModelError> {
        let extent = Extent { steps: tokens.len(), batch: 1 };
        let hidden = self.hidden((tokens, Sequences::whole(extent)), state, None, NoneTape)?;
        Ok(self.decoder.logits(&self.compute, self.decoder_weight(), &hidden))
    }
}

/// The network in a line a layer.
fn describe(spec: &spec::Model, vocabulary: usize) -> Vec<String> {
    let mut lines = stack::describe(spec, Input::Tokens(vocabulary));
    let tied = if spec.tied { ", the embedding's weights" } else { "" };
    lines.push(match spec.decoder {
        Some(false) => "no decoder: the hidden state is the logits".to_owned(),
        _ => format!("linear     {} → {vocabulary}{tied}", spec.output_size()),
    });
    lines
}
