//! One process a trial: two that write into one folder would mix their rows.
//!
//! Two things together are the lock. The system's lock on `checkpoint/lock` dies with its process
//! at once; but not every network file system has such locks, or has them between machines. So the
//! holder also has the folder `checkpoint/owner`. A folder is renamed into that place, which
//! succeeds for one process only, on every file system. The holder writes into it every few
//! seconds that it is alive; whoever sees nothing new there for long takes the trial over, and the
//! former holder notices before it writes again.

use super::paths::Paths;
use crate::files::links::{self, Foreign};
use crate::files::{Sync, TEMPORARY, failed, make_below, open_regular, read_regular, write_synced};
use crate::train::RecordError;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(2);
/// A holder on another machine that has been silent for so long is dead.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks of one who waits.
const LOOK: Duration = Duration::from_millis(100);

/// The right to write into a trial's folder.
#[derive(Debug)]
pub struct Lock {
    place: Place,
    token: String,
    life: Option<(Sender<()>, JoinHandle<()>)>,
    /// Held until the process ends, however it ends.
    _system: File,
}

/// Why a trial's folder cannot be had.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LockError {
    /// Someone else has it.
    #[error("another process is training in {folder}")]
    #[diagnostic(code(record::busy), help("wait for it, or take another folder with --results"))]
    Busy {
        /// The folder.
        folder: String,
    },
    /// It, or what is in it, stands elsewhere.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Elsewhere(#[from] Foreign),
    /// It cannot be written to.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
}

/// What the holder writes of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    /// Another for each lock.
    token: String,
    /// What tells one run of an operating system from all others.
    system: Option<String>,
    process: u32,
    /// Counts the signs of life.
    beat: u64,
}

/// When something new was last seen of a holder.
#[derive(Default)]
struct Watch(Option<(Option<Owner>, Instant)>);

impl Lock {
    /// Takes the lock of a trial.
    ///
    /// # Errors
    /// When another process has it, or the folder cannot be written to.
    pub fn take(paths: &Paths) -> Result<Self, LockError> {
        Self::try_take(paths, &mut Watch::default())
    }

    /// Takes the lock of a trial once it is free; `None` if `stop` is set before.
    pub fn wait(paths: &Paths, stop: &AtomicBool) -> Result<Option<Self>, LockError> {
        let mut watch = Watch::default();
        while !stop.load(Ordering::Relaxed) {
            match Self::try_take(paths, &mut watch) {
                Err(LockError::Busy { .. }) => std::thread::sleep(LOOK),
                taken => return taken.map(Some),
            }
        }
        Ok(None)
    }

    fn try_take(paths: &Paths, watch: &mut Watch) -> Result<Self, LockError> {
        links::check(&paths.0)?;
        let trial = paths.0.file_name().unwrap_or_default().to_string_lossy();
        make_below(&links::above(&paths.0), &[&trial, "checkpoint"])?;
        let busy = || LockError::Busy { folder: paths.0.display().to_string() };
        let path = paths.state().join("lock");
        let file = open(&path).map_err(failed(&path))?;
        let alone = match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(busy()),
            // A file system without locks grants it to everyone.
            locked => locked.is_ok(),
        };
        let place = Place(paths.state());
        let me = Owner { token: unique(), system: system(), process: std::process::id(), beat: 0 };
        let claim = || place.claim(&me).map_err(failed(&place.owner()));
        if !claim()? {
            let Some(dead) = watch.dead(place.read().ok(), alone) else {
                return Err(busy());
            };
            place.bury(&dead).map_err(failed(&place.owner()))?;
            if !claim()? {
                return Err(busy());
            }
        }
        let token = me.token.clone();
        let life = Some(place.clone().live(me));
        Ok(Self { place, token, life, _system: file })
    }

    /// Makes sure that the lock is still ours.
    ///
    /// # Errors
    /// When another process has taken it, or the folder is gone.
    pub fn check(&self) -> Result<(), RecordError> {
        let found = self.place.read().and_then(|owner| match owner.token == self.token {
            true => Ok(()),
            false => Err(io::Error::other("another process has taken the trial over")),
        });
        found.map_err(failed(&self.place.owner()))
    }
}

/// Whether a process has the lock of a trial: whoever only reads results asks this.
pub fn is_held(paths: &Paths) -> bool {
    let place = Place(paths.state());
    let Ok(owner) = place.read() else { return false };
    // Shared and let go at once: it keeps no one from the lock but one who comes at this moment.
    let file = open_regular(&paths.state().join("lock"));
    if file.is_ok_and(|(file, _)| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))) {
        return true;
    }
    // No process of this machine has it; one of another may.
    let beat = fs::metadata(Place::card(&place.owner())).and_then(|card| card.modified());
    let silent = beat.ok().and_then(|beat| beat.elapsed().ok()).unwrap_or_default();
    !(owner.system.is_some() && owner.system == system()) && silent < PATIENCE
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.life.take() {
            drop(end);
            let _ = thread.join();
        }
        // One that was taken from us is not ours to free.
        if let Ok(owner) = self.place.read()
            && owner.token == self.token
        {
            let _ = self.place.bury(&Some(owner));
        }
    }
}

impl Watch {
    /// The holder, if it is dead. `alone`: the system says that no process of this machine has
    /// the lock.
    fn dead(&mut self, found: Option<Owner>, alone: bool) -> Option<Option<Owner>> {
        let here = |owner: &Owner| owner.system.is_some() && owner.system == system();
        if alone && found.as_ref().is_some_and(here) {
            return Some(found);
        }
        match &self.0 {
            Some((last, since)) if *last == found => (since.elapsed() >= PATIENCE).then_some(found),
            _ => {
                self.0 = Some((found, Instant::now()));
                None
            }
        }
    }
}

