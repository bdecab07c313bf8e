//! Regular files. A device, a FIFO or a socket in the place of one neither hangs nor fills the memory.

use crate::machine::memory;
use crate::platform;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::LazyLock;

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// When it is not there, no regular file, too large, or cannot be read.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, len) = open_regular(path)?;
    if len > limit {
        return Err(io::Error::other(format!("it has {len} bytes, more than fit here")));
    }
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a regular file that the memory of this machine holds.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    static MEMORY: LazyLock<u64> = LazyLock::new(memory);
    read_regular(path, *MEMORY)
}

/// Opens a regular file, and tells its length in bytes.
pub fn open_regular(path: &Path) -> io::Result<(File, u64)> {
    let regular = |found: fs::Metadata| match found.is_file() {
        true => Ok(found.len()),
        false => Err(io::Error::other("it is not a regular file")),
    };
    // Asked before, as opening a device may do something, and after, of what was opened.
    regular(fs::metadata(path)?)?;
    let mut options = File::options();
    // A FIFO may have come between.
    platform::do_not_wait(&mut options);
    let file = options.read(true).open(path)?;
    let len = regular(file.metadata()?)?;
    Ok((file, len))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_read() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::write(at("file"), "text").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap();
        assert!(made.success());
        assert_eq!(read_regular(&at("link"), 4).unwrap(), b"text");
        assert!(read_regular(&at("file"), 3).is_err());
        for special in [at("fifo"), at("socket"), place.path().to_owned(), "/dev/zero".into()] {
            let error = read_regular(&special, 1 << 20).unwrap_err();
            assert_eq!(error.to_string(), "it is not a regular file", "{}", special.display());
        }
    }
}
