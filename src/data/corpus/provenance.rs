//! Where a text came from.

use super::find::{Corpus, Origin};
use super::read::{Reader, hex};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Where a text came from: recorded in `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// In words, as `datasets/seinfeld/full/Seinfeld_Scripts.txt (full corpus)`.
    pub description: String,
    /// The files, in reading order.
    #[serde(serialize_with = "as_text")]
    pub files: Vec<PathBuf>,
    /// Bytes of text in the files, unpacked.
    pub bytes: u64,
    /// sha256 of these bytes, in reading order; 64 hex digits.
    pub sha256: String,
}

/// Paths as text, whatever their bytes.
fn as_text<S: Serializer>(files: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(|file| file.to_string_lossy()))
}

impl Provenance {
    /// Where a corpus came from, all of it having been read, and what should be known of its files.
    pub(crate) fn of(corpus: &Corpus, reader: Reader) -> (Self, Vec<String>) {
        let empty = reader.empty.iter().map(|file| format!("`{}` is empty", file.display()));
        let copies = reader.copies.iter().map(|(copy, first)| {
            let (copy, first) = (copy.display(), first.display());
            format!("`{copy}` has the bytes of `{first}`: one text is read twice")
        });
        let notes = corpus.notes.iter().cloned().chain(empty).chain(copies).collect();
        let bytes = reader.bytes;
        let path = corpus.path.display();
        let description = match &corpus.origin {
            Origin::Fetched => format!("{path} (full corpus)"),
            Origin::Sample(name) => {
                let size = size(bytes);
                let folder = corpus.folder().display();
                format!(
                    "{folder} (shipped sample: {size}; `runner fetch {name}` gets the full corpus)"
                )
            }
            Origin::Own => format!("{path} ({})", size(bytes)),
            Origin::Named(files) => format!("{files} ({})", size(bytes)),
        };
        let files = reader.files.clone();
        (Self { description, files, bytes, sha256: reader.sha256() }, notes)
    }

    /// The provenance of generated data: its sum is that of the data itself.
    pub(super) fn generated(description: String, bytes: &[u8]) -> Self {
        let sha256 = hex(&Sha256::digest(bytes));
        Self { description, files: Vec::new(), bytes: bytes.len() as u64, sha256 }
    }
}

/// A size in decimal units, as `131 KB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
