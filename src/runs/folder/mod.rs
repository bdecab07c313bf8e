//! What a trial leaves: the files of its folder.

mod growing;
mod output;

use super::checkpoint::{self, Checkpoint, Contents, Identity, Spent};
use super::lock::Lock;
use super::metrics_csv::cells;
use super::paths::{METRICS, Paths, SAMPLES, TIMING, WEIGHTS};
use super::samples_txt;
use crate::files::{
    Summing, Sync, failed, make_folder, open_regular, read, remove, sha256, write_synced,
    write_whole_with,
};
use crate::format::number;
use crate::machine::peak_memory;
use crate::nn::Parameters;
use crate::nn::weights::{self, WeightsError};
use crate::platform;
use crate::train::{Event, RecordError, Recorder, Row, Sample, Snapshot, TrainError};
use growing::Growing;
use safetensors::SafeTensorError;
use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

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

impl Folder {
    /// Begins a trial's folder anew: what an earlier run left there goes.
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
                if !read(&weights).is_ok_and(|found| found == bytes) {
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
        self.samples.append(&samples_txt::written(sample))
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
        platform::sync_folder(&self.paths.0).map_err(failed(&self.paths.0))?;
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
