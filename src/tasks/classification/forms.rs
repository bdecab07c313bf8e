//! The forms in which a corpus has texts with a class each.
//!
//! - a folder of files, one class each, named after it, with a text a line (`names/Greek.txt`);
//! - pairs of files, `reviews.txt` and `labels.txt`, line by line; `train_…` and `test_…` before
//!   both names make ready-made parts;
//! - one file, or `train.txt`, `valid.txt` and `test.txt`, with a class, a tab and a text a line.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::data::corpus::{
    Corpus, Files, Reader, is_packed, named, parse_lines, split_named, stem,
};
use crate::data::{DataError, Split};

/// A class and a text.
pub(super) type Named = (String, String);

/// The parts that a corpus comes in: train, valid, test. Files that are not read are told in `notes`.
pub(super) fn read(
    corpus: &Corpus,
    reader: &mut Reader,
    notes: &mut Vec<String>,
) -> Result<[Vec<Named>; 3], DataError> {
    match &corpus.files {
        Files::Whole(files) if files.iter().any(|file| is_labels(file)) => {
            paired(files, reader, notes)
        }
        Files::Whole(files) if files.len() > 1 => {
            Ok([file_a_class(files, reader)?, Vec::new(), Vec::new()])
        }
        _ => corpus.examples(reader, tabbed),
    }
}

/// Files of one class each, named after it.
fn file_a_class(files: &[PathBuf], reader: &mut Reader) -> Result<Vec<Named>, DataError> {
    let mut all = Vec::new();
    let ending = |file: &PathBuf| {
        let plain = if is_packed(file) { file.with_extension("") } else { file.clone() };
        plain.extension().map(OsStr::to_ascii_lowercase)
    };
    if let Some(other) = files.iter().find(|file| ending(file) != ending(&files[0])) {
        let form = format!(
            "each file of a folder is a class, but this one and `{}` are of different endings",
            files[0].display()
        );
        return Err(wrong(other, 1, form));
    }
    for file in files {
        if file.file_name().is_some_and(|name| name.to_str().is_none()) {
            return Err(wrong(file, 1, "the file's name is a class, and is not UTF-8"));
        }
        let class = stem(file);
        let text = reader.read_file(file)?;
        let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
        all.extend(lines.map(|line| (class.clone(), line.to_owned())));
    }
    Ok(all)
}

fn wrong(path: &Path, line: u64, form: impl Into<String>) -> DataError {
    DataError::Form { path: path.to_owned(), line, form: form.into() }
}

fn is_labels(file: &Path) -> bool {
    stem(file).ends_with("labels")
}

/// Files of labels, each with the file of texts that its name tells.
fn paired(
    files: &[PathBuf],
    reader: &mut Reader,
    notes: &mut Vec<String>,
) -> Result<[Vec<Named>; 3], DataError> {
    let mut parts: [Vec<Named>; 3] = Default::default();
    let mut read: Vec<&PathBuf> = Vec::new();
    let mut filled: [Option<&PathBuf>; 3] = Default::default();
    for labels in files.iter().filter(|file| is_labels(file)) {
        let name = stem(labels);
        let prefix = name.trim_end_matches("labels");
        let split =
            split_named(&prefix.trim_end_matches(['_', '-', '.']).to_lowercase()).unwrap_or(0);
        if let Some(first) = filled[split].replace(labels) {
            let (first, second) = (first.clone(), labels.clone());
            return Err(DataError::AmbiguousSplit { split: Split::NAMES[split], first, second });
        }
        let texts = texts_of(files, labels, prefix)?;
        parts[split] = side_by_side(labels, texts, reader)?;
        read.extend([labels, texts]);
    }
    let unread: Vec<&PathBuf> = files.iter().filter(|file| !read.contains(file)).collect();
    if !unread.is_empty() {
        let not = if unread.len() == 1 { "is not read" } else { "are not read" };
        notes.push(format!("{} {not}, having no labels", named(unread)));
    }
    Ok(parts)
}

/// The file whose texts have these labels.
fn texts_of<'a>(
    files: &'a [PathBuf],
    labels: &Path,
    prefix: &str,
) -> Result<&'a PathBuf, DataError> {
    let rest = |file: &PathBuf| stem(file).strip_prefix(prefix).map(str::to_owned);
    let beside = |file: &&PathBuf| {
        let others = |rest: &str| prefix.is_empty() && rest.contains('_');
        !is_labels(file) && rest(file).is_some_and(|rest| !others(&rest))
    };
    let candidates: Vec<&PathBuf> = files.iter().filter(beside).collect();
    let known = |file: &&PathBuf| rest(file).is_some_and(|it| it == "reviews" || it == "texts");
    let known: Vec<&PathBuf> = candidates.iter().copied().filter(known).collect();
    match (candidates.as_slice(), known.as_slice()) {
        ([file], _) | (_, [file]) => Ok(file),
        ([], _) => {
            let form = format!("there is no file of texts beside it, `{prefix}reviews.txt`");
            Err(wrong(labels, 1, form))
        }
        (several, _) => {
            let files = named(several.iter().copied());
            let form = format!("its texts may be {files}: call them `{prefix}reviews.txt`");
            Err(wrong(labels, 1, form))
        }
    }
}

/// The lines of a file of labels with those of a file of texts. A line that is blank in both is none.
fn side_by_side(labels: &Path, texts: &Path, reader: &mut Reader) -> Result<Vec<Named>, DataError> {
    let classes = reader.read_file(labels)?;
    let bodies = reader.read_file(texts)?;
    fn lines(text: &str) -> std::str::Split<'_, char> {
        text.strip_suffix('\n').unwrap_or(text).split('\n')
    }
    let mut pairs = Vec::new();
    let (mut classes_left, mut bodies_left) = (lines(&classes), lines(&bodies));
    for line in 1.. {
        let (class, body) = match (classes_left.next(), bodies_left.next()) {
            (None, None) => break,
            (class, body) => (class.map(str::trim), body.map(str::trim)),
        };
        match (class.unwrap_or_default(), body.unwrap_or_default()) {
            ("", "") => {}
            (class, text) if class.is_empty() || body.is_none() => {
                let what = if text.is_empty() { "text" } else { "label" };
                let (file, other) = if text.is_empty() { (texts, labels) } else { (labels, texts) };
                let form = format!(
                    "there is no {what} here for line {line} of `{}` ({} labels for {} texts)",
                    other.display(),
                    lines(classes.trim_end()).count(),
                    lines(bodies.trim_end()).count()
                );
                return Err(wrong(file, line, form));
            }
            (class, text) => pairs.push((class.to_owned(), text.to_owned())),
        }
    }
    Ok(pairs)
}

/// Lines of a class, a tab and a text.
fn tabbed(path: &Path, text: &str) -> Result<Vec<Named>, DataError> {
    parse_lines(path, text, |line| match line.split_once('\t') {
        Some((class, text)) if !class.trim().is_empty() => {
            Ok((class.trim().to_owned(), text.trim().to_owned()))
        }
        _ => Err("a line must be a class, a tab and a text".to_owned()),
    })
}
