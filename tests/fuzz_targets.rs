//! The targets of `fuzz/` on their corpus, on random changes of it and on random bytes.

#[path = "../fuzz/src/targets.rs"]
mod targets;

use proptest::prelude::*;
use std::fs;
use std::path::Path;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 4] = [
    ("spec", targets::spec),
    ("set", targets::set),
    ("checkpoint", targets::checkpoint),
    ("tokens", targets::tokens),
];

/// The files of a target's corpus, in the order of their names.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "{name}: {} files", paths.len());
    paths.iter().map(|path| fs::read(path).expect("read")).collect()
}

#[test]
fn every_file_of_the_corpus_is_survived() {
    for (name, target) in TARGETS {
        corpus(name).iter().for_each(|bytes| target(bytes));
    }
}

/// A change of some bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Double(prop::sample::Index, usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        match self {
            Self::Flip(at, mask) if len > 0 => bytes[at.index(len)] ^= mask,
            Self::Cut(at) if len > 0 => bytes.truncate(at.index(len)),
            Self::Insert(at, more) => {
                let at = at.index(len + 1);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Double(at, long) if len > 0 => {
                let start = at.index(len);
                let piece = bytes[start..len.min(start + long)].to_vec();
                bytes.splice(start..start, piece);
            }
            _ => {}
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        (place(), 1..=255u8).prop_map(|(at, mask)| Change::Flip(at, mask)),
        place().prop_map(Change::Cut),
        (place(), prop::collection::vec(any::<u8>(), 1..8))
            .prop_map(|(at, more)| Change::Insert(at, more)),
        (place(), prop::sample::select(vec!["[", "{", "'", "\"", ".", "=", "\n", "\\", "<unk>"]))
            .prop_map(|(at, more)| Change::Insert(at, more.as_bytes().to_vec())),
        (place(), 1..40usize).prop_map(|(at, long)| Change::Double(at, long)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_is_survived(
        file in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..6),
    ) {
        for (name, target) in TARGETS {
            let files = corpus(name);
            let mut bytes = files[file.index(files.len())].clone();
            changes.iter().for_each(|change| change.apply(&mut bytes));
            target(&bytes);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), text in any::<String>()) {
        for (_, target) in TARGETS {
            target(&bytes);
            target(text.as_bytes());
        }
    }
}
