//! From a corpus to batches of token ids: plain integers and text, no tensors.
//!
//! In reading order: `corpus` finds files and reads them, `text` makes tokens and their numbers of
//! them, [`Dataset`] is what a task loads, `running_text` makes one of a text, and [`Minibatches`]
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
pub use corpus::Provenance;
pub(crate) use corpus::{Manifest, Outcome, Progress, fetch};
pub use dataset::{Dataset, DatasetInfo};
pub use error::DataError;
pub(crate) use error::Unreadable;
pub use minibatch::{Example, Minibatches, UNSEEN};
pub(crate) use minibatch::{Shuffled, assign, distribute, pad_sequence, random_split};
pub use running_text::{Batch, evaluation_batches, load};
pub(crate) use running_text::{Sampler, check_batches};
pub use split::Split;
pub(crate) use sums::distinct_pairs;
pub use text::{Ids, PADDING, TextSize, UNKNOWN, Vocabulary};
pub(crate) use text::{MANY_UNKNOWN, Prompt, percent};
