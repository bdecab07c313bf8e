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

use super::data::{Pair, PairBatch, SpecialTokens};
use crate::data::{self, IGNORE, Minibatches, Split};
use crate::kernels::Compute;
use crate::metric::{Score, number};
use crate::nn::Result;
use crate::nn::axis::{
    Batch, Concat, Embedded, Forwards, Hidden, SourceTime, Time, Units, Vocabulary,
};
use crate::nn::from_spec::{self, Input};
use crate::nn::loss::{self, Target, predicted, score};
use crate::nn::stack::{FeatureStack, Reads, TokenStack};
use crate::nn::{
    Array, Dropout, Embedding, Linear, ModelState, PaddingMask, Parameters, Pass, Recording, Step,
    TANH, Tokens, attend, attention_weights, concat, init, last_state, repeat, sum_directions,
};
use crate::spec::{self, ClassLoss, Experiment};
use crate::tasks::output::{Output, Picture};
use crate::tasks::predict::{PredictError, Trained};
use crate::tasks::sequence_model::mask;
use crate::tasks::{Artifacts, Generated, Model, SampleKey, TaskNetwork};
use dfdx::prelude::*;

/// Pairs that are shown while training goes on.
const SHOWN: usize = 3;

/// Where the decoder's dropout masks begin.
const DECODER_MASKS: u64 = 1 << 8;

/// The encoder's units.
type Encoded = Units<usize, usize>;

/// What the decoder reads at each step: its own last token, and the context.
type DecoderInput = Concat<Embedded, Encoded>;

type Encoder = TokenStack<SourceTime, Vocabulary, Encoded>;
type Decoder = FeatureStack<Time, DecoderInput, Forwards>;

/// An encoder and a decoder, each with an embedding of its own.
pub struct Translator {
    spec: spec::Model,
    encoder: Box<Encoder>,
    /// The decoder's embedding; with a size of 0 in the spec, as long as the hidden state.
    embedding: Embedding<Vocabulary, Embedded>,
    embedding_dropout: Dropout,
    decoder: Box<Decoder>,
    output_dropout: Dropout,
    /// From attended context and state to the state that is decoded.
    combine: Option<Linear<Concat<Hidden, Hidden>, Hidden>>,
    output: Linear<Hidden, Vocabulary>,
    vocabulary: Vocabulary,
    special: SpecialTokens,
}

/// What the decoder sees of the sources.
#[derive(Clone)]
struct Sources<T> {
    mask: PaddingMask<SourceTime>,
    /// The encoder's last states.
    context: Array<(Batch, Encoded), T>,
    /// Its states at each step, directions summed.
    states: Array<(SourceTime, Batch, Hidden), T>,
}

impl Translator {
    /// A translator for a vocabulary, its weights drawn at random.
    pub fn build(
        experiment: &Experiment,
        vocabulary: &data::Vocabulary,
        compute: &Compute,
    ) -> Model<Self> {
        let (mut parameters, spec) = (Parameters::default(), &experiment.model);
        let p = &mut parameters;
        let (special, vocabulary) = (SpecialTokens::of(vocabulary), Vocabulary(vocabulary.len()));
        let hidden = Hidden(spec.hidden_size);
        let width = if spec.embedding_size == 0 { hidden.0 } else { spec.embedding_size };
        let encoder = p.part("encoder.", |p| from_spec::tokens(p, spec, vocabulary, 0));
        let embedding = p.part("decoder.", |p| Embedding::new(p, vocabulary, Embedded(width)));
        // What comes next is not known yet: the decoder reads forwards, whatever the encoder does.
        let input = Concat(Embedded(width), from_spec::units(spec));
        let decoder = p.part("decoder.", |p| from_spec::features(p, spec, input, DECODER_MASKS));
        let mut combine = || Linear::new(p, "attention.combine", Concat(hidden, hidden), hidden);
        let combine = spec.attention.then(&mut combine);
        let output = Linear::new(p, "output", hidden, vocabulary);
        init::draw(p, spec, experiment.seed);
        let above = DECODER_MASKS + 1 + spec.layers as u64;
        let network = Self {
            encoder,
            embedding,
            embedding_dropout: Dropout::new(spec.embedding_dropout, DECODER_MASKS),
            decoder,
            output_dropout: Dropout::new(spec.output_dropout, above),
            combine,
            output,
            spec: spec.clone(),
            vocabulary,
            special,
        };
        Model { parameters, network, compute: compute.clone() }
    }

    /// Reads the sources of a batch.
    fn encode<T>(&self, pass: &Pass, tape: T, batch: &PairBatch) -> Result<Sources<T>>
    where
        T: Tape<f32, Cpu> + Default,
        Encoder: Reads<Tokens<SourceTime, Vocabulary, T>, SourceTime, Encoded, T>,
    {
        let mask = mask(SourceTime, &batch.source, &batch.lengths);
        let source = Tokens::new(pass, &batch.source, mask.shape(), self.vocabulary);
        let mut state = self.encoder.zero_state(mask.shape().1);
        let encoded = self.encoder.read(source.put_tape(tape), &mask, &mut state)?;
        let again = encoded.with_empty_tape();
        let context = last_state(encoded, &mask)?;
        Ok(Sources { context, states: sum_directions(again)?, mask })
    }

