//! Every table and key of a spec, in the order in which they are written out.

use super::keys::{Default, Key, Kind, Range, Table, When, Word};

/// The largest number: larger ones leave the range of the `f32` that models compute in.
const LARGE: f64 = 1e30;
const POSITIVE: Range = Range { low: 0.0, low_open: true, high: LARGE, high_open: false };
const NOT_NEGATIVE: Range = Range { low: 0.0, low_open: false, high: LARGE, high_open: false };
/// A part that may be nothing but not all: `[0, 1)`.
const PART: Range = Range { low: 0.0, low_open: false, high: 1.0, high_open: true };
const ZERO_TO_ONE: Range = Range { low: 0.0, low_open: false, high: 1.0, high_open: false };
/// A factor that makes smaller: `(0, 1)`.
const SHRINKING: Range = Range { low: 0.0, low_open: true, high: 1.0, high_open: true };
/// A part that may be all but not nothing: `(0, 1]`.
const SHARE: Range = Range { low: 0.0, low_open: true, high: 1.0, high_open: false };
const GAMMA: Range = Range { low: 0.0, low_open: true, high: 10.0, high_open: false };
const TEMPERATURE: Range = Range { low: 0.0, low_open: false, high: 1000.0, high_open: false };

/// More updates than any machine makes.
const MANY: u64 = 1_000_000_000_000;
/// More characters than any machine holds.
const TERA: u64 = 1_000_000_000_000;

/// A key that must be written.
const fn key(path: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { path, kind, default: Default::Required, none: false, when: None, about }
}

impl Key {
    /// It may be left out, or switched off with `"none"`.
    const fn optional(self) -> Key {
        Key { default: Default::Absent, none: true, ..self }
    }

    /// What holds where it is not written.
    const fn or(self, default: Default) -> Key {
        Key { default, ..self }
    }

    /// `"none"` may be written.
    const fn or_none(self) -> Key {
        Key { none: true, ..self }
    }

    /// It means something only with these words of that key.
    const fn when(self, key: &'static str, words: &'static [&'static str]) -> Key {
        Key { when: Some(When { key, words }), ..self }
    }

    /// It goes with these tasks.
    const fn with(self, tasks: &'static [&'static str]) -> Key {
        self.when("task", tasks)
    }

    /// It is an option of these sources.
    const fn from(self, sources: &'static [&'static str]) -> Key {
        self.when("data.source", sources)
    }

    /// It is an option of these optimizers.
    const fn of(self, optimizers: &'static [&'static str]) -> Key {
        self.when("training.optimizer", optimizers)
    }

    /// It is an option of these schedules.
    const fn in_schedule(self, kinds: &'static [&'static str]) -> Key {
        self.when("training.schedule.kind", kinds)
    }
}

/// Every table.
#[rustfmt::skip]
pub static TABLES: &[Table] = &[
    Table { path: "", about: "An experiment; the name of the file names it.", optional: false },
    Table { path: "data", about: "The text and how it is cut into batches.", optional: false },
    Table { path: "model", about: "The network.", optional: false },
    Table { path: "training", about: "How the network is trained.", optional: false },
    Table { path: "training.schedule", about: "How the learning rate changes; epochs are passes over the training text, counted from 1.", optional: false },
    Table { path: "training.early_stopping", about: "When to stop before the end; absent: never.", optional: true },
    Table { path: "training.checkpoint", about: "When the state is saved for a resume, whichever comes first; absent: every 10 seconds. It changes no result.", optional: true },
    Table { path: "generation", about: "Text written into samples.txt while it trains; absent: none.", optional: true },
    Table { path: "sweep", about: "One trial per point and seed; absent: one trial.", optional: true },
    Table { path: "sweep.grid", about: "Keys of the spec, each with the array of its values: every combination is a point; the first key varies slowest.", optional: true },
    Table { path: "sweep.zip", about: "Keys that move together, each with an array of as many values; multiplies with the grid.", optional: true },
    Table { path: "sweep.points", about: "One point, beside those of the grid: keys of the spec, each with its value.", optional: true },
    Table { path: "sweep.random", about: "Points drawn at random: keys of the spec, each with its distribution, as `{ log_uniform = [1e-4, 1e-1] }`; uniform, log_uniform, integer, log_integer or choice. Multiplies with the grid.", optional: true },
    Table { path: "sweep.skip_if", about: "A point is left out where all these keys have these values: each key with a value, an array of values, or `{ min = x, max = y }`.", optional: true },
    Table { path: "sweep.halving", about: "Successive halving: after the first rows only the best part of the points goes on, after `factor` times as many rows the best part of those, and so on.", optional: true },
    Table { path: "sweep.tpe", about: "Tree-structured Parzen estimator: later points of `[sweep.random]` are drawn where earlier ones were good.", optional: true },
];

