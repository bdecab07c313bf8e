//! Files that are whole or not there.

use super::error::{RecordError, failed};
use super::fault;
use super::folders::no_link;
use super::links::above;
use crate::platform;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// What temporary files begin with. Those of a process that was killed are left behind.
pub const TEMPORARY: &str = ".new-";

/// What of a file must have come to the disk once it is written. A sync takes milliseconds, and a
/// trial writes many files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Its bytes and its name.
    All,
    /// Its bytes, before its name stands for them. After a power cut the old file may be there.
    Bytes,
    /// Nothing: after a power cut it may be lost or empty, and the next run writes it again.
    Nothing,
}

/// [`write_synced`] for a file that a person has named, whose folder may be a symbolic link.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let folder = above(path).canonicalize().map_err(failed(path))?;
    let name = path.file_name().unwrap_or_default();
    write_synced(&folder.join(name), bytes, Sync::All)
        .map_err(|error| RecordError { path: path.display().to_string(), ..error })
}

/// Writes a file so that at every moment, power cuts included, either the old one or the new one
/// is there: into a temporary file beside it, to the disk, and over. A link in its place goes, and
/// its folder must be none: what a run leaves stays in its folders.
///
/// # Errors
/// When the folder cannot be written to or the disk is full; the old file then stays.
pub fn write_synced(path: &Path, bytes: &[u8], sync: Sync) -> Result<(), RecordError> {
    write_whole_with(path, sync, |new| fs::write(new, bytes), |_| Ok(()))
}

/// [`write_synced`], where `write` writes the temporary file. When that is on the disk and has
/// not yet taken the place of the old file, `before` is called with it.
pub fn write_whole_with(
    path: &Path,
    sync: Sync,
    write: impl FnOnce(&Path) -> io::Result<()>,
    before: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), RecordError> {
    let folder = &above(path);
    let replace = || {
        fault::point();
        no_link(folder)?;
        let file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        fault::point();
        write(file.path())?;
        fault::point();
        // Opened anew: `write` may have put another file in the place of ours.
        let written = File::options().append(true).open(file.path())?;
        if sync != Sync::Nothing {
            written.sync_all()?;
        }
        platform::let_all_read(&written)?;
        before(file.path())?;
        fault::point();
        file.persist(path).map_err(|error| error.error)?;
        fault::point();
        if sync == Sync::All { platform::sync_folder(folder) } else { Ok(()) }
    };
    replace().map_err(failed(path))
}

/// Removes a file; that it is not there is no error.
pub fn remove(path: &Path) -> Result<(), RecordError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        _ => Ok(()),
    }
}

/// Removes the temporary files that killed processes left in a folder. Only for a folder in which
/// no one else writes.
pub fn sweep_up(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            // What cannot be removed does no harm.
            let _ = fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path()));
        }
    }
}
