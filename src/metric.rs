//! What a task is judged by: sums over predictions, and the figures made of them.

use crate::kernels::softmax::Loss;
use serde::{Deserialize, Serialize};

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

    /// Bits a token.
    pub fn bits(&self) -> f64 {
        self.mean() / std::f64::consts::LN_2
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
    }
}

/// A figure of a task. The first of a task's figures decides which row is best, is drawn as its
/// chart, and is what a gate compares.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, that of its chart's files too.
    pub name: &'static str,
    /// The names of its columns: of training, validation and test.
    pub columns: [&'static str; 3],
    /// Its name in words.
    pub label: &'static str,
    /// Whether the smallest value is the best.
    pub lower_is_better: bool,
    /// The figure.
    pub value: fn(&Score) -> f64,
    /// What rows are compared by: smaller is better. Where the figure runs over or loses digits,
    /// as perplexity does, this does not.
    pub rank: fn(&Score) -> f64,
    /// Whether it stands in the summary and in `run.json`, beside `metrics.csv`.
    pub in_summary: bool,
}

/// The names of a metric's three columns.
macro_rules! columns {
    ($name:literal) => {
        [concat!("train_", $name), concat!("valid_", $name), concat!("test_", $name)]
    };
}

/// The columns of the loss, which every task has.
pub const LOSS_COLUMNS: [&str; 3] = columns!("loss");

/// exp of the mean loss.
pub const PERPLEXITY: Metric = Metric {
    name: "perplexity",
    columns: columns!("perplexity"),
    label: "perplexity",
    lower_is_better: true,
    value: Score::perplexity,
    rank: Score::mean,
    in_summary: true,
};

/// The mean loss in bits, where a token is a character.
pub const BITS: Metric = Metric {
    name: "bits_per_character",
    columns: columns!("bits_per_character"),
    label: "bits per character",
    lower_is_better: true,
    value: Score::bits,
    rank: Score::mean,
    in_summary: false,
};

/// The mean loss itself, which has its columns already.
pub const LOSS: Metric = Metric {
    name: "loss",
    columns: LOSS_COLUMNS,
    label: "loss",
    lower_is_better: true,
    value: Score::mean,
    rank: Score::mean,
    in_summary: true,
};

/// The mean squared error.
pub const MSE: Metric = Metric {
    name: "mse",
    columns: columns!("mse"),
    label: "mean squared error",
    lower_is_better: true,
    value: Score::mean,
    rank: Score::mean,
    in_summary: true,
};

/// The part of predictions that were right.
pub const ACCURACY: Metric = Metric {
    name: "accuracy",
    columns: columns!("accuracy"),
    label: "accuracy",
    lower_is_better: false,
    value: Score::accuracy,
    rank: |score| -score.accuracy(),
    in_summary: true,
};

/// The part of sequences that were wholly right.
pub const EXACT_MATCH: Metric = Metric {
    name: "exact_match",
    columns: columns!("exact_match"),
    label: "exact matches",
    lower_is_better: false,
    value: Score::exact_match,
    rank: |score| -score.exact_match(),
    in_summary: true,
};

impl Metric {
    /// Whether a score is better than another; of equal figures the smaller loss is.
    pub fn is_better(&self, score: &Score, than: &Score) -> bool {
        let key = |score: &Score| ((self.rank)(score), score.mean());
        let (new, old) = (key(score), key(than));
        new.0 < old.0 || new.0 == old.0 && new.1 < old.1
    }

    /// Whether its columns are not those of the loss.
    pub fn has_columns(&self) -> bool {
        self.columns != LOSS_COLUMNS
    }
}

/// A number in its shortest form that reads back exactly.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value.is_finite() && size != 0.0 && !(1e-5..1e16).contains(&size) {
        format!("{value:e}")
    } else if value.is_infinite() {
        if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_is_higher_or_lower_and_ties_go_to_the_loss() {
        let score = |sum, right| Score { sum, count: 10, right, of: 10, ..Score::default() };
        assert!(PERPLEXITY.is_better(&score(1.0, 0), &score(2.0, 9)));
        assert!(ACCURACY.is_better(&score(2.0, 9), &score(1.0, 8)));
        assert!(ACCURACY.is_better(&score(1.0, 9), &score(2.0, 9)));
        assert!(!ACCURACY.is_better(&score(2.0, 9), &score(2.0, 9)));
        assert!(!MSE.is_better(&score(f64::NAN, 0), &score(2.0, 0)));
    }

    #[test]
    fn columns_are_named_after_their_metric() {
        for metric in [PERPLEXITY, BITS, LOSS, MSE, ACCURACY, EXACT_MATCH] {
            for (column, split) in metric.columns.into_iter().zip(["train", "valid", "test"]) {
                assert_eq!(column, format!("{split}_{}", metric.name));
            }
        }
    }

    #[test]
    fn numbers_are_short_and_read_back() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1e-3, "0.001"),
            (2.5e-7, "2.5e-7"),
            (1e300, "1e300"),
            (f64::INFINITY, "inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
            assert_eq!(text.parse::<f64>().unwrap(), value);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_number_reads_back(bits: u64) {
            let value = f64::from_bits(bits);
            if !value.is_nan() {
                assert_eq!(number(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
    }
}
