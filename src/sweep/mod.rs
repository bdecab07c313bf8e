//! Trials: from specs to what they leave, on several workers.
//!
//! The [`scheduler`] runs all trials of all specs, [`slurm`] one of them as a process of its own. Both
//! go through [`trial`], which resumes what an earlier run left ([`resume`](trial::resume)), and [`finalize`] what an
//! experiment leaves when its last trial has ended. Before the first, [`preflight`] looks at corpora and
//! sizes. [`cost`] says what trials will take, [`verify`] trains one again.

pub mod corpora;
pub mod cost;
mod epilogue;
pub mod error;
pub mod finalize;
pub mod memory;
pub mod options;
pub mod preflight;
pub mod scheduler;
pub mod slurm;
pub mod trial;
pub mod verify;

pub use corpora::{Corpora, roots_of};
pub use error::TrialError;
pub use options::Options;
pub use scheduler::{Report, RunError, check, run};
