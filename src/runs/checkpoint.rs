//! Checkpoints: a [`Snapshot`], the files that go with it and a checksum, as one safetensors file.
//!
//! Beside the tensors of the snapshot it has the bytes of `metrics.csv`, `timing.csv`,
//! `samples.txt` and `model.safetensors` as tensors of type U8. So a checkpoint alone is enough to
//! go on, whatever has happened to the other files of the trial.
//!
//! The checksum stands in the metadata: the SHA-256 of the file with 64 zeros in its place.

use super::paths::Paths;
use crate::files::{Summing, Sync, failed, open_regular, read_regular, sha256, write_whole_with};
use crate::machine::memory;
use crate::nn::weights::{bytes_of, numbers_of};
use crate::train::{Progress, RecordError, Snapshot};
use safetensors::tensor::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The key of the metadata under which all that is no tensor stands.
const KEY: &str = "runner";
/// What stands before the checksum in the file, and nowhere else before it.
const BEFORE_SUM: &str = "{\"__metadata__\":{\"sha256\":\"";
/// Digits of the checksum.
const DIGITS: usize = 64;
/// What the names of the tensors begin with that are files.
const FILE: &str = "file/";

/// Whose state it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The version of this program.
    pub version: String,
    /// SHA-256 of the resolved spec.
    pub spec_sha256: String,
    /// SHA-256 of the text.
    pub data_sha256: String,
}

/// What a checkpoint holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint<'a> {
    /// Whose state it is.
    pub identity: Identity,
    /// The state.
    pub snapshot: Snapshot<'a>,
    /// How long it was trained.
    pub spent: Spent,
    /// The trial's files, by name.
    pub files: Vec<(String, Contents<'a>)>,
}

/// Time spent on a trial, in all its runs together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Seconds since it was begun.
    pub seconds: f64,
    /// Seconds since the last row of `metrics.csv`.
    pub in_row: f64,
    /// Training tokens since that row.
    pub tokens_in_row: u64,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents<'a> {
    /// These bytes.
    Bytes(Cow<'a, [u8]>),
    /// The bytes of another file, copied piece by piece: it must have this length and SHA-256.
    Copy {
        /// The other file.
        from: PathBuf,
        /// Its bytes.
        len: u64,
        /// SHA-256.
        sha256: String,
    },
}

impl Contents<'_> {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Copy { len, .. } => *len,
        }
    }
}

/// What stands in the file beside the tensors.
#[derive(Serialize, Deserialize)]
struct Beside {
    #[serde(flatten)]
    identity: Identity,
    progress: Progress,
    #[serde(default)]
    spent: Spent,
}

/// A checkpoint that cannot be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the checkpoint cannot be used: {0}")]
#[diagnostic(code(record::checkpoint), help("start over with --fresh"))]
pub struct CheckpointError(String);

/// Writes a checkpoint into a file.
///
/// # Errors
/// When the file cannot be written, or a file that belongs into it is not what it should be.
pub fn write(checkpoint: &Checkpoint<'_>, path: &Path) -> io::Result<()> {
    let header = header(checkpoint)?;
    let file = BufWriter::new(File::create(path)?);
    let mut out = Summing::new(file);
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    for (_, numbers) in &checkpoint.snapshot.tensors {
        out.write_all(&bytes_of(numbers))?;
    }
    for (_, contents) in &checkpoint.files {
        match contents {
            Contents::Bytes(bytes) => out.write_all(bytes)?,
            Contents::Copy { from, len, sha256 } => copy(from, *len, sha256, &mut out)?,
        }
    }
    let (file, sum) = out.end();
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start((8 + BEFORE_SUM.len()) as u64))?;
    file.write_all(sum.as_bytes())
}

/// The header of the file, the checksum still zeros, padded to a multiple of 8 bytes.
fn header(checkpoint: &Checkpoint<'_>) -> io::Result<String> {
    let Checkpoint { identity, snapshot, spent, files } = checkpoint;
    let (identity, progress) = (identity.clone(), snapshot.progress.clone());
    let beside = Beside { identity, progress, spent: *spent };
    let metadata = json!({ "sha256": "0".repeat(DIGITS), KEY: serde_json::to_string(&beside)? });
    let numbers = snapshot
        .tensors
        .iter()
        .map(|(name, numbers)| (name.clone(), "F32", numbers.len() as u64, 4));
    let files = files.iter().map(|(name, file)| (format!("{FILE}{name}"), "U8", file.len(), 1));
    let mut entries = Map::from_iter([("__metadata__".to_owned(), metadata)]);
    let mut end = 0;
    for (name, dtype, len, size) in numbers.chain(files) {
        let start = end;
        end += len * size;
        let entry = json!({ "dtype": dtype, "shape": [len], "data_offsets": [start, end] });
        entries.insert(name, entry);
    }
    let mut text = Value::Object(entries).to_string();
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    Ok(text)
}

