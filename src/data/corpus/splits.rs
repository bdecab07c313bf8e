//! Ready-made splits: what the names of files claim to be.
//!
//! A name claims a split by a word in it (`ptb.train.txt`, `dev.tsv`, `train-00001-of-00002.txt.gz`), or
//! a folder in its path by being called so. Numbered files of one split follow one another.

use std::path::{Path, PathBuf};

use super::files::{UNCLEAR, named, split_named as word, stem};
use crate::data::error::DataError;
use crate::data::split::Split;

/// What is read, in order.
#[derive(Debug, PartialEq)]
pub(crate) enum Files {
    /// One text, to be cut into splits.
    Whole(Vec<PathBuf>),
    /// Ready-made splits: train, valid, test.
    Splits([Vec<PathBuf>; 3]),
}

/// What a name claims.
#[derive(Clone, Debug, PartialEq)]
struct Claim {
    /// The place of the split; `None` if the name does not say which.
    split: Option<usize>,
    /// Whether the name alone is enough to take it for a split.
    sure: bool,
    /// The rest of the name: what files of one split have in common.
    family: String,
    /// Its numbers, which tell files of one split apart.
    numbers: Vec<String>,
}

/// What the path of a file, as seen from the folder of the corpus, claims.
fn claim(path: &Path) -> Option<Claim> {
    let by_name = claim_of_name(&stem(path));
    let folders = path.parent().into_iter().flat_map(Path::components);
    let folders: Vec<String> =
        folders.map(|it| it.as_os_str().to_string_lossy().to_lowercase()).collect();
    let splits = folders.iter().enumerate().find_map(|(at, name)| Some((at, word(name)?)));
    let Some((at, split)) = splits else { return by_name };
    let agrees = by_name.is_none_or(|claim| claim.split == Some(split));
    // In such a folder all files are of its split, whatever their names.
    let numbers = vec![path.to_string_lossy().into_owned()];
    let family = folders[..=at].join("/");
    Some(Claim { split: agrees.then_some(split), sure: true, family, numbers })
}

fn claim_of_name(stem: &str) -> Option<Claim> {
    let name = stem.to_lowercase();
    let mut numbers = Vec::new();
    let mut words = Vec::new();
    for part in name.split(['.', '_', '-', ' ']).filter(|part| !part.is_empty()) {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let known = word(letters).is_some() || UNCLEAR.contains(&letters);
        match letters.is_empty() || known {
            true => {
                numbers.extend(Some(&part[letters.len()..]).filter(|it| !it.is_empty()));
                words.extend(Some(letters).filter(|it| !it.is_empty()));
            }
            // `train-00001-of-00002`
            false if part == "of" && !numbers.is_empty() => {}
            false => words.push(part),
        }
    }
    let splits: Vec<usize> = words.iter().filter_map(|it| word(it)).collect();
    let unclear = words.iter().any(|it| UNCLEAR.contains(it));
    let split = match splits.as_slice() {
        [] if !unclear => return None,
        [split] if !unclear => Some(*split),
        _ => None,
    };
    let outer = [words.first(), words.last()].into_iter().flatten();
    let sure = match split {
        Some(_) => outer.into_iter().any(|it| word(it).is_some()),
        None => words.len() == 1,
    };
    let rest = words.iter().filter(|it| word(it).is_none());
    let family = rest.copied().collect::<Vec<_>>().join(".");
    Some(Claim { split, sure, family, numbers: numbers.into_iter().map(str::to_owned).collect() })
}

/// Sorts the files of a folder into splits if their names claim so. What should be known of it is added
/// to `notes`.
///
/// # Errors
/// When some files claim to be splits and it cannot be known which files are meant.
pub(super) fn by_split(
    folder: &Path,
    files: Vec<PathBuf>,
    notes: &mut Vec<String>,
) -> Result<Files, DataError> {
    let seen = |file: &PathBuf| claim(file.strip_prefix(folder).unwrap_or(file));
    let claims: Vec<Option<Claim>> = files.iter().map(seen).collect();
    let all = || claims.iter().flatten();
    let mut kinds: Vec<Option<usize>> = all().map(|claim| claim.split).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if !all().any(|claim| claim.sure) && kinds.len() < 2 {
        return Ok(Files::Whole(files));
    }
    let mut splits: [Vec<(PathBuf, Claim)>; 3] = Default::default();
    let mut others = Vec::new();
    for (file, claim) in files.iter().cloned().zip(claims) {
        match claim {
            None => others.push(file),
            Some(Claim { split: None, .. }) => return Err(DataError::UnclearSplit { path: file }),
            Some(claim @ Claim { split: Some(split), .. }) => splits[split].push((file, claim)),
        }
    }
    for (split, name) in splits.iter().zip(Split::NAMES) {
        check_family(split, name)?;
    }
    let splits = splits.map(|split| split.into_iter().map(|it| it.0).collect::<Vec<_>>());
    let evaluated = splits[1..].concat();
    if splits[0].is_empty() {
        let (folder, files) = (folder.to_owned(), named(&evaluated));
        return Err(DataError::NoTrainingFile { folder, files });
    }
    if evaluated.is_empty() && !others.is_empty() {
        let (train, others) = (named(&splits[0]), named(&others));
        return Err(DataError::OnlyTrainingFile { train, others });
    }
    for (split, name) in splits.iter().zip(Split::NAMES).filter(|(split, _)| split.len() > 1) {
        notes.push(format!("the {name} split is, in this order: {}", named(split)));
    }
    notes.extend(of_no_split(&others));
    Ok(Files::Splits(splits))
}

