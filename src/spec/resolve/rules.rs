//! What must hold between keys.

use super::values::Values;
use crate::spec::diagnostics::problem::Problem;
use crate::spec::experiment::table::find_key;
use crate::spec::experiment::{
    Data, Experiment, Length, Level, Model, Monitor, Optimizer, Sampling, ScheduleKind, Source,
    Targets, Task,
};

/// Why the perplexity of a bidirectional language model is not one.
pub const BIDIRECTIONAL: &str = "a bidirectional model sees what it must predict: its perplexity \
    cannot be compared";

/// Something that must hold between keys, or else is odd.
struct Rule {
    /// The keys that it is about; the first is the one to blame.
    keys: &'static [&'static str],
    /// What is wrong, and what would be right.
    broken: fn(&Experiment) -> Option<(String, String)>,
}

/// What must hold.
///
/// These compare the values of keys, which a JSON Schema cannot: it accepts what breaks them.
const ERRORS: &[Rule] = &[
    Rule { keys: &["data.source", "task"], broken: source_of_another_task },
    Rule { keys: &["data.test_fraction", "data.valid_fraction"], broken: nothing_to_train },
    Rule { keys: &["data.targets", "data.sampling"], broken: last_target_in_order },
    Rule { keys: &["data.min_count", "data.level"], broken: rare_bytes },
    Rule { keys: &["data.max_vocabulary", "data.level"], broken: few_bytes },
    Rule { keys: &["model.tied", "model.embedding_size"], broken: tied_to_nothing },
    Rule {
        keys: &["model.tied", "model.embedding_size", "model.hidden_size", "model.bidirectional"],
        broken: tied_to_other_size,
    },
    Rule {
        keys: &["model.embedding_dropout", "model.embedding_size"],
        broken: dropout_of_no_embedding,
    },
    Rule { keys: &["model.tied", "model.decoder"], broken: tied_to_no_decoder },
    Rule { keys: &["model.embedding_size", "task"], broken: word_vectors_without_size },
    Rule { keys: &["model.embedding", "model.embedding_size"], broken: pretrained_one_hot },
    Rule { keys: &["model.embedding_frozen", "model.embedding"], broken: frozen_at_random },
    Rule {
        keys: &["training.nesterov", "training.momentum", "training.dampening"],
        broken: nesterov_without_momentum,
    },
    Rule {
        keys: &["training.schedule.min_learning_rate", "training.learning_rate"],
        broken: rate_below_its_minimum,
    },
    Rule { keys: &["training.evaluate_every", "training.steps"], broken: never_evaluated },
    Rule {
        keys: &["training.early_stopping.patience", "data.valid_fraction"],
        broken: stopping_without_validation,
    },
    Rule {
        keys: &["training.schedule.kind", "data.valid_fraction"],
        broken: plateau_without_validation,
    },
    Rule {
        keys: &["training.monitor", "task"],
        broken: |it| figure_of_another_task(it, it.training.monitor),
    },
    Rule {
        keys: &["training.schedule.monitor", "task"],
        broken: |it| figure_of_another_task(it, it.training.schedule.monitor()),
    },
    Rule {
        keys: &["training.early_stopping.monitor", "task"],
        broken: |it| figure_of_another_task(it, it.training.early_stopping?.monitor),
    },
];

/// What is odd.
const WARNINGS: &[Rule] = &[
    Rule { keys: &["model.dropout", "model.layers"], broken: dropout_between_one_layer },
    Rule { keys: &["model.bidirectional"], broken: sees_the_future },
    Rule {
        keys: &["training.schedule.warmup_steps", "training.steps"],
        broken: warming_up_to_the_end,
    },
];

/// The rules that the experiment breaks. Rules about keys whose value is wrong in itself are not
/// asked.
pub(in crate::spec) fn errors(experiment: &Experiment, values: &Values) -> Vec<Problem> {
    let sound = |rule: &&Rule| !rule.keys.iter().any(|key| values.is_wrong(key));
    ERRORS.iter().filter(sound).filter_map(|rule| rule.check(experiment, values)).collect()
}

/// What is odd about the experiment, at its place.
pub(in crate::spec) fn warnings(experiment: &Experiment, values: &Values) -> Vec<Problem> {
    let found = WARNINGS.iter().filter_map(|rule| rule.check(experiment, values));
    found.map(Problem::warning).collect()
}

