//! In which waves the trials of a sweep are run.
//!
//! A wave is a set of trials, each up to a row; the next one is decided when all of it has ended.
//! The decision is a function of the frozen plan and of what stands in the trials' `metrics.csv`,
//! so it is the same for any number of workers, and after any interruption. [`wave`] decides,
//! [`tpe`] chooses points, [`metric`] says what results are put in order by.

pub mod metric;
mod points;
pub mod tpe;
mod waves;

pub use points::{count, points};
pub use waves::{Next, Target, all_trials, wave};
