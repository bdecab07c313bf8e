//! The task `translation`: an encoder reads the source, a decoder writes the target.
//!
//! The context, the encoder's last state, goes into the decoder at every step (Cho et al. 2014,
//! "Learning phrase representations using RNN encoder–decoder"), and with attention each step looks
//! at all states of the encoder (Luong et al. 2015). Of an encoder in both directions the
//! context is the last state of each, side by side, and attention looks at their sums, which are as
//! long as the decoder's state (as in PyTorch's chatbot tutorial).
//!
//! In training the decoder reads the true target (teacher forcing); in evaluation what it wrote
//! itself, greedily, decides whether a sequence is right.

use super::answer::{AnswerError, Trained};
use super::attend::{attend, beside, repeat, summed, tanh};
use super::dense::{Dense, again};
use super::embedding::Embedding;
use super::initialization::draw;
use super::learner::{BeginError, Key, Learner, Learns, Lesson, Written};
use super::loss::{Target, judge, on_tape, predicted};
use super::parameter::{Array, Recording};
use super::pass::Extent;
use super::select::{last_states, select};
use super::stack::{self, Input, Masks, Stack, States, Tokens};
use super::step::{learn, scale};
use super::{AnyParameter, ModelError, ModelState, Network, Step};
use crate::data::{Dataset, IGNORE, Minibatches, Split, Vocabulary};
use crate::kernels::Compute;
use crate::metric::{self, Metric, Score};
use crate::spec::{self, ClassLoss, Experiment};
use crate::tasks::translation::{Marks, Pair, PairBatch};
use dfdx::prelude::*;
use std::sync::Arc;

/// Pairs that are shown while training goes on.
const SHOWN: usize = 3;

/// Where the decoder's dropout masks begin.
const DECODER_MASKS: u64 = 1 << 8;

/// What a translation is judged by: sequences wholly right, and tokens after a true beginning.
pub fn metrics(_: &Experiment) -> &'static [Metric] {
    &[metric::EXACT_MATCH, metric::ACCURACY]
}

/// An encoder and a decoder, each with an embedding of its own.
pub struct Translator {
    device: Cpu,
    compute: Compute,
    spec: spec::Model,
    encoder: Box<dyn Stack>,
    /// The decoder's embedding; with a size of 0 in the spec, as long as the hidden state.
    embedding: Embedding<usize>,
    decoder: Box<dyn Stack>,
    /// From state and attended context to the state that is decoded.
    combine: Option<Dense>,
    output: Dense,
    tokens: usize,
    marks: Marks,
}

impl Translator {
    /// A translator for a vocabulary, its weights drawn at random.
    pub fn new(experiment: &Experiment, vocabulary: &Vocabulary, compute: &Compute) -> Self {
        let (device, spec, tokens) = (Cpu::default(), &experiment.model, vocabulary.len());
        let hidden = spec.hidden_size;
        let width = if spec.embedding_size == 0 { hidden } else { spec.embedding_size };
        let mut encoder = stack::build(compute, &device, spec, Input::Tokens(tokens));
        encoder.parameters_mut().into_iter().for_each(|it| it.put_in("encoder."));
        let mut embedding = Embedding::new(&device, tokens, width);
        embedding.weight.put_in("decoder.");
        // What comes next is not known yet: the decoder reads forwards, whatever the encoder does.
        let forwards = spec::Model { bidirectional: false, ..spec.clone() };
        let input = Input::Features(width + spec.output_size());
        let mut decoder = stack::build(compute, &device, &forwards, input);
        decoder.parameters_mut().into_iter().for_each(|it| it.put_in("decoder."));
        let combine = || Dense::new(&device, "attention.combine", 2 * hidden, hidden);
        let mut translator = Self {
            encoder,
            embedding,
            decoder,
            combine: spec.attention.then(combine),
            output: Dense::new(&device, "output", hidden, tokens),
            device: device.clone(),
            compute: compute.clone(),
            spec: spec.clone(),
            tokens,
            marks: Marks::of(vocabulary),
        };
        draw(&mut translator, spec, experiment.seed);
        translator
    }

