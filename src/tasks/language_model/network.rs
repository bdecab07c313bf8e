//! The recurrent language model: tokens → recurrent layers → vocabulary.

use super::generate::{Draw, Generator};
use super::{leak, sizes};
use crate::data::{self, Asked, Dataset, IGNORE, Text};
use crate::kernels::Compute;
use crate::kernels::softmax::Loss;
use crate::metric::{self, Metric, Score};
use crate::nn::axis::{Batch, Time, Vocabulary};
use crate::nn::from_spec::{self, Input};
use crate::nn::stack::Recurrent;
use crate::nn::{
    Array, BeginError, ModelError, ModelState, PaddingMask, Parameters, Pass, Recording, Step,
    Tokens, init, last_step, pretrained,
};
use crate::random::{Purpose, Stream};
use crate::spec::{self, Experiment};
use crate::tasks::sequence_model::SequenceModel;
use crate::tasks::{Generated, Model, SampleKey, TaskNetwork, TaskTrainer, Trainer};
use dfdx::prelude::*;
use std::sync::Arc;

/// What a language model is judged by: perplexity, and what compares whatever a token is.
pub fn metrics(_: &Experiment) -> &'static [Metric] {
    &[metric::PERPLEXITY, metric::BITS_PER_BYTE, metric::BITS_PER_CHARACTER]
}

/// Tokens of a batch, and which of them are padding.
type Read<'a, T> = (Tokens<Time, Vocabulary, T>, &'a PaddingMask<Time>);

/// A language model whose sizes, apart from the vocabulary, and whose cell are forgotten.
pub trait Predictor {
    /// The state that a text begins with.
    fn zero_state(&self, batch: Batch) -> ModelState;

    /// `scale` times the summed loss of predicting `targets` (T, B) on the tape, and the loss itself.
    /// With targets for the last step alone, (B), only these are predicted.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn loss_on_tape(
        &self,
        input: Read<'_, Recording>,
        state: &mut ModelState,
        targets: &[u32],
        scale: f32,
    ) -> Result<(Array<(), Recording>, Loss), CpuError>;

    /// The loss of predicting `targets`, (T, B).
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn loss(
        &self,
        input: Read<'_, NoneTape>,
        state: &mut ModelState,
        targets: &[u32],
    ) -> Result<Loss, CpuError>;

    /// The logits (T, B, V) after each token.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    fn logits(
        &self,
        input: Read<'_, NoneTape>,
        state: &mut ModelState,
    ) -> Result<Vec<f32>, CpuError>;
}

impl<S, F: Dim> Predictor for SequenceModel<S, F, Vocabulary>
where
    S: Recurrent<Tokens<Time, Vocabulary>, Tokens<Time, Vocabulary, Recording>, Time, F>,
{
    fn zero_state(&self, batch: Batch) -> ModelState {
        self.stack.zero_state(batch)
    }

    fn loss_on_tape(
        &self,
        (tokens, mask): Read<'_, Recording>,
        state: &mut ModelState,
        targets: &[u32],
        scale: f32,
    ) -> Result<(Array<(), Recording>, Loss), CpuError> {
        let (steps, batch) = mask.shape();
        let states = self.dropout.try_forward(self.stack.read(tokens, mask, state)?)?;
        if targets.len() < steps.0 * batch.0 {
            return self.decoder.cross_entropy(last_step(states)?, targets, scale);
        }
        self.decoder.cross_entropy(states, targets, scale)
    }

    fn loss(
        &self,
        (tokens, mask): Read<'_, NoneTape>,
        state: &mut ModelState,
        targets: &[u32],
    ) -> Result<Loss, CpuError> {
        Ok(self.decoder.loss(&self.stack.read(tokens, mask, state)?, targets))
    }

    fn logits(
        &self,
        (tokens, mask): Read<'_, NoneTape>,
        state: &mut ModelState,
    ) -> Result<Vec<f32>, CpuError> {
        Ok(self.decoder.logits(&self.stack.read(tokens, mask, state)?))
    }
}

/// A language model, and the texts that it writes while it is trained.
pub struct LanguageModel {
    network: Box<dyn Predictor>,
    vocabulary: Vocabulary,
    spec: spec::Model,
    writing: Option<Writing>,
}

/// What is written, with the tokens' names.
struct Writing {
    generators: Vec<(String, Generator)>,
    length: usize,
    vocabulary: data::Vocabulary,
}

/// The language model of a spec for a vocabulary of this many tokens, its weights drawn under `seed`.
pub fn build(
    compute: Compute,
    spec: &spec::Model,
    vocabulary: usize,
    seed: u64,
) -> Model<LanguageModel> {
    draw(compute, spec, vocabulary, seed, sizes::declare)
}

/// [`build`] with all sizes those of run time: the same numbers.
pub fn build_unsized(
    compute: Compute,
    spec: &spec::Model,
    vocabulary: usize,
    seed: u64,
) -> Model<LanguageModel> {
    draw(compute, spec, vocabulary, seed, sizes::declare_unsized)
}

fn draw(
    compute: Compute,
    spec: &spec::Model,
    vocabulary: usize,
    seed: u64,
    declare: fn(&mut Parameters, &spec::Model, Vocabulary) -> Box<dyn Predictor>,
) -> Model<LanguageModel> {
    let (mut parameters, vocabulary) = (Parameters::default(), Vocabulary(vocabulary));
    let network = declare(&mut parameters, spec, vocabulary);
    init::draw(&mut parameters, spec, seed);
    let network = LanguageModel { network, vocabulary, spec: spec.clone(), writing: None };
    Model { parameters, network, compute }
}

