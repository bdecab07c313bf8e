//! The list of corpora that can be fetched: `datasets/corpora.toml`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde::Deserialize;
use thiserror::Error;

use crate::files::read_regular;

/// The corpora that can be fetched, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Manifest {
    pub corpora: BTreeMap<String, CorpusEntry>,
}

/// A corpus that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusEntry {
    /// What it is.
    pub title: String,
    /// Its licence or copyright.
    pub licence: String,
    /// The tutorials and papers that use it.
    pub serves: String,
    pub files: Vec<FileEntry>,
}

/// A file of a corpus.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name on disk.
    pub name: String,
    /// Where it is downloaded.
    pub address: String,
    /// How the download becomes the file.
    #[serde(default)]
    pub unpack: Unpack,
    /// Whether only the first `bytes` bytes are kept of what comes.
    #[serde(default)]
    pub cut: bool,
    /// The folder of the archive, for [`Unpack::Reviews`].
    #[serde(default)]
    pub member: String,
    /// Size of the file on disk.
    pub bytes: u64,
    /// sha256 of the file on disk, 64 hex digits.
    pub sha256: String,
}

/// How a download becomes a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unpack {
    /// It is the file.
    #[default]
    No,
    /// It is a zip archive whose first member is the file.
    Zip,
    /// It is a packed tar archive with a review in each file of the folders `pos` and `neg` below
    /// `member`: they become lines of a label, a tab and the review, in the order of the files'
    /// names, positive and negative by turns.
    Reviews,
}

/// Why a manifest cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ManifestError {
    #[error("cannot read the list of corpora `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// It is no TOML, or not of the form of a manifest.
    #[error("the list of corpora is wrong: {0}")]
    #[diagnostic(help(
        "every corpus has title, licence, serves and [[files]]: name, address, bytes, sha256"
    ))]
    Form(#[from] toml::de::Error),
    /// A name would lie outside its folder.
    #[error("the list of corpora is wrong: `{0}` is not a plain name")]
    #[diagnostic(help("names of corpora and files have no `/` or `\\` and do not begin with `.`"))]
    Name(String),
}

impl Manifest {
    /// The list that ships with the program.
    ///
    /// # Errors
    ///
    /// Never for a program whose tests passed.
    pub fn shipped() -> Result<Self, ManifestError> {
        Self::parse(include_str!("../../../datasets/corpora.toml"))
    }

    /// Reads the list in the file at `path`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is not a list of corpora.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        /// More than any list has, in bytes.
        const LIMIT: u64 = 1 << 24;
        let text = read_regular(path, LIMIT)
            .and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other))
            .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text)?;
        for (name, corpus) in &manifest.corpora {
            for name in corpus.files.iter().map(|file| &file.name).chain([name]) {
                if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
                    return Err(ManifestError::Name(name.clone()));
                }
            }
        }
        Ok(manifest)
    }
}

/// The name most like `name`, if any is like it.
pub(super) fn nearest<'a>(
    name: &str,
    known: impl Iterator<Item = &'a String>,
) -> Option<&'a String> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count() / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_is_sound() {
        let manifest = Manifest::shipped().unwrap();
        let names: Vec<&str> = manifest.corpora.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "digits",
                "imdb",
                "jaychou",
                "kafka",
                "names",
                "ptb",
                "seinfeld",
                "text8",
                "timemachine",
                "tinyshakespeare"
            ]
        );
        for file in manifest.corpora.values().flat_map(|corpus| &corpus.files) {
            assert!(file.address.starts_with("https://"), "{}", file.address);
            assert_eq!(file.sha256.len(), 64, "{}", file.name);
            assert!(file.sha256.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()));
        }
    }

    #[test]
    fn names_cannot_leave_their_folder() {
        for name in ["../x", "a/b", ".hidden", ""] {
            let text = format!(
                "[c]\ntitle = ''\nlicence = ''\nserves = ''\n[[c.files]]\nname = '{name}'\n\
                 address = ''\nbytes = 0\nsha256 = ''"
            );
            assert!(matches!(Manifest::parse(&text), Err(ManifestError::Name(_))), "{name}");
        }
    }
}
