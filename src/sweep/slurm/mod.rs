//! Trials of a frozen plan as processes of their own: job arrays of Slurm, and one of their trials.

mod submit;
mod worker;

pub use submit::{Request, arrays, describe, script};
pub use worker::{Worked, WorkerError, work};
