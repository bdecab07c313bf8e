//! What a trial needs to be run, and how it leaves.

use crate::kernels::Compute;
use crate::runs::Paths;
use crate::runs::run_json::ResultRecord;
use crate::runs::screen::JsonLines;
use crate::spec::Trial;
use crate::sweep::corpora::Corpora;
use crate::sweep::options::Options;
use std::path::{Path, PathBuf};

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
    /// How all trials are run.
    pub options: &'a Options,
    /// Whether an earlier run's files are to be forgotten: those of this run are not.
    pub fresh: bool,
    /// Whether to wait for another process that has the trial.
    pub wait: bool,
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
        self.options.screen.say(&format!("{}: {what}", self.display_name()));
    }

    /// Notes on the screen what is true of the experiment: once, not once a trial.
    pub(super) fn note(&self, what: &str) {
        self.options.screen.note(&format!("{}: {what}", self.experiment));
    }

    /// Its events on standard output.
    pub(super) fn json_lines(&self) -> JsonLines {
        JsonLines { trial: (self.experiment.to_owned(), self.trial.name.clone()) }
    }
}
