//! A corpus with an example a line.

use super::files::Kind;
use super::find::find;
use super::provenance::Provenance;
use super::read::Reader;
use crate::data::error::DataError;
use crate::spec::{Data, Level};
use std::path::{Path, PathBuf};

/// Examples as they were read or made, before any is cut off for validation and test.
pub(crate) struct Examples<T> {
    /// Those of train, valid and test; the last two may be empty.
    pub splits: [Vec<T>; 3],
    /// Where they came from.
    pub provenance: Provenance,
    /// What should be known of the files.
    pub notes: Vec<String>,
}

impl<T> Examples<T> {
    /// Reads a corpus of a line each; `parse` says what is wrong with a line.
    ///
    /// # Errors
    /// When the corpus is missing or unreadable, or a line is wrong.
    pub fn read(
        data: &Data,
        roots: &[PathBuf],
        level: Level,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Self, DataError> {
        let corpus = find(data, roots, Kind::Table)?;
        let mut reader = Reader::new(level, data);
        let splits = corpus.examples(&mut reader, |file, text| parse_lines(file, text, &parse))?;
        let (provenance, notes) = Provenance::of(&corpus, reader);
        Ok(Self { splits, provenance, notes })
    }

    /// Generated examples; `bytes` spell them out.
    pub fn generated(examples: Vec<T>, description: String, bytes: &[u8]) -> Self {
        let provenance = Provenance::generated(description, bytes);
        Self { splits: [examples, Vec::new(), Vec::new()], provenance, notes: Vec::new() }
    }
}

/// The examples of a text, one in each line that is not blank.
pub(crate) fn parse_lines<T>(
    path: &Path,
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, DataError> {
    let lines = text.split('\n').zip(1u64..).filter(|(line, _)| !line.trim().is_empty());
    let example = |(text, line)| {
        parse(text).map_err(|form| DataError::Form { path: path.to_owned(), line, form })
    };
    lines.map(example).collect()
}

/// The columns of a line, without empty ones past the second.
pub(crate) fn columns(line: &str) -> Vec<&str> {
    let mut columns: Vec<&str> = line.split('\t').map(str::trim).collect();
    while columns.len() > 2 && columns.last().is_some_and(|last| last.is_empty()) {
        columns.pop();
    }
    columns
}

/// What is wrong with a line whose columns are not the two that they must be.
pub(crate) fn not_two(wanted: &str, columns: &[&str]) -> String {
    match columns {
        [_, _, more @ ..] if !more.is_empty() => {
            let more: Vec<String> = more.iter().map(|it| format!("`{it}`")).collect();
            let (count, more) = (columns.len(), more.join(", "));
            format!("{count} columns, where a line must be {wanted}: leave {more} out")
        }
        _ => format!("a line must be {wanted}"),
    }
}
