//! What a trial needs to be run, and how it leaves.

use crate::kernels::Compute;
use crate::runs::Paths;
use crate::runs::run_json::ResultRecord;
use crate::runs::screen::{JsonLines, Screen};
use crate::spec::Trial;
use crate::sweep::corpora::Corpora;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// A trial, and what it needs to be run.
pub struct Context<'a> {
    pub trial: &'a Trial,
    /// The experiment's name.
    pub experiment: &'a str,
    /// The experiment's folder.
    pub folder: &'a Path,
    /// Where the corpus may lie.
    pub roots: &'a [PathBuf],
    /// Corpora read already.
    pub corpora: &'a Corpora,
    /// What it computes with.
    pub compute: Compute,
    /// Where it is shown.
    pub screen: &'a Screen,
    /// Whether events go to standard output.
    pub json: bool,
    /// Whether an earlier run's files are to be forgotten.
    pub fresh: bool,
    /// Whether to go on from what another version of this program began.
    pub force: bool,
    /// Whether what another build of this program left counts for nothing.
    pub this_build: bool,
    /// Whether to wait for another process that has the trial.
    pub wait: bool,
    /// Asks it to save its state and leave.
    pub stop: &'a AtomicBool,
    /// Rows of `metrics.csv` after which it leaves; `None`: at its end.
    pub until: Option<u64>,
}

/// How a trial left.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What came of it so far.
    pub result: ResultRecord,
    /// Whether it left before its end, as it was asked to.
    pub paused: bool,
}

impl Context<'_> {
    /// Where its files stand.
    pub(super) fn paths(&self) -> Paths {
        Paths(self.folder.join(&self.trial.name))
    }

    /// How it is called on the screen: by its experiment, and by what tells it from the others.
    pub(super) fn display_name(&self) -> String {
        let name = &self.trial.name;
        let name = name.rsplit_once('-').map_or(name.as_str(), |(name, _)| name);
        format!("{} {name}", self.experiment)
    }

    /// Says something of it on the screen.
    pub(super) fn say(&self, what: &str) {
        self.screen.say(&format!("{}: {what}", self.display_name()));
    }

    /// Its events on standard output.
    pub(super) fn json_lines(&self) -> JsonLines {
        JsonLines { trial: (self.experiment.to_owned(), self.trial.name.clone()) }
    }
}
