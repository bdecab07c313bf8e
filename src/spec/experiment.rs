//! The resolved experiment: every default filled in, every value validated.
//!
//! This is the second of a spec's two forms. The first, `file`, is the TOML as written,
//! with the place of every value; this one is all that the later stages see. It is made only by
//! [`load`](super::load()), so a value of these types is always a possible one.

use serde::{Deserialize, Serialize};

/// One trial, completely described: what `spec.toml` of a run records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// What is learned.
    pub task: Task,
    /// The key of every random number of the trial.
    pub seed: u64,
    /// The text and how it is cut into batches.
    pub data: Data,
    /// The network.
    pub model: Model,
    /// How it is trained.
    pub training: Training,
    /// Text written while it trains; absent when `[generation]` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
}

/// What is learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Predict the next token of a text.
    #[default]
    LanguageModel,
    /// Tell which class a text belongs to.
    Classification,
    /// Predict the next value of a series.
    Regression,
    /// Tell a label for every token of a sequence.
    Tagging,
    /// Write one sequence for another.
    Translation,
    /// Pass a vector through a narrow layer and restore it.
    Autoencoder,
    /// Tell the neighbours of a word from other words: word vectors.
    SkipGram,
}

impl Task {
    /// The word of a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::LanguageModel => "language_model",
            Self::Classification => "classification",
            Self::Regression => "regression",
            Self::Tagging => "tagging",
            Self::Translation => "translation",
            Self::Autoencoder => "autoencoder",
            Self::SkipGram => "skip_gram",
        }
    }
}

/// The text and how it is cut into batches.
///
/// Keys that do not go with the task are not written into `spec.toml`; their fields hold what
/// [`Default`] gives, and no one reads them. The same holds for [`Model`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Data {
    /// Where examples come from.
    pub source: Source,
    /// A folder of `datasets/`, or a path to a file or folder.
    pub corpus: String,
    /// What a token is.
    pub level: Level,
    /// How batches are cut from the training text.
    pub sampling: Sampling,
    /// Sequences in a batch.
    pub batch_size: usize,
    /// Time steps of truncated backpropagation.
    pub sequence_length: usize,
    /// The part of the text, from its end, that is held out for testing comes after this one.
    pub valid_fraction: f64,
    /// The last part of the text, looked at only once, after training.
    pub test_fraction: f64,
    /// Streams in evaluation.
    pub eval_batch_size: usize,
    /// Only the first so many characters (bytes at level `byte`) of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_characters: Option<usize>,
    /// Read line ends as spaces, as d2l does with lyrics.
    pub newlines_as_spaces: bool,
    /// Lower-case the text.
    pub lowercase: bool,
    /// d2l's cleaning of the Time Machine: each run of anything but `A-Za-z` becomes one space.
    pub letters_only: bool,
    /// Tokens seen fewer times in the training text become `<unk>`.
    pub min_count: usize,
    /// At most so many vocabulary entries (the most frequent), special tokens included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_vocabulary: Option<usize>,
    /// Which tokens of a window are predicted; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Targets>,
    /// Only so many tokens of a text are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// What is cut off a text that is longer.
    pub truncate: Truncate,
    /// What a ready-made test part is used as.
    pub test_part: TestPart,
    /// Examples that are generated.
    pub examples: usize,
    /// Whether sources are read from their end.
    pub reverse_source: bool,
    /// Digits of each number that is generated.
    pub digits: usize,
    /// Steps of a period of the generated wave.
    pub period: f64,
    /// The most words between a word and its neighbour.
    pub window: usize,
    /// Threshold of Mikolov's subsampling: words more frequent are left out at random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subsample: Option<f64>,
}

/// Where examples come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Read from files.
    #[default]
    Corpus,
    /// A sine wave.
    Sine,
    /// Sums of decimal numbers, as text.
    Addition,
    /// Sums of binary numbers, bit by bit.
    BinaryAddition,
}

/// Which tokens of a window are predicted, where not all are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Targets {
    /// The one after the window.
    Last,
}

/// What is cut off a text that is too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truncate {
    /// Its end.
    #[default]
    End,
    /// Its start.
    Start,
}