    /// The logits of each step of the targets after their true beginnings, recording.
    fn logits_taped(
        &self,
        batch: &PairBatch,
        step: Step,
        tape: Recording,
    ) -> Result<super::dense::Rows<Recording>, CpuError> {
        let masks = Masks { step: Some(step), first: 0 };
        let decoder_masks = Masks { step: Some(step), first: DECODER_MASKS };
        let (compute, device, p) = (&self.compute, &self.device, self.spec.output_dropout);
        let source = Tokens::new(&batch.source, &batch.lengths);
        let mut state = self.encoder.zero_state(batch.batch());
        let encoded = self.encoder.tokens_taped(source, &mut state, masks, tape)?;
        // The tape goes on through whichever array was made last.
        let (encoded, tape) = apart(encoded);
        let taped = again(&encoded).put_tape(tape);
        let context = select(compute, device, taped, self.last_states(batch))?;
        let (context, tape) = apart(repeat(compute, device, context, batch.target_steps())?);
        let extent = Extent { steps: batch.target_steps(), batch: batch.batch() };
        let inputs = Arc::new(batch.inputs.clone());
        let embedded = self.embedding.forward(compute, extent, inputs, tape, device)?;
        let embedded =
            decoder_masks.drop(compute, device, embedded, 0, self.spec.embedding_dropout)?;
        let input = beside(compute, device, extent, embedded, &context)?;
        let mut state = self.decoder.zero_state(batch.batch());
        let states = self.decoder.features_taped(input, &mut state, decoder_masks)?;
        let states = decoder_masks.drop(compute, device, states, 1 + self.spec.layers as u64, p)?;
        match &self.combine {
            None => self.output.forward(compute, device, states),
            Some(combine) => {
                let (states, tape) = apart(states);
                let taped = again(&encoded).put_tape(tape);
                let (encoded, tape) = apart(summed(compute, device, taped)?);
                let queries = again(&states).put_tape(tape);
                let attended = attend(compute, device, queries, &encoded, &batch.lengths)?;
                let both = beside(compute, device, extent, attended, &states)?;
                let combined = tanh(compute, device, combine.forward(compute, device, both)?)?;
                self.output.forward(compute, device, combined)
            }
        }
    }

    /// What the loss takes for the targets of a batch.
    fn learned(&self, batch: &PairBatch) -> Vec<u32> {
        batch.targets.iter().map(|target| self.marks.learned(*target)).collect()
    }

    /// The places of the encoder's last states.
    fn last_states(&self, batch: &PairBatch) -> Arc<Vec<usize>> {
        last_states(&batch.lengths, self.spec.directions())
    }

    /// What the encoder makes of the sources: its states at each step, directions summed, and the
    /// last of each.
    fn encode(&self, batch: &PairBatch) -> Result<(States<NoneTape>, States<NoneTape>), CpuError> {
        let source = Tokens::new(&batch.source, &batch.lengths);
        let mut state = self.encoder.zero_state(batch.batch());
        let encoded = self.encoder.tokens(source, &mut state)?;
        let (compute, device) = (&self.compute, &self.device);
        let context = select(compute, device, again(&encoded), self.last_states(batch))?;
        Ok((summed(compute, device, encoded)?, context))
    }

    /// The logits of some steps of the decoder, (T, B, V), after what `state` has read.
    fn decode(
        &self,
        (encoded, context, lengths): (&States<NoneTape>, &States<NoneTape>, &[usize]),
        inputs: &[u32],
        state: &mut ModelState,
    ) -> Result<Vec<f32>, CpuError> {
        let (batch, compute, device) = (lengths.len(), &self.compute, &self.device);
        let extent = Extent { steps: inputs.len() / batch.max(1), batch };
        let tokens = Arc::new(inputs.to_vec());
        let embedded = self.embedding.forward(compute, extent, tokens, NoneTape, device)?;
        let context = repeat(compute, device, again(context), extent.steps)?;
        let states = {
            let input = beside(compute, device, extent, embedded, &context)?;
            self.decoder.features(input, state)?
        };
        let logits = match &self.combine {
            None => self.output.forward(compute, device, states)?,
            Some(combine) => {
                let attended = attend(compute, device, again(&states), encoded, lengths)?;
                let both = beside(compute, device, extent, attended, &states)?;
                let combined = tanh(compute, device, combine.forward(compute, device, both)?)?;
                self.output.forward(compute, device, combined)?
            }
        };
        Ok(logits.values.to_vec())
    }

