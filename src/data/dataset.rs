//! What a task reads, as loaded, and what is known of it whatever the task.

use super::corpus::{Provenance, hex};
use super::text::{MANY_UNKNOWN, TextSize, Vocabulary};
use sha2::{Digest, Sha256};

/// The data set of a task: `S` is what a split of it is, as the ids of a text or a list of examples.
#[derive(Clone, Debug)]
pub struct Dataset<S> {
    /// What is known of it.
    pub info: DatasetInfo,
    /// Train, valid and test.
    pub splits: [S; 3],
}

/// What is known of a data set, whatever the task.
#[derive(Clone, Debug)]
pub struct DatasetInfo {
    /// The sizes of train, valid and test, in [`Self::unit`]s.
    pub sizes: [usize; 3],
    /// What is counted, in the plural: tokens of a text, or examples.
    pub unit: &'static str,
    /// Characters (bytes at level `byte`) of train, valid and test, white space included.
    pub characters: [usize; 3],
    /// What predicting all tokens of train, valid and test but the first spells out; of running
    /// text alone.
    pub text_sizes: [TextSize; 3],
    /// The shares of `<unk>` among the tokens of train, valid and test; `None` if tokens have no
    /// such entry to stand for others.
    pub unknown: Option<[f64; 3]>,
    /// What tells the texts of train, valid and test from others, 16 hex digits each: figures of
    /// one text compare, whatever the tokens. Empty for a split that is.
    pub text_ids: [String; 3],
    /// The ids' tokens.
    pub vocabulary: Vocabulary,
    /// The names of the classes; empty if the task has none.
    pub classes: Vec<String>,
    /// Where the text came from.
    pub provenance: Provenance,
    /// What a user should know, a sentence each: settings that had no effect, files not read.
    pub notes: Vec<String>,
    /// What a reader must know before trusting figures of it, a sentence each.
    pub warnings: Vec<String>,
}

impl DatasetInfo {
    /// What is known of data with this vocabulary from this place, but for its sizes.
    pub fn new(vocabulary: Vocabulary, provenance: Provenance, notes: Vec<String>) -> Self {
        Self {
            sizes: [0; 3],
            unit: "examples",
            characters: [0; 3],
            text_sizes: Default::default(),
            unknown: None,
            text_ids: Default::default(),
            vocabulary,
            classes: Vec::new(),
            provenance,
            notes,
            warnings: Vec::new(),
        }
    }

    /// The same of splits of these sizes; where they come from and how they are cut tells them from
    /// others.
    pub(crate) fn sized(self, sizes: [usize; 3], unit: &'static str) -> Self {
        let text_ids = [0, 1, 2].map(|split| {
            let sum =
                Sha256::new_with_prefix(format!("{} {sizes:?} {split}", self.provenance.sha256));
            short_id(sizes[split] == 0, sum)
        });
        Self { sizes, unit, text_ids, ..self }
    }

    /// The same with the shares of unknown tokens in its splits, and what is to be said of them: a
    /// note if they are few, else a warning.
    pub(crate) fn with_unknown(mut self, shares: [f64; 3], about: Option<String>) -> Self {
        let many = shares.into_iter().any(|share| share >= MANY_UNKNOWN);
        if many { &mut self.warnings } else { &mut self.notes }.extend(about);
        Self { unknown: Some(shares), ..self }
    }
}

/// The first digits of a sum; empty for an empty split.
pub(super) fn short_id(is_empty: bool, sum: Sha256) -> String {
    if is_empty { String::new() } else { hex(&sum.finalize()[..8]) }
}
