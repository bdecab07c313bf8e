//! The reading, in a thread of its own: who shows what was read waits for no disk.

use super::detail::{Detail, Details};
use super::reader::{Reader, Snapshot};
use crate::results::summaries::NoSummary;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

/// About as long as a refresh may take.
const REFRESH: Duration = Duration::from_millis(500);
/// From a refresh to the next; and at least this number of times as long as the refresh took, so that
/// most of a core, or of a file system that is slow, is left to others.
const PAUSE: Duration = Duration::from_secs(1);
const REST: u32 = 4;

/// Something new.
#[derive(Clone, Debug)]
pub enum Update {
    /// How all stand.
    Snapshot(Snapshot),
    /// What the selected trials have written.
    Detail(Detail),
}

/// A thread that reads until this is dropped.
#[derive(Debug)]
pub struct Live {
    selected: Sender<Vec<PathBuf>>,
    updates: Receiver<Update>,
}

impl Live {
    /// Begins to read the experiments at some paths.
    ///
    /// # Errors
    /// When one of the paths is no folder.
    pub fn start(paths: &[PathBuf]) -> Result<Self, NoSummary> {
        let reader = Reader::new(paths)?;
        let (selected, asked) = channel();
        let (told, updates) = channel();
        let read = move || read(reader, &asked, &told);
        // It ends once no one listens. One that cannot be had is as one that has ended.
        let _ = std::thread::Builder::new().name("reader".to_owned()).spawn(read);
        Ok(Self { selected, updates })
    }

    /// Asks for what some trials have written, from now on instead of others.
    pub fn select(&self, folders: Vec<PathBuf>) {
        // A thread that has ended is told of by `next`.
        let _ = self.selected.send(folders);
    }

    /// Something new, if there is; an error if the thread has ended, as it does where it panics.
    pub fn next(&self) -> Result<Option<Update>, TryRecvError> {
        match self.updates.try_recv() {
            Ok(update) => Ok(Some(update)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn read(mut reader: Reader, asked: &Receiver<Vec<PathBuf>>, told: &Sender<Update>) {
    let (mut details, mut selected) = (Details::default(), Vec::new());
    loop {
        let began = Instant::now();
        let snapshot = reader.refresh(REFRESH);
        let pause = match snapshot.unread {
            0 => PAUSE.max(began.elapsed() * REST),
            _ => Duration::ZERO,
        };
        let next = Instant::now() + pause;
        if told.send(Update::Snapshot(snapshot)).is_err() {
            return;
        }
        loop {
            if let Some(detail) = details.read(&selected)
                && told.send(Update::Detail(detail)).is_err()
            {
                return;
            }
            match asked.recv_timeout(next.saturating_duration_since(Instant::now())) {
                // Of several wishes the last counts.
                Ok(folders) => selected = asked.try_iter().last().unwrap_or(folders),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
