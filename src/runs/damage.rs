//! Whether files are what a trial wrote: its record has the SHA-256 of each.
//!
//! The record is written last, and says its own sum (`files::sealed`). Before a file that it has the sum
//! of is written anew, the record is written without sums: whoever reads finds no wrong ones at any
//! moment, whenever a process dies.

use crate::files::{self, RecordError, failed, links, sha256};
use std::collections::BTreeMap;
use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

/// The sums of a record, by the names of the files.
pub type Sums = BTreeMap<String, String>;

/// What is damaged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The folder of a trial, or a file of an experiment.
    pub place: PathBuf,
    /// A sentence.
    pub why: String,
}

/// The sums of files in a folder; those that are not there have none.
pub fn sums<'a>(
    folder: &Path,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Sums, RecordError> {
    let mut sums = Sums::new();
    for name in names {
        let path = folder.join(name);
        match files::read(&path) {
            Ok(bytes) => drop(sums.insert(name.to_owned(), sha256(&bytes))),
            Err(error) if error.kind() == NotFound => {}
            Err(error) => return Err(failed(&path)(error)),
        }
    }
    Ok(sums)
}

/// What is wrong with a file of these bytes, as a sentence; `None` if nothing is known to be.
pub fn of_bytes(name: &str, bytes: &[u8], sum: Option<&str>) -> Option<String> {
    let changed = sum.is_some_and(|sum| sum != sha256(bytes));
    changed.then(|| format!("{name} is not what the trial wrote: its sha256 is another"))
}

/// The files in a folder that are not what the sums say, each with a sentence. One that was removed
/// was not wanted.
pub fn of_files(folder: &Path, sums: &Sums) -> Vec<(String, String)> {
    // A record may come from elsewhere: it names no file outside of its folder.
    let named = sums.iter().filter(|(name, _)| links::is_name(name));
    let wrong = |(name, sum): (&String, &String)| {
        let why = match files::read(&folder.join(name)) {
            Ok(bytes) => of_bytes(name, &bytes, Some(sum)),
            Err(error) if error.kind() == NotFound => None,
            Err(error) => Some(format!("{name} cannot be read: {error}")),
        };
        why.map(|why| (name.clone(), why))
    };
    named.filter_map(wrong).collect()
}
