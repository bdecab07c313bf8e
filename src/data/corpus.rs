//! Finding the files of a corpus.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::error::DataError;
use super::manifest::Manifest;

/// The folder of a corpus that `runner fetch` fills.
pub(super) const FULL: &str = "full";

/// Names of the splits, in the order in which they are read.
pub(super) const SPLITS: [&str; 3] = ["train", "valid", "test"];

/// The files of a corpus.
#[derive(Debug, PartialEq)]
pub(super) struct Corpus {
    /// The one file, or the folder that holds the files.
    pub path: PathBuf,
    /// What is read, in order.
    pub files: Files,
    /// How the text came here.
    pub origin: Origin,
    /// Text files of the folder that are not part of any split.
    pub unused: Vec<PathBuf>,
}

/// What is read, in order.
#[derive(Debug, PartialEq)]
pub(super) enum Files {
    /// One text, to be cut into splits.
    Whole(Vec<PathBuf>),
    /// Ready-made splits: train, valid, test.
    Splits([Option<PathBuf>; 3]),
}

/// How the text came here.
#[derive(Debug, PartialEq)]
pub(super) enum Origin {
    /// `runner fetch` brought it.
    Fetched,
    /// It ships with the program, and `runner fetch` of this name would bring more.
    Sample(String),
    /// Anything else.
    Own,
}

/// Finds the corpus called `corpus` in `roots` (folders like `datasets/`), else at that path.
pub(super) fn find(corpus: &str, roots: &[PathBuf]) -> Result<Corpus, DataError> {
    let manifest = Manifest::shipped().unwrap_or_default();
    let mut places: Vec<PathBuf> = roots.iter().map(|root| root.join(corpus)).collect();
    places.push(PathBuf::from(corpus));
    places.dedup();
    for place in places.iter().filter(|_| !corpus.trim().is_empty()) {
        match fs::metadata(place) {
            Ok(found) if found.is_dir() => return folder(place, roots, &manifest),
            Ok(_) => return Ok(single_file(place.clone())),
            Err(error) if is_absent(&error) => {}
            Err(source) => return Err(unreadable(place, source)),
        }
    }
    Err(missing(corpus, roots, &places, &manifest))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn unreadable(path: &Path, source: io::Error) -> DataError {
    DataError::Read { path: path.to_owned(), source }
}

fn single_file(path: PathBuf) -> Corpus {
    let in_full = path.parent().and_then(Path::file_name) == Some(OsStr::new(FULL));
    let origin = if in_full { Origin::Fetched } else { Origin::Own };
    Corpus { files: Files::Whole(vec![path.clone()]), path, origin, unused: Vec::new() }
}

/// The corpus in `folder`: the fetched text if there is one, else what lies beside it.
fn folder(folder: &Path, roots: &[PathBuf], manifest: &Manifest) -> Result<Corpus, DataError> {
    let full = folder.join(FULL);
    let fetched = if full.is_dir() { text_files(&full)? } else { Vec::new() };
    let in_roots = folder.parent().is_some_and(|parent| roots.iter().any(|root| root == parent));
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let known = in_roots && manifest.corpora.contains_key(name.as_ref());
    let (path, found, origin) = if !fetched.is_empty() {
        (full, fetched, Origin::Fetched)
    } else if known {
        (folder.to_owned(), text_files(folder)?, Origin::Sample(name.to_string()))
    } else {
        (folder.to_owned(), text_files(folder)?, Origin::Own)
    };
    let (files, unused) = by_split(found)?;
    match &files {
        Files::Whole(none) if none.is_empty() => Err(DataError::Empty {
            path,
            help: if known {
                format!("`runner fetch {name}` gets the text")
            } else {
                "put `.txt` or `.txt.gz` files there".to_owned()
            },
        }),
        Files::Whole(one) if one.len() == 1 => {
            Ok(Corpus { path: one[0].clone(), files, origin, unused })
        }
        _ => Ok(Corpus { path, files, origin, unused }),
    }
}

/// Text files in and below `folder`, sorted by name within each folder. Links to folders are not
/// followed, hidden files and the folder of fetched text are left out.
fn text_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let wanted = |entry: &DirEntry| {
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        let fetched = entry.depth() == 1 && name == OsStr::new(FULL);
        entry.depth() == 0 || !(hidden || fetched)
    };
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(wanted) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            DataError::Read { path, source: error.into() }
        })?;
        let is_text = matches!(entry.path().extension(), Some(e) if e == "txt" || e == "gz");
        if is_text && !entry.path().is_dir() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Sorts `files` into splits if they have a training file and one to hold out.
fn by_split(files: Vec<PathBuf>) -> Result<(Files, Vec<PathBuf>), DataError> {
    let mut splits: [Option<PathBuf>; 3] = [None, None, None];
    let mut twice = None;
    let mut unused = Vec::new();
    for file in &files {
        match split_of(file) {
            None => unused.push(file.clone()),
            Some(split) => match &splits[split] {
                None => splits[split] = Some(file.clone()),
                Some(first) => twice = twice.or(Some((split, first.clone(), file.clone()))),
            },
        }
    }
    if splits[0].is_none() || splits[1].is_none() && splits[2].is_none() {
        return Ok((Files::Whole(files), Vec::new()));
    }
    match twice {
        Some((split, first, second)) => {
            Err(DataError::AmbiguousSplit { split: SPLITS[split], first, second })
        }
        None => Ok((Files::Splits(splits), unused)),
    }
}

/// The split that a file's name claims: `valid.txt`, `ptb.valid.txt` and `val.txt.gz` are 1.
fn split_of(file: &Path) -> Option<usize> {
    let name = file.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let name = name.strip_suffix(".txt").unwrap_or(name);
    match name.rsplit('.').next()? {
        "train" => Some(0),
        "valid" | "val" | "validation" => Some(1),
        "test" => Some(2),
        _ => None,
    }
}

fn missing(corpus: &str, roots: &[PathBuf], places: &[PathBuf], manifest: &Manifest) -> DataError {
    let here: BTreeSet<String> = roots
        .iter()
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
