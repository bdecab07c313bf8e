//! The recurrent language model: tokens → recurrent layers → vocabulary.

use super::data::TextBatches;
use super::generate::{Draw, Generator};
use super::predictor::Predictor;
use super::{leak, sizes};
use crate::data::{self, IGNORE, Prompt};
use crate::kernels::Compute;
use crate::metric::Score;
use crate::nn::Result;
use crate::nn::axis::{Batch, Time, Vocabulary};
use crate::nn::from_spec::{self, Input};
use crate::nn::{
    Array, BeginError, ModelError, ModelState, PaddingMask, Parameters, Pass, Recording, Step,
    Tokens, init, pretrained,
};
use crate::random::{Purpose, Stream};
use crate::spec::{self, Experiment};
use crate::tasks::trainer::TIMED;
use crate::tasks::{Generated, Model, SampleKey, TaskNetwork};
use dfdx::prelude::*;

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
pub(super) fn begin(
    experiment: &Experiment,
    vocabulary: &data::Vocabulary,
    compute: &Compute,
) -> Result<Model<LanguageModel>, BeginError> {
    let spec = &experiment.model;
    check_undecoded(spec, vocabulary.len())?;
    let mut model = build(compute.clone(), spec, vocabulary.len(), experiment.seed);
    pretrained::begin_with(&mut model.parameters, spec, vocabulary)?;
    let mut generators = Vec::new();
    if let Some(generation) = &experiment.generation {
        let draw = Draw { temperature: generation.temperature, top_k: generation.top_k };
        for prefix in &generation.prefixes {
            let prompt = Prompt::prefix(vocabulary, &experiment.data, prefix.as_bytes())?;
            generators.push((prefix.clone(), Generator::new(vocabulary, prompt, draw)));
        }
    }
    let length = experiment.generation.as_ref().map_or(0, |generation| generation.length);
    model.network.writing = Some(Writing { generators, length, vocabulary: vocabulary.clone() });
    Ok(model)
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
    pub fn logits(&self, pass: &Pass, tokens: &[u32], state: &mut ModelState) -> Result<Vec<f32>> {
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
    type Data = TextBatches;

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
    ) -> Result<(Array<(), Recording>, Score)> {
        let mask = mask(batch);
        let tokens = self.tokens(pass, &batch.inputs, &mask).put_tape(tape);
        let counted = batch.targets.iter().filter(|target| **target != IGNORE).count();
        let scale = step.scale(counted, batch.batch);
        let (scaled, loss) =
            self.network.loss_on_tape((tokens, &mask), state, &batch.targets, scale)?;
        Ok((scaled, loss.into()))
    }

    fn evaluate(&self, pass: &Pass, batch: &data::Batch, state: &mut ModelState) -> Result<Score> {
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
        _: &TextBatches,
        key: SampleKey,
        limit: Option<usize>,
    ) -> Result<Vec<Generated>> {
        let Some(Writing { generators, length, vocabulary }) = &self.writing else {
            return Ok(Vec::new());
        };
        let length = (*length).min(limit.unwrap_or(usize::MAX));
        let write = |(place, (prefix, generator)): (usize, &(String, Generator))| {
            let stream = Stream::new(key.seed, Purpose::Generation, (key.row << 16) + place as u64);
            let ids = generator.generate(self, pass, length, stream)?;
            Ok(Generated { prefix: prefix.clone(), text: vocabulary.decode(&ids) })
        };
        let count = limit.map_or(usize::MAX, |_| TIMED);
        generators.iter().take(count).enumerate().map(write).collect()
    }

    fn first_leak(&self, pass: &Pass) -> Result<Option<usize>> {
        leak::first_leak(self, pass, self.vocabulary.0)
    }
}
