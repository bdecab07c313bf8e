//! Whether a text is long enough for the batches asked for, and what would fit.

use crate::data::error::DataError;
use crate::data::split::Split;
use crate::spec::{Data, Sampling};
use std::path::Path;

/// Checks that splits of these sizes are long enough; `whole` says whether they are cut off one text.
///
/// # Errors
///
/// When there is no text, or a split does not fill a batch or has nothing to predict.
pub(super) fn check(
    data: &Data,
    path: &Path,
    sizes: [usize; 3],
    whole: bool,
) -> Result<(), DataError> {
    if sizes == [0; 3] {
        let help = "the files are empty, or `[data]` cleans all of their text away".to_owned();
        return Err(DataError::Empty { path: path.to_owned(), help });
    }
    check_batches(data, sizes[0])?;
    let fractions = [data.valid_fraction, data.test_fraction];
    for index in [1, 2] {
        let tokens = sizes[index];
        let wanted = if whole { fractions[index - 1] > 0.0 } else { tokens > 0 };
        if wanted && tokens < 2 {
            let (corpus, split) = (data.called().to_owned(), Split::NAMES[index]);
            return Err(DataError::SplitTooShort { corpus, split, tokens, least: 2 });
        }
    }
    Ok(())
}

/// Checks that a training split of `tokens` tokens is long enough for the batches asked for.
pub fn check_batches(data: &Data, tokens: usize) -> Result<(), DataError> {
    let (batch_size, steps) = (data.batch_size, data.sequence_length);
    let needed = needed(data.sampling, batch_size, steps);
    if tokens >= needed {
        return Ok(());
    }
    Err(DataError::TrainTooShort {
        corpus: data.called().to_owned(),
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
