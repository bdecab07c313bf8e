//! Folders that are what their paths say, and no links to others.

use super::error::{RecordError, failed};
use super::links::{Foreign, above, is_name};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Refuses a symbolic link in the place of a folder.
pub(super) fn no_link(folder: &Path) -> io::Result<()> {
    if folder.is_symlink() {
        let (path, folder) = (folder.to_owned(), above(folder));
        return Err(io::Error::other(Foreign::Link { path, folder }));
    }
    Ok(())
}

/// Makes a folder that a person has named, and those above it.
pub fn make_folder(path: &Path) -> Result<(), RecordError> {
    fs::create_dir_all(path).map_err(failed(path))
}

/// Makes a folder below one that a person has named, which is made too: its path. The names lead from
/// one to the other; what stands in between must be folders, not links to some.
pub fn make_below(root: &Path, names: &[&str]) -> Result<PathBuf, RecordError> {
    make_folder(root)?;
    let mut path = root.to_owned();
    for name in names {
        if !is_name(name) {
            let path = format!("{}/{}", root.display(), names.join("/"));
            let source = io::Error::other("it would not stand below it");
            return Err(RecordError { path, source });
        }
        path.push(name);
        let made = match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
                no_link(&path)
            }
            made => made,
        };
        made.map_err(failed(&path))?;
    }
    Ok(path)
}