    /// The logits of some steps of the decoder after what `state` has read: (T, B, V).
    fn decode<T>(
        &self,
        pass: &Pass,
        sources: Sources<T>,
        inputs: &[u32],
        state: &mut ModelState,
    ) -> Result<Array<(Time, Batch, Vocabulary), T>>
    where
        T: Tape<f32, Cpu> + Merge<T> + Default,
        Decoder: Reads<Array<(Time, Batch, DecoderInput), T>, Time, Forwards, T>,
    {
        let states = self.states(pass, sources.context, inputs, state)?;
        let Some(combine) = &self.combine else {
            return self.output.try_forward(states);
        };
        let attended = attend(states.with_empty_tape(), sources.states, &sources.mask)?;
        let combined = combine.try_forward(concat(attended, states)?)?;
        self.output.try_forward(TANH.try_forward(combined)?)
    }

    /// The decoder's states at some steps after what `state` has read: (T, B, H).
    fn states<T>(
        &self,
        pass: &Pass,
        context: Array<(Batch, Encoded), T>,
        inputs: &[u32],
        state: &mut ModelState,
    ) -> Result<Array<(Time, Batch, Hidden), T>>
    where
        T: Tape<f32, Cpu> + Merge<T> + Default,
        Decoder: Reads<Array<(Time, Batch, DecoderInput), T>, Time, Forwards, T>,
    {
        let batch = context.shape().0;
        let steps = Time(inputs.len() / batch.0.max(1));
        let mask = PaddingMask::none(steps, batch);
        let tokens = Tokens::new(pass, inputs, (steps, batch), self.vocabulary);
        let embedded = self.embedding.try_forward(tokens.put_tape(T::default()))?;
        let embedded = self.embedding_dropout.try_forward(embedded)?;
        let input = concat(embedded, repeat(context, steps)?)?;
        let states = self.decoder.read(input, &mask, state)?;
        sum_directions(self.output_dropout.try_forward(states)?)
    }

    /// Where the decoder looked while it wrote a translation: a row of weights over the source's tokens for
    /// each token that it wrote, and for the end.
    fn looks(&self, pass: &Pass, batch: &PairBatch, written: &[u32]) -> Result<Vec<Vec<f32>>> {
        let sources = self.encode(pass, NoneTape, batch)?;
        let read = [&[self.special.begin], written].concat();
        let mut state = self.decoder.zero_state(Batch(batch.batch()));
        let states = self.states(pass, sources.context, &read, &mut state)?;
        let weights = attention_weights(&states, &sources.states, &sources.mask);
        let length = batch.lengths.first().copied().unwrap_or(1).max(1);
        Ok(weights.concat().chunks_exact(length).map(<[f32]>::to_vec).collect())
    }

    /// What the loss takes for the targets of a batch.
    fn learned(&self, batch: &PairBatch) -> Vec<u32> {
        batch.targets.iter().map(|target| self.special.learned(*target)).collect()
    }