const TASKS: &[Word] = &[
    Word::new("language_model", "predict the next token of a text"),
    Word::new("classification", "tell which class a text belongs to"),
    Word::new("regression", "predict the next value of a series"),
    Word::new("tagging", "tell a label for every token of a sequence"),
    Word::new("translation", "write one sequence for another"),
    Word::new("autoencoder", "restore a vector from a narrow layer"),
    Word::new("skip_gram", "word vectors: tell neighbours from other words"),
];

// Tasks that keys go with.
const LANGUAGE: &[&str] = &["language_model"];
const CLASSES: &[&str] = &["classification"];
const TRANSLATION: &[&str] = &["translation"];
const WORDS: &[&str] = &["skip_gram"];
const STREAMS: &[&str] = &["language_model", "regression"];
const ONE_TEXT: &[&str] = &["language_model", "skip_gram"];
const PROSE: &[&str] = &["language_model", "classification", "skip_gram"];
const TEXTS: &[&str] = &["language_model", "classification", "translation", "skip_gram"];
const GENERATED: &[&str] = &["regression", "tagging", "translation"];
const EMBEDDED: &[&str] =
    &["language_model", "classification", "tagging", "translation", "skip_gram"];
const READERS: &[&str] = &["language_model", "classification", "tagging", "translation"];
const PRETRAINED: &[&str] = &["language_model", "classification"];
const RECURRENT: &[&str] =
    &["language_model", "classification", "regression", "tagging", "translation"];
const HIDDEN: &[&str] =
    &["language_model", "classification", "regression", "tagging", "translation", "autoencoder"];

const SOURCES: &[Word] = &[
    Word::new("corpus", "files"),
    Word::new("sine", "a sine wave (regression)"),
    Word::new("addition", "sums of decimal numbers, as text (translation)"),
    Word::new("binary_addition", "sums of binary numbers, bit by bit (tagging)"),
];

const TARGETS: &[Word] =
    &[Word::new("last", "the token after a window; windows begin at every token")];

const TRUNCATIONS: &[Word] =
    &[Word::new("end", "the end is cut off"), Word::new("start", "the start is cut off")];

const TEST_PARTS: &[Word] = &[
    Word::new("test", "the test split"),
    Word::new("validation", "the validation split"),
    Word::new("unused", "nothing: all splits are cut from the training part"),
];

const CLASS_LOSSES: &[Word] = &[
    Word::new("cross_entropy", "softmax over all classes"),
    Word::new("binary_cross_entropy", "one output with a sigmoid, for two classes"),
];

const LEVELS: &[Word] = &[
    Word::new("byte", "one of 256 bytes"),
    Word::new("char", "a Unicode scalar value"),
    Word::new("word", "what stands between white space; a line end is <eos>"),
    Word::new("script", "words, with punctuation and line ends as tokens of their own"),
];

const SAMPLINGS: &[Word] = &[
    Word::new("consecutive", "batches follow one another in the text and carry the hidden state"),
    Word::new("random", "windows in shuffled order; the hidden state starts from zero"),
];

const ARCHITECTURES: &[Word] = &[
    Word::new("rnn", "Elman's network"),
    Word::new("gru", "gated recurrent unit, in PyTorch's form"),
    Word::new("lstm", "long short-term memory"),
];

