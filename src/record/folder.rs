//! What a trial leaves: the files of its folder.

use super::checkpoint::{self, CheckpointError};
use super::file::{failed, make_folder, write_whole_with};
use super::machine::peak_memory;
use super::metrics::{cells, number};
use super::output;
use crate::model::weights;
use crate::train::{Event, RecordError, Recorder, Row, Sample, Snapshot, TrainError};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How far the growing files had come: what a resumed run cuts them back to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Positions {
    /// Bytes of `metrics.csv`.
    pub metrics: u64,
    /// Bytes of `timing.csv`.
    pub timing: u64,
    /// Bytes of `samples.txt`.
    pub samples: u64,
}

/// Paths inside a trial's folder.
#[derive(Clone, Debug)]
pub struct Paths(pub PathBuf);

impl Paths {
    /// A row an epoch.
    pub fn metrics(&self) -> PathBuf {
        self.0.join("metrics.csv")
    }

    /// A row an epoch: seconds, speed and memory.
    pub fn timing(&self) -> PathBuf {
        self.0.join("timing.csv")
    }

    /// Generated text.
    pub fn samples(&self) -> PathBuf {
        self.0.join("samples.txt")
    }

    /// The best weights.
    pub fn weights(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// The resolved spec.
    pub fn spec(&self) -> PathBuf {
        self.0.join("spec.toml")
    }

    /// Status, versions, data and machine.
    pub fn run(&self) -> PathBuf {
        self.0.join("run.json")
    }

    /// Held by the process that trains.
    pub fn lock(&self) -> PathBuf {
        self.0.join("checkpoint").join("lock")
    }

    /// What a resume needs.
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint").join("state.safetensors")
    }
}

/// The recorder of a trial's folder.
pub struct Folder {
    paths: Paths,
    metrics: Growing,
    timing: Growing,
    samples: Growing,
    since_row: Instant,
    tokens_since_row: u64,
}

/// A file that only grows.
struct Growing {
    path: PathBuf,
    file: File,
    len: u64,
}

impl Growing {
    /// Opens a file and cuts it back to `len` bytes.
    fn open(path: PathBuf, len: u64) -> Result<Self, RecordError> {
        let open = || {
            let file = OpenOptions::new().create(true).append(true).truncate(false).open(&path)?;
            file.set_len(len)?;
            Ok(file)
        };
        let file = open().map_err(failed(&path))?;
        Ok(Self { path, file, len })
    }

    fn append(&mut self, text: &str) -> Result<(), RecordError> {
        self.file.write_all(text.as_bytes()).map_err(failed(&self.path))?;
        self.len += text.len() as u64;
        Ok(())
    }

