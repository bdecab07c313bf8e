//! What the tests of this module share.

use std::path::PathBuf;

use crate::spec::Data;

/// Settings under which almost any text makes a batch: characters are tokens, all of them for training.
pub(super) fn data(corpus: &str) -> Data {
    Data {
        corpus: Some(corpus.to_owned()),
        batch_size: 1,
        sequence_length: 1,
        eval_batch_size: 1,
        min_count: 1,
        ..Data::default()
    }
}

/// The folder of real corpora, if the machine has one: `RUNNER_TEST_DATA`, else `shared/data`
/// beside the checkout. Without it the tests that call this say that they are skipped.
pub(super) fn real_corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("RUNNER_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    if !folder.is_dir() {
        eprintln!("skipped: no real corpora in `{}` (RUNNER_TEST_DATA)", folder.display());
        return None;
    }
    Some(folder)
}
