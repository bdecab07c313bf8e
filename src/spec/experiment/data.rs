//! Where examples come from, and how they are cut into batches.

use serde::{Deserialize, Serialize};

/// The text and how it is cut into batches.
///
/// Keys that do not go with the task are not written into `spec.toml`; their fields hold what
/// [`Default`] gives, and no one reads them. The same holds for [`Model`](super::Model).
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

impl Level {
    /// Every level.
    pub const ALL: [Self; 4] = [Self::Byte, Self::Char, Self::Word, Self::Script];

    /// The word of a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Byte => "byte",
            Self::Char => "char",
            Self::Word => "word",
            Self::Script => "script",
        }
    }
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