const NONLINEARITIES: &[Word] =
    &[Word::new("tanh", "hyperbolic tangent"), Word::new("relu", "max(0, x)")];

const OPTIMIZERS: &[Word] = &[
    Word::new("sgd", "stochastic gradient descent"),
    Word::new("adam", "Kingma and Ba 2015"),
    Word::new("adamw", "Adam with decoupled weight decay"),
    Word::new("adagrad", "Duchi et al. 2011"),
    Word::new("rmsprop", "Hinton 2012"),
];

const REDUCTIONS: &[Word] = &[
    Word::new("mean", "mean over all tokens of the batch"),
    Word::new("sum", "sum over all tokens of the batch"),
    Word::new("batchmean", "sum over time, mean over the batch"),
];

const SCHEDULES: &[Word] = &[
    Word::new("constant", "always the same"),
    Word::new("step", "times gamma every step_size epochs"),
    Word::new("exponential", "times gamma in each epoch after the first `after`"),
    Word::new("cosine", "half a cosine down to min_learning_rate"),
    Word::new(
        "plateau",
        "times factor when the watched figure stops getting better; a change of at most 1e-8 is left out",
    ),
];

const MONITORS: &[Word] = &[
    Word::new("loss", "the mean loss"),
    Word::new("perplexity", "exp of the mean loss (language_model)"),
    Word::new("accuracy", "predictions that are right (classification, tagging, translation)"),
    Word::new("exact_match", "sequences that are wholly right (tagging, translation)"),
    Word::new("mse", "the mean squared error (regression, autoencoder)"),
];

const INITIALIZATION: Kind = Kind::Choice {
    words: &[
        Word::new("pytorch", "PyTorch's defaults for each layer"),
        Word::new("keras", "Keras's defaults for each layer: orthogonal recurrent weights"),
    ],
    tables: &[
        (Word::new("uniform", "every weight and bias from U(-a, a)"), POSITIVE),
        (Word::new("normal", "every weight from N(0, s^2), biases zero"), POSITIVE),
    ],
};

const CLIP: Kind = Kind::Choice {
    words: &[],
    tables: &[
        (Word::new("norm", "scale all gradients to at most this common L2 norm"), POSITIVE),
        (Word::new("value", "cut each element to plus or minus this"), POSITIVE),
    ],
};

const LEARNING_RATES: Default = Default::By {
    key: "training.optimizer",
    values: &[("sgd", 1.0), ("adam", 1e-3), ("adamw", 1e-3), ("adagrad", 1e-2), ("rmsprop", 1e-3)],
};

const EXAMPLES: Default = Default::By {
    key: "data.source",
    values: &[("sine", 2_000.0), ("addition", 50_000.0), ("binary_addition", 20_000.0)],
};

const DIGITS: Default =
    Default::By { key: "data.source", values: &[("addition", 3.0), ("binary_addition", 8.0)] };

const ADAMS: &[&str] = &["adam", "adamw"];
const ALL_BUT_ADAMW: &str = "L2 penalty, added to the gradient; with adamw the part of the weights taken away in a step, times the learning rate.";

