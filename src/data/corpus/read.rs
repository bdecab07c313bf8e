//! From files to one text.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::files::open_regular;
use crate::spec::{Data, Level};

use crate::data::error::DataError;

/// Most bytes of (unpacked) text that are read where a spec does not say: a guard against gzip bombs, and
/// against files that are larger than memory. A byte becomes up to four of a token's number.
const LIMIT: u64 = 2 << 30;

/// Bytes that are compared at once.
const CHUNK: u64 = 1 << 16;

/// Reads files one after the other, and keeps account of their bytes.
pub(crate) struct Reader {
    level: Level,
    limit: u64,
    /// Bytes read so far, unpacked.
    pub(super) bytes: u64,
    sum: Sha256,
    /// Those read so far, in order.
    pub(super) files: Vec<PathBuf>,
    /// Those of them that hold nothing.
    pub(super) empty: Vec<PathBuf>,
    /// The sums of all, which tell copies.
    sums: Vec<[u8; 32]>,
    /// Copies, each with the file that was read before it.
    pub(super) copies: Vec<(PathBuf, PathBuf)>,
}

impl Reader {
    /// A reader for text of a corpus that will be cut into tokens at `level`.
    pub fn new(level: Level, data: &Data) -> Self {
        Self {
            level,
            limit: data.max_bytes.map_or(LIMIT, |bytes| bytes as u64),
            bytes: 0,
            sum: Sha256::new(),
            files: Vec::new(),
            empty: Vec::new(),
            sums: Vec::new(),
            copies: Vec::new(),
        }
    }

    /// The text of `files`, in order.
    ///
    /// At level `byte` that is every byte of every file, byte `b` as the character U+00b, so that
    /// all later stages deal with text only. At the other levels it is UTF-8 without byte order
    /// mark, line ends are `\n`, and a file that does not end in one is parted from the next by
    /// one.
    pub fn read(&mut self, files: &[PathBuf]) -> Result<String, DataError> {
        let mut text = String::new();
        for file in files {
            let part = self.read_file(file)?;
            if text.is_empty() {
                text = part;
                continue;
            }
            if self.level != Level::Byte && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&part);
        }
        Ok(text)
    }

    /// The sha256 of all bytes read, unpacked, in order; 64 hex digits.
    pub fn sha256(self) -> String {
        hex(&self.sum.finalize())
    }

    /// The text of one file.
    pub fn read_file(&mut self, path: &Path) -> Result<String, DataError> {
        let bytes = self.read_bytes(path)?;
        self.sum.update(&bytes);
        let own: [u8; 32] = Sha256::digest(&bytes).into();
        let before = self.sums.iter().position(|sum| *sum == own && !bytes.is_empty());
        let copy = before.map(|before| (path.to_owned(), self.files[before].clone()));
        self.copies.extend(copy);
        self.sums.push(own);
        self.files.push(path.to_owned());
        if bytes.is_empty() {
            self.empty.push(path.to_owned());
        }
        self.bytes += bytes.len() as u64;
        text_of(bytes, self.level).map_err(|error| {
            let position = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(position).copied().unwrap_or_default();
            DataError::NotUtf8 { path: path.to_owned(), position, byte }
        })
    }

    fn read_bytes(&self, path: &Path) -> Result<Vec<u8>, DataError> {
        let failed = |source| DataError::Read { path: path.to_owned(), source };
        let (file, len) = open(path)?;
        let left = self.limit.saturating_sub(self.bytes);
        if len > left {
            return Err(DataError::TooLarge { path: path.to_owned(), limit: self.limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
        if is_packed(path) {
            let unpacked = MultiGzDecoder::new(io::BufReader::new(file));
            unpacked
                .take(left + 1)
                .read_to_end(&mut bytes)
                .map_err(|source| DataError::Gzip { path: path.to_owned(), source })?;
        } else {
            file.take(left + 1).read_to_end(&mut bytes).map_err(failed)?;
        }
        if bytes.len() as u64 > left {
            return Err(DataError::TooLarge { path: path.to_owned(), limit: self.limit });
        }
        Ok(bytes)
    }
}

/// Whether a file's name ends in `.gz`.
pub(crate) fn is_packed(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

/// Opens a file of a corpus, and tells its length in bytes.
fn open(path: &Path) -> Result<(File, u64), DataError> {
    let failed = |source| DataError::Read { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(DataError::NotAFile { path: path.to_owned() });
    }
    open_regular(path).map_err(failed)
}

/// Whether a packed file holds what a plain one does.
pub(super) fn same_text(plain: &Path, packed: &Path) -> Result<bool, DataError> {
    let open = |path: &Path| open(path).map(|(file, _)| io::BufReader::new(file));
    let (mut one, mut other) = (open(plain)?, MultiGzDecoder::new(open(packed)?));
    let (mut a, mut b) = (Vec::new(), Vec::new());
    loop {
        a.clear();
        b.clear();
        let failed = |source| DataError::Read { path: plain.to_owned(), source };
        one.by_ref().take(CHUNK).read_to_end(&mut a).map_err(failed)?;
        let failed = |source| DataError::Gzip { path: packed.to_owned(), source };
        other.by_ref().take(CHUNK).read_to_end(&mut b).map_err(failed)?;
        if a != b {
            return Ok(false);
        }
        if a.is_empty() {
            return Ok(true);
        }
    }
}

/// The text of some bytes. At level `byte` byte `b` is the character U+00b; at the others it is UTF-8
/// without byte order mark, and line ends are `\n`.
pub(crate) fn text_of(bytes: Vec<u8>, level: Level) -> Result<String, FromUtf8Error> {
    if level == Level::Byte {
        return Ok(latin1(&bytes));
    }
    let mut text = String::from_utf8(bytes)?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text })
}

/// Bytes as characters, byte `b` as U+00b.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

pub(crate) use crate::files::hex;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn no_more_text_is_read_than_the_limit_however_well_it_is_packed() {
        let folder = tempfile::TempDir::new().unwrap();
        let (plain, packed) = (folder.path().join("a.txt"), folder.path().join("b.txt.gz"));
        fs::write(&plain, [b'a'; 1000]).unwrap();
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        bomb.write_all(&[b'a'; 1000]).unwrap();
        fs::write(&packed, bomb.finish().unwrap()).unwrap();
        let read = |limit, files: &[PathBuf]| {
            let mut reader = Reader { limit, ..Reader::new(Level::Char, &Data::default()) };
            reader.read(files).map(|text| text.len())
        };
        for file in [&plain, &packed] {
            assert_eq!(read(1000, std::slice::from_ref(file)).unwrap(), 1000);
            let error = read(999, std::slice::from_ref(file)).unwrap_err();
            assert!(matches!(error, DataError::TooLarge { limit: 999, .. }), "{error}");
        }
        assert_eq!(read(2000, &[plain.clone(), packed.clone()]).unwrap(), 2001);
        assert!(read(1999, &[plain, packed]).is_err());
    }
}
