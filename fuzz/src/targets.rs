//! What must hold for any bytes. Each function panics where it does not.
//!
//! `fuzz/fuzz_targets` hands these to cargo-fuzz, and `tests/fuzz_targets.rs` runs them on the corpus
//! and on random bytes in the ordinary tests.

use samebits::data::{self, UNKNOWN};
use samebits::runs::checkpoint;
use samebits::spec::{self, Data, Level};
use std::fs;
use std::path::Path;

/// A spec is read or refused; what is read means the same when it is written out and read again.
pub fn spec(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spec.toml");
    fs::write(&path, bytes).expect("written");
    load(&path, &[]);
}

/// The same for an argument of `--set` over a small spec.
pub fn set(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spec.toml");
    fs::write(&path, "data.corpus = 'kafka'\n").expect("written");
    let arguments: Vec<String> =
        String::from_utf8_lossy(bytes).split('\0').map(str::to_owned).collect();
    load(&path, &arguments);
}

fn load(path: &Path, arguments: &[String]) {
    match spec::load(path, arguments) {
        Err(errors) => {
            assert!(!errors.problems().is_empty());
            for problem in errors.problems() {
                // Drawing a problem looks at its place.
                let _ = format!("{problem} {:?}", problem.place().map(ToString::to_string));
            }
        }
        Ok(spec) => {
            assert!(!spec.trials.is_empty());
            let trial = &spec.trials[0];
            assert!(trial.name.len() < 200 && !trial.name.contains(['/', '\\', '\0', '\n']));
            let text = trial.experiment.to_toml();
            let again = path.with_file_name("again.toml");
            fs::write(&again, &text).expect("written");
            let read = spec::load(&again, &[]).expect("a resolved spec is a spec");
            assert_eq!(read.trials[0].experiment, trial.experiment);
            assert_eq!(read.trials[0].experiment.to_toml(), text);
        }
    }
}

/// A checkpoint is read or refused. With a right checksum in the place of the wrong one, so that
/// what stands behind it is reached too.
pub fn checkpoint(bytes: &[u8]) {
    let _ = checkpoint::from_bytes(bytes);
    if let Some(summed) = checkpoint::with_right_sum(bytes)
        && let Ok(checkpoint) = checkpoint::from_bytes(&summed)
    {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        checkpoint::write(&checkpoint, &path).expect("written");
        let again = checkpoint::from_bytes(&fs::read(&path).expect("read")).expect("a checkpoint");
        // NaN is not equal to itself, so their text is compared.
        assert_eq!(format!("{again:?}"), format!("{checkpoint:?}"));
    }
}

/// A text is cut into tokens at every level; their text, cut again, gives the same tokens.
pub fn tokens(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("text.txt");
    fs::write(&path, bytes).expect("written");
    for level in [Level::Byte, Level::Char, Level::Word, Level::Script] {
        let Ok(dataset) = data::load(&wanted(&path, level), &[]) else {
            continue;
        };
        let vocabulary = &dataset.info.vocabulary;
        let ids = dataset.splits[0].to_vec();
        assert!(ids.iter().all(|id| (*id as usize) < vocabulary.len()));
        let text = vocabulary.decode(&ids);
        let lossless = level != Level::Byte || str::from_utf8(bytes).is_ok();
        // `<unk>` is one token of a vocabulary, and five characters of a text.
        if lossless && !text.contains(UNKNOWN) {
            let again = vocabulary.encode(&text).expect("known tokens");
            assert_eq!(again, ids, "level {level:?}");
        }
    }
}

/// A `[data]` that takes any text of two tokens whole.
fn wanted(path: &Path, level: Level) -> Data {
    let folder = path.parent().expect("a folder");
    let spec = folder.join("wanted.toml");
    fs::write(&spec, "[data]\ncorpus = 'x'\nbatch_size = 1\nsequence_length = 1\nvalid_fraction = 0.0\ntest_fraction = 0.0\n")
        .expect("written");
    let spec = spec::load(&spec, &[]).expect("a spec");
    let data = spec.trials[0].experiment.data.clone();
    Data { corpus: Some(path.display().to_string()), level, ..data }
}