/// Every key.
#[rustfmt::skip]
pub static KEYS: &[Key] = &[
    key("extends", Kind::Text, "Another spec, by its path beside this file, whose keys hold where this one says nothing.").or(Default::Absent),
    key("task", Kind::Word(TASKS), "What is learned.").or(Default::Word("language_model")),
    key("seed", Kind::Integer(0, i64::MAX as u64), "The key of every random number of the trial.").or(Default::Integer(42)),

    key("data.source", Kind::Word(SOURCES), "Where examples come from.").or(Default::Word("corpus")).with(GENERATED),
    key("data.corpus", Kind::Text, "A folder of datasets/, or a path to a file or folder.").from(&["corpus"]),
    key("data.examples", Kind::Integer(1, 100_000_000), "Examples that are generated: sums, or values of the wave.").or(EXAMPLES).from(&["sine", "addition", "binary_addition"]),
    key("data.digits", Kind::Integer(1, 18), "The most digits of each number that is generated.").or(DIGITS).from(&["addition", "binary_addition"]),
    key("data.period", Kind::Float(POSITIVE), "Steps of a period of the wave.").or(Default::Float(20.0)).from(&["sine"]),
    key("data.level", Kind::Word(LEVELS), "What a token is.").or(Default::Word("char")).with(TEXTS),
    key("data.sampling", Kind::Word(SAMPLINGS), "How batches are cut from the training text.").or(Default::Word("consecutive")).with(LANGUAGE),
    key("data.batch_size", Kind::Integer(1, 1_000_000), "Sequences in a batch.").or(Default::Integer(32)),
    key("data.sequence_length", Kind::Integer(1, 1_000_000), "Time steps of truncated backpropagation.").or(Default::Integer(35)).with(STREAMS),
    key("data.valid_fraction", Kind::Float(PART), "The part of the text held out for validation, before the test part.").or(Default::Float(0.05)),
    key("data.test_fraction", Kind::Float(PART), "The last part of the text, looked at only once, after training.").or(Default::Float(0.05)),
    key("data.eval_batch_size", Kind::Integer(1, 1_000_000), "Streams in evaluation.").or(Default::Integer(1)).with(LANGUAGE),
    key("data.max_characters", Kind::Integer(1, TERA), "Only the first so many characters (bytes at level byte) of the text.").optional().with(ONE_TEXT),
    key("data.newlines_as_spaces", Kind::Boolean, "Read line ends as spaces.").or(Default::Boolean(false)).with(ONE_TEXT),
    key("data.lowercase", Kind::Boolean, "Lower-case the text.").or(Default::Boolean(false)).with(PROSE),
    key("data.letters_only", Kind::Boolean, "Make each run of anything but A-Z and a-z one space.").or(Default::Boolean(false)).with(PROSE),
    key("data.min_count", Kind::Integer(1, TERA), "Tokens seen fewer times in the training text become <unk>.").or(Default::Integer(1)).with(TEXTS),
    key("data.max_vocabulary", Kind::Integer(2, 100_000_000), "At most so many vocabulary entries (the most frequent), special tokens included.").optional().with(TEXTS),
    key("data.targets", Kind::Word(TARGETS), "Which tokens of a window are predicted; absent: all.").optional().with(LANGUAGE),
    key("data.max_length", Kind::Integer(1, 1_000_000), "Only so many tokens of a text are read.").optional().with(CLASSES),
    key("data.truncate", Kind::Word(TRUNCATIONS), "What is cut off a text longer than max_length.").or(Default::Word("end")).with(CLASSES),
    key("data.test_part", Kind::Word(TEST_PARTS), "What the ready-made test part of a corpus is used as.").or(Default::Word("test")).with(CLASSES),
    key("data.reverse_source", Kind::Boolean, "Whether sources are read from their end (Sutskever et al. 2014).").or(Default::Boolean(false)).with(TRANSLATION),
    key("data.window", Kind::Integer(1, 1_000), "The most words between a word and its neighbour.").or(Default::Integer(5)).with(WORDS),
    key("data.subsample", Kind::Float(SHARE), "Words of a greater share of the text are left out at random, each with probability 1 - sqrt(subsample / share).").or(Default::Float(1e-5)).or_none().with(WORDS),

    key("model.architecture", Kind::Word(ARCHITECTURES), "The recurrent cell.").or(Default::Word("lstm")).with(RECURRENT),
    key("model.nonlinearity", Kind::Word(NONLINEARITIES), "The non-linearity of a plain rnn.").or(Default::Word("tanh")).when("model.architecture", &["rnn"]),
    key("model.layers", Kind::Integer(1, 64), "Stacked recurrent layers.").or(Default::Integer(1)).with(RECURRENT),
    key("model.bidirectional", Kind::Boolean, "Whether a second direction reads each sequence from its end.").or(Default::Boolean(false)).with(READERS),
    key("model.embedding_size", Kind::Integer(0, 65_536), "Length of a token's vector; 0: one-hot.").or(Default::Integer(0)).with(EMBEDDED),
    key("model.hidden_size", Kind::Integer(1, 65_536), "Units of each layer and direction.").or(Default::Integer(256)).with(HIDDEN),
    key("model.dropout", Kind::Float(PART), "Dropout between recurrent layers, as in torch.nn.LSTM; a probability.").or(Default::Float(0.0)).with(RECURRENT),
    key("model.embedding_dropout", Kind::Float(PART), "Dropout on the embedded input; a probability.").or(Default::Float(0.0)).with(READERS),
    key("model.output_dropout", Kind::Float(PART), "Dropout on the last layer's output, before the decoder; a probability.").or(Default::Float(0.0)).with(RECURRENT),
    key("model.tied", Kind::Boolean, "Whether the decoder shares the embedding's weights.").or(Default::Boolean(false)).with(LANGUAGE),
    key("model.decoder", Kind::Boolean, "Whether a linear decoder follows the last layer (absent: yes); without one its hidden state is the logits.").or(Default::Absent).with(LANGUAGE),
    key("model.embedding", Kind::Text, "A safetensors file of word vectors that the embedding begins with, by its path.").optional().with(PRETRAINED),
    key("model.embedding_frozen", Kind::Boolean, "Whether these vectors stay as they are; absent: they are trained.").or(Default::Absent).with(PRETRAINED),
    key("model.attention", Kind::Boolean, "Whether the decoder looks at all states of the encoder.").or(Default::Boolean(false)).with(TRANSLATION),
    key("model.code_size", Kind::Integer(1, 65_536), "Units of the narrowest layer.").or(Default::Integer(32)).with(&["autoencoder"]),
    key("model.initialization", INITIALIZATION, "How weights are drawn before training.").or(Default::Word("pytorch")),

    key("training.epochs", Kind::Integer(1, MANY), "Passes over the training text; or else `steps`.").or(Default::Integer(10)),
    key("training.steps", Kind::Integer(1, MANY), "Updates; or else `epochs`.").or(Default::Absent),
    key("training.evaluate_every", Kind::Integer(1, MANY), "A row of metrics.csv every so many steps instead of every epoch.").optional(),
    key("training.smoothing", Kind::Float(PART), "Factor of the running mean smooth_loss (nats a sequence); absent: no such column.").optional().with(LANGUAGE),
    key("training.optimizer", Kind::Word(OPTIMIZERS), "The update rule.").or(Default::Word("adam")),
    key("training.learning_rate", Kind::Float(POSITIVE), "Step size before the schedule.").or(LEARNING_RATES),
    key("training.momentum", Kind::Float(PART), "Factor of the velocity.").or(Default::Float(0.0)).of(&["sgd", "rmsprop"]),
    key("training.dampening", Kind::Float(ZERO_TO_ONE), "Part of the gradient that the velocity does not take.").or(Default::Float(0.0)).of(&["sgd"]),
    key("training.nesterov", Kind::Boolean, "Nesterov's look-ahead.").or(Default::Boolean(false)).of(&["sgd"]),
    key("training.betas", Kind::Pair(PART), "Decay of the first and of the second moment.").or(Default::Pair(0.9, 0.999)).of(ADAMS),
    key("training.lr_decay", Kind::Float(NOT_NEGATIVE), "Decay of the learning rate with each step.").or(Default::Float(0.0)).of(&["adagrad"]),
    key("training.initial_accumulator_value", Kind::Float(NOT_NEGATIVE), "First value of the sums of squares.").or(Default::Float(0.0)).of(&["adagrad"]),
    key("training.alpha", Kind::Float(PART), "Decay of the mean of squares.").or(Default::Float(0.99)).of(&["rmsprop"]),
    key("training.centered", Kind::Boolean, "Whether the mean of gradients is taken off.").or(Default::Boolean(false)).of(&["rmsprop"]),
    key("training.eps", Kind::Float(NOT_NEGATIVE), "Added to the denominator.")
        .or(Default::By { key: "training.optimizer", values: &[("adam", 1e-8), ("adamw", 1e-8), ("adagrad", 1e-10), ("rmsprop", 1e-8)] })
        .of(&["adam", "adamw", "adagrad", "rmsprop"]),
    key("training.weight_decay", Kind::Float(NOT_NEGATIVE), ALL_BUT_ADAMW)
        .or(Default::By { key: "training.optimizer", values: &[("sgd", 0.0), ("adam", 0.0), ("adamw", 1e-2), ("adagrad", 0.0), ("rmsprop", 0.0)] }),
    key("training.reduction", Kind::Word(REDUCTIONS), "What a step's loss is: the gradient is that of this.").or(Default::Word("mean")),
    key("training.loss", Kind::Word(CLASS_LOSSES), "What a wrong class costs.").or(Default::Word("cross_entropy")).with(CLASSES),
    key("training.negatives", Kind::Integer(1, 1_000), "Random words beside each true neighbour.").or(Default::Integer(5)).with(WORDS),
    key("training.clip", CLIP, "Bound on the gradient.").or(Default::Table("norm", 5.0)).or_none(),

    key("training.monitor", Kind::Word(MONITORS), "The figure on validation text that decides which row is best, and so which weights are kept; absent: the task's first.").optional(),

    key("training.schedule.kind", Kind::Word(SCHEDULES), "The rule by which the learning rate changes.").or(Default::Word("constant")),
    key("training.schedule.warmup_steps", Kind::Integer(0, MANY), "The rate rises linearly over the first so many steps; 0: none.").or(Default::Integer(0)),
    key("training.schedule.step_size", Kind::Integer(1, MANY), "Epochs between two changes.").in_schedule(&["step"]),
    key("training.schedule.gamma", Kind::Float(GAMMA), "Factor of a change (step) or of an epoch (exponential).").in_schedule(&["step", "exponential"]),
    key("training.schedule.after", Kind::Integer(0, MANY), "Epochs at the full rate.").or(Default::Integer(1)).in_schedule(&["exponential"]),
    key("training.schedule.factor", Kind::Float(SHRINKING), "Factor of a change.").or(Default::Float(0.1)).in_schedule(&["plateau"]),
    key("training.schedule.patience", Kind::Integer(0, MANY), "Evaluations without progress that are borne.").or(Default::Integer(10)).in_schedule(&["plateau"]),
    key("training.schedule.threshold", Kind::Float(PART), "Relative progress of the watched figure that counts; of a perplexity that of its logarithm, the loss.").or(Default::Float(1e-4)).in_schedule(&["plateau"]),
    key("training.schedule.monitor", Kind::Word(MONITORS), "The figure that is watched; absent: the one that decides.").optional().in_schedule(&["plateau"]),
    key("training.schedule.min_learning_rate", Kind::Float(NOT_NEGATIVE), "Lowest learning rate.").or(Default::Float(0.0)).in_schedule(&["cosine", "plateau"]),

    key("training.early_stopping.patience", Kind::Integer(0, MANY), "Evaluations without progress that are borne.").or(Default::Integer(5)),
    key("training.early_stopping.min_delta", Kind::Float(NOT_NEGATIVE), "Progress of the watched figure that counts; of a perplexity that of its logarithm, the loss.").or(Default::Float(0.0)),
    key("training.early_stopping.monitor", Kind::Word(MONITORS), "The figure that is watched; absent: the one that decides.").optional(),

    key("training.checkpoint.steps", Kind::Integer(1, MANY), "Steps between two checkpoints.").optional(),
    key("training.checkpoint.seconds", Kind::Float(POSITIVE), "Seconds between two checkpoints, but at least 50 times what one takes.").optional(),

    key("generation.every", Kind::Integer(1, MANY), "Rows of metrics.csv (epochs, unless evaluate_every is set) between two samples.").or(Default::Integer(1)).with(LANGUAGE),
    key("generation.prefixes", Kind::Texts, "What the text begins with; one sample each.").with(LANGUAGE),
    key("generation.length", Kind::Integer(1, 10_000_000), "Tokens added to the prefix.").or(Default::Integer(200)).with(LANGUAGE),
    key("generation.temperature", Kind::Float(TEMPERATURE), "Divides the logits; 0: always the most likely token.").or(Default::Float(1.0)).with(LANGUAGE),
    key("generation.top_k", Kind::Integer(1, 100_000_000), "Draw from the so many most likely tokens only.").optional().with(LANGUAGE),

    key("sweep.seeds", Kind::Integer(1, 10_000), "So many trials of each point, with seed, seed + 1 and so on.").or(Default::Integer(1)),
    key("sweep.random.trials", Kind::Integer(1, 100_000), "So many points are drawn.").or(Default::Integer(20)),
    key("sweep.random.seed", Kind::Integer(0, i64::MAX as u64), "The key of the draws.").or(Default::Integer(42)),
    key("sweep.halving.first", Kind::Integer(1, MANY), "Rows of metrics.csv (epochs, unless evaluate_every is set) before the first choice.").or(Default::Integer(1)),
    key("sweep.halving.factor", Kind::Integer(2, 1000), "One in so many points goes on, to so many times the rows.").or(Default::Integer(3)),
    key("sweep.tpe.startup", Kind::Integer(1, 100_000), "Points drawn at random before the first that is chosen.").or(Default::Integer(10)),
    key("sweep.tpe.at_once", Kind::Integer(1, 100_000), "Points chosen at once, and run side by side.").or(Default::Integer(4)),
    key("sweep.tpe.candidates", Kind::Integer(1, 100_000), "Values drawn for a key, of which the most promising is taken.").or(Default::Integer(24)),
    key("sweep.tpe.gamma", Kind::Float(SHRINKING), "The part of the points so far that counts as good.").or(Default::Float(0.15)),
];

