//! The gate: whether a metric got worse since it was last recorded.
//!
//! [`measure`](measure::measure) collects what the trials of an experiment left into figures;
//! [`baseline`] is the file of recorded figures that people review; [`compare`](compare::compare)
//! decides (with [`statistics`]); [`overlap`] looks for held-out text in the training text;
//! [`report`], [`junit`] and [`history`] say it, each in its form.

pub mod baseline;
pub mod compare;
pub mod history;
pub mod junit;
pub mod measure;
pub mod overlap;
pub mod report;
pub mod statistics;