/// What the ready-made test part of a corpus is used as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestPart {
    /// The test split.
    #[default]
    Test,
    /// The validation split.
    Validation,
    /// Nothing: all splits are cut from the training part.
    Unused,
}

/// What a token is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One of 256 bytes.
    Byte,
    /// A Unicode scalar value.
    #[default]
    Char,
    /// What stands between white space; a line end is `<eos>`.
    Word,
    /// Words, with punctuation and line ends as tokens of their own.
    Script,
}

/// How batches are cut from the training text (d2l, "language models and the dataset").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Batches follow one another in the text; the hidden state is carried, detached.
    #[default]
    Consecutive,
    /// Windows in shuffled order; the hidden state starts from zero in each batch.
    Random,
}

/// The network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Model {
    /// The recurrent cell.
    pub architecture: Architecture,
    /// The non-linearity of a plain `rnn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonlinearity: Option<Nonlinearity>,
    /// Stacked recurrent layers.
    pub layers: usize,
    /// Whether a second direction reads the sequence from its end.
    pub bidirectional: bool,
    /// Length of a token's vector; 0: one-hot.
    pub embedding_size: usize,
    /// Units of each layer and direction.
    pub hidden_size: usize,
    /// Dropout between recurrent layers, as in `torch.nn.LSTM`.
    pub dropout: f64,
    /// Dropout on the embedded input.
    pub embedding_dropout: f64,
    /// Dropout on the last layer's output, before the decoder.
    pub output_dropout: f64,
    /// Whether the decoder shares the embedding's weights.
    pub tied: bool,
    /// Whether a linear decoder follows the last layer; absent: yes. Without one, its hidden state
    /// is the logits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<bool>,
    /// A safetensors file of vectors that the embedding begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
    /// Whether these vectors stay as they are; absent: no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding_frozen: Option<bool>,
    /// Whether the decoder looks at all states of the encoder.
    pub attention: bool,
    /// Units of the narrowest layer.
    pub code_size: usize,
    /// How weights are drawn before training.
    pub initialization: Initialization,
}

impl Model {
    /// D, how many directions a layer has.
    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// D·H, the numbers that a layer gives at each step.
    pub fn output_size(&self) -> usize {
        self.hidden_size * self.directions()
    }
}

/// The recurrent cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Elman's network: `h' = tanh(W x + U h + b)`.
    Rnn,
    /// Gated recurrent unit (Cho et al. 2014), in PyTorch's form.
    Gru,
    /// Long short-term memory (Hochreiter and Schmidhuber 1997).
    #[default]
    Lstm,
}

/// The non-linearity of a plain `rnn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nonlinearity {
    /// Hyperbolic tangent.
    Tanh,
    /// `max(0, x)`.
    Relu,
}

/// How weights are drawn before training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initialization {
    /// PyTorch's defaults: recurrent weights U(±1/√hidden), linear U(±1/√fan_in), embedding N(0, 1).
    #[default]
    Pytorch,
    /// Keras's defaults: weights of inputs U(±√(6 / (fan_in + fan_out))), recurrent ones
    /// orthogonal, embedding U(±0.05), biases zero but an LSTM's forget gate, which is one.
    Keras,
    /// Every weight and bias from U(−a, a).
    Uniform(f64),
    /// Every weight from N(0, σ²), biases zero.
    Normal(f64),
}

/// How the network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// When training ends.
    #[serde(flatten)]
    pub length: Length,
    /// A row of `metrics.csv` every so many steps instead of every epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_every: Option<u64>,
    /// Factor of the running mean `smooth_loss`; absent: no such column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoothing: Option<f64>,
    /// The update rule and its options.
    #[serde(flatten)]
    pub optimizer: Optimizer,
    /// Step size before the schedule.
    pub learning_rate: f64,
    /// What a step's loss is: the gradient is that of this.
    pub reduction: Reduction,
    /// What a wrong class costs.
    #[serde(default)]
    pub loss: ClassLoss,
    /// Random words beside each true neighbour.
    #[serde(default)]
    pub negatives: usize,
    /// Bound on the gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<Clip>,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// When to stop before the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// When the state is saved; it changes no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
}

/// When training ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// After so many passes over the training text.
    Epochs(u64),
    /// After so many updates.
    Steps(u64),
}

