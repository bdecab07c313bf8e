//! `runner sample RUN`.

use super::{Read, read_trial, weights_of};
use crate::cli::failure::Failure;
use crate::cli::options::{positive, temperature};
use crate::cli::print;
use crate::data::{Prompt, UNKNOWN, Vocabulary};
use crate::kernels::{Compute, Level};
use crate::nn::{ModelError, weights};
use crate::random::{Purpose, Stream};
use crate::spec::Task;
use crate::streams;
use crate::tasks::language_model::{self, Draw, Generator};
use crate::tasks::{self, Trained};
use clap::{Args, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

/// Options of a sample.
#[derive(Debug, Args)]
pub(in crate::cli) struct SampleOptions {
    /// Folder of a trial, or of an experiment, whose best trial is then taken
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// What to ask the model: a classifier answers with class and probabilities, a tagger with labels,
    /// a translator with its translation, word vectors with a word's neighbours
    #[arg(long, value_name = "TEXT")]
    pub text: Option<OsString>,
    /// What the text begins with; at level byte any bytes [default: the spec's first prefix]
    #[arg(short, long, value_name = "TEXT")]
    pub prefix: Option<OsString>,
    /// Tokens to write [default: the spec's, or 200]
    #[arg(short, long, value_name = "N")]
    pub length: Option<usize>,
    /// Below 1 more sober, above 1 wilder; 0: always the most likely token
    /// [default: the spec's, or 0.8]
    #[arg(
        short, long, value_name = "T", value_parser = temperature, allow_negative_numbers = true
    )]
    pub temperature: Option<f64>,
    /// Draw from the K most likely tokens only [default: the spec's, or all]
    #[arg(short = 'k', long, value_name = "K", value_parser = positive)]
    pub top_k: Option<usize>,
    /// Another seed writes another text, the same seed the same text
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// Writes text with a trained model.
pub(in crate::cli) fn sample(options: &SampleOptions) -> Result<(), Failure> {
    let level = Level::from_environment().map_err(Failure::usage)?;
    let read = read_trial(&options.run)?;
    match read.experiment.task != Task::LanguageModel || options.text.is_some() {
        true => predict(options, &read, level),
        false => generate(options, &read, level),
    }?;
    print::ended(&read.left_out)
}

/// Lets a language model go on.
fn generate(options: &SampleOptions, read: &Read, level: Level) -> Result<(), Failure> {
    let Read { paths, record: run, experiment, .. } = read;
    let generation = experiment.generation.as_ref();
    let draw = Draw {
        temperature: options
            .temperature
            .or(generation.map(|generation| generation.temperature))
            .unwrap_or(0.8),
        top_k: options.top_k.or(generation.and_then(|generation| generation.top_k)),
    };
    let first = generation.and_then(|generation| generation.prefixes.first());
    let first = first.map_or("", String::as_str).as_bytes();
    let prefix = options.prefix.as_ref().map_or(first, |prefix| prefix.as_encoded_bytes());
    let prefix =
        Prompt::prefix(&run.vocabulary, &experiment.data, prefix).map_err(Failure::usage)?;
    note_unknown("prefix", &prefix, &run.vocabulary);
    let length = options.length.or(generation.map(|generation| generation.length)).unwrap_or(200);
    let generator = Generator::new(&run.vocabulary, prefix, draw);
    let vocabulary = run.vocabulary.len();
    let mut model = language_model::build(Compute::single(level), &experiment.model, vocabulary, 0);
    let bytes = weights_of(paths, run)?;
    weights::from_bytes(&mut model.parameters, &bytes).map_err(Failure::usage)?;
    let stream = Stream::new(options.seed, Purpose::Generation, u64::MAX);
    let ids = generator.generate(&model.network, &model.pass(), length, stream);
    let ids = ids.map_err(|error| Failure::internal(ModelError::from(error)))?;
    print::data(run.vocabulary.decode_bytes(&ids))
}

/// Asks a trained network about a text.
fn predict(options: &SampleOptions, read: &Read, level: Level) -> Result<(), Failure> {
    let Read { paths, record: run, experiment, .. } = read;
    let name = experiment.task.name();
    let refuse = |what: &str, help: &str| {
        let what = format!("a run of task = \"{name}\" {what}");
        Err(Failure::usage(miette::miette!(help = help.to_owned(), "{what}")))
    };
    let written = [options.prefix.is_some(), options.length.is_some()];
    let drawn = [options.temperature.is_some(), options.top_k.is_some()];
    let task = tasks::of(experiment.task);
    let Some(predict) = task.predict else {
        return match &options.text {
            Some(_) => refuse("answers no --text", "a language model goes on from a --prefix"),
            None => refuse("writes no text", "its files show what it has learned"),
        };
    };
    if written.into_iter().chain(drawn).any(|set| set) {
        return refuse("generates no text", "ask it with --text alone");
    }
    let Some(text) = &options.text else {
        return refuse("must be asked something", "give it a text with --text");
    };
    let weights = weights_of(paths, run)?;
    let trained = Trained {
        experiment,
        vocabulary: &run.vocabulary,
        classes: &run.classes,
        weights: &weights,
        compute: Compute::single(level),
    };
    let answer = predict(&trained, text.as_encoded_bytes()).map_err(Failure::usage)?;
    if !task.says_unknown {
        let prompt = trained.read(text.as_encoded_bytes()).map_err(Failure::usage)?;
        note_unknown("text", &prompt, &run.vocabulary);
    }
    print::data(answer)
}

/// Says when parts of what was given are no tokens of the model, and are read as `<unk>`.
fn note_unknown(what: &str, prompt: &Prompt, vocabulary: &Vocabulary) {
    if prompt.unknown(vocabulary) > 0 {
        streams::tell(format_args!(
            "note: parts of the {what} are not in the vocabulary and are read as {UNKNOWN}"
        ));
    }
}