/// A note of files that are of no split.
fn of_no_split(others: &[PathBuf]) -> Option<String> {
    let rest = match others.len() {
        0 => return None,
        1 => "belongs to no split and is not read",
        _ => "belong to no split and are not read",
    };
    Some(format!("{} {rest}", named(others)))
}

/// Whether the files of one split are parts of one text: numbered, and called alike otherwise.
fn check_family(files: &[(PathBuf, Claim)], split: &'static str) -> Result<(), DataError> {
    let Some((first, one)) = files.first() else { return Ok(()) };
    for (place, (second, other)) in files.iter().enumerate().skip(1) {
        let again = || files[..place].iter().any(|(_, before)| before.numbers == other.numbers);
        if one.family != other.family || one.numbers.len() != other.numbers.len() || again() {
            let (first, second) = (first.clone(), second.clone());
            return Err(DataError::AmbiguousSplit { split, first, second });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_use_are_understood() {
        let of = |name: &str| claim(Path::new(name)).map(|claim| claim.split);
        for (split, names) in [
            (0, &["train.txt", "ptb.train.txt.gz", "TRAIN.TXT", "train_1.txt", "train-2.tsv"][..]),
            (0, &["wiki.train.tokens", "training.csv", "train-00001-of-00002.txt", "ptb.train.gz"]),
            (0, &["train/a.txt", "Train/x/b.txt", "corpus_train_v2.txt", "train1.txt"]),
            (1, &["valid.TXT", "VALID.txt", "dev.txt", "my-val.text", "development.txt"]),
            (2, &["test.txt", "testing.tsv.gz", "a_test.txt", "test/part.txt"]),
        ] {
            for name in names {
                assert_eq!(of(name), Some(Some(split)), "{name}");
            }
        }
        for name in ["eval.txt", "train_test.txt", "train/test.txt", "my.heldout.txt"] {
            assert_eq!(of(name), Some(None), "{name}");
        }
        for name in ["a.txt", "contest.txt", "devil.txt", "trains.txt", "episode_01.txt", "of.txt"]
        {
            assert_eq!(of(name), None, "{name}");
        }
    }

    fn sorted(names: &[&str]) -> Result<(Files, Vec<String>), DataError> {
        let mut notes = Vec::new();
        let files = names.iter().map(PathBuf::from).collect();
        by_split(Path::new(""), files, &mut notes).map(|files| (files, notes))
    }

    #[test]
    fn numbered_files_of_a_split_follow_one_another() {
        let (files, notes) = sorted(&["train_1.txt", "train_2.txt", "valid.txt"]).unwrap();
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let train = paths(&["train_1.txt", "train_2.txt"]);
        assert_eq!(files, Files::Splits([train, paths(&["valid.txt"]), Vec::new()]));
        assert_eq!(notes, ["the train split is, in this order: `train_1.txt`, `train_2.txt`"]);
        for twice in [
            ["train.txt", "train_1.txt"],
            ["train.txt", "train_small.txt"],
            ["train_1.txt", "train-1.txt"],
            ["train_v1.txt", "train_v2.txt"],
        ] {
            let error = sorted(&[twice[0], twice[1], "valid.txt"]).unwrap_err();
            assert!(matches!(error, DataError::AmbiguousSplit { .. }), "{twice:?}: {error}");
        }
    }

    #[test]
    fn what_may_be_a_split_is_never_pooled() {
        let error = |names: &[&str]| sorted(names).unwrap_err();
        assert!(matches!(error(&["a.txt", "valid.txt"]), DataError::NoTrainingFile { .. }));
        assert!(matches!(
            error(&["a.txt", "x_test_y.txt", "z_dev_w.txt"]),
            DataError::NoTrainingFile { .. }
        ));
        assert!(matches!(error(&["a.txt", "train.txt"]), DataError::OnlyTrainingFile { .. }));
        assert!(matches!(error(&["eval.txt", "train.txt"]), DataError::UnclearSplit { .. }));
        assert!(matches!(error(&["train/test.txt", "valid.txt"]), DataError::UnclearSplit { .. }));
        for names in [&["a.txt", "b.txt"][..], &["a_test_of_will.txt"]] {
            assert!(
                matches!(sorted(names), Ok((Files::Whole(files), _)) if files.len() == names.len())
            );
        }
        let (files, notes) =
            sorted(&["dev/a.txt", "dev/b.txt", "notes.txt", "train/c.txt"]).unwrap();
        assert!(matches!(files, Files::Splits([train, valid, test])
            if (train.len(), valid.len(), test.len()) == (1, 2, 0)));
        assert_eq!(notes.len(), 2, "{notes:?}");
    }
}
