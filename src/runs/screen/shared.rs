//! The screen that all trials share.

use crate::streams;
use indicatif::MultiProgress;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The screen that all trials share.
#[derive(Clone)]
pub struct Screen {
    pub(super) bars: Option<MultiProgress>,
    /// Whether the rows of a trial stay above its bar.
    pub(super) rows: bool,
    quiet: bool,
    /// What has been noted.
    noted: Arc<Mutex<BTreeSet<String>>>,
}

impl Screen {
    /// Standard error: bars if it is a terminal, else plain lines; with `quiet`, nothing but
    /// failures. Of a single trial, rows stay above the bar; those of several would hide one another.
    pub fn new(quiet: bool, trials: usize) -> Self {
        let target = if quiet { None } else { streams::bars() };
        let bars = target.map(MultiProgress::with_draw_target);
        Self { bars, rows: trials == 1, quiet, noted: Arc::default() }
    }

    /// Prints a line above the bars.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.insist(line);
        }
    }

    /// Prints a line above the bars, unless it has been noted before: what is true of all trials of an
    /// experiment is said once.
    pub fn note(&self, line: &str) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.insert(line.to_owned()) {
            self.say(line);
        }
    }

    /// Prints a line that must be seen, quiet or not.
    pub fn insist(&self, line: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| streams::tell(line)),
            None => streams::tell(line),
        }
    }
}