/// A language model before its first step.
///
/// # Errors
/// When a prefix of `[generation]` holds a token that the vocabulary does not.
pub fn begin(
    experiment: &Experiment,
    dataset: &Arc<Dataset>,
    compute: &Compute,
) -> Result<Box<dyn Trainer>, BeginError> {
    let (vocabulary, spec) = (&dataset.vocabulary, &experiment.model);
    check_undecoded(spec, vocabulary.len())?;
    let mut model = build(compute.clone(), spec, vocabulary.len(), experiment.seed);
    pretrained::begin_with(&mut model.parameters, spec, vocabulary)?;
    let mut generators = Vec::new();
    if let Some(generation) = &experiment.generation {
        let draw = Draw { temperature: generation.temperature, top_k: generation.top_k };
        for prefix in &generation.prefixes {
            let asked = Asked::prefix(vocabulary, &experiment.data, prefix.as_bytes())?;
            generators.push((prefix.clone(), Generator::new(vocabulary, asked, draw)));
        }
    }
    let length = experiment.generation.as_ref().map_or(0, |generation| generation.length);
    model.network.writing = Some(Writing { generators, length, vocabulary: vocabulary.clone() });
    let text = Text::new(experiment, dataset);
    Ok(Box::new(TaskTrainer::new(text, model, experiment.data.batch_size)))
}

/// Without a decoder, the last layer must have a unit for each token.
fn check_undecoded(spec: &spec::Model, vocabulary: usize) -> Result<(), BeginError> {
    let units = spec.output_size();
    if spec.decoder != Some(false) || units == vocabulary {
        return Ok(());
    }
    Err(BeginError::Unfit {
        what: format!(
            "without a decoder the hidden state is the logits, but it has {units} numbers and \
             the vocabulary {vocabulary} tokens"
        ),
        help: format!("set `model.hidden_size` to {vocabulary}, or remove `model.decoder`"),
    })
}

impl LanguageModel {
    /// The logits (T, V) after each of some tokens of one text; `state` becomes the state after the
    /// last.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn logits(
        &self,
        pass: &Pass,
        tokens: &[u32],
        state: &mut ModelState,
    ) -> Result<Vec<f32>, CpuError> {
        let mask = PaddingMask::none(Time(tokens.len()), Batch(1));
        self.network.logits((self.tokens(pass, tokens, &mask), &mask), state)
    }

    fn tokens(
        &self,
        pass: &Pass,
        ids: &[u32],
        mask: &PaddingMask<Time>,
    ) -> Tokens<Time, Vocabulary> {
        Tokens::new(pass, ids, mask.shape(), self.vocabulary)
    }
}

impl Model<LanguageModel> {
    /// See [`LanguageModel::logits`].
    ///
    /// # Errors
    /// When memory runs out.
    pub fn logits(&self, tokens: &[u32], state: &mut ModelState) -> Result<Vec<f32>, ModelError> {
        Ok(self.network.logits(&self.pass(), tokens, state)?)
    }
}

/// Which steps of a batch are padding.
fn mask(batch: &data::Batch) -> PaddingMask<Time> {
    match &batch.lengths {
        Some(lengths) => PaddingMask::new(Time(batch.steps), lengths),
        None => PaddingMask::none(Time(batch.steps), Batch(batch.batch)),
    }
}

impl TaskNetwork for LanguageModel {
    type Data = Text;

    fn zero_state(&self, sequences: usize) -> ModelState {
        self.network.zero_state(Batch(sequences))
    }

    fn loss(
        &self,
        pass: &Pass,
        tape: Recording,
        batch: &data::Batch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<(Array<(), Recording>, Score), CpuError> {
        let mask = mask(batch);
        let tokens = self.tokens(pass, &batch.inputs, &mask).put_tape(tape);
        let counted = batch.targets.iter().filter(|target| **target != IGNORE).count();
        let scale = step.scale(counted, batch.batch);
        let (scaled, loss) =
            self.network.loss_on_tape((tokens, &mask), state, &batch.targets, scale)?;
        Ok((scaled, loss.into()))
    }

    fn evaluate(
        &self,
        pass: &Pass,
        batch: &data::Batch,
        state: &mut ModelState,
    ) -> Result<Score, CpuError> {
        let mask = mask(batch);
        let tokens = self.tokens(pass, &batch.inputs, &mask);
        Ok(self.network.loss((tokens, &mask), state, &batch.targets)?.into())
    }

    fn describe(&self) -> Vec<String> {
        let vocabulary = self.vocabulary.0;
        let mut lines = from_spec::describe(&self.spec, Input::Tokens(vocabulary));
        let tied = if self.spec.tied { ", the embedding's weights" } else { "" };
        lines.push(match self.spec.decoder {
            Some(false) => "no decoder: the hidden state is the logits".to_owned(),
            _ => format!("linear     {} → {vocabulary}{tied}", self.spec.output_size()),
        });
        lines
    }

    fn samples(
        &self,
        pass: &Pass,
        _: &Text,
        key: SampleKey,
        limit: Option<usize>,
    ) -> Result<Vec<Generated>, CpuError> {
        let Some(Writing { generators, length, vocabulary }) = &self.writing else {
            return Ok(Vec::new());
        };
        let length = (*length).min(limit.unwrap_or(usize::MAX));
        let write = |(place, (prefix, generator)): (usize, &(String, Generator))| {
            let stream = Stream::new(key.seed, Purpose::Generation, (key.row << 16) + place as u64);
            let ids = generator.generate(self, pass, length, stream)?;
            Ok(Generated { prefix: prefix.clone(), text: vocabulary.decode(&ids) })
        };
        generators.iter().enumerate().map(write).collect()
    }

    fn first_leak(&self, pass: &Pass) -> Result<Option<usize>, CpuError> {
        leak::first_leak(self, pass, self.vocabulary.0)
    }
}
