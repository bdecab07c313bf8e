//! From a corpus to batches of token ids: plain integers and text, no tensors.
//!
//! In reading order: `corpus` finds the files, `read` turns them into one text, `clean` applies
//! what the spec asks for, `tokens` cuts it up, [`Vocabulary`] numbers the tokens, [`load`] puts
//! these together into a [`Dataset`], [`Sampler`] and [`evaluation_batches`] cut that into
//! [`Batch`]es. [`fetch`] downloads the corpora that `datasets/corpora.toml` names.

mod batch;
mod clean;
mod corpus;
mod dataset;
#[cfg(test)]
mod dataset_tests;
mod error;
mod fetch;
#[cfg(test)]
mod fetch_tests;
mod manifest;
mod read;
#[cfg(test)]
mod real_tests;
#[cfg(test)]
mod test;
mod tokens;
mod unpack;
mod vocabulary;

pub use batch::{Batch, EvaluationBatches, IGNORE, Sampler, evaluation_batches};
pub use clean::clean_prefix;
pub use dataset::{Dataset, Provenance, check_batches, load};
pub use error::{DataError, UnknownToken};
pub use fetch::{FetchError, Fetched, FetchedFile, Outcome, Progress, fetch};
pub use manifest::{CorpusEntry, FileEntry, Manifest, ManifestError, Unpack};
pub use vocabulary::{UNKNOWN, Vocabulary};
