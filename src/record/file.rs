//! Files that are whole or not there.

use crate::train::RecordError;
use std::io;
use std::path::Path;

/// Turns an I/O error into one that names the file.
pub fn failed(path: &Path) -> impl FnOnce(io::Error) -> RecordError + '_ {
    move |source| RecordError { path: path.display().to_string(), source }
}

/// Writes a file so that at every moment either the old one or the new one is there: into a
/// temporary file beside it, to the disk, and over.
///
/// # Errors
/// When the folder cannot be written to or the disk is full; the old file then stays.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    write_whole_with(path, |new| std::fs::write(new, bytes))
}

/// [`write_whole`], where `write` writes the temporary file.
///
/// # Errors
/// As [`write_whole`], and what `write` fails with.
pub fn write_whole_with(
    path: &Path,
    write: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), RecordError> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let replace = || {
        let file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
        write(file.path())?;
        file.as_file().sync_all()?;
        // A temporary file is its owner's alone; results are for everyone who may read the folder.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    replace().map_err(failed(path))
}

/// Makes a folder and those above it.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> Result<(), RecordError> {
    std::fs::create_dir_all(path).map_err(failed(path))
}
