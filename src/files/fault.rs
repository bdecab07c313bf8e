//! Faults on demand, for tests of what a process leaves that dies while it writes.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable: the process aborts when it comes to the n-th point of its writes.
pub const ABORT_AT_WRITE: &str = "RUNNER_ABORT_AT_WRITE";

/// A moment between two writes at which a process can die. Each row, and each file that is written
/// whole, has several.
pub fn point() {
    static AT: OnceLock<Option<u64>> = OnceLock::new();
    static REACHED: AtomicU64 = AtomicU64::new(0);
    let at = AT.get_or_init(|| std::env::var(ABORT_AT_WRITE).ok()?.parse().ok());
    if at.is_some_and(|at| REACHED.fetch_add(1, Ordering::Relaxed) + 1 == at) {
        std::process::abort();
    }
}
