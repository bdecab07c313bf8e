//! How trials are run.

use crate::kernels::Level;
use crate::machine::cores;
use crate::runs::screen::Screen;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How trials are run.
pub struct Options {
    /// Trials at once; `None`: as many as cores.
    pub jobs: Option<usize>,
    /// Threads of a trial; `None`: the trials that run share the cores.
    pub threads: Option<usize>,
    /// The folder of results.
    pub results: PathBuf,
    /// Whether to start over instead of resuming.
    pub fresh: bool,
    /// Whether to go on from what another version of this program began.
    pub force: bool,
    /// Whether what another build of this program left counts for nothing.
    pub this_build: bool,
    /// Whether the first failure ends everything.
    pub fail_fast: bool,
    /// How often a trial that failed is tried again.
    pub retry: usize,
    /// After how many first trials of a spec that fail alike all ends; 0: never.
    pub give_up: usize,
    /// Whether trials that a search stopped are trained to their end when it is over.
    pub continue_stopped: bool,
    /// The memory that trials may take together, in bytes; `None`: unknown.
    pub memory: Option<u64>,
    /// Whether events go to standard output as JSON lines.
    pub json: bool,
    /// Where progress is shown.
    pub screen: Screen,
    /// The vector instructions.
    pub level: Level,
    /// Set by a signal: save and leave.
    pub stop: Arc<AtomicBool>,
}

impl Default for Options {
    /// As `runner SPEC` without options, and without a signal.
    fn default() -> Self {
        Self {
            jobs: None,
            threads: None,
            results: PathBuf::from("results"),
            fresh: false,
            force: false,
            this_build: false,
            fail_fast: false,
            retry: 0,
            give_up: 0,
            continue_stopped: false,
            memory: None,
            json: false,
            screen: Screen::new(true, 0),
            level: Level::best(),
            stop: Arc::default(),
        }
    }
}

impl Options {
    /// Trials at once, and threads of each, for a number of trials.
    pub fn shares(&self, trials: usize) -> (usize, usize) {
        let jobs = self.jobs.unwrap_or_else(cores).min(trials).max(1);
        (jobs, self.threads.unwrap_or_else(|| cores() / jobs).max(1))
    }
}
