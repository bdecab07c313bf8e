//! The screen that all trials share.

use crate::streams;
use indicatif::MultiProgress;

/// The screen that all trials share.
#[derive(Clone)]
pub struct Screen {
    pub(super) bars: Option<MultiProgress>,
    quiet: bool,
}

impl Screen {
    /// Standard error: bars if it is a terminal, else plain lines; with `quiet`, nothing but
    /// failures.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet { None } else { streams::bars() };
        let bars = target.map(MultiProgress::with_draw_target);
        Self { bars, quiet }
    }

    /// Prints a line above the bars.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.insist(line);
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
