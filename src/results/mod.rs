//! What is made of folders of results.
//!
//! [`summaries`] reads the trials of experiments as tables, [`ranking`] puts them in groups that
//! compare and in order: the [`board`] prints that, [`charts`] draw it, [`best`] takes the first.
//! [`doctor`] says what is damaged, [`compare`] what differs between runs ([`statistics`]). [`gate`] holds
//! results against recorded ones, [`report`] makes one page of them, [`export`] writes them in the formats
//! of other tools (`encodings`), which the gate reads. [`watch`] reads them again and again while they are
//! trained.

pub mod best;
pub mod board;
pub mod charts;
pub mod compare;
pub mod doctor;
mod encodings;
pub mod export;
pub mod gate;
pub mod ranking;
pub mod report;
pub mod statistics;
pub mod summaries;
pub mod title;
#[cfg(feature = "watch")]
pub mod watch;
