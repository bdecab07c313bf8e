//! The trials of all specs on several workers.
//!
//! [`run`] freezes the plans and hands the trials out: a `queue` says which is next, a
//! `thread_pool` shares the cores among those that run.

mod attempt;
mod queue;
mod thread_pool;
mod workers;

pub use attempt::attempt;
pub use queue::Job;
pub use workers::{Report, RunError, check, run};
