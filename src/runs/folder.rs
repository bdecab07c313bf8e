//! What a trial leaves: the files of its folder.

use super::checkpoint::{self, Checkpoint, Contents, Identity, Spent};
use super::fault;
use super::file::{
    Summing, Sync, failed, make_folder, open_regular, read_regular, remove, sha256, sync_folder,
    write_synced, write_whole_with,
};
use super::lock::Lock;
use super::machine::{memory, peak_memory};
use super::metrics::{cells, number};
use super::output;
use crate::nn::Parameters;
use crate::nn::weights::{self, WeightsError};
use crate::train::{Event, RecordError, Recorder, Row, Sample, Snapshot, TrainError};
use safetensors::SafeTensorError;
use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The names of files that a checkpoint holds too.
const METRICS: &str = "metrics.csv";
const TIMING: &str = "timing.csv";
const SAMPLES: &str = "samples.txt";
const WEIGHTS: &str = "model.safetensors";

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
        self.0.join("spec.toml")
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

    /// The files that are a function of spec, seed and text, and how a checkpoint calls them.
    pub fn reproducible(&self) -> [(&'static str, PathBuf); 3] {
        [(METRICS, self.metrics()), (SAMPLES, self.samples()), (WEIGHTS, self.weights())]
    }
}

/// The recorder of a trial's folder.
pub struct Folder {
    paths: Paths,
    lock: Arc<Lock>,
    identity: Identity,
    metrics: Growing,
    timing: Growing,
    samples: Growing,
    /// Length and SHA-256 of the best weights, once there are any.
    best: Option<(u64, String)>,
    /// Time spent on the trial until `since`.
    spent: Spent,
    since: Instant,
}

/// A file that only grows, and its contents.
struct Growing {
    name: &'static str,
    path: PathBuf,
    file: File,
    contents: Vec<u8>,
    /// How much of it is on the disk.
    synced: usize,
}

impl Growing {
    /// Begins a file with these contents. What was in its place, a link or a FIFO even, goes.
    fn open(name: &'static str, path: PathBuf, contents: Vec<u8>) -> Result<Self, RecordError> {
        // What it begins with is in the checkpoint, which is on the disk.
        write_synced(&path, &contents, Sync::Nothing)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(failed(&path))?;
        Ok(Self { name, path, file, contents, synced: 0 })
    }

