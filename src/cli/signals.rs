//! Signals that ask for the state to be saved and the program to leave.

use super::failure::{Failure, exit};
use crate::platform;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A flag that signals set; a second SIGINT ends the process at once.
pub(super) fn listen() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    platform::on_signals(&stop, exit::INTERRUPTED)
        .map_err(|error| Failure::internal(miette::miette!("no signal handlers: {error}")))?;
    Ok(stop)
}
