//! The gate: whether a metric got worse since it was last recorded.
//!
//! [`measure`](measure::measure) collects what the trials of an experiment left into figures, under
//! the names that [`trained`] gives them; [`baseline`] is the file of recorded figures that people
//! review, with an [`entry`] an experiment; [`compare`](compare::compare) decides on an [`outcome`], in
//! one of several `modes` (with [`statistics`]); [`overlap`] looks for held-out text in the training
//! text; [`report`] and [`history`] say it, each in its form.

pub mod baseline;
pub mod compare;
pub mod entry;
#[cfg(test)]
mod fixtures;
pub mod history;
pub mod measure;
mod modes;
pub mod outcome;
pub mod overlap;
pub mod report;
pub mod statistics;
pub mod trained;