/// The folder in which the holder's folder stands.
#[derive(Clone, Debug)]
struct Place(PathBuf);

impl Place {
    fn owner(&self) -> PathBuf {
        self.0.join("owner")
    }

    fn card(folder: &Path) -> PathBuf {
        folder.join("owner.json")
    }

    /// A name that no one else has.
    fn aside(&self) -> PathBuf {
        self.0.join(format!("{TEMPORARY}{}", unique()))
    }

    fn read(&self) -> io::Result<Owner> {
        Self::read_in(&self.owner())
    }

    fn read_in(folder: &Path) -> io::Result<Owner> {
        Ok(serde_json::from_slice(&read_regular(&Self::card(folder), 1 << 16)?)?)
    }

    fn write_in(folder: &Path, owner: &Owner) -> io::Result<()> {
        let bytes = serde_json::to_vec(owner)?;
        write_synced(&Self::card(folder), &bytes, Sync::Nothing).map_err(|error| error.source)
    }

    /// Puts a holder's folder in place; whether no other was there.
    fn claim(&self, me: &Owner) -> io::Result<bool> {
        let new = self.aside();
        fs::create_dir(&new)?;
        Self::write_in(&new, me)?;
        let claimed = fs::rename(&new, self.owner());
        if claimed.is_err() {
            let _ = fs::remove_dir_all(&new);
        }
        match claimed {
            Ok(()) => Ok(true),
            // Whoever has the lock may sweep up what others have aside.
            Err(error) if self.owner().is_dir() || error.kind() == io::ErrorKind::NotFound => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes a dead holder's folder away. If that was another's by now, it is put back.
    fn bury(&self, dead: &Option<Owner>) -> io::Result<()> {
        let aside = self.aside();
        match fs::rename(self.owner(), &aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            renamed => renamed?,
        }
        if Self::read_in(&aside).ok() == *dead {
            return fs::remove_dir_all(&aside);
        }
        fs::rename(&aside, self.owner())
    }

    /// Gives signs of life until the sender is dropped, or the place is another's.
    fn live(self, mut me: Owner) -> (Sender<()>, JoinHandle<()>) {
        let (end, ended) = channel();
        let beat = move || {
            while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                match self.read() {
                    Ok(owner) if owner.token != me.token => return,
                    Ok(_) => {}
                    // Gone, or out of reach for a moment.
                    Err(_) => continue,
                }
                me.beat += 1;
                // Out of reach for a moment, perhaps: the next sign of life counts as well.
                let _ = Self::write_in(&self.owner(), &me);
            }
        };
        (end, std::thread::spawn(beat))
    }
}

/// Opens the file of the system's lock. What is no regular file goes: opening a FIFO would wait.
fn open(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        fs::remove_file(path)?;
    }
    File::options().create(true).append(true).open(path)
}

/// What tells this run of this operating system from all others; `None` if it does not say.
fn system() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

/// A name that no other process and no other call has.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{:x}-{process:x}-{count:x}", now.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Place) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place(folder.path().to_owned());
        (folder, place)
    }

    fn owner(system: &str) -> Owner {
        Owner { token: unique(), system: Some(system.to_owned()), process: 1, beat: 0 }
    }

    #[test]
    fn one_of_many_claims_succeeds() {
        let (_folder, place) = place();
        let claims: Vec<bool> = std::thread::scope(|scope| {
            let claim = || scope.spawn(|| place.claim(&owner("x")).unwrap());
            let threads: Vec<_> = (0..16).map(|_| claim()).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(claims.iter().filter(|claimed| **claimed).count(), 1);
    }

    #[test]
    fn a_holder_is_dead_when_the_system_says_so_or_it_is_silent() {
        let mine = Owner { system: system(), ..owner("") };
        let far = owner("another machine");
        if mine.system.is_some() {
            assert_eq!(Watch::default().dead(Some(mine.clone()), true), Some(Some(mine.clone())));
        }
        let mut watch = Watch::default();
        assert_eq!(watch.dead(Some(far.clone()), true), None);
        assert_eq!(watch.dead(Some(far.clone()), true), None);
        let long_ago = Instant::now().checked_sub(PATIENCE).unwrap();
        watch.0 = Some((Some(far.clone()), long_ago));
        assert_eq!(watch.dead(Some(far.clone()), false), Some(Some(far.clone())));
        let alive = Owner { beat: 1, ..far };
        assert_eq!(watch.dead(Some(alive), false), None);
    }

    #[test]
    fn only_the_dead_are_buried() {
        let (_folder, place) = place();
        let (dead, alive) = (owner("a"), owner("b"));
        assert!(place.claim(&alive).unwrap());
        place.bury(&Some(dead)).unwrap();
        assert_eq!(place.read().unwrap(), alive);
        place.bury(&Some(alive)).unwrap();
        assert!(place.read().is_err());
        assert!(place.claim(&owner("c")).unwrap());
    }

    #[test]
    fn a_lock_is_had_once_and_freed() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths(folder.path().join("trial"));
        let lock = Lock::take(&paths).unwrap();
        lock.check().unwrap();
        assert!(matches!(Lock::take(&paths), Err(LockError::Busy { .. })));
        assert!(is_held(&paths));
        let stop = AtomicBool::new(true);
        assert!(Lock::wait(&paths, &stop).unwrap().is_none());
        drop(lock);
        assert!(!is_held(&paths));
        let again = Lock::take(&paths).unwrap();
        // Another machine that found it silent for long takes it over.
        again.place.bury(&again.place.read().ok()).unwrap();
        assert!(again.place.claim(&owner("another machine")).unwrap());
        assert!(again.check().is_err());
        drop(again);
        assert!(matches!(Lock::take(&paths), Err(LockError::Busy { .. })));
    }
}