    fn append(&mut self, text: &str) -> Result<(), RecordError> {
        let bytes = text.as_bytes();
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let mut write = |bytes: &[u8]| {
            fault::point();
            self.file.write_all(bytes).map_err(failed(&self.path))
        };
        write(first)?;
        write(second)?;
        fault::point();
        self.contents.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends a row of CSV, after the header if it is the first.
    fn append_row(&mut self, cells: &[(&'static str, String)]) -> Result<(), RecordError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = self
            .contents
            .is_empty()
            .then(|| writer.write_record(cells.iter().map(|(name, _)| name)))
            .transpose();
        let written = header.and(writer.write_record(cells.iter().map(|(_, cell)| cell)));
        let bytes = written
            .map_err(std::io::Error::from)
            .and_then(|()| writer.into_inner().map_err(|error| error.into_error()))
            .map_err(failed(&self.path))?;
        self.append(&String::from_utf8_lossy(&bytes))
    }

    /// Brings it to the disk; an error if it is no longer the file that was written.
    fn sync(&mut self) -> Result<(), RecordError> {
        let sync = || {
            if self.synced < self.contents.len() {
                self.file.sync_data()?;
            }
            if std::fs::metadata(&self.path)?.len() == self.contents.len() as u64 {
                return Ok(());
            }
            Err(io::Error::other("someone else changed it"))
        };
        sync().map_err(failed(&self.path))?;
        self.synced = self.contents.len();
        Ok(())
    }
}

impl Folder {
    /// Begins a trial's folder anew: what an earlier run left there goes.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn create(path: &Path, identity: Identity, lock: Arc<Lock>) -> Result<Self, RecordError> {
        let paths = Paths(path.to_owned());
        make_folder(&paths.state())?;
        // The record first: without it no one takes the rest for a trial that came to its end.
        for old in [paths.run(), paths.checkpoint(), paths.previous(), paths.weights()] {
            remove(&old)?;
        }
        Self::open(paths, identity, lock, |_| Vec::new())
    }

    /// Goes on from a checkpoint: the files become again what they were when it was made, so that
    /// rows and samples past it are taken back.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn resume(
        path: &Path,
        checkpoint: Checkpoint<'static>,
        lock: Arc<Lock>,
    ) -> Result<(Self, Snapshot<'static>), RecordError> {
        let paths = Paths(path.to_owned());
        let Checkpoint { identity, snapshot, spent, mut files } = checkpoint;
        let mut take = |name: &str| {
            let at = files.iter().position(|(known, _)| known == name)?;
            match files.swap_remove(at).1 {
                Contents::Bytes(bytes) => Some(bytes.into_owned()),
                Contents::Copy { .. } => None,
            }
        };
        let best = take(WEIGHTS);
        let mut folder = Self::open(paths, identity, lock, |name| take(name).unwrap_or_default())?;
        folder.spent = spent;
        let weights = folder.paths.weights();
        match best {
            None => remove(&weights)?,
            Some(bytes) => {
                folder.best = Some((bytes.len() as u64, sha256(&bytes)));
                if !read_regular(&weights, memory()).is_ok_and(|found| found == bytes) {
                    write_synced(&weights, &bytes, Sync::All)?;
                }
            }
        }
        Ok((folder, snapshot))
    }

    fn open(
        paths: Paths,
        identity: Identity,
        lock: Arc<Lock>,
        mut contents: impl FnMut(&str) -> Vec<u8>,
    ) -> Result<Self, RecordError> {
        Ok(Self {
            metrics: Growing::open(METRICS, paths.metrics(), contents(METRICS))?,
            timing: Growing::open(TIMING, paths.timing(), contents(TIMING))?,
            samples: Growing::open(SAMPLES, paths.samples(), contents(SAMPLES))?,
            paths,
            lock,
            identity,
            best: None,
            spent: Spent::default(),
            since: Instant::now(),
        })
    }

    fn row(&mut self, row: &Row) -> Result<(), RecordError> {
        self.lock.check()?;
        self.metrics.append_row(&cells(row))?;
        let Spent { seconds: all, in_row: seconds, tokens_in_row } = self.spent();
        let speed = tokens_in_row as f64 / seconds.max(1e-9);
        let timing = [
            ("epoch", row.epoch.to_string()),
            ("step", row.step.to_string()),
            ("seconds", number((seconds * 1e6).round() / 1e6)),
            ("tokens_per_second", number(speed.round())),
            ("peak_rss_bytes", peak_memory().map(|bytes| bytes.to_string()).unwrap_or_default()),
        ];
        self.spent = Spent { seconds: all, ..Spent::default() };
        self.since = Instant::now();
        self.timing.append_row(&timing)
    }

    /// Time spent on the trial until now.
    fn spent(&self) -> Spent {
        let more = self.since.elapsed().as_secs_f64();
        let Spent { seconds, in_row, tokens_in_row } = self.spent;
        Spent { seconds: seconds + more, in_row: in_row + more, tokens_in_row }
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), RecordError> {
        let Sample { epoch, step, prefix, text } = sample;
        let prefix = prefix.escape_debug();
        self.samples.append(&format!(
            "=== epoch {epoch}, step {step}, prefix \"{prefix}\"\n{}\n\n",
            text.trim_end()
        ))
    }

    /// Keeps the weights as the best so far.
    fn best(&mut self, parameters: &Parameters) -> Result<(), RecordError> {
        let mut kept = None;
        let write = |new: &Path| {
            weights::write(parameters, new).map_err(|error| match error {
                WeightsError::Format(SafeTensorError::IoError(error)) => error,
                other => io::Error::other(other),
            })
        };
        // The checkpoint brings its name to the disk.
        write_whole_with(&self.paths.weights(), Sync::Bytes, write, |new| {
            let mut sum = Summing::new(io::sink());
            let len = io::copy(&mut File::open(new)?, &mut sum)?;
            kept = Some((len, sum.end().1));
            Ok(())
        })?;
        self.best = kept;
        Ok(())
    }

    fn checkpoint(&mut self, snapshot: &Snapshot<'_>) -> Result<(), RecordError> {
        self.lock.check()?;
        for file in [&mut self.metrics, &mut self.timing, &mut self.samples] {
            file.sync()?;
        }
        let texts = [&self.metrics, &self.timing, &self.samples];
        sync_folder(&self.paths.0).map_err(failed(&self.paths.0))?;
        let texts = texts.into_iter().map(|file| {
            (file.name.to_owned(), Contents::Bytes(Cow::Borrowed(file.contents.as_slice())))
        });
        let best = self.best.as_ref().map(|(len, sha256)| {
            let (from, len, sha256) = (self.paths.weights(), *len, sha256.clone());
            (WEIGHTS.to_owned(), Contents::Copy { from, len, sha256 })
        });
        let checkpoint = Checkpoint {
            identity: self.identity.clone(),
            snapshot: snapshot.clone(),
            spent: self.spent(),
            files: texts.chain(best).collect(),
        };
        checkpoint::save(&checkpoint, &self.paths)
    }
}

impl Recorder for Folder {
    fn record(&mut self, event: &Event<'_>) -> Result<(), RecordError> {
        match event {
            Event::Started(_) => {
                self.since = Instant::now();
                Ok(())
            }
            Event::Step(report) => {
                self.spent.tokens_in_row += report.tokens;
                Ok(())
            }
            Event::Row(row) => self.row(row),
            Event::Best { parameters, .. } => self.best(parameters),
            Event::Output(output) => output::write(output, &self.paths.0),
            Event::Sample(sample) => self.sample(sample),
            Event::Checkpoint(snapshot) => self.checkpoint(snapshot),
            Event::Finished(_) => Ok(()),
        }
    }

    fn restore_best(&self, parameters: &mut Parameters) -> Result<(), TrainError> {
        let path = self.paths.weights();
        let unread = |source| TrainError::Unread { path: path.display().to_string(), source };
        let Some((_, kept)) = &self.best else { return Ok(()) };
        let mut file = Summing::new(open_regular(&path).map_err(unread)?.0);
        let read = weights::read(parameters, &mut file);
        let rest = io::copy(&mut file, &mut io::sink()).map_err(unread)?;
        if rest == 0 && file.end().1 == *kept {
            return Ok(read?);
        }
        Err(unread(io::Error::other("it is no longer what was written: someone changed it")))
    }
}