impl Experiment {
    /// What is odd about the experiment, though it can run: one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        WARNINGS.iter().filter_map(|rule| (rule.broken)(self)).map(|(what, _)| what).collect()
    }
}

impl Rule {
    fn check(&self, experiment: &Experiment, values: &Values) -> Option<Problem> {
        let (message, help) = (self.broken)(experiment)?;
        let mut written = self.keys.iter().filter_map(|key| Some((key, values.place(key)?)));
        let problem = match written.next() {
            Some((_, place)) => Problem::at(place, message),
            None => Problem::new(message),
        };
        let problem = problem.help(help);
        let problem = written
            .fold(problem, |problem, (key, place)| problem.also(place, format!("`{key}` is set")));
        let defaults = self.keys.iter().filter(|key| values.place(key).is_none());
        Some(defaults.fold(problem, |problem, key| match default(key) {
            Some(value) if value != "false" => {
                problem.help(format!("`{key}` is {value} by default"))
            }
            _ => problem,
        }))
    }
}

/// The default of a key, as text.
fn default(path: &str) -> Option<String> {
    find_key(path)?.default.value().map(|value| value.to_string())
}

type Broken = Option<(String, String)>;

fn broken(what: impl Into<String>, right: impl Into<String>) -> Broken {
    Some((what.into(), right.into()))
}

fn source_of_another_task(experiment: &Experiment) -> Broken {
    let task = match experiment.data.source {
        Source::Corpus => return None,
        Source::Sine => Task::Regression,
        Source::Addition => Task::Translation,
        Source::BinaryAddition => Task::Tagging,
    };
    if experiment.task == task {
        return None;
    }
    let (right, found) = (task.name(), experiment.task.name());
    broken(
        format!("this source makes examples for task = \"{right}\", not for \"{found}\""),
        format!("set `task` to \"{right}\", or choose another source"),
    )
}

fn last_target_in_order(experiment: &Experiment) -> Broken {
    let Data { targets, sampling, .. } = &experiment.data;
    if *targets != Some(Targets::Last) || *sampling == Sampling::Random {
        return None;
    }
    broken(
        "windows that overlap cannot be read consecutively",
        "set `data.sampling` to \"random\", or remove `data.targets`",
    )
}

fn tied_to_no_decoder(experiment: &Experiment) -> Broken {
    let Model { tied, decoder, .. } = &experiment.model;
    if !tied || *decoder != Some(false) {
        return None;
    }
    broken("there is no decoder to share the embedding's weights", "set one of the two to false")
}

fn word_vectors_without_size(experiment: &Experiment) -> Broken {
    if experiment.task != Task::SkipGram || experiment.model.embedding_size > 0 {
        return None;
    }
    broken("word vectors need a length", "set `model.embedding_size`, to 100 for example")
}

fn pretrained_one_hot(experiment: &Experiment) -> Broken {
    experiment.model.embedding.as_ref().filter(|_| experiment.model.embedding_size == 0)?;
    broken(
        "pretrained vectors need an embedding, but tokens are one-hot",
        "set `model.embedding_size` to the length of the vectors",
    )
}

fn frozen_at_random(experiment: &Experiment) -> Broken {
    let Model { embedding, embedding_frozen, .. } = &experiment.model;
    if embedding.is_some() || *embedding_frozen != Some(true) {
        return None;
    }
    broken(
        "the embedding would stay as it is drawn at random",
        "set `model.embedding` to a file of vectors, or remove `model.embedding_frozen`",
    )
}

fn nothing_to_train(experiment: &Experiment) -> Broken {
    let (valid, test) = (experiment.data.valid_fraction, experiment.data.test_fraction);
    if valid + test < 1.0 {
        return None;
    }
    broken(
        format!("nothing is left to train on: {valid} for validation and {test} for testing"),
        "valid_fraction + test_fraction must be less than 1",
    )
}

fn rare_bytes(experiment: &Experiment) -> Broken {
    if experiment.data.level != Level::Byte || experiment.data.min_count == 1 {
        return None;
    }
    broken(
        "`data.min_count` does nothing at level \"byte\"",
        "every byte that occurs is kept: remove it",
    )
}

fn few_bytes(experiment: &Experiment) -> Broken {
    experiment.data.max_vocabulary.filter(|_| experiment.data.level == Level::Byte)?;
    broken(
        "`data.max_vocabulary` does nothing at level \"byte\"",
        "every byte that occurs is kept: remove it",
    )
}

