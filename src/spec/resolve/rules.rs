//! What must hold between keys.

use super::values::Values;
use crate::spec::diagnostics::problem::Problem;
use crate::spec::experiment::table::find_key;
use crate::spec::experiment::{
    Experiment, Level, Monitor, Optimizer, Sampling, ScheduleKind, Source, Targets, Task,
};

/// Why the perplexity of a bidirectional language model is not one.
pub const BIDIRECTIONAL: &str = "a bidirectional model sees what it must predict: its perplexity \
    cannot be compared";

/// Something that must hold between keys, or else is odd: the keys that it is about, the first of
/// which is to blame, and what is broken.
type Rule = (&'static [&'static str], fn(&Experiment) -> Broken);

/// What is wrong, and what would be right; `None` if nothing is.
type Broken = Option<(String, String)>;

fn broken(when: bool, what: impl Into<String>, right: impl Into<String>) -> Broken {
    when.then(|| (what.into(), right.into()))
}

/// What must hold.
///
/// These compare the values of keys, which a JSON Schema cannot: it accepts what breaks them.
const ERRORS: &[Rule] = &[
    (&["data.source", "task"], source_of_another_task),
    (&["data.valid", "data.train"], |it| split_of_a_corpus(it, "valid", it.data.valid.is_some())),
    (&["data.test", "data.train"], |it| split_of_a_corpus(it, "test", it.data.test.is_some())),
    (&["data.test_fraction", "data.valid_fraction"], |it| {
        let (valid, test) = (it.data.valid_fraction, it.data.test_fraction);
        broken(
            valid + test >= 1.0,
            format!("nothing is left to train on: {valid} for validation and {test} for testing"),
            "valid_fraction + test_fraction must be less than 1",
        )
    }),
    (&["data.targets", "data.sampling"], |it| {
        broken(
            it.data.targets == Some(Targets::Last) && it.data.sampling != Sampling::Random,
            "windows that overlap cannot be read consecutively",
            "set `data.sampling` to \"random\", or remove `data.targets`",
        )
    }),
    (&["data.min_count", "data.level"], |it| {
        broken(
            it.data.level == Level::Byte && it.data.min_count != 1,
            "`data.min_count` does nothing at level \"byte\"",
            "every byte that occurs is kept: remove it",
        )
    }),
    (&["data.max_vocabulary", "data.level"], |it| {
        broken(
            it.data.level == Level::Byte && it.data.max_vocabulary.is_some(),
            "`data.max_vocabulary` does nothing at level \"byte\"",
            "every byte that occurs is kept: remove it",
        )
    }),
    (&["model.tied", "model.embedding_size"], |it| {
        let size = it.model.output_size();
        broken(
            it.model.tied && it.model.embedding_size == 0,
            "a tied decoder needs an embedding, but tokens are one-hot",
            format!("set `model.embedding_size` to {size}, or `model.tied` to false"),
        )
    }),
    (
        &["model.tied", "model.embedding_size", "model.hidden_size", "model.bidirectional"],
        tied_to_other_size,
    ),
    (&["model.embedding_dropout", "model.embedding_size"], |it| {
        broken(
            it.model.embedding_dropout != 0.0 && it.model.embedding_size == 0,
            "`model.embedding_dropout` needs an embedding, but tokens are one-hot",
            "set `model.embedding_size`, or remove `model.embedding_dropout`",
        )
    }),
    (&["model.tied", "model.decoder"], |it| {
        broken(
            it.model.tied && it.model.decoder == Some(false),
            "there is no decoder to share the embedding's weights",
            "set one of the two to false",
        )
    }),
    (&["model.embedding_size", "task"], |it| {
        broken(
            it.task == Task::SkipGram && it.model.embedding_size == 0,
            "word vectors need a length",
            "set `model.embedding_size`, to 100 for example",
        )
    }),
    (&["model.embedding", "model.embedding_size"], |it| {
        broken(
            it.model.embedding.is_some() && it.model.embedding_size == 0,
            "pretrained vectors need an embedding, but tokens are one-hot",
            "set `model.embedding_size` to the length of the vectors",
        )
    }),
    (&["model.embedding_frozen", "model.embedding"], |it| {
        broken(
            it.model.embedding.is_none() && it.model.embedding_frozen == Some(true),
            "the embedding would stay as it is drawn at random",
            "set `model.embedding` to a file of vectors, or remove `model.embedding_frozen`",
        )
    }),
    (&["training.nesterov", "training.momentum", "training.dampening"], nesterov_without_momentum),
    (&["training.schedule.min_learning_rate", "training.learning_rate"], rate_below_its_minimum),
    (&["training.evaluate_every", "training.steps"], |it| {
        let (steps, every) = (it.training.steps?, it.training.evaluate_every?);
        broken(
            every > steps,
            format!("an evaluation every {every} steps, but training ends after {steps}"),
            "`training.evaluate_every` must be at most `training.steps`",
        )
    }),
    (&["training.early_stopping.patience", "data.valid_fraction"], |it| {
        broken(
            it.training.early_stopping.is_some() && it.data.valid_fraction == 0.0,
            "early stopping watches validation text, but nothing is held out",
            "set `data.valid_fraction` to more than 0, or early_stopping to \"none\"",
        )
    }),
    (&["training.schedule.kind", "data.valid_fraction"], |it| {
        let plateau = matches!(it.training.schedule.kind, ScheduleKind::Plateau { .. });
        broken(
            plateau && it.data.valid_fraction == 0.0,
            "the schedule \"plateau\" watches validation text, but nothing is held out",
            "set `data.valid_fraction` to more than 0, or choose another schedule",
        )
    }),
    (&["training.monitor", "task"], |it| figure_of_another_task(it, it.training.monitor)),
    (&["training.schedule.monitor", "task"], |it| {
        figure_of_another_task(it, it.training.schedule.monitor())
    }),
    (&["training.early_stopping.monitor", "task"], |it| {
        figure_of_another_task(it, it.training.early_stopping?.monitor)
    }),
];