/// The update rule and its options, with PyTorch's names and meaning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "optimizer", rename_all = "snake_case")]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd {
        /// Factor of the velocity.
        momentum: f64,
        /// Part of the gradient that the velocity does not take.
        dampening: f64,
        /// Nesterov's look-ahead.
        nesterov: bool,
        /// L2 penalty, added to the gradient.
        weight_decay: f64,
    },
    /// Adam (Kingma and Ba 2015).
    Adam {
        /// Decay of the first and second moment.
        betas: [f64; 2],
        /// Added to the denominator.
        eps: f64,
        /// L2 penalty, added to the gradient.
        weight_decay: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    Adamw {
        /// Decay of the first and second moment.
        betas: [f64; 2],
        /// Added to the denominator.
        eps: f64,
        /// Part of the weights taken away in a step, times the learning rate.
        weight_decay: f64,
    },
    /// Adagrad (Duchi et al. 2011).
    Adagrad {
        /// Decay of the learning rate with each step.
        lr_decay: f64,
        /// Added to the denominator.
        eps: f64,
        /// First value of the sums of squares.
        initial_accumulator_value: f64,
        /// L2 penalty, added to the gradient.
        weight_decay: f64,
    },
    /// RMSprop (Hinton 2012).
    Rmsprop {
        /// Decay of the mean of squares.
        alpha: f64,
        /// Added to the denominator.
        eps: f64,
        /// Factor of the velocity.
        momentum: f64,
        /// Whether the mean of gradients is taken off.
        centered: bool,
        /// L2 penalty, added to the gradient.
        weight_decay: f64,
    },
}

/// What a step's loss is, as PyTorch's losses call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Mean over all tokens of the batch.
    Mean,
    /// Sum over all tokens of the batch.
    Sum,
    /// Sum over time, mean over the batch (Zaremba et al. 2014).
    Batchmean,
}

/// What a wrong class costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassLoss {
    /// Softmax over all classes (PyTorch's CrossEntropyLoss).
    #[default]
    CrossEntropy,
    /// One output with a sigmoid for two classes (PyTorch's BCEWithLogitsLoss).
    BinaryCrossEntropy,
}

/// Bound on the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// Scale all gradients so that their common L2 norm is at most this.
    Norm(f64),
    /// Cut each element to ± this.
    Value(f64),
}

/// How the learning rate changes. Epochs are passes over the training text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The rate rises linearly over the first so many steps; 0: none.
    pub warmup_steps: u64,
    /// The rule after that.
    #[serde(flatten)]
    pub kind: ScheduleKind,
}

/// The rule of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ScheduleKind {
    /// Always the same.
    Constant,
    /// Times `gamma` every `step_size` epochs (PyTorch's StepLR).
    Step {
        /// Epochs between two changes.
        step_size: u64,
        /// Factor of a change.
        gamma: f64,
    },
    /// Times `gamma` in each epoch after the first `after` (Zaremba: "halve after epoch k").
    Exponential {
        /// Factor of an epoch.
        gamma: f64,
        /// Epochs at the full rate.
        after: u64,
    },
    /// Half a cosine from the full rate to `min_learning_rate` over the whole training.
    Cosine {
        /// Where it ends.
        min_learning_rate: f64,
    },
    /// Times `factor` after more than `patience` evaluations without progress (ReduceLROnPlateau).
    Plateau {
        /// Factor of a change.
        factor: f64,
        /// Evaluations without progress that are borne.
        patience: u64,
        /// Relative progress that counts.
        threshold: f64,
        /// Lower bound of the rate.
        min_learning_rate: f64,
    },
}

/// When to stop before the end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// Evaluations without progress that are borne.
    pub patience: u64,
    /// Progress of the loss (nats a token) that counts.
    pub min_delta: f64,
}

/// When the state is saved, beside the end: whichever comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// After so many steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// After so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// Text written while it trains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Rows of `metrics.csv` (epochs, unless `evaluate_every` is set) between two samples.
    pub every: u64,
    /// What the text begins with; one sample each.
    pub prefixes: Vec<String>,
    /// Tokens added to the prefix.
    pub length: usize,
    /// Divides the logits; 0: always the most likely token.
    pub temperature: f64,
    /// Draw from the so many most likely tokens only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<usize>,
}