fn tied_to_nothing(experiment: &Experiment) -> Broken {
    let model = &experiment.model;
    if !model.tied || model.embedding_size > 0 {
        return None;
    }
    let size = model.output_size();
    broken(
        "a tied decoder needs an embedding, but tokens are one-hot",
        format!("set `model.embedding_size` to {size}, or `model.tied` to false"),
    )
}

fn tied_to_other_size(experiment: &Experiment) -> Broken {
    let model = &experiment.model;
    let size = model.output_size();
    if !model.tied || model.embedding_size == 0 || model.embedding_size == size {
        return None;
    }
    let found = model.embedding_size;
    let reason = if model.bidirectional {
        "twice the `model.hidden_size`"
    } else {
        "the `model.hidden_size`"
    };
    broken(
        format!("a tied decoder reads {size} numbers, but the embedding has {found}"),
        format!("set `model.embedding_size` to {size}, {reason}, or `model.tied` to false"),
    )
}

fn dropout_of_no_embedding(experiment: &Experiment) -> Broken {
    if experiment.model.embedding_dropout == 0.0 || experiment.model.embedding_size > 0 {
        return None;
    }
    broken(
        "`model.embedding_dropout` needs an embedding, but tokens are one-hot",
        "set `model.embedding_size`, or remove `model.embedding_dropout`",
    )
}

fn nesterov_without_momentum(experiment: &Experiment) -> Broken {
    match experiment.training.optimizer {
        Optimizer::Sgd { nesterov: true, momentum, dampening, .. }
            if momentum == 0.0 || dampening != 0.0 =>
        {
            broken(
                format!("nesterov with momentum {momentum} and dampening {dampening}"),
                "nesterov needs a momentum greater than 0 and a dampening of 0",
            )
        }
        _ => None,
    }
}

fn rate_below_its_minimum(experiment: &Experiment) -> Broken {
    let (ScheduleKind::Cosine { min_learning_rate: low }
    | ScheduleKind::Plateau { min_learning_rate: low, .. }) = experiment.training.schedule.kind
    else {
        return None;
    };
    let rate = experiment.training.learning_rate;
    if low <= rate {
        return None;
    }
    broken(
        format!("the learning rate {rate:?} is less than its minimum {low:?}"),
        "`training.schedule.min_learning_rate` must be at most `training.learning_rate`",
    )
}

fn never_evaluated(experiment: &Experiment) -> Broken {
    let Length::Steps(steps) = experiment.training.length() else {
        return None;
    };
    let every = experiment.training.evaluate_every.filter(|every| *every > steps)?;
    broken(
        format!("an evaluation every {every} steps, but training ends after {steps}"),
        "`training.evaluate_every` must be at most `training.steps`",
    )
}

fn stopping_without_validation(experiment: &Experiment) -> Broken {
    experiment.training.early_stopping.filter(|_| experiment.data.valid_fraction == 0.0)?;
    broken(
        "early stopping watches validation text, but nothing is held out",
        "set `data.valid_fraction` to more than 0, or early_stopping to \"none\"",
    )
}

fn plateau_without_validation(experiment: &Experiment) -> Broken {
    match experiment.training.schedule.kind {
        ScheduleKind::Plateau { .. } if experiment.data.valid_fraction == 0.0 => broken(
            "the schedule \"plateau\" watches validation text, but nothing is held out",
            "set `data.valid_fraction` to more than 0, or choose another schedule",
        ),
        _ => None,
    }
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

fn dropout_between_one_layer(experiment: &Experiment) -> Broken {
    if experiment.model.dropout == 0.0 || experiment.model.layers > 1 {
        return None;
    }
    broken(
        "`model.dropout` acts between layers, and there is only one",
        "for dropout on the last layer's output set `model.output_dropout`",
    )
}

fn sees_the_future(experiment: &Experiment) -> Broken {
    let help = "set `model.bidirectional` to false unless that is what you study";
    let peeks = experiment.model.bidirectional && experiment.task == Task::LanguageModel;
    peeks.then(|| (BIDIRECTIONAL.into(), help.into()))
}

fn warming_up_to_the_end(experiment: &Experiment) -> Broken {
    let Length::Steps(steps) = experiment.training.length() else {
        return None;
    };
    let warmup = experiment.training.schedule.warmup_steps;
    if warmup <= steps {
        return None;
    }
    broken(
        format!("warming up takes {warmup} steps, but training ends after {steps}"),
        "the learning rate never reaches `training.learning_rate`",
    )
}
