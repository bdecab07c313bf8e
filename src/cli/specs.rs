//! From paths on the command line to specs.

use super::failure::{Failure, exit, tell_spec};
use super::mistaken;
use crate::runs::find::is_trial;
use crate::spec::{self, Spec};
use crate::streams;
use std::path::{Path, PathBuf};

/// Reads all specs of some paths: files, and folders searched for `*.toml` in the order of their
/// names. Everything that is wrong with any of them is told.
pub(super) fn load(paths: &[PathBuf], overrides: &[String]) -> Result<Vec<Spec>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let found = search(path)?;
            if found.is_empty() {
                return Err(mistaken::folder(path));
            }
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    let mut specs = Vec::new();
    let mut wrong = false;
    for file in files {
        match spec::load(&file, overrides) {
            Ok(spec) => specs.push(spec),
            Err(errors) => {
                tell_spec(&errors);
                wrong = true;
            }
        }
    }
    if wrong { Err(Failure::told(exit::USAGE)) } else { Ok(specs) }
}

/// The specs below a folder, but not those that runs have left.
fn search(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let all = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    for entry in all.filter_entry(|entry| !is_trial(entry.path())) {
        let entry = entry.map_err(|error| {
            Failure::usage(miette::miette!("cannot search {}: {error}", folder.display()))
        })?;
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "toml") {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

/// Prints what is odd about specs that can run.
pub(super) fn warn(specs: &[Spec]) {
    for warning in specs.iter().flat_map(|spec| &spec.warnings) {
        streams::tell_of(warning);
    }
}
