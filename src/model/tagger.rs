//! The task `tagging`: a label for every token of a sequence, as it is read.

use super::answer::{AnswerError, Trained};
use super::headed::Headed;
use super::learner::{BeginError, Key, Learner, Learns, Lesson, Written};
use super::loss::{Target, judge, on_tape, predicted};
use super::stack::{self, Input, Masks, Tokens};
use super::step::{learn, scale};
use super::{AnyParameter, ModelError, ModelState, Network, Step};
use crate::data::{Dataset, IGNORE, Minibatches, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric, Score};
use crate::spec::{ClassLoss, Experiment};
use crate::tasks::tagging::{TaggedBatch, TaggedSequence};
use std::sync::Arc;

/// Sequences that are shown while training goes on.
const SHOWN: usize = 3;

/// What a tagger is judged by: sequences wholly right, and labels.
pub fn metrics(_: &Experiment) -> &'static [Metric] {
    &[metric::EXACT_MATCH, metric::ACCURACY]
}

/// A recurrent network with a decoder at each step.
pub struct Tagger {
    network: Headed,
}

impl Tagger {
    /// A tagger for so many tokens and labels, its weights drawn at random.
    pub fn new(experiment: &Experiment, tokens: usize, labels: usize, compute: &Compute) -> Self {
        Self { network: Headed::new(experiment, Input::Tokens(tokens), labels, compute) }
    }

    /// The logits of each step of each sequence, (T, B, L).
    ///
    /// # Errors
    /// When memory runs out.
    pub fn logits(&self, batch: &TaggedBatch) -> Result<Vec<f32>, ModelError> {
        let tokens = Tokens::new(&batch.tokens, &batch.lengths);
        let stack = &self.network.stack;
        let states = stack.tokens(tokens, &mut stack.zero_state(batch.lengths.len()))?;
        Ok(self.network.decode(states, Masks::NONE)?.values.to_vec())
    }

    /// The label that each step predicts, (T, B).
    ///
    /// # Errors
    /// When memory runs out.
    pub fn labels(&self, batch: &TaggedBatch) -> Result<Vec<u32>, ModelError> {
        Ok(best(&self.logits(batch)?, self.network.outputs()))
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

/// A tagger before its first step.
///
/// # Errors
/// Never: any sequences fit any network.
pub fn begin(
    experiment: &Experiment,
    dataset: &Arc<Dataset<Vec<TaggedSequence>>>,
    compute: &Compute,
) -> Result<Box<dyn Learner>, BeginError> {
    let (tokens, labels) = (dataset.info.vocabulary.len(), dataset.info.classes.len());
    let network = Tagger::new(experiment, tokens, labels, compute);
    let data = Minibatches::new(experiment, dataset);
    Ok(Box::new(Lesson::new(data, network, experiment.data.batch_size)))
}

/// The labels of a sequence, whose tokens are parted by white space.
///
/// # Errors
/// When there is no token or an unknown one, or the weights do not fit.
pub fn answer(trained: &Trained<'_>, text: &[u8]) -> Result<Vec<u8>, AnswerError> {
    let Trained { experiment, vocabulary, classes, compute, .. } = trained;
    let tokens = trained.read(text)?.ids;
    let mut network = Tagger::new(experiment, vocabulary.len(), classes.len(), compute);
    trained.restore(&mut network)?;
    let labels = vec![0; tokens.len()];
    let labels = network.labels(&TaggedBatch::of(&[&TaggedSequence { tokens, labels }], 0))?;
    let names = labels.iter().filter_map(|label| classes.get(*label as usize));
    Ok(names.map(String::as_str).collect::<Vec<_>>().join(" ").into_bytes())
}

impl Network for Tagger {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        self.network.parameters()
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        self.network.parameters_mut()
    }

    fn describe(&self) -> Vec<String> {
        self.network.lines(", at each step")
    }
}

impl Learns<Minibatches<TaggedSequence>> for Tagger {
    fn train(
        &mut self,
        batch: &TaggedBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError> {
        let tokens = Tokens::new(&batch.tokens, &batch.lengths);
        let masks = Masks { step: Some(step), first: 0 };
        let counted = batch.labels.iter().filter(|label| **label != IGNORE).count();
        let device = self.network.device.clone();
        let tables = [(stack::table(&self.network.spec), batch.tokens.as_slice())];
        learn(self, &device, &tables, |it, tape| {
            let (network, sequences) = (&it.network, batch.lengths.len());
            let mut state = network.stack.zero_state(sequences);
            let states = network.stack.tokens_taped(tokens, &mut state, masks, tape)?;
            let logits = network.decode(states, masks)?;
            let found = best(&logits.values, network.outputs());
            let target = Target::Classes(&batch.labels, ClassLoss::CrossEntropy);
            let scale = scale(step.reduction, counted, sequences);
            let (loss, score) = on_tape(&network.compute, &network.device, logits, target, scale)?;
            Ok((loss, with_sequences(score, batch, &found)))
        })
    }

    fn evaluate(&self, batch: &TaggedBatch, _: &mut ModelState) -> Result<Score, ModelError> {
        let mut logits = self.logits(batch)?;
        let found = best(&logits, self.network.outputs());
        let target = Target::Classes(&batch.labels, ClassLoss::CrossEntropy);
        let score = judge(&self.network.compute, &mut logits, target, 1.0);
        Ok(with_sequences(score, batch, &found))
    }

    fn texts(
        &self,
        data: &Minibatches<TaggedSequence>,
        _: Key,
        _: Option<usize>,
    ) -> Result<Vec<Written>, ModelError> {
        let write = |sequence| {
            let labels = self.labels(&data.collate(&[sequence]))?;
            let (prefix, text) = data.spelled(&sequence.tokens, &labels);
            Ok(Written { prefix, text })
        };
        data.examples(Split::Valid).iter().take(SHOWN).map(write).collect()
    }
}
