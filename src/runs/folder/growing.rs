//! A file of a trial that rows or texts are added to.

use crate::files::{Sync, cells, failed, fault, write_synced};
use crate::train::RecordError;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

/// A file that only grows, and its contents.
pub(super) struct Growing {
    pub(super) name: &'static str,
    path: PathBuf,
    file: File,
    pub(super) contents: Vec<u8>,
    /// How much of it is on the disk.
    synced: usize,
}

impl Growing {
    /// Begins a file with these contents. What was in its place, a link or a FIFO even, goes.
    pub(super) fn open(
        name: &'static str,
        path: PathBuf,
        contents: Vec<u8>,
    ) -> Result<Self, RecordError> {
        // What it begins with is in the checkpoint, which is on the disk.
        write_synced(&path, &contents, Sync::Nothing)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(failed(&path))?;
        Ok(Self { name, path, file, contents, synced: 0 })
    }

    pub(super) fn append(&mut self, text: &str) -> Result<(), RecordError> {
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
    pub(super) fn append_row(&mut self, row: &[(&'static str, String)]) -> Result<(), RecordError> {
        let header = self.contents.is_empty().then(|| row.iter().map(|(name, _)| *name).collect());
        let row = row.iter().map(|(_, cell)| cell.as_str()).collect::<Vec<_>>();
        let rows = header.into_iter().chain([row]);
        let bytes = cells::table(rows).map_err(failed(&self.path))?;
        self.append(&String::from_utf8_lossy(&bytes))
    }

    /// Brings it to the disk; an error if it is no longer the file that was written.
    pub(super) fn sync(&mut self) -> Result<(), RecordError> {
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
