//! From a corpus to batches of token ids: plain integers and text, no tensors.
//!
//! In reading order: [`corpus`] finds files and reads them, [`text`] makes tokens and their numbers of
//! them, [`Dataset`] is what a task loads, [`running_text`] makes one of a text, and [`Minibatches`]
//! deals out examples. What tasks read is theirs: `tasks/<task>/data.rs`.

mod batches;
pub(crate) mod corpus;
mod dataset;
mod error;
mod minibatch;
pub(crate) mod running_text;
mod split;
mod sums;
#[cfg(test)]
mod test;
pub(crate) mod text;

pub use crate::kernels::IGNORE;
pub use batches::Batches;
pub use corpus::{CorpusEntry, FileEntry, Manifest, ManifestError, Provenance, Unpack};
pub use corpus::{FetchError, Fetched, FetchedFile, Outcome, Progress, fetch};
pub use dataset::{Dataset, DatasetInfo};
pub use error::{DataError, NotText, UnknownToken, Unreadable};
pub use minibatch::{Example, Minibatches, UNSEEN};
pub(crate) use minibatch::{Shuffled, assign, distribute, pad_sequence, random_split};
pub use running_text::{Batch, EvaluationBatches, Sampler, check_batches, evaluation_batches};
pub use running_text::{load, load_words};
pub use split::Split;
pub(crate) use sums::distinct_pairs;
pub use text::{Asked, Ids, MANY_UNKNOWN, PADDING, TextSize, UNKNOWN, Vocabulary, percent};
