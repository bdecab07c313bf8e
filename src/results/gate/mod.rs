//! The gate: whether a metric got worse since it was last recorded.
//!
//! What the [`trials`] of an experiment left, and what [`foreign`] files tell of other programs,
//! becomes the same value, [`measured`]. [`baseline`] is the file of recorded figures that people
//! review, with an [`entry`] an experiment; [`decide`] holds one against the other and comes to an
//! [`outcome`]; [`report`] and [`history`] say it, each in its form.

pub mod baseline;
pub mod decide;
pub mod entry;
#[cfg(test)]
mod fixtures;
pub mod foreign;
pub mod history;
pub mod measured;
pub mod outcome;
pub mod report;
pub mod trials;
