//! Where the files of a trial stand in its folder.

use std::path::PathBuf;

/// The names of files that a checkpoint holds too.
pub(crate) const METRICS: &str = "metrics.csv";
pub(crate) const TIMING: &str = "timing.csv";
pub(crate) const SAMPLES: &str = "samples.txt";
pub(crate) const WEIGHTS: &str = "model.safetensors";
/// One that it does not hold.
pub(crate) const SPEC: &str = "spec.toml";
/// The files that every trial leaves beside its record, as far as it comes.
pub(crate) const FILES: [&str; 5] = [SPEC, METRICS, TIMING, SAMPLES, WEIGHTS];

/// Paths inside a trial's folder.
#[derive(Clone, Debug)]
pub struct Paths(pub PathBuf);

impl Paths {
    /// A row an epoch.
    pub fn metrics(&self) -> PathBuf {
        self.0.join(METRICS)
    }

    /// A row an epoch: seconds, speed and memory.
    pub fn timing(&self) -> PathBuf {
        self.0.join(TIMING)
    }

    /// Generated text.
    pub fn samples(&self) -> PathBuf {
        self.0.join(SAMPLES)
    }

    /// The best weights.
    pub fn weights(&self) -> PathBuf {
        self.0.join(WEIGHTS)
    }

    /// The resolved spec.
    pub fn spec(&self) -> PathBuf {
        self.0.join(SPEC)
    }

    /// Status, versions, data and machine.
    pub fn run(&self) -> PathBuf {
        self.0.join("run.json")
    }

    /// The folder of all that a resume needs.
    pub fn state(&self) -> PathBuf {
        self.0.join("checkpoint")
    }

    /// The last checkpoint.
    pub fn checkpoint(&self) -> PathBuf {
        self.state().join("state.safetensors")
    }

    /// The checkpoint before the last.
    pub fn previous(&self) -> PathBuf {
        self.state().join("previous.safetensors")
    }
}
