//! The task `tagging`: a label for every token of a sequence, as it is read.

use super::data::{TaggedBatch, TaggedSequence};
use crate::data::{IGNORE, Minibatches, Split};
use crate::kernels::Compute;
use crate::metric::Score;
use crate::nn::Result;
use crate::nn::axis::{Classes, Time, Vocabulary};
use crate::nn::from_spec::Input;
use crate::nn::loss::{self, Target, predicted, score};
use crate::nn::{Array, ModelState, Parameters, Pass, Recording, Step, Tokens, init};
use crate::spec::{self, ClassLoss, Experiment};
use crate::tasks::predict::{PredictError, Trained};
use crate::tasks::sequence_model::{TokenModel, describe, mask};
use crate::tasks::{Generated, Model, SampleKey, TaskNetwork};
use dfdx::prelude::*;

/// Sequences that are shown while training goes on.
const SHOWN: usize = 3;

/// A recurrent network with a decoder at each step.
pub struct Tagger {
    model: TokenModel,
    spec: spec::Model,
    tokens: Vocabulary,
}

impl Tagger {
    /// A tagger for this many tokens and labels, its weights drawn at random.
    pub fn build(
        experiment: &Experiment,
        tokens: usize,
        labels: usize,
        compute: &Compute,
    ) -> Model<Self> {
        let (mut parameters, spec) = (Parameters::default(), &experiment.model);
        let tokens = Vocabulary(tokens);
        let model = TokenModel::new(&mut parameters, spec, tokens, Classes(labels));
        init::draw(&mut parameters, spec, experiment.seed);
        let network = Self { model, spec: spec.clone(), tokens };
        Model { parameters, network, compute: compute.clone() }
    }

    /// How many labels there are.
    fn outputs(&self) -> usize {
        self.model.decoder.outputs().0
    }

    /// The logits of each step of each sequence, (T, B, L).
    fn logits(&self, pass: &Pass, batch: &TaggedBatch) -> Result<Vec<f32>> {
        let mask = mask(Time, &batch.tokens, &batch.lengths);
        let tokens = Tokens::new(pass, &batch.tokens, mask.shape(), self.tokens);
        let mut state = self.model.stack.zero_state(mask.shape().1);
        let states = self.model.stack.read(tokens, &mask, &mut state)?;
        Ok(self.model.decode(states)?.values().to_vec())
    }

    /// The label that each step predicts, (T, B).
    fn labels(&self, pass: &Pass, batch: &TaggedBatch) -> Result<Vec<u32>> {
        Ok(best(&self.logits(pass, batch)?, self.outputs()))
    }
}

/// The label that each row of logits predicts.
fn best(logits: &[f32], labels: usize) -> Vec<u32> {
    let rows = logits.chunks_exact(labels.max(1));
    rows.map(|row| predicted(row, ClassLoss::CrossEntropy)).collect()
}

/// The score, with the sequences that are wholly right.
fn with_sequences(score: Score, batch: &TaggedBatch, predicted: &[u32]) -> Score {
    let wrong = |sequence: usize| {
        let steps = (sequence..batch.labels.len()).step_by(batch.lengths.len().max(1));
        steps.into_iter().any(|at| batch.labels[at] != IGNORE && batch.labels[at] != predicted[at])
    };
    let sequences = batch.lengths.len();
    let exact = (0..sequences).filter(|sequence| !wrong(*sequence)).count();
    Score { exact: exact as u64, sequences: sequences as u64, ..score }
}

/// The labels of a sequence, whose tokens are parted by white space.
///
/// # Errors
/// When there is no token or an unknown one, or the weights do not fit.
pub fn predict(trained: &Trained<'_>, text: &[u8]) -> Result<Vec<u8>, PredictError> {
    let Trained { experiment, vocabulary, classes, compute, .. } = trained;
    let tokens = trained.read(text)?.ids;
    let mut model = Tagger::build(experiment, vocabulary.len(), classes.len(), compute);
    trained.restore(&mut model.parameters)?;
    let labels = vec![0; tokens.len()];
    let batch = TaggedBatch::of(&[&TaggedSequence { tokens, labels }], 0);
    let labels = model.network.labels(&model.pass(), &batch)?;
    let names = labels.iter().filter_map(|label| classes.get(*label as usize));
    Ok(names.map(String::as_str).collect::<Vec<_>>().join(" ").into_bytes())
}

impl TaskNetwork for Tagger {
    type Data = Minibatches<TaggedSequence>;

    fn loss(
        &self,
        pass: &Pass,
        tape: Recording,
        batch: &TaggedBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<(Array<(), Recording>, Score)> {
        let mask = mask(Time, &batch.tokens, &batch.lengths);
        let tokens = Tokens::new(pass, &batch.tokens, mask.shape(), self.tokens);
        let counted = batch.labels.iter().filter(|label| **label != IGNORE).count();
        let (sequences, stack) = (batch.lengths.len(), &self.model.stack);
        let mut state = stack.zero_state(mask.shape().1);
        let states = stack.read(tokens.put_tape(tape), &mask, &mut state)?;
        let logits = self.model.decode(states)?;
        let found = best(logits.values(), self.outputs());
        let target = Target::Classes(&batch.labels, ClassLoss::CrossEntropy);
        let (loss, score) = loss::loss(logits, target, step.scale(counted, sequences))?;
        Ok((loss, with_sequences(score, batch, &found)))
    }

    fn evaluate(&self, pass: &Pass, batch: &TaggedBatch, _: &mut ModelState) -> Result<Score> {
        let mut logits = self.logits(pass, batch)?;
        let found = best(&logits, self.outputs());
        let target = Target::Classes(&batch.labels, ClassLoss::CrossEntropy);
        let score = score(pass.compute(), &mut logits, target, 1.0);
        Ok(with_sequences(score, batch, &found))
    }

    fn describe(&self) -> Vec<String> {
        describe(&self.spec, Input::Tokens(self.tokens.0), self.outputs(), ", at each step")
    }

    fn samples(
        &self,
        pass: &Pass,
        data: &Minibatches<TaggedSequence>,
        _: SampleKey,
        _: Option<usize>,
    ) -> Result<Vec<Generated>> {
        let write = |sequence| {
            let labels = self.labels(pass, &data.collate(&[sequence]))?;
            let (prefix, text) = data.spelled(&sequence.tokens, &labels);
            Ok(Generated { prefix, text })
        };
        data.examples(Split::Valid).iter().take(SHOWN).map(write).collect()
    }
}
