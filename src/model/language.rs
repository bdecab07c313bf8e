//! The task `language_model`: predict the next token of a text.

use super::generate::{Draw, Generator};
use super::leak;
use super::learner::{BeginError, Key, Learner, Learns, Lesson, Written};
use super::{AnyParameter, Model, ModelError, ModelState, Network, Step, pretrained, table};
use crate::data::{Asked, Batch, Dataset, Ids, Vocabulary};
use crate::kernels::Compute;
use crate::metric::{self, Metric, Score};
use crate::random::{Purpose, Stream};
use crate::spec::{self, Experiment};
use crate::tasks::language_model::Text;
use std::sync::Arc;

/// A language model, and the texts that it writes while it is trained.
pub struct Language {
    model: Box<dyn Model>,
    generators: Vec<(String, Generator)>,
    length: usize,
    vocabulary: Vocabulary,
    spec: spec::Model,
}

/// What a language model is judged by: perplexity, and what compares whatever a token is.
pub fn metrics(_: &Experiment) -> &'static [Metric] {
    &[metric::PERPLEXITY, metric::BITS_PER_BYTE, metric::BITS_PER_CHARACTER]
}

/// A language model before its first step.
///
/// # Errors
/// When a prefix of `[generation]` holds a token that the vocabulary does not.
pub fn begin(
    experiment: &Experiment,
    dataset: &Arc<Dataset<Ids>>,
    compute: &Compute,
) -> Result<Box<dyn Learner>, BeginError> {
    let vocabulary = &dataset.info.vocabulary;
    check_undecoded(&experiment.model, vocabulary.len())?;
    let (spec, seed) = (&experiment.model, experiment.seed);
    let mut model = table::build(compute.clone(), spec, vocabulary.len(), seed);
    pretrained::begin_with(model.as_mut(), spec, vocabulary)?;
    let mut generators = Vec::new();
    if let Some(generation) = &experiment.generation {
        let draw = Draw { temperature: generation.temperature, top_k: generation.top_k };
        for prefix in &generation.prefixes {
            let asked = Asked::prefix(vocabulary, &experiment.data, prefix.as_bytes())?;
            generators.push((prefix.clone(), Generator::new(vocabulary, asked, draw)));
        }
    }
    let length = experiment.generation.as_ref().map_or(0, |generation| generation.length);
    let language =
        Language { model, generators, length, vocabulary: vocabulary.clone(), spec: spec.clone() };
    let text = Text::new(experiment, dataset);
    Ok(Box::new(Lesson::new(text, language, experiment.data.batch_size)))
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

impl Network for Language {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        self.model.parameters()
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        self.model.parameters_mut()
    }

    fn describe(&self) -> Vec<String> {
        self.model.describe()
    }

    fn is_frozen(&self, name: &str) -> bool {
        pretrained::is_frozen(&self.spec, name)
    }
}

impl Learns<Text> for Language {
    fn zero_state(&self, sequences: usize) -> ModelState {
        self.model.zero_state(sequences)
    }

    fn first_leak(&self) -> Result<Option<usize>, ModelError> {
        leak::first_leak(self.model.as_ref(), self.vocabulary.len())
    }

    fn train(
        &mut self,
        batch: &Batch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError> {
        Ok(self.model.train(batch, state, step)?.into())
    }

    fn evaluate(&self, batch: &Batch, state: &mut ModelState) -> Result<Score, ModelError> {
        Ok(self.model.evaluate(batch, state)?.into())
    }

    fn texts(&self, _: &Text, key: Key, limit: Option<usize>) -> Result<Vec<Written>, ModelError> {
        let length = self.length.min(limit.unwrap_or(usize::MAX));
        let write = |(place, (prefix, generator)): (usize, &(String, Generator))| {
            let stream = Stream::new(key.seed, Purpose::Generation, (key.row << 16) + place as u64);
            let ids = generator.generate(self.model.as_ref(), length, stream)?;
            let text = self.vocabulary.decode(&ids);
            Ok(Written { prefix: prefix.clone(), text })
        };
        self.generators.iter().enumerate().map(write).collect()
    }
}
