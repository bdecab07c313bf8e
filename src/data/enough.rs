//! Whether a text is long enough for the batches asked for, and what would fit.

use super::corpus::{Corpus, SPLITS};
use super::dataset::Split;
use super::error::DataError;
use crate::spec::{Data, Sampling};

/// Whether the splits are long enough for what is asked of them.
///
/// # Errors
///
/// When there is no text, or a split does not fill a batch or has nothing to predict.
pub(super) fn check(
    data: &Data,
    corpus: &Corpus,
    splits: &[Split<'_>; 3],
    whole: bool,
) -> Result<(), DataError> {
    let tokens = splits[0].ids.len();
    if splits.iter().all(|split| split.ids.is_empty()) {
        let help = "the files are empty, or `[data]` cleans all of their text away".to_owned();
        return Err(DataError::Empty { path: corpus.path.clone(), help });
    }
    check_batches(data, tokens)?;
    let fractions = [data.valid_fraction, data.test_fraction];
    for index in [1, 2] {
        let tokens = splits[index].ids.len();
        let wanted = if whole { fractions[index - 1] > 0.0 } else { tokens > 0 };
        if wanted && tokens < 2 {
            let (corpus, split) = (data.corpus.clone(), SPLITS[index]);
            return Err(DataError::SplitTooShort { corpus, split, tokens, least: 2 });
        }
    }
    Ok(())
}

/// Whether a training split of so many tokens is long enough for the batches asked for.
///
/// # Errors
///
/// When it is not.
pub fn check_batches(data: &Data, tokens: usize) -> Result<(), DataError> {
    let (batch_size, steps) = (data.batch_size, data.sequence_length);
    let needed = needed(data.sampling, batch_size, steps);
    if tokens >= needed {
        return Ok(());
    }
    Err(DataError::TrainTooShort {
        corpus: data.corpus.clone(),
        tokens,
        batch_size,
        sequence_length: steps,
        needed,
        help: sizes_that_fit(data, tokens),
    })
}

/// The tokens that one batch takes.
fn needed(sampling: Sampling, batch_size: usize, steps: usize) -> usize {
    match sampling {
        Sampling::Consecutive => batch_size.saturating_mul(steps.saturating_add(1)),
        Sampling::Random => batch_size.saturating_mul(steps).saturating_add(1),
    }
}

fn sizes_that_fit(data: &Data, tokens: usize) -> String {
    let (batch_size, steps) = match data.sampling {
        Sampling::Consecutive => (
            tokens / data.sequence_length.saturating_add(1),
            (tokens / data.batch_size.max(1)).saturating_sub(1),
        ),
        Sampling::Random => (
            tokens.saturating_sub(1) / data.sequence_length.max(1),
            tokens.saturating_sub(1) / data.batch_size.max(1),
        ),
    };
    match (batch_size, steps) {
        (0, 0) => {
            "take more text, or lower both `data.batch_size` and `data.sequence_length`".into()
        }
        (0, _) => format!("`data.sequence_length = {steps}` fits, or take more text"),
        (_, 0) => format!("`data.batch_size = {batch_size}` fits, or take more text"),
        _ => format!(
            "`data.batch_size = {batch_size}` or `data.sequence_length = {steps}` fits; \
             or take more text"
        ),
    }
}
