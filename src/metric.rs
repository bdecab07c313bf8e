//! What a task is judged by: sums over predictions, and the figures made of them.

use crate::data::TextSize;
use crate::kernels::softmax::Loss;
use serde::{Deserialize, Serialize};

pub use crate::format::number;

/// Sums over predictions. They add up over batches; every figure is made of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Σ of the loss: nats, or squares.
    pub sum: f64,
    /// What the loss is a mean over: tokens, texts, numbers. Padding is none of them.
    pub count: u64,
    /// Predictions that were right, and of how many.
    pub right: u64,
    /// Predictions that could be right.
    pub of: u64,
    /// Sequences whose every prediction was right.
    pub exact: u64,
    /// Sequences.
    pub sequences: u64,
    /// How much text the predictions spell out; nothing where they are of no running text.
    #[serde(default)]
    pub text: TextSize,
}

impl Score {
    /// The mean loss.
    pub fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// exp(Σ nll / Σ tokens).
    pub fn perplexity(&self) -> f64 {
        libm::exp(self.mean())
    }

    /// Bits that the text costs: those of the tokens, and for each word that the vocabulary lacks
    /// what it costs to spell it, 8 bits for each of its bytes. That `<unk>` comes next is cheap to
    /// say and tells little; with the spelling the whole text is accounted for, whatever the
    /// vocabulary. It is a word model with a letter model inside of `<unk>` (Stolcke, srilm-user,
    /// 2007), the letter model being uniform over bytes.
    fn bits(&self) -> f64 {
        self.sum / std::f64::consts::LN_2 + 8.0 * self.text.unknown_bytes
    }

    /// Bits for each UTF-8 byte of the text.
    pub fn bits_per_byte(&self) -> Option<f64> {
        (self.text.bytes > 0.0).then(|| self.bits() / self.text.bytes)
    }

    /// Bits for each character of the text; `None` if its bytes are no characters.
    pub fn bits_per_character(&self) -> Option<f64> {
        (self.text.characters > 0.0).then(|| self.bits() / self.text.characters)
    }

    /// The same score, of predictions that spell out so much text.
    #[must_use]
    pub fn of_text(self, text: TextSize) -> Self {
        Self { text, ..self }
    }

    /// The part of predictions that were right.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.of as f64
    }

    /// The part of sequences that were wholly right.
    pub fn exact_match(&self) -> f64 {
        self.exact as f64 / self.sequences as f64
    }
}

impl From<Loss> for Score {
    fn from(Loss { sum, tokens }: Loss) -> Self {
        Self { sum, count: tokens, ..Self::default() }
    }
}

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
        self.right += other.right;
        self.of += other.of;
        self.exact += other.exact;
        self.sequences += other.sequences;
        self.text += other.text;
    }
}

/// Which values of a figure are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Lower ones, as of a perplexity.
    Lower,
    /// Higher ones, as of an accuracy.
    Higher,
}

impl Direction {
    /// The word in a baseline.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
        }
    }

    /// Worse than any number.
    pub fn worst(self) -> f64 {
        match self {
            Self::Lower => f64::INFINITY,
            Self::Higher => f64::NEG_INFINITY,
        }
    }

    /// A difference as one that is positive where it got worse; a value as a cost.
    pub fn worsening(self, difference: f64) -> f64 {
        match self {
            Self::Lower => difference,
            Self::Higher => -difference,
        }
    }
}

/// A figure of a task.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, that of its chart's files too.
    pub name: &'static str,
    /// The names of its columns: of training, validation and test.
    pub columns: [&'static str; 3],
    /// Its name in words.
    pub label: &'static str,
    /// Which values are better.
    pub direction: Direction,
    /// The figure; `None` if the predictions are of nothing that it is about.
    pub value: fn(&Score) -> Option<f64>,
    /// What early stopping and the schedule `plateau` watch: the smaller the better, and in the
    /// order of the figure. Where that runs over or loses digits, as perplexity does, this does not.
    pub watched: fn(&Score) -> f64,
}