/// What is odd.
const WARNINGS: &[Rule] = &[
    (&["model.dropout", "model.layers"], |it| {
        broken(
            it.model.dropout != 0.0 && it.model.layers <= 1,
            "`model.dropout` acts between layers, and there is only one",
            "for dropout on the last layer's output set `model.output_dropout`",
        )
    }),
    (&["model.bidirectional"], |it| {
        broken(
            it.model.bidirectional && it.task == Task::LanguageModel,
            BIDIRECTIONAL,
            "set `model.bidirectional` to false unless that is what you study",
        )
    }),
    (&["training.schedule.warmup_steps", "training.steps"], |it| {
        let (steps, warmup) = (it.training.steps?, it.training.schedule.warmup_steps);
        broken(
            warmup > steps,
            format!("warming up takes {warmup} steps, but training ends after {steps}"),
            "the learning rate never reaches `training.learning_rate`",
        )
    }),
];

/// The rules that the experiment breaks. Rules about keys whose value is wrong in itself are not
/// asked.
pub(in crate::spec) fn errors(experiment: &Experiment, values: &Values) -> Vec<Problem> {
    let sound = |rule: &&Rule| !rule.0.iter().any(|key| values.is_wrong(key));
    ERRORS.iter().filter(sound).filter_map(|rule| check(rule, experiment, values)).collect()
}

/// What is odd about the experiment, at its place.
pub(in crate::spec) fn warnings(experiment: &Experiment, values: &Values) -> Vec<Problem> {
    let found = WARNINGS.iter().filter_map(|rule| check(rule, experiment, values));
    found.map(Problem::warning).collect()
}

impl Experiment {
    /// What is odd about the experiment, though it can run: one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        WARNINGS.iter().filter_map(|rule| (rule.1)(self)).map(|(what, _)| what).collect()
    }
}

