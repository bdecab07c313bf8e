//! The curves and the last sample of trials that are looked at.

use super::stamp::Stamp;
use crate::files::{self, links, open_regular};
use crate::runs::Paths;
use crate::runs::metrics_csv::{Columns, MetricsCsv};
use crate::runs::samples_txt::{self, SampleText};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Seeds of which curves are read.
const SEEDS: usize = 16;
/// Bytes of `samples.txt` that are read, from its end.
const SAMPLES: u64 = 1 << 16;

/// What trials have written.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    pub curves: Vec<Curve>,
    /// The last sample of the first trial.
    pub sample: Option<SampleText>,
}

/// The rows of a trial.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its folder.
    pub trial: PathBuf,
    pub rows: Columns,
}

/// Reads details, and keeps the last.
#[derive(Default)]
pub(super) struct Details {
    folders: Vec<PathBuf>,
    stamps: Vec<[Stamp; 2]>,
}

impl Details {
    /// What trials have written, if they are others than before or something of them has changed.
    pub(super) fn read(&mut self, folders: &[PathBuf]) -> Option<Detail> {
        let folders = &folders[..folders.len().min(SEEDS)];
        let stamps: Vec<[Stamp; 2]> = folders.iter().map(|folder| stamps_of(folder)).collect();
        if self.folders == folders && self.stamps == stamps {
            return None;
        }
        (self.folders, self.stamps) = (folders.to_vec(), stamps);
        // Of one with a link that leads out of it nothing is read.
        let own = folders.iter().filter(|folder| links::check(folder).is_ok());
        let own: Vec<&PathBuf> = own.collect();
        let curves =
            own.iter().map(|folder| Curve { trial: (*folder).clone(), rows: rows(folder) });
        Some(Detail {
            curves: curves.collect(),
            sample: own.first().and_then(|folder| last_sample(folder)),
        })
    }
}

fn stamps_of(folder: &Path) -> [Stamp; 2] {
    let paths = Paths(folder.to_owned());
    [paths.metrics(), paths.samples()].map(|path| Stamp::of(&path))
}

fn rows(folder: &Path) -> Columns {
    let bytes = files::read(&Paths(folder.to_owned()).metrics()).unwrap_or_default();
    MetricsCsv::parse_ended(&bytes).columns()
}

/// The last text of `samples.txt`, if it stands near its end.
fn last_sample(folder: &Path) -> Option<SampleText> {
    let end = end_of(&Paths(folder.to_owned()).samples()).ok()?;
    samples_txt::read(&String::from_utf8_lossy(&end)).pop()
}

fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let (mut file, len) = open_regular(path)?;
    file.seek(SeekFrom::Start(len.saturating_sub(SAMPLES)))?;
    let mut bytes = Vec::new();
    file.take(SAMPLES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
