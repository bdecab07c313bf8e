//! Which files of a folder are read, and which are not.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::read::{is_packed, same_text};
use crate::data::error::DataError;

/// The folder of a corpus that `runner fetch` fills.
pub(super) const FULL: &str = "full";

/// What a task reads in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Running text.
    Text,
    /// Lines of columns.
    Table,
    /// Texts with a class each.
    Labelled,
}

/// The endings of files that are read, each also with `.gz` after it; text has the first three.
const ENDINGS: [&str; 6] = ["txt", "text", "tokens", "csv", "tsv", "data"];

/// The words for train, valid and test.
const WORDS: [&[&str]; 3] = [
    &["train", "training", "trn", "trainset"],
    &["valid", "val", "validation", "dev", "development", "validset", "valset", "devset"],
    &["test", "testing", "tst", "testset"],
];

/// Words for evaluation data of which it cannot be known whether it is to decide or to judge.
pub(super) const UNCLEAR: [&str; 4] = ["eval", "evaluation", "heldout", "holdout"];

/// The place of the split that a word stands for.
pub(crate) fn split_named(word: &str) -> Option<usize> {
    WORDS.iter().position(|words| words.contains(&word))
}

/// At most this many files are named in a sentence.
const NAMED: usize = 4;

impl Kind {
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Text => &ENDINGS[..3],
            Self::Table | Self::Labelled => &ENDINGS,
        }
    }

    /// The endings in words.
    pub fn spelled(self) -> String {
        let endings: Vec<String> = self.endings().iter().map(|it| format!("`.{it}`")).collect();
        format!("{}, and `.gz` of these", endings.join(", "))
    }

    /// Whether a file of this name is read. A packed file may have no ending of its own, or one that
    /// names a split, as `ptb.train.gz`.
    fn reads(self, name: &OsStr) -> bool {
        let name = name.to_string_lossy().to_lowercase();
        let (plain, packed) = match name.strip_suffix(".gz") {
            Some(plain) => (plain, true),
            None => (name.as_str(), false),
        };
        match plain.rsplit_once('.') {
            Some((_, ending)) => {
                self.endings().contains(&ending) || packed && split_named(ending).is_some()
            }
            None => packed,
        }
    }
}

/// The name of a file without the endings of files that are read.
pub(crate) fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut stem: &str = &name;
    if is_packed(file) {
        stem = &stem[..stem.len() - ".gz".len()];
    }
    match stem.rsplit_once('.') {
        Some((before, ending)) if ENDINGS.contains(&ending.to_lowercase().as_str()) => {
            before.to_owned()
        }
        _ => stem.to_owned(),
    }
}

/// Some files in a sentence, by name.
pub(crate) fn named<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> String {
    let all: Vec<String> = files.into_iter().map(|it| format!("`{}`", it.display())).collect();
    match all.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!("{} and {more} more", all[..NAMED].join(", ")),
        _ => all.join(", "),
    }
}

/// The files of a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Those that are read, in order.
    pub read: Vec<PathBuf>,
    /// Those that are not: hidden, or of another ending.
    pub unread: Vec<PathBuf>,
    /// What should be known of them.
    pub notes: Vec<String>,
}

/// The files in and below `folder`, sorted by name within each folder. Links are followed; the folder
/// of fetched text is left out.
pub(super) fn in_folder(folder: &Path, kind: Kind) -> Result<Found, DataError> {
    let mut found = Found::default();
    let mut linked = false;
    let mut walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) if entry.depth() == 0 => continue,
            Ok(entry) => entry,
            Err(error) => {
                found.unread.push(passed_over(error, folder, kind)?);
                continue;
            }
        };
        linked |= entry.path_is_symlink();
        let is_folder = entry.file_type().is_dir();
        let fetched = entry.depth() == 1 && entry.file_name() == OsStr::new(FULL);
        let hidden = is_hidden(entry.file_name());
        if is_folder && (fetched || hidden) {
            walk.skip_current_dir();
        }
        if !fetched {
            found.add(entry, hidden, kind);
        }
    }
    if linked {
        found.once_each();
    }
    found.unpacked_once()?;
    Ok(found)
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// What cannot be looked at, if it would not be read anyway.
fn passed_over(error: walkdir::Error, folder: &Path, kind: Kind) -> Result<PathBuf, DataError> {
    let path = error.path().unwrap_or(folder).to_owned();
    let name = path.file_name().unwrap_or_default();
    if is_hidden(name) {
        return Ok(path);
    }
    if let Some(above) = error.loop_ancestor() {
        let target = above.to_owned();
        return Err(DataError::LinkLoop { path, target });
    }
    let absent = error.io_error().is_some_and(|it| it.kind() == io::ErrorKind::NotFound);
    match fs::read_link(&path) {
        // A link without an ending could lead to a folder.
        Ok(_) if absent && path.extension().is_some() && !kind.reads(name) => Ok(path),
        Ok(target) if absent => Err(DataError::BrokenLink { path, target }),
        _ => Err(DataError::Read { path, source: error.into() }),
    }
}

impl Found {
    fn add(&mut self, entry: DirEntry, hidden: bool, kind: Kind) {
        let is_folder = entry.file_type().is_dir();
        if !hidden && !is_folder && kind.reads(entry.file_name()) {
            self.read.push(entry.into_path());
        } else if hidden || !is_folder {
            self.unread.push(entry.into_path());
        }
    }

    /// Leaves out files that links lead to a second time.
    fn once_each(&mut self) {
        let mut first: HashMap<PathBuf, PathBuf> = HashMap::new();
        let mut again = Vec::new();
        self.read.retain(|file| {
            let target = file.canonicalize().unwrap_or_else(|_| file.clone());
            let known = first.entry(target).or_insert_with(|| file.clone());
            if known != file {
                let (file, known) = (quoted(file), quoted(known));
                again.push(format!("{file} is {known} by another name, and is not read twice"));
            }
            known == file
        });
        self.notes.extend(again);
    }

    /// Leaves out packed copies of texts that are there unpacked.
    fn unpacked_once(&mut self) -> Result<(), DataError> {
        let plain = |file: &Path| is_packed(file).then(|| file.with_extension(""));
        let all: BTreeSet<&PathBuf> = self.read.iter().collect();
        let pairs = self.read.iter().filter_map(|file| Some((plain(file)?, file.clone())));
        let copies: Vec<_> = pairs.filter(|(plain, _)| all.contains(plain)).collect();
        for (plain, packed) in copies {
            if !same_text(&plain, &packed)? {
                return Err(DataError::OtherCopy { plain, packed });
            }
            self.read.retain(|file| *file != packed);
            let (packed, plain) = (quoted(&packed), quoted(&plain));
            self.notes.push(format!("{packed} is a packed copy of {plain}, and is not read"));
        }
        Ok(())
    }
}

fn quoted(path: &Path) -> String {
    format!("`{}`", path.display())
}
