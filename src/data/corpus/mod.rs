//! The files of a corpus: found, read, downloaded.
//!
//! In reading order: [`find()`] decides which files are meant (`files`, `splits`, `paths`), [`Reader`] turns
//! them into text, `lines` and `table` into examples and numbers; [`Provenance`] says where they came
//! from. [`fetch()`] downloads the corpora that `datasets/corpora.toml` names ([`Manifest`]).

mod fetch;
#[cfg(test)]
#[cfg(feature = "fetch")]
mod fetch_tests;
mod files;
mod find;
mod lines;
mod manifest;
mod paths;
mod provenance;
mod read;
mod splits;
mod table;
mod unpack;

pub(crate) use fetch::{Outcome, Progress, fetch};
pub(crate) use files::{Kind, named, split_named, stem};
pub(crate) use find::{Corpus, find};
pub(crate) use lines::{Examples, columns, not_two, parse_lines};
pub(crate) use manifest::Manifest;
pub use provenance::Provenance;
pub(crate) use read::{Reader, hex, is_packed, latin1, text_of};
pub(crate) use splits::Files;
pub(crate) use table::Table;