    /// What the decoder writes by itself for each source, always the most likely token, until it
    /// writes the end or `longest` tokens.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn translate(
        &self,
        batch: &PairBatch,
        longest: usize,
    ) -> Result<Vec<Vec<u32>>, ModelError> {
        let (encoded, context) = self.encode(batch)?;
        let mut state = self.decoder.zero_state(batch.batch());
        let mut written = vec![Vec::new(); batch.batch()];
        let mut ended = vec![false; batch.batch()];
        let mut read = vec![self.marks.begin; batch.batch()];
        for _ in 0..=longest {
            let logits = self.decode((&encoded, &context, &batch.lengths), &read, &mut state)?;
            let rows = logits.chunks_exact(self.tokens);
            for ((row, text), (ended, read)) in
                rows.zip(&mut written).zip(ended.iter_mut().zip(&mut read))
            {
                *read = predicted(row, ClassLoss::CrossEntropy);
                *ended |= *read == self.marks.end;
                if !*ended {
                    text.push(*read);
                }
            }
            if ended.iter().all(|ended| *ended) {
                break;
            }
        }
        Ok(written)
    }
}

/// An array and its tape.
fn apart<S: Shape>(array: Array<S, Recording>) -> (Array<S, NoneTape>, Recording) {
    let Array { handle, values } = array;
    let (handle, tape) = handle.split_tape();
    (Array { handle, values }, tape)
}

/// A translator before its first step.
///
/// # Errors
/// Never: any pairs fit any network.
pub fn begin(
    experiment: &Experiment,
    dataset: &Arc<Dataset<Vec<Pair>>>,
    compute: &Compute,
) -> Result<Box<dyn Learner>, BeginError> {
    let network = Translator::new(experiment, &dataset.info.vocabulary, compute);
    let data = Minibatches::new(experiment, dataset);
    Ok(Box::new(Lesson::new(data, network, experiment.data.batch_size)))
}

/// What the network writes for a source, greedily.
///
/// # Errors
/// When there is no token or an unknown one, or the weights do not fit.
pub fn answer(trained: &Trained<'_>, text: &[u8]) -> Result<Vec<u8>, AnswerError> {
    let Trained { experiment, vocabulary, compute, .. } = trained;
    let mut source = trained.read(text)?.ids;
    if experiment.data.reverse_source {
        source.reverse();
    }
    let mut network = Translator::new(experiment, vocabulary, compute);
    trained.restore(&mut network)?;
    let longest = 2 * source.len() + 10;
    let pair = Pair { source, target: Vec::new() };
    let written = network.translate(&Marks::of(vocabulary).batch(&[&pair]), longest)?;
    Ok(written.iter().flat_map(|ids| vocabulary.decode_bytes(ids)).collect())
}

impl Network for Translator {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        let mut parameters = self.encoder.parameters();
        parameters.push(&self.embedding.weight);
        parameters.extend(self.decoder.parameters());
        parameters.extend(self.combine.iter().flat_map(Dense::parameters));
        parameters.extend(self.output.parameters());
        parameters
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        let mut parameters = self.encoder.parameters_mut();
        parameters.push(&mut self.embedding.weight);
        parameters.extend(self.decoder.parameters_mut());
        parameters.extend(self.combine.iter_mut().flat_map(Dense::parameters_mut));
        parameters.extend(self.output.parameters_mut());
        parameters
    }

    fn describe(&self) -> Vec<String> {
        let (hidden, tokens) = (self.spec.hidden_size, self.tokens);
        let width = self.embedding.weight.torch_shape()[1];
        let encoder = stack::describe(&self.spec, Input::Tokens(tokens));
        let context = self.spec.output_size();
        let forwards = spec::Model { bidirectional: false, ..self.spec.clone() };
        let decoder = stack::describe(&forwards, Input::Features(width + context));
        let mut lines: Vec<String> =
            encoder.iter().map(|line| format!("encoder    {line}")).collect();
        lines.push(format!(
            "decoder    embedding  {tokens} × {width}, beside a context of {context}"
        ));
        lines.extend(decoder.iter().skip(1).map(|line| format!("decoder    {line}")));
        if self.combine.is_some() {
            lines.push(format!(
                "attention  dot product, then linear {} → {hidden}, tanh",
                2 * hidden
            ));
        }
        lines.push(format!("linear     {hidden} → {tokens}"));
        lines
    }
}

