//! Where examples come from, and how they are cut into batches.

use super::task::{
    CLASSES, GENERATED, LANGUAGE, ONE_TEXT, PROSE, STREAMS, TEXTS, TRANSLATION, WORDS,
};
use crate::spec::keys::Range;
use crate::spec::keys::define::{
    boolean, integer, number, one_of, paths, table, text, word, words,
};

/// More characters than any machine holds.
const TERA: u64 = 1_000_000_000_000;

/// Sources of examples that are generated.
const GENERATORS: &[Source] = &[Source::Sine, Source::Addition, Source::BinaryAddition];
/// Those whose examples are sums of numbers.
const SUMS: &[Source] = &[Source::Addition, Source::BinaryAddition];

// Keys that do not go with the task are not written into `spec.toml`; their fields hold what
// `Default` gives, and no one reads them. The same holds for `Model`.
table! {
    /// The text and how it is cut into batches.
    #[derive(Default)]
    #[serde(default)]
    pub struct Data at "data" {
        /// Where examples come from.
        source: Source = word(Source::Corpus).when("task", GENERATED);
        /// A folder of datasets/, or a path to a file or folder.
        corpus: Option<String> = text().when("data.source", &[Source::Corpus]);
        /// The training text in place of a corpus: paths of files or folders, or patterns as part-*.txt.
        train: Option<Vec<String>> = paths().or_absent().when("data.source", &[Source::Corpus]);
        /// The validation text beside data.train; without it and data.test both are cut off the training
        /// text.
        valid: Option<Vec<String>> = paths().or_absent().when("data.source", &[Source::Corpus]);
        /// The test text beside data.train.
        test: Option<Vec<String>> = paths().or_absent().when("data.source", &[Source::Corpus]);
        /// At most so many bytes are read, those of packed files counted unpacked; absent: 2 GiB.
        max_bytes: Option<usize> = integer(1, TERA).optional().when("data.source", &[Source::Corpus]);
        /// Examples that are generated: sums, or values of the wave.
        examples: usize = integer(1, 100_000_000)
            .or_by("data.source", &[(Source::Sine, 2_000), (Source::Addition, 50_000), (Source::BinaryAddition, 20_000)])
            .when("data.source", GENERATORS);
        /// The most digits of each number that is generated.
        digits: usize = integer(1, 18)
            .or_by("data.source", &[(Source::Addition, 3), (Source::BinaryAddition, 8)])
            .when("data.source", SUMS);
        /// Steps of a period of the wave.
        period: f64 = number(Range::POSITIVE).or(20.0).when("data.source", &[Source::Sine]);
        /// What a token is.
        level: Level = word(Level::Char).when("task", TEXTS);
        /// How batches are cut from the training text.
        sampling: Sampling = word(Sampling::Consecutive).when("task", LANGUAGE);
        /// Sequences in a batch.
        batch_size: usize = integer(1, 1_000_000).or(32);
        /// Time steps of truncated backpropagation.
        sequence_length: usize = integer(1, 1_000_000).or(35).when("task", STREAMS);
        /// The part of the text held out for validation, before the test part.
        valid_fraction: f64 = number(Range::PART).or(0.05);
        /// The last part of the text, looked at only once, after training.
        test_fraction: f64 = number(Range::PART).or(0.05);
        /// Streams in evaluation.
        eval_batch_size: usize = integer(1, 1_000_000).or(1).when("task", LANGUAGE);
        /// Only the first so many characters (bytes at level byte) of the text.
        max_characters: Option<usize> = integer(1, TERA).optional().when("task", ONE_TEXT);
        /// Read line ends as spaces.
        newlines_as_spaces: bool = boolean().or(false).when("task", ONE_TEXT);
        /// Lower-case the text.
        lowercase: bool = boolean().or(false).when("task", PROSE);
        /// Make each run of anything but A-Z and a-z one space.
        letters_only: bool = boolean().or(false).when("task", PROSE);
        /// Tokens seen fewer times in the training text become <unk>.
        min_count: usize = integer(1, TERA).or(1).when("task", TEXTS);
        /// At most so many vocabulary entries (the most frequent), special tokens included.
        max_vocabulary: Option<usize> = integer(2, 100_000_000).optional().when("task", TEXTS);
        /// Which tokens of a window are predicted; absent: all.
        targets: Option<Targets> = one_of::<Targets>().optional().when("task", LANGUAGE);
        /// Only so many tokens of a text are read.
        max_length: Option<usize> = integer(1, 1_000_000).optional().when("task", CLASSES);
        /// What is cut off a text longer than max_length.
        truncate: Truncate = word(Truncate::End).when("task", CLASSES);
        /// What the ready-made test part of a corpus is used as.
        test_part: TestPart = word(TestPart::Test).when("task", CLASSES);
        /// Whether sources are read from their end (Sutskever et al. 2014).
        reverse_source: bool = boolean().or(false).when("task", TRANSLATION);
        /// The most words between a word and its neighbour.
        window: usize = integer(1, 1_000).or(5).when("task", WORDS);
        /// Words of a greater share of the text are left out at random, each with probability 1 -
        /// sqrt(subsample / share).
        subsample: Option<f64> = number(Range::SHARE).or(1e-5).or_none().when("task", WORDS);
    }
}

impl Data {
    /// What the text is called in messages: the corpus, or the first of the named training texts.
    pub fn called(&self) -> &str {
        let named = self.train.as_ref().and_then(|paths| paths.first());
        self.corpus.as_ref().or(named).map_or("", String::as_str)
    }

    /// The named texts of train, valid and test; `None` if a corpus is named in place of them.
    pub fn named(&self) -> Option<[&[String]; 3]> {
        let [valid, test] = [&self.valid, &self.test].map(|it| it.as_deref().unwrap_or_default());
        self.train.as_ref().map(|train| [train, valid, test])
    }
}

words! {
    /// Where examples come from.
    #[derive(Default)]
    pub enum Source {
        /// files
        #[default]
        Corpus,
        /// a sine wave (regression)
        Sine,
        /// sums of decimal numbers, as text (translation)
        Addition,
        /// sums of binary numbers, bit by bit (tagging)
        BinaryAddition,
    }
}

words! {
    /// Which tokens of a window are predicted, if not all are.
    pub enum Targets {
        /// the token after a window; windows begin at every token
        Last,
    }
}

words! {
    /// What is cut off a text that is too long.
    #[derive(Default)]
    pub enum Truncate {
        /// the end is cut off
        #[default]
        End,
        /// the start is cut off
        Start,
    }
}

words! {
    /// What the ready-made test part of a corpus is used as.
    #[derive(Default)]
    pub enum TestPart {
        /// the test split
        #[default]
        Test,
        /// the validation split
        Validation,
        /// nothing: all splits are cut from the training part
        Unused,
    }
}

words! {
    /// What a token is.
    #[derive(Default)]
    pub enum Level {
        /// one of 256 bytes
        Byte,
        /// a Unicode scalar value
        #[default]
        Char,
        /// what stands between white space; a line end is <eos>
        Word,
        /// words, with punctuation and line ends as tokens of their own
        Script,
    }
}

words! {
    /// How batches are cut from the training text (d2l, "language models and the dataset").
    #[derive(Default)]
    pub enum Sampling {
        /// batches follow one another in the text and carry the hidden state
        #[default]
        Consecutive,
        /// windows in shuffled order; the hidden state starts from zero
        Random,
    }
}