    /// What the decoder writes by itself for each source, always the most likely token, until it
    /// writes the end or `longest` tokens.
    pub fn translate(
        &self,
        pass: &Pass,
        batch: &PairBatch,
        longest: usize,
    ) -> Result<Vec<Vec<u32>>> {
        let sources = self.encode(pass, NoneTape, batch)?;
        let mut state = self.decoder.zero_state(Batch(batch.batch()));
        let mut written = vec![Vec::new(); batch.batch()];
        let mut ended = vec![false; batch.batch()];
        let mut read = vec![self.special.begin; batch.batch()];
        for _ in 0..=longest {
            let logits = self.decode(pass, sources.clone(), &read, &mut state)?;
            let rows = logits.values().chunks_exact(self.vocabulary.0);
            for ((row, text), (ended, read)) in
                rows.zip(&mut written).zip(ended.iter_mut().zip(&mut read))
            {
                *read = predicted(row, ClassLoss::CrossEntropy);
                *ended |= *read == self.special.end;
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

/// What the network writes for a source, greedily.
///
/// # Errors
/// When there is no token or an unknown one, or the weights do not fit.
pub fn predict(trained: &Trained<'_>, text: &[u8]) -> Result<Vec<u8>, PredictError> {
    let Trained { experiment, vocabulary, compute, .. } = trained;
    let mut source = trained.read(text)?.ids;
    if experiment.data.reverse_source {
        source.reverse();
    }
    let mut model = Translator::build(experiment, vocabulary, compute);
    trained.restore(&mut model.parameters)?;
    let longest = 2 * source.len() + 10;
    let pair = Pair { source, target: Vec::new() };
    let batch = SpecialTokens::of(vocabulary).batch(&[&pair]);
    let written = model.network.translate(&model.pass(), &batch, longest)?;
    Ok(written.iter().flat_map(|ids| vocabulary.decode_bytes(ids)).collect())
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

impl TaskNetwork for Translator {
    type Data = Minibatches<Pair>;

    fn loss(
        &self,
        pass: &Pass,
        tape: Recording,
        batch: &PairBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<(Array<(), Recording>, Score)> {
        let learned = self.learned(batch);
        let counted = learned.iter().filter(|target| **target != IGNORE).count();
        let sources = self.encode(pass, tape, batch)?;
        let mut state = self.decoder.zero_state(Batch(batch.batch()));
        let logits = self.decode(pass, sources, &batch.inputs, &mut state)?;
        let (right, exact) = right_steps(logits.values(), self.vocabulary.0, batch);
        let target = Target::Classes(&learned, ClassLoss::CrossEntropy);
        let (loss, score) = loss::loss(logits, target, step.scale(counted, batch.batch()))?;
        let sequences = batch.batch() as u64;
        Ok((loss, Score { right, exact, sequences, ..score }))
    }

    fn evaluate(&self, pass: &Pass, batch: &PairBatch, _: &mut ModelState) -> Result<Score> {
        let sources = self.encode(pass, NoneTape, batch)?;
        let mut state = self.decoder.zero_state(Batch(batch.batch()));
        let logits = self.decode(pass, sources, &batch.inputs, &mut state)?;
        let mut logits = logits.values().to_vec();
        let written = self.translate(pass, batch, batch.target_steps())?;
        let exact = written.iter().enumerate().filter(|(place, text)| {
            let targets = batch.targets.iter().skip(*place).step_by(batch.batch());
            let target = targets.filter(|id| **id != IGNORE && **id != self.special.end);
            target.eq(text.iter())
        });
        let (exact, sequences) = (exact.count() as u64, batch.batch() as u64);
        let (right, _) = right_steps(&logits, self.vocabulary.0, batch);
        let learned = self.learned(batch);
        let target = Target::Classes(&learned, ClassLoss::CrossEntropy);
        let score = score(pass.compute(), &mut logits, target, 1.0);
        Ok(Score { right, exact, sequences, ..score })
    }

    fn describe(&self) -> Vec<String> {
        let (hidden, tokens) = (self.spec.hidden_size, self.vocabulary.0);
        let Embedded(width) = self.embedding.weight.shape().1;
        let encoder = from_spec::describe(&self.spec, Input::Tokens(tokens));
        let context = self.spec.output_size();
        let forwards = spec::Model { bidirectional: false, ..self.spec.clone() };
        let decoder = from_spec::describe(&forwards, Input::Features(width + context));
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

    /// Where the network looks while it translates some pairs.
    fn artifacts(&self, pass: &Pass, data: &Minibatches<Pair>) -> Result<Artifacts> {
        let shown = data.examples(Split::Valid).iter().take(SHOWN);
        if self.combine.is_none() || shown.len() == 0 {
            return Ok(Artifacts::default());
        }
        let head = ["example", "step", "written", "place", "source", "weight"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for (example, pair) in shown.enumerate() {
            let batch = data.collate(&[pair]);
            let written = self.translate(pass, &batch, data.longest())?.concat();
            let (source, looks) = (data.source_tokens(pair), self.looks(pass, &batch, &written)?);
            let outputs = written.iter().map(|id| data.vocabulary().decode(&[*id]));
            for (step, (token, weights)) in outputs.chain([String::new()]).zip(looks).enumerate() {
                for (place, (source, weight)) in
                    source.iter().zip(data.as_written(&weights)).enumerate()
                {
                    let places = [example, step, place].map(|it| (it + 1).to_string());
                    let [example, step, place] = places;
                    let weight = number(f64::from(weight));
                    rows.push(vec![example, step, token.clone(), place, source.clone(), weight]);
                }
            }
        }
        let outputs = vec![Output::table("attention.csv", rows, Some(Picture::Attention))];
        Ok(Artifacts { outputs, ..Artifacts::default() })
    }

    fn samples(
        &self,
        pass: &Pass,
        data: &Minibatches<Pair>,
        _: SampleKey,
        _: Option<usize>,
    ) -> Result<Vec<Generated>> {
        let pairs: Vec<&Pair> = data.examples(Split::Valid).iter().take(SHOWN).collect();
        let longest = data.longest();
        let write = |pair: &&Pair| {
            let written = self.translate(pass, &data.collate(&[*pair]), longest)?;
            let text = written.iter().map(|ids| data.vocabulary().decode(ids)).collect();
            Ok(Generated { prefix: data.source_text(pair), text })
        };
        pairs.iter().map(write).collect()
    }
}
