//! Charts on disk: whole or not at all.

use std::{fs, io, path::Path};

use tempfile::{Builder, NamedTempFile};

use super::{error::ChartError, paint, scene::Scene};

/// Writes `<stem>.svg` and `<stem>.png` into a folder, which is created if need be.
pub(super) fn both(scene: &Scene, folder: &Path, stem: &str) -> Result<(), ChartError> {
    atomically(&folder.join(format!("{stem}.svg")), |temporary, path| {
        let document = paint::svg(scene).map_err(refused(path))?;
        fs::write(temporary, document).map_err(unwritten(path))
    })?;
    atomically(&folder.join(format!("{stem}.png")), |temporary, path| {
        paint::png(scene, temporary).map_err(refused(path))
    })
}

/// Lets `write` fill a temporary file beside `path`, then moves it there.
fn atomically(
    path: &Path,
    write: impl FnOnce(&Path, &Path) -> Result<(), ChartError>,
) -> Result<(), ChartError> {
    let temporary = beside(path).map_err(unwritten(path))?;
    write(temporary.path(), path)?;
    temporary.persist(path).map_err(|error| unwritten(path)(error.error))?;
    Ok(())
}

/// A temporary file with the ending of `path` (which tells the encoder the format) and the
/// permissions of any other new file. It is named as those of records are, which the next run of a
/// killed trial sweeps up.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let suffix = format!(".{ending}");
    let mut builder = Builder::new();
    builder.prefix(".new-").suffix(&suffix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn unwritten(path: &Path) -> impl Fn(io::Error) -> ChartError {
    |source| ChartError::Write { path: path.to_owned(), source }
}

fn refused(path: &Path) -> impl Fn(String) -> ChartError {
    |reason| ChartError::Draw { path: path.to_owned(), reason }
}