/// Copies a file that must be the one it is taken for.
fn copy(from: &Path, len: u64, sha256: &str, out: &mut impl Write) -> io::Result<()> {
    let mut both = Summing::new(out);
    let copied = io::copy(&mut open_regular(from)?.0.take(len + 1), &mut both)?;
    if copied == len && both.end().1 == sha256 {
        return Ok(());
    }
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    Err(io::Error::other(format!("{name} is no longer what was written: someone changed it")))
}

/// Reads a checkpoint.
///
/// # Errors
/// When the bytes are no checkpoint, or have changed since they were written.
pub fn from_bytes(bytes: &[u8]) -> Result<Checkpoint<'static>, CheckpointError> {
    let failed = |error: &dyn std::fmt::Display| CheckpointError(error.to_string());
    let metadata = check(bytes)?;
    let beside: Beside = serde_json::from_str(&metadata).map_err(|error| failed(&error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| failed(&error))?;
    let mut checkpoint = Checkpoint {
        identity: beside.identity,
        snapshot: Snapshot { progress: beside.progress, tensors: Vec::new() },
        spent: beside.spent,
        files: Vec::new(),
    };
    let mut tensors = file.tensors();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, view) in tensors {
        match (name.strip_prefix(FILE), view.dtype()) {
            (Some(name), Dtype::U8) => {
                let contents = Contents::Bytes(Cow::Owned(view.data().to_vec()));
                checkpoint.files.push((name.to_owned(), contents));
            }
            (None, Dtype::F32) => {
                checkpoint.snapshot.tensors.push((name, Cow::Owned(numbers_of(view.data()))));
            }
            (_, dtype) => return Err(CheckpointError(format!("{name} is of type {dtype:?}"))),
        }
    }
    Ok(checkpoint)
}

/// Compares the checksum; what the file says beside its tensors.
fn check(bytes: &[u8]) -> Result<String, CheckpointError> {
    let damaged = || CheckpointError("it is damaged or cut off".to_owned());
    if !is_whole(bytes).unwrap_or(false) {
        return Err(damaged());
    }
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|_| damaged())?;
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    text.cloned().ok_or_else(|| CheckpointError("it has no progress".to_owned()))
}

/// Whether a file is a checkpoint as it was written.
pub(crate) fn is_good(path: &Path) -> bool {
    open_regular(path).and_then(|(file, _)| is_whole(BufReader::new(file))).unwrap_or(false)
}

/// Whether the checksum of a checkpoint is right.
fn is_whole(mut file: impl Read) -> io::Result<bool> {
    let mut begin = [0; 8 + BEFORE_SUM.len()];
    let mut sum = [0; DIGITS];
    file.read_exact(&mut begin)?;
    file.read_exact(&mut sum)?;
    let mut found = Summing::new(io::sink());
    found.write_all(&begin)?;
    found.write_all(&[b'0'; DIGITS])?;
    io::copy(&mut file, &mut found)?;
    let (_, found) = found.end();
    Ok(begin[8..] == *BEFORE_SUM.as_bytes() && found.as_bytes() == sum)
}

/// The same bytes with the checksum that they should have, if they are long enough to have one:
/// for tests, which could not come past it otherwise.
pub fn with_right_sum(bytes: &[u8]) -> Option<Vec<u8>> {
    let start = 8 + BEFORE_SUM.len();
    let mut bytes = bytes.to_vec();
    bytes.get_mut(8..start)?.copy_from_slice(BEFORE_SUM.as_bytes());
    bytes.get_mut(start..start + DIGITS)?.fill(b'0');
    let sum = sha256(&bytes);
    bytes[start..start + DIGITS].copy_from_slice(sum.as_bytes());
    Some(bytes)
}