/// Keys of which a trial has exactly one: a later layer's replaces an earlier layer's other.
pub static RIVALS: (&str, &str) = ("training.epochs", "training.steps");

/// The key with this dotted path.
pub fn find_key(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// When the keys of a table mean something, where that is one condition for all of them: then it
/// is that of the table.
pub(super) fn condition(table: &Table) -> Option<When> {
    let mut keys = KEYS.iter().filter(|key| key.table() == table.path);
    let when = keys.next()?.when?;
    keys.all(|key| key.when == Some(when)).then_some(when)
}

/// The table with this dotted path.
pub fn find_table(path: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.path == path)
}

/// The key that excludes this one.
pub(super) fn rival(path: &str) -> Option<&'static str> {
    match path {
        _ if path == RIVALS.0 => Some(RIVALS.1),
        _ if path == RIVALS.1 => Some(RIVALS.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{canonical, check, file};
    use super::*;

    #[test]
    fn tables_come_before_their_keys_and_paths_are_unique() {
        for key in KEYS {
            assert!(find_table(key.table()).is_some(), "{}", key.path);
            assert_eq!(KEYS.iter().filter(|other| other.path == key.path).count(), 1);
            assert!(find_table(key.path).is_none());
            assert!(key.about.ends_with('.') && key.about.len() < 160, "{}", key.path);
        }
    }

    #[test]
    fn defaults_are_values_of_their_keys() {
        for key in KEYS {
            let Some(default) = key.default.value() else {
                continue;
            };
            let text = format!("a = {}", canonical::to_text(&default));
            let entries = file::parse(&file::Text::new("default", text)).unwrap();
            assert_eq!(check::value(key, &entries[0].item).ok(), Some(default), "{}", key.path);
        }
    }

    #[test]
    fn conditions_name_words_of_keys_that_have_them() {
        let words = |path: &str| {
            let key = find_key(path).unwrap();
            assert!(matches!(key.default, Default::Word(_)), "{path} decides without a default");
            key.kind.words().iter().map(|word| word.name).collect::<Vec<_>>()
        };
        for key in KEYS {
            if let Some(when) = key.when {
                assert!(when.words.iter().all(|word| words(when.key).contains(word)));
            }
            if let Default::By { key: other, values } = key.default {
                for word in words(other) {
                    let applies = key.when.is_none_or(|when| when.holds(word));
                    assert_eq!(values.iter().any(|(name, _)| *name == word), applies);
                }
            }
        }
    }
}