/// Tokens that are right after a true beginning, and sequences whose every token is. Nothing is right
/// for a word that the vocabulary lacks, the entry for unknown words neither.
fn right_steps(logits: &[f32], tokens: usize, batch: &PairBatch) -> (u64, u64) {
    let rows = logits.chunks_exact(tokens.max(1)).zip(&batch.targets);
    let mut right = 0;
    let mut exact = vec![true; batch.batch()];
    for (place, (row, target)) in rows.enumerate().filter(|(_, (_, target))| **target != IGNORE) {
        let is_right = predicted(row, ClassLoss::CrossEntropy) == *target;
        right += u64::from(is_right);
        exact[place % batch.batch()] &= is_right;
    }
    (right, exact.into_iter().filter(|exact| *exact).count() as u64)
}

impl Learns<Minibatches<Pair>> for Translator {
    fn train(
        &mut self,
        batch: &PairBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError> {
        let learned = self.learned(batch);
        let counted = learned.iter().filter(|target| **target != IGNORE).count();
        let device = self.device.clone();
        let encoder = format!("encoder.{}", stack::table(&self.spec));
        let tables = [
            (encoder.as_str(), batch.source.as_slice()),
            ("decoder.embedding.weight", batch.inputs.as_slice()),
        ];
        learn(self, &device, &tables, |it, tape| {
            let logits = it.logits_taped(batch, step, tape)?;
            let (right, exact) = right_steps(&logits.values, it.tokens, batch);
            let target = Target::Classes(&learned, ClassLoss::CrossEntropy);
            let scale = scale(step.reduction, counted, batch.batch());
            let (loss, score) = on_tape(&it.compute, &it.device, logits, target, scale)?;
            let sequences = batch.batch() as u64;
            Ok((loss, Score { right, exact, sequences, ..score }))
        })
    }

    fn evaluate(&self, batch: &PairBatch, _: &mut ModelState) -> Result<Score, ModelError> {
        let (encoded, context) = self.encode(batch)?;
        let mut state = self.decoder.zero_state(batch.batch());
        let sources = (&encoded, &context, batch.lengths.as_slice());
        let mut logits = self.decode(sources, &batch.inputs, &mut state)?;
        let written = self.translate(batch, batch.target_steps())?;
        let exact = written.iter().enumerate().filter(|(place, text)| {
            let targets = batch.targets.iter().skip(*place).step_by(batch.batch());
            let target = targets.filter(|id| **id != IGNORE && **id != self.marks.end);
            target.eq(text.iter())
        });
        let (exact, sequences) = (exact.count() as u64, batch.batch() as u64);
        let (right, _) = right_steps(&logits, self.tokens, batch);
        let learned = self.learned(batch);
        let target = Target::Classes(&learned, ClassLoss::CrossEntropy);
        let score = judge(&self.compute, &mut logits, target, 1.0);
        Ok(Score { right, exact, sequences, ..score })
    }

    fn texts(
        &self,
        data: &Minibatches<Pair>,
        _: Key,
        _: Option<usize>,
    ) -> Result<Vec<Written>, ModelError> {
        let pairs: Vec<&Pair> = data.examples(Split::Valid).iter().take(SHOWN).collect();
        let longest = data.longest();
        let write = |pair: &&Pair| {
            let written = self.translate(&data.collate(&[*pair]), longest)?;
            let text = written.iter().map(|ids| data.vocabulary().decode(ids)).collect();
            Ok(Written { prefix: data.source_text(pair), text })
        };
        pairs.iter().map(write).collect()
    }
}