/// A figure: its name, its name in words, which values are better, its value, what is watched.
macro_rules! metric {
    ($name:literal, $label:literal, $direction:ident, $value:expr, $watched:expr) => {
        Metric {
            name: $name,
            columns: [concat!("train_", $name), concat!("valid_", $name), concat!("test_", $name)],
            label: $label,
            direction: Direction::$direction,
            value: $value,
            watched: $watched,
        }
    };
}

/// exp of the mean loss.
pub const PERPLEXITY: Metric =
    metric!("perplexity", "perplexity", Lower, |it| Some(it.perplexity()), Score::mean);

/// Bits for each byte of the text: comparable whatever a token is.
pub const BITS_PER_BYTE: Metric =
    metric!("bits_per_byte", "bits per byte", Lower, Score::bits_per_byte, Score::mean);

/// Bits for each character of the text.
pub const BITS_PER_CHARACTER: Metric = metric!(
    "bits_per_character",
    "bits per character",
    Lower,
    Score::bits_per_character,
    Score::mean
);

/// The mean loss itself, which has its columns already.
pub const LOSS: Metric = metric!("loss", "loss", Lower, |it| Some(it.mean()), Score::mean);

/// The columns of the loss, which every task has.
pub const LOSS_COLUMNS: [&str; 3] = LOSS.columns;

/// The mean squared error.
pub const MSE: Metric =
    metric!("mse", "mean squared error", Lower, |it| Some(it.mean()), Score::mean);

/// The part of predictions that were right.
pub const ACCURACY: Metric =
    metric!("accuracy", "accuracy", Higher, |it| Some(it.accuracy()), |it| -it.accuracy());

/// The part of sequences that were wholly right.
pub const EXACT_MATCH: Metric =
    metric!("exact_match", "exact matches", Higher, |it| Some(it.exact_match()), |it| -it
        .exact_match());

/// Every figure that a task may have.
pub const ALL: [Metric; 7] =
    [PERPLEXITY, BITS_PER_BYTE, BITS_PER_CHARACTER, EXACT_MATCH, ACCURACY, MSE, LOSS];

impl Metric {
    /// Whether equal factors of it mean the same, as of perplexities and squares: a chart of them may have a
    /// logarithmic axis. A loss is a logarithm already, and an accuracy a share.
    pub fn grows_by_factors(&self) -> bool {
        [PERPLEXITY.name, MSE.name].contains(&self.name)
    }

    /// Whether its columns are not those of the loss.
    pub fn has_columns(&self) -> bool {
        self.columns != LOSS_COLUMNS
    }

    /// A value as a cost, lower is better; and a cost as a value.
    pub fn cost(&self, value: f64) -> f64 {
        self.direction.worsening(value)
    }

    /// The metric that a column belongs to, as `valid_loss`.
    pub fn of_column(column: &str) -> Option<Self> {
        ALL.into_iter().find(|metric| metric.columns.contains(&column))
    }
}

impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What an experiment is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Metrics {
    /// All figures of its task, in the order of their columns; the loss is beside them.
    pub all: &'static [Metric],
    /// The one that decides which row is best, whose weights are kept and what trials are
    /// compared by: the task's first, or `training.monitor`.
    pub deciding: Metric,
}

impl Metrics {
    /// The figures that have columns of their own: beside the loss, in their order.
    pub fn with_columns(self) -> impl Iterator<Item = Metric> {
        std::iter::once(LOSS).chain(self.all.iter().copied().filter(Metric::has_columns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_spelled_at_a_byte_a_byte() {
        let text = TextSize { bytes: 40.0, characters: 20.0, unknown_bytes: 5.0 };
        let score = Score { sum: 10.0 * std::f64::consts::LN_2, count: 8, ..Score::default() };
        assert_eq!(score.bits_per_byte(), None);
        let score = score.of_text(text);
        assert!((score.bits_per_byte().unwrap() - 50.0 / 40.0).abs() < 1e-15);
        assert!((score.bits_per_character().unwrap() - 50.0 / 20.0).abs() < 1e-15);
    }

    #[test]
    fn columns_are_named_after_their_metric() {
        for metric in ALL {
            for (column, split) in metric.columns.into_iter().zip(["train", "valid", "test"]) {
                assert_eq!(column, format!("{split}_{}", metric.name));
            }
        }
    }
}
