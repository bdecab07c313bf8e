//! Finding the files of a corpus.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::{FULL, Found, Kind, in_folder, named, stem};
use super::manifest::{Manifest, nearest};
use super::paths::find_named;
use super::read::Reader;
use super::splits::{Files, by_split};
use crate::data::error::DataError;
use crate::spec::Data;

/// The files of a corpus.
#[derive(Debug, PartialEq)]
pub(crate) struct Corpus {
    /// The one file, or the folder that holds the files.
    pub path: PathBuf,
    /// What is read, in order.
    pub files: Files,
    /// How the text came here.
    pub origin: Origin,
    /// What should be known of the files: which are not read, which are parts of one split.
    pub notes: Vec<String>,
}

/// How the text came here.
#[derive(Debug, PartialEq)]
pub(crate) enum Origin {
    /// `runner fetch` brought it.
    Fetched,
    /// It ships with the program, and `runner fetch` of this name would bring more.
    Sample(String),
    /// Anything else.
    Own,
    /// Files that are named split by split, in words.
    Named(String),
}

/// Finds the corpus of `data` in `roots` (the folder of the spec, and folders like `datasets/`), else at
/// that path; `kind` says which files of a folder are meant.
pub(crate) fn find(data: &Data, roots: &[PathBuf], kind: Kind) -> Result<Corpus, DataError> {
    match data.named() {
        Some(splits) => find_named(splits, roots, kind),
        None => find_called(data.called(), roots, kind),
    }
}

fn find_called(corpus: &str, roots: &[PathBuf], kind: Kind) -> Result<Corpus, DataError> {
    let manifest = Manifest::shipped().unwrap_or_default();
    let mut places: Vec<PathBuf> = roots.iter().map(|root| root.join(corpus)).collect();
    places.push(PathBuf::from(corpus));
    places.dedup();
    for place in places.iter().filter(|_| !corpus.trim().is_empty()) {
        match fs::metadata(place) {
            Ok(found) if found.is_dir() => return folder(place, roots, &manifest, kind),
            Ok(_) => return Ok(single_file(place.clone())),
            Err(error) if is_absent(&error) => {}
            Err(source) => return Err(unreadable(place, source)),
        }
    }
    Err(missing(corpus, roots, &places, &manifest))
}

/// The folders of corpora among `roots`, which the folder of a spec is not.
fn collections(roots: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    roots.iter().filter(|root| root.file_name() == Some(OsStr::new("datasets")))
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

pub(super) fn unreadable(path: &Path, source: io::Error) -> DataError {
    DataError::Read { path: path.to_owned(), source }
}

fn single_file(path: PathBuf) -> Corpus {
    let in_full = path.parent().and_then(Path::file_name) == Some(OsStr::new(FULL));
    let origin = if in_full { Origin::Fetched } else { Origin::Own };
    Corpus { files: Files::Whole(vec![path.clone()]), path, origin, notes: Vec::new() }
}

/// The corpus in `folder`: the fetched text if there is one, else what lies beside it.
fn folder(
    folder: &Path,
    roots: &[PathBuf],
    manifest: &Manifest,
    kind: Kind,
) -> Result<Corpus, DataError> {
    let full = folder.join(FULL);
    let fetched = if full.is_dir() { in_folder(&full, kind)? } else { Found::default() };
    let in_roots = folder.parent().is_some_and(|parent| collections(roots).any(|it| it == parent));
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let known = in_roots && manifest.corpora.contains_key(name.as_ref());
    let (path, found, origin) = if !fetched.read.is_empty() {
        (full, fetched, Origin::Fetched)
    } else if known {
        (folder.to_owned(), in_folder(folder, kind)?, Origin::Sample(name.to_string()))
    } else {
        (folder.to_owned(), in_folder(folder, kind)?, Origin::Own)
    };
    let Found { read, unread, mut notes } = found;
    if read.is_empty() {
        let fetchable = known.then_some(name.as_ref());
        return Err(DataError::Empty { path, help: what_is_read(kind, fetchable, &unread) });
    }
    // Labels in a file of their own are paired with texts, which the names of both tell.
    let paired = kind == Kind::Labelled && read.iter().any(|file| stem(file).ends_with("labels"));
    let files = if paired { Files::Whole(read) } else { by_split(&path, read, &mut notes)? };
    let files = match files {
        // Without a file to hold out the training text is cut; files of texts would be classes.
        Files::Splits([train, valid, test])
            if kind != Kind::Labelled && valid.is_empty() && test.is_empty() =>
        {
            Files::Whole(train)
        }
        files => files,
    };
    if !unread.is_empty() {
        let not = if unread.len() == 1 { "is not read" } else { "are not read" };
        notes.push(format!("{} {not}, being hidden or of other endings", named(&unread)));
    }
    let path = match &files {
        Files::Whole(one) if one.len() == 1 => one[0].clone(),
        _ => path,
    };
    Ok(Corpus { path, files, origin, notes })
}

/// What to do about a folder without a file that is read; `fetchable` is its name if it can be
/// fetched.
pub(super) fn what_is_read(kind: Kind, fetchable: Option<&str>, unread: &[PathBuf]) -> String {
    match (fetchable, unread) {
        (Some(name), _) => format!("`runner fetch {name}` gets the text"),
        (None, []) => format!("files of these endings are read there: {}", kind.spelled()),
        (None, unread) => format!("{} are read there, not {}", kind.spelled(), named(unread)),
    }
}

impl Corpus {
    /// The files of train, valid and test; of a text that is still to be cut, all are in the first.
    pub fn by_split(&self) -> [&[PathBuf]; 3] {
        match &self.files {
            Files::Whole(files) => [files, &[], &[]],
            Files::Splits(files) => files.each_ref().map(Vec::as_slice),
        }
    }

    /// The examples of train, valid and test, as `parse` finds them in the text of a file.
    pub fn examples<T>(
        &self,
        reader: &mut Reader,
        mut parse: impl FnMut(&Path, &str) -> Result<Vec<T>, DataError>,
    ) -> Result<[Vec<T>; 3], DataError> {
        let mut parts: [Vec<T>; 3] = Default::default();
        for (part, files) in parts.iter_mut().zip(self.by_split()) {
            for file in files {
                part.extend(parse(file, &reader.read_file(file)?)?);
            }
        }
        Ok(parts)
    }

    /// The folder that the files lie in.
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if self.path.is_file() => parent,
            _ => &self.path,
        }
    }
}

fn missing(corpus: &str, roots: &[PathBuf], places: &[PathBuf], manifest: &Manifest) -> DataError {
    let here: BTreeSet<String> = collections(roots)
        .filter_map(|root| fs::read_dir(root).ok())
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let fetchable = manifest.corpora.keys();
    let list = |names: Vec<&String>| {
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let first = if manifest.corpora.contains_key(corpus) {
        format!("`runner fetch {corpus}` gets it")
    } else if let Some(near) = nearest(corpus, here.iter().chain(fetchable.clone())) {
        format!("did you mean `{near}`?")
    } else {
        "name a folder of `datasets/`, or the path of a text file or folder".to_owned()
    };
    let away = fetchable.filter(|name| !here.contains(*name)).collect();
    let help = format!(
        "{first}\nhere: {}\nto be had with `runner fetch`: {}",
        list(here.iter().collect()),
        list(away)
    );
    let places: Vec<String> = places.iter().map(|p| format!("`{}`", p.display())).collect();
    DataError::Missing { corpus: corpus.to_owned(), places: places.join(", "), help }
}
