//! From a corpus to batches of token ids: plain integers and text, no tensors.
//!
//! In reading order: `corpus` finds the files (`files`, `splits`), `read` turns them into one text,
//! `clean` applies what the spec asks for, `tokens` cuts it up, [`Vocabulary`] numbers the tokens,
//! [`load`] puts these together into a [`Dataset`], [`Sampler`] and [`evaluation_batches`] cut that
//! into [`Batch`]es. [`Asked`] reads what a trained network is given. [`fetch()`] downloads the
//! corpora that `datasets/corpora.toml` names.

mod asked;
mod batch;
mod batches;
mod clean;
mod corpus;
mod dataset;
#[cfg(test)]
mod dataset_tests;
mod enough;
mod error;
mod examples;
mod fetch;
#[cfg(test)]
mod fetch_tests;
mod files;
mod forms;
mod ids;
mod labelled;
mod manifest;
mod numbered;
mod pairs;
mod read;
#[cfg(test)]
mod real_tests;
mod series;
mod size;
mod splits;
mod table;
mod tagged;
#[cfg(test)]
mod test;
mod text;
mod tokens;
mod unpack;
mod vectors;
mod vocabulary;
mod windows;

pub use crate::kernels::IGNORE;
pub use asked::Asked;
pub use batch::{Batch, EvaluationBatches, Sampler, evaluation_batches};
pub use batches::{Batches, Split};
pub use dataset::{Dataset, Examples, Provenance, load, load_words};
pub use enough::check_batches;
pub use error::{DataError, NotText, UnknownToken, Unreadable};
pub use examples::UNSEEN;
pub use fetch::{FetchError, Fetched, FetchedFile, Outcome, Progress, fetch};
pub use ids::Ids;
pub use labelled::{
    Labelled, LabelledBatch, LabelledBatches, LabelledText, load as load_labelled, shortened,
};
pub use manifest::{CorpusEntry, FileEntry, Manifest, ManifestError, Unpack};
pub use pairs::{BEGIN, END, Marks, Pair, PairBatch, PairBatches, Pairs, load as load_pairs};
pub use series::{Series, SeriesBatch, SeriesBatches, load as load_series};
pub use size::{MANY_UNKNOWN, TextSize, percent};
pub use tagged::{Tagged, TaggedBatch, TaggedBatches, TaggedSequence, load as load_tagged};
pub use text::Text;
pub use vectors::{VectorBatch, VectorBatches, Vectors, load as load_vectors};
pub use vocabulary::{PADDING, UNKNOWN, Vocabulary};
pub use windows::{NeighbourBatch, Windows};
