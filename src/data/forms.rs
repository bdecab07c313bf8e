//! The forms in which a corpus has texts with a class each.
//!
//! - a folder of files, one class each, named after it, with a text a line (`names/Greek.txt`);
//! - pairs of files, `reviews.txt` and `labels.txt`, line by line; `train_…` and `test_…` before
//!   both names make ready-made parts;
//! - one file, or `train.txt`, `valid.txt` and `test.txt`, with a class, a tab and a text a line.

use std::path::{Path, PathBuf};

use super::corpus::{Corpus, Files};
use super::error::DataError;
use super::read::Reader;

/// A class and a text.
pub(super) type Named = (String, String);

/// The parts that a corpus comes in: train, valid, test.
pub(super) fn read(corpus: &Corpus, reader: &mut Reader) -> Result<[Vec<Named>; 3], DataError> {
    let mut parts: [Vec<Named>; 3] = Default::default();
    let files = match &corpus.files {
        Files::Splits(files) => {
            for (part, file) in parts.iter_mut().zip(files) {
                if let Some(file) = file {
                    part.extend(tabbed(file, &reader.read(std::slice::from_ref(file))?)?);
                }
            }
            return Ok(parts);
        }
        Files::Whole(files) => files,
    };
    let labels: Vec<&PathBuf> =
        files.iter().filter(|file| stem(file).ends_with("labels")).collect();
    if let ([file], true) = (files.as_slice(), labels.is_empty()) {
        parts[0] = tabbed(file, &reader.read(std::slice::from_ref(file))?)?;
        return Ok(parts);
    }
    if labels.is_empty() {
        for file in files {
            let class = stem(file);
            let text = reader.read(std::slice::from_ref(file))?;
            parts[0].extend(lines(&text).map(|line| (class.clone(), line.to_owned())));
        }
        return Ok(parts);
    }
    for labels in labels {
        let name = stem(labels);
        let prefix = name.trim_end_matches("labels");
        let mate = files.iter().find(|file| {
            let name = stem(file);
            let others = prefix.is_empty() && name.contains('_');
            *file != labels && name.starts_with(prefix) && !others
        });
        let Some(texts) = mate else {
            let form = format!("there is no file of texts beside it, `{prefix}reviews.txt`");
            return Err(DataError::Form { path: labels.clone(), line: 1, form });
        };
        let part = match prefix.trim_end_matches(['_', '-', '.']) {
            "valid" | "val" | "validation" => 1,
            "test" => 2,
            _ => 0,
        };
        let names = reader.read(std::slice::from_ref(labels))?;
        let bodies = reader.read(std::slice::from_ref(texts))?;
        let (names, bodies): (Vec<&str>, Vec<&str>) =
            (lines(&names).collect(), lines(&bodies).collect());
        if names.len() != bodies.len() {
            let form = format!("{} labels for {} texts", names.len(), bodies.len());
            return Err(DataError::Form { path: labels.clone(), line: names.len() as u64, form });
        }
        let pairs = names.into_iter().zip(bodies);
        parts[part].extend(pairs.map(|(class, text)| (class.to_owned(), text.to_owned())));
    }
    Ok(parts)
}

/// The lines of a text that are not blank, without white space at their ends.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty())
}

/// The name of a file without its endings.
fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".txt").unwrap_or(name).to_owned()
}

/// Lines of a class, a tab and a text.
fn tabbed(path: &Path, text: &str) -> Result<Vec<Named>, DataError> {
    let lines = text.split('\n').zip(1u64..).filter(|(line, _)| !line.trim().is_empty());
    let pair = |(line, number): (&str, u64)| match line.split_once('\t') {
        Some((class, text)) if !class.trim().is_empty() => {
            Ok((class.trim().to_owned(), text.trim().to_owned()))
        }
        _ => {
            let form = "a line must be a class, a tab and a text".to_owned();
            Err(DataError::Form { path: path.to_owned(), line: number, form })
        }
    };
    lines.map(pair).collect()
}