/// Saves a checkpoint of a trial. It is read back before it takes the place of the last one, and
/// that one is kept as the one before.
///
/// # Errors
/// When it cannot be written, or does not read back; the old ones then stay.
pub fn save(checkpoint: &Checkpoint<'_>, paths: &Paths) -> Result<(), RecordError> {
    let last = paths.checkpoint();
    let keep_last = |new: &Path| {
        if !is_whole(File::open(new)?)? {
            return Err(io::Error::other("what was written does not read back: a failing disk?"));
        }
        match fs::rename(&last, paths.previous()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    };
    write_whole_with(&last, Sync::All, |new| write(checkpoint, new), keep_last)
}

/// The last checkpoint of a trial that is good, if there is any. What is wrong with a later one
/// is said by `notice`.
///
/// # Errors
/// When one is there that the system does not let us read.
pub fn last_good(
    paths: &Paths,
    notice: &dyn Fn(&str),
) -> Result<Option<Checkpoint<'static>>, RecordError> {
    for path in [paths.checkpoint(), paths.previous()] {
        let bytes = match read_regular(&path, memory() / 2) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read.map_err(failed(&path))?,
        };
        match from_bytes(&bytes) {
            Ok(checkpoint) => return Ok(Some(checkpoint)),
            Err(error) => notice(&format!("{}: {error}; taking an earlier one", path.display())),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn checkpoint() -> Checkpoint<'static> {
        let sum = || "0123".to_owned();
        let tensors = vec![
            ("a.weight".to_owned(), Cow::Owned(vec![1.5, -0.0, f32::MIN_POSITIVE])),
            ("b".to_owned(), Cow::Owned(vec![0.25; 40])),
        ];
        let progress = Progress { step: 7, grad_norms: 0.1 + 0.2, ..Progress::default() };
        let text = Contents::Bytes(Cow::Owned(b"epoch,step\n1,2\n".to_vec()));
        Checkpoint {
            identity: Identity { version: "1".into(), spec_sha256: sum(), data_sha256: sum() },
            snapshot: Snapshot { progress, tensors },
            spent: Spent { seconds: 2.5, in_row: 0.5, tokens_in_row: 3 },
            files: vec![("metrics.csv".to_owned(), text)],
        }
    }

    fn bytes_of_one() -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(&checkpoint(), file.path()).unwrap();
        fs::read(file.path()).unwrap()
    }

    #[test]
    fn a_checkpoint_comes_back_as_it_was() {
        let bytes = bytes_of_one();
        assert_eq!(from_bytes(&bytes).unwrap(), checkpoint());
        assert!(SafeTensors::deserialize(&bytes).is_ok());
    }

    #[test]
    fn a_copied_file_must_be_the_one_it_is_taken_for() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("model"), folder.path().join("state"));
        fs::write(&from, b"weights").unwrap();
        let copy = Contents::Copy { from: from.clone(), len: 7, sha256: sha256(b"weights") };
        let files = vec![("model".to_owned(), copy)];
        let checkpoint = Checkpoint { files, ..checkpoint() };
        write(&checkpoint, &to).unwrap();
        let read = from_bytes(&fs::read(&to).unwrap()).unwrap();
        assert_eq!(read.files[0].1, Contents::Bytes(Cow::Owned(b"weights".to_vec())));
        for changed in [&b"weighty"[..], b"weigh", b"weights!"] {
            fs::write(&from, changed).unwrap();
            assert!(write(&checkpoint, &to).is_err());
        }
    }

    #[test]
    fn of_two_the_last_good_one_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths(folder.path().to_owned());
        fs::create_dir(folder.path().join("checkpoint")).unwrap();
        let at = |step| {
            let mut checkpoint = checkpoint();
            checkpoint.snapshot.progress.step = step;
            checkpoint
        };
        let told = std::cell::RefCell::new(Vec::new());
        let last = || {
            let notice = |line: &str| told.borrow_mut().push(line.to_owned());
            last_good(&paths, &notice).unwrap().map(|found| found.snapshot.progress.step)
        };
        assert_eq!(last(), None);
        for step in 1..=3 {
            save(&at(step), &paths).unwrap();
        }
        assert_eq!(last(), Some(3));
        assert!(told.borrow().is_empty());
        fs::write(paths.checkpoint(), b"torn").unwrap();
        assert_eq!(last(), Some(2));
        assert_eq!(told.borrow().len(), 1);
        // A process can die between the two renames.
        fs::remove_file(paths.checkpoint()).unwrap();
        assert_eq!(last(), Some(2));
        fs::write(paths.previous(), b"").unwrap();
        assert_eq!(last(), None);
    }

    proptest! {
        #[test]
        fn no_changed_bit_goes_unseen(at: prop::sample::Index, bit in 0..8u32, cut: prop::sample::Index) {
            let mut bytes = bytes_of_one();
            let cut = cut.index(bytes.len());
            prop_assert!(from_bytes(&bytes[..cut]).is_err());
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(from_bytes(&bytes).is_err());
        }
    }
}