fn check((keys, broken): &Rule, experiment: &Experiment, values: &Values) -> Option<Problem> {
    let (message, help) = broken(experiment)?;
    let mut written = keys.iter().filter_map(|key| Some((key, values.place(key)?)));
    let first = written.next().map(|(_, place)| place);
    let problem = Problem::maybe_at(first, message).help(help);
    let problem = written
        .fold(problem, |problem, (key, place)| problem.also(place, format!("`{key}` is set")));
    let defaults = keys.iter().filter(|key| values.place(key).is_none());
    Some(defaults.fold(problem, |problem, key| match default(key) {
        Some(value) if value != "false" => problem.help(format!("`{key}` is {value} by default")),
        _ => problem,
    }))
}

/// The default of a key, as text.
fn default(path: &str) -> Option<String> {
    find_key(path)?.default.value().map(|value| value.to_string())
}

/// A split that is named beside a corpus, which has its own.
fn split_of_a_corpus(experiment: &Experiment, split: &str, is_named: bool) -> Broken {
    broken(
        is_named && experiment.data.source == Source::Corpus && experiment.data.train.is_none(),
        format!("`data.{split}` goes with `data.train`, and not with a corpus"),
        "name the training text as `data.train` in place of `data.corpus`",
    )
}

fn source_of_another_task(experiment: &Experiment) -> Broken {
    let task = match experiment.data.source {
        Source::Corpus => return None,
        Source::Sine => Task::Regression,
        Source::Addition => Task::Translation,
        Source::BinaryAddition => Task::Tagging,
    };
    let (right, found) = (task.name(), experiment.task.name());
    broken(
        experiment.task != task,
        format!("this source makes examples for task = \"{right}\", not for \"{found}\""),
        format!("set `task` to \"{right}\", or choose another source"),
    )
}

fn tied_to_other_size(experiment: &Experiment) -> Broken {
    let model = &experiment.model;
    let (size, found) = (model.output_size(), model.embedding_size);
    let twice = if model.bidirectional { "twice the" } else { "the" };
    broken(
        model.tied && found != 0 && found != size,
        format!("a tied decoder reads {size} numbers, but the embedding has {found}"),
        format!(
            "set `model.embedding_size` to {size}, {twice} `model.hidden_size`, or `model.tied` to \
             false"
        ),
    )
}

fn nesterov_without_momentum(experiment: &Experiment) -> Broken {
    let Optimizer::Sgd { nesterov, momentum, dampening, .. } = experiment.training.optimizer else {
        return None;
    };
    broken(
        nesterov && (momentum == 0.0 || dampening != 0.0),
        format!("nesterov with momentum {momentum} and dampening {dampening}"),
        "nesterov needs a momentum greater than 0 and a dampening of 0",
    )
}

fn rate_below_its_minimum(experiment: &Experiment) -> Broken {
    let (ScheduleKind::Cosine { min_learning_rate: low }
    | ScheduleKind::Plateau { min_learning_rate: low, .. }) = experiment.training.schedule.kind
    else {
        return None;
    };
    let rate = experiment.training.learning_rate;
    broken(
        low > rate,
        format!("the learning rate {rate:?} is less than its minimum {low:?}"),
        "`training.schedule.min_learning_rate` must be at most `training.learning_rate`",
    )
}

fn figure_of_another_task(experiment: &Experiment, monitor: Option<Monitor>) -> Broken {
    let (task, own) = (experiment.task.name(), experiment.task.figures());
    let monitor = monitor.filter(|monitor| !own.contains(monitor))?;
    let names: Vec<_> = own.iter().map(|figure| format!("\"{}\"", figure.name())).collect();
    Some((
        format!("task \"{task}\" has no figure \"{}\"", monitor.name()),
        format!("its figures are {}", names.join(", ")),
    ))
}
