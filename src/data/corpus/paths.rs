//! The files that `data.train`, `data.valid` and `data.test` name.

use super::files::{Kind, in_folder, named};
use super::find::{Corpus, Origin, is_absent, unreadable, what_is_read};
use super::splits::Files;
use crate::data::error::DataError;
use crate::data::split::Split;
use std::fs;
use std::path::{Path, PathBuf};

/// The texts of some splits, named each by itself. Without text to hold out the training text is cut.
pub(super) fn find_named(
    splits: [&[String]; 3],
    roots: &[PathBuf],
    kind: Kind,
) -> Result<Corpus, DataError> {
    let mut notes = Vec::new();
    let mut found: [Vec<PathBuf>; 3] = Default::default();
    for ((files, written), split) in found.iter_mut().zip(splits).zip(Split::NAMES) {
        for path in written {
            files.extend(files_at(split, path, roots, kind, &mut notes)?);
        }
        if files.len() > 1 {
            notes.push(format!("the {split} split is, in this order: {}", named(&*files)));
        }
    }
    check_apart(&found)?;
    let whole = found[1..].iter().all(Vec::is_empty);
    let path = found[0].first().cloned().unwrap_or_default();
    let described = Split::NAMES.iter().zip(&found).filter(|(_, files)| !files.is_empty());
    let described: Vec<String> =
        described.map(|(split, files)| format!("{split} {}", first_of(files))).collect();
    let files = match found {
        [train, ..] if whole => Files::Whole(train),
        splits => Files::Splits(splits),
    };
    Ok(Corpus { path, files, origin: Origin::Named(described.join(", ")), notes })
}

/// Some files in few words.
fn first_of(files: &[PathBuf]) -> String {
    let first = files.first().map_or_else(String::new, |file| file.display().to_string());
    match files.len() {
        0 | 1 => first,
        more => format!("{first} and {} more", more - 1),
    }
}

/// The files at a path or of a pattern, which is looked for in `roots` and then here; the first place
/// that has any is meant.
fn files_at(
    split: &'static str,
    written: &str,
    roots: &[PathBuf],
    kind: Kind,
    notes: &mut Vec<String>,
) -> Result<Vec<PathBuf>, DataError> {
    let path = expanded(written).map_err(|reason| DataError::Path {
        split,
        path: written.to_owned(),
        reason,
    })?;
    let here = PathBuf::new();
    let mut places: Vec<PathBuf> = Vec::new();
    for place in roots.iter().chain([&here]).map(|root| root.join(&path)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    for place in &places {
        match fs::metadata(place) {
            Ok(found) if found.is_dir() => return of_folder(place, kind, notes),
            Ok(_) => return Ok(vec![place.clone()]),
            Err(error) if is_absent(&error) => {}
            Err(source) => return Err(unreadable(place, source)),
        }
        let files = of_pattern(place).map_err(|error| DataError::Path {
            split,
            path: written.to_owned(),
            reason: error.to_string(),
        })?;
        if !files.is_empty() {
            return Ok(files);
        }
    }
    let places: Vec<String> = places.iter().map(|it| format!("`{}`", it.display())).collect();
    Err(DataError::NoFile { split, path: written.to_owned(), places: places.join(", ") })
}

/// All that is read in a folder, whatever the names.
fn of_folder(
    folder: &Path,
    kind: Kind,
    notes: &mut Vec<String>,
) -> Result<Vec<PathBuf>, DataError> {
    let found = in_folder(folder, kind)?;
    if found.read.is_empty() {
        let help = what_is_read(kind, None, &found.unread);
        return Err(DataError::Empty { path: folder.to_owned(), help });
    }
    notes.extend(found.notes);
    if !found.unread.is_empty() {
        let unread = named(&found.unread);
        notes.push(format!("not read, being hidden or of other endings: {unread}"));
    }
    Ok(found.read)
}

/// The files of a pattern, in the order of their names; none if it is no pattern.
fn of_pattern(path: &Path) -> Result<Vec<PathBuf>, glob::PatternError> {
    let pattern = path.to_string_lossy();
    if !pattern.contains(['*', '?', '[']) {
        return Ok(Vec::new());
    }
    let files = glob::glob(&pattern)?.filter_map(Result::ok).filter(|file| file.is_file());
    Ok(files.collect())
}

/// A path with `~` and `${NAME}` replaced; or why that cannot be.
fn expanded(written: &str) -> Result<String, String> {
    let variable =
        |name: &str| std::env::var(name).map_err(|_| format!("the environment has no `{name}`"));
    let mut path = String::new();
    let mut rest = match written.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
            path = variable("HOME").or_else(|error| variable("USERPROFILE").map_err(|_| error))?;
            rest
        }
        _ => written,
    };
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err("a `${` has no `}`".to_owned());
        };
        path += before;
        path += &variable(name)?;
        rest = after;
    }
    Ok(path + rest)
}

