//! One trial: from its resolved spec to the files of its folder.
//!
//! A trial goes one way, each step from the result of the one before: `prepare` reads its text and
//! takes its lock, `open` its folder, as an earlier run left it ([`resume`]); `train` trains and draws
//! its charts; `finalize` records how it left.

mod charts;
mod context;
mod finalize;
mod open;
mod prepare;
pub mod resume;
mod train;

pub use context::{Context, Ended};

use crate::sweep::error::TrialError;
use finalize::finalize;
use open::{Opened, open};
use prepare::prepare;
use train::train;

/// Runs a trial to its end or to the row where it is to leave, or takes the result of an earlier
/// run that came so far.
///
/// # Errors
/// When the corpus cannot be read, the training diverges, the files cannot be written, or
/// another process has the trial and is not to be waited for.
pub fn run(context: &Context<'_>) -> Result<Ended, TrialError> {
    let prepared = prepare(context)?;
    match open(context, prepared)? {
        Opened::Ended(ended) => Ok(ended),
        Opened::Open(open) => finalize(train(context, *open)),
    }
}