    /// Appends a row of CSV, after the header if it is the first.
    fn append_row(&mut self, cells: &[(&'static str, String)]) -> Result<(), RecordError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = (self.len == 0)
            .then(|| writer.write_record(cells.iter().map(|(name, _)| name)))
            .transpose();
        let written = header.and(writer.write_record(cells.iter().map(|(_, cell)| cell)));
        let bytes = written
            .map_err(std::io::Error::from)
            .and_then(|()| writer.into_inner().map_err(|error| error.into_error()))
            .map_err(failed(&self.path))?;
        self.append(&String::from_utf8_lossy(&bytes))
    }

    fn sync(&self) -> Result<(), RecordError> {
        self.file.sync_data().map_err(failed(&self.path))
    }
}

impl Folder {
    /// Begins a trial's folder anew: what an earlier run left there goes.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, RecordError> {
        let paths = Paths(path.to_owned());
        make_folder(&path.join("checkpoint"))?;
        for old in [paths.checkpoint(), paths.weights(), paths.run()] {
            match std::fs::remove_file(&old) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(failed(&old)(error));
                }
                _ => {}
            }
        }
        Self::open(paths, Positions::default())
    }

    /// Goes on with a folder that has a checkpoint: rows and samples past it are taken back.
    ///
    /// # Errors
    /// When the checkpoint cannot be read, or the folder not be written to.
    pub fn resume(path: &Path) -> Result<Option<(Self, Snapshot<'static>)>, ResumeError> {
        let paths = Paths(path.to_owned());
        let file = paths.checkpoint();
        let bytes = match std::fs::read(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(failed(&file))?,
        };
        let (snapshot, positions) = checkpoint::from_bytes(&bytes)?;
        let grown = [
            (paths.metrics(), positions.metrics),
            (paths.timing(), positions.timing),
            (paths.samples(), positions.samples),
        ];
        for (file, len) in grown {
            if std::fs::metadata(&file).map_or(0, |found| found.len()) < len {
                return Err(ResumeError::Shorter { path: file.display().to_string() });
            }
        }
        Ok(Some((Self::open(paths, positions)?, snapshot)))
    }

    fn open(paths: Paths, positions: Positions) -> Result<Self, RecordError> {
        Ok(Self {
            metrics: Growing::open(paths.metrics(), positions.metrics)?,
            timing: Growing::open(paths.timing(), positions.timing)?,
            samples: Growing::open(paths.samples(), positions.samples)?,
            paths,
            since_row: Instant::now(),
            tokens_since_row: 0,
        })
    }

    fn row(&mut self, row: &Row) -> Result<(), RecordError> {
        self.metrics.append_row(&cells(row))?;
        let seconds = self.since_row.elapsed().as_secs_f64();
        let speed = self.tokens_since_row as f64 / seconds.max(1e-9);
        let timing = [
            ("epoch", row.epoch.to_string()),
            ("step", row.step.to_string()),
            ("seconds", number((seconds * 1e6).round() / 1e6)),
            ("tokens_per_second", number(speed.round())),
            ("peak_rss_bytes", peak_memory().map(|bytes| bytes.to_string()).unwrap_or_default()),
        ];
        self.since_row = Instant::now();
        self.tokens_since_row = 0;
        self.timing.append_row(&timing)
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), RecordError> {
        let Sample { epoch, step, prefix, text } = sample;
        let prefix = prefix.escape_debug();
        self.samples.append(&format!(
            "=== epoch {epoch}, step {step}, prefix \"{prefix}\"\n{}\n\n",
            text.trim_end()
        ))
    }

    fn checkpoint(&mut self, snapshot: &Snapshot<'_>) -> Result<(), RecordError> {
        for file in [&self.metrics, &self.timing, &self.samples] {
            file.sync()?;
        }
        let positions = Positions {
            metrics: self.metrics.len,
            timing: self.timing.len,
            samples: self.samples.len,
        };
        let path = self.paths.checkpoint();
        write_whole_with(&path, |new| {
            checkpoint::write(snapshot, positions, new).map_err(io::Error::other)
        })
    }
}

impl Recorder for Folder {
    fn record(&mut self, event: &Event<'_>) -> Result<(), RecordError> {
        match event {
            Event::Started(_) => {
                self.since_row = Instant::now();
                Ok(())
            }
            Event::Step(report) => {
                self.tokens_since_row += report.tokens;
                Ok(())
            }
            Event::Row(row) => self.row(row),
            Event::Best { network, .. } => write_whole_with(&self.paths.weights(), |new| {
                weights::write(*network, new).map_err(io::Error::other)
            }),
            Event::Output(output) => output::write(output, &self.paths.0),
            Event::Sample(sample) => self.sample(sample),
            Event::Checkpoint(snapshot) => self.checkpoint(snapshot),
            Event::Finished(_) => Ok(()),
        }
    }

    fn best_weights(&self) -> Result<Option<Vec<u8>>, TrainError> {
        let path = self.paths.weights();
        Ok(Some(std::fs::read(&path).map_err(failed(&path))?))
    }
}

/// Why a trial cannot be continued.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ResumeError {
    /// The checkpoint is damaged.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The folder cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
    /// A file has lost rows that the checkpoint counts on.
    #[error("{path} is shorter than when the checkpoint was made")]
    #[diagnostic(code(record::shorter), help("restore the file, or start over with --fresh"))]
    Shorter {
        /// The file.
        path: String,
    },
}