/// What is learned from cannot also judge.
fn check_apart(splits: &[Vec<PathBuf>; 3]) -> Result<(), DataError> {
    let mut seen: Vec<(PathBuf, &'static str)> = Vec::new();
    for (files, split) in splits.iter().zip(Split::NAMES) {
        for file in files {
            let target = file.canonicalize().unwrap_or_else(|_| file.clone());
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == target) {
                return Err(DataError::Shared { path: file.clone(), first, second: split });
            }
            seen.push((target, split));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(splits: [&[&str]; 3], root: &Path) -> Result<Corpus, DataError> {
        let splits =
            splits.map(|paths| paths.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        let [train, valid, test] = &splits;
        find_named([train, valid, test], &[root.to_owned()], Kind::Text)
    }

    #[test]
    fn files_folders_and_patterns_are_found_in_order() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("more")).unwrap();
        for name in
            ["part-2.txt", "part-1.txt", "dev.text", "more/b.txt", "more/a.txt", "more/x.md"]
        {
            std::fs::write(root.path().join(name), name).unwrap();
        }
        let corpus = found([&["part-*.txt", "more"], &["dev.text"], &[]], root.path()).unwrap();
        let Files::Splits(splits) = &corpus.files else { panic!("{corpus:?}") };
        let names = splits.each_ref().map(|files| {
            let names = files.iter().map(|file| file.strip_prefix(root.path()).unwrap());
            names.map(|name| name.display().to_string()).collect::<Vec<_>>()
        });
        assert_eq!(names[0], ["part-1.txt", "part-2.txt", "more/a.txt", "more/b.txt"]);
        assert_eq!(names[1], ["dev.text"]);
        assert!(names[2].is_empty());
        assert!(corpus.notes.iter().any(|note| note.contains("x.md")), "{:?}", corpus.notes);
        let whole = found([&["dev.text"], &[], &[]], root.path()).unwrap();
        assert!(matches!(whole.files, Files::Whole(files) if files.len() == 1));
    }

    #[test]
    fn what_is_not_there_and_what_is_there_twice_is_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a.txt"), "a").unwrap();
        let refused = |train, valid| found([&[train], &[valid], &[]], root.path()).unwrap_err();
        assert!(matches!(refused("b.txt", "a.txt"), DataError::NoFile { split: "train", .. }));
        assert!(matches!(refused("a.txt", "*.tsv"), DataError::NoFile { split: "valid", .. }));
        assert!(matches!(refused("a.txt", "./a.txt"), DataError::Shared { .. }));
        assert!(matches!(refused("${RUNNER_NOTHING}/a", "a.txt"), DataError::Path { .. }));
        assert!(matches!(refused("[", "a.txt"), DataError::Path { .. }));
    }

    #[test]
    fn variables_of_the_environment_are_put_in() {
        let path = std::env::var("PATH").unwrap();
        assert_eq!(expanded("a/${PATH}/b").unwrap(), format!("a/{path}/b"));
        assert_eq!(expanded("~x/$y").unwrap(), "~x/$y");
        assert!(expanded("~/a").unwrap().ends_with("/a"));
        assert!(expanded("${PATH").is_err());
    }
}
