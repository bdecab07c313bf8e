//! Goes from trial to trial, again and again.

use super::experiment::{Experiment, Watched};
use crate::results::summaries::NoSummary;
use crate::runs::find;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How all experiments stand.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub experiments: Vec<Arc<Experiment>>,
    /// Trials that have not been looked at yet.
    pub unread: usize,
}

/// Reads experiments, and keeps what it has read.
pub(super) struct Reader {
    paths: Vec<PathBuf>,
    watched: Vec<Watched>,
    /// The trial, counted over all experiments, that is looked at next.
    next: usize,
}

impl Reader {
    /// One that reads the experiments at some paths: folders of experiments, or folders of those. There
    /// may be none yet.
    ///
    /// # Errors
    /// When one of them is no folder.
    pub(super) fn new(paths: &[PathBuf]) -> Result<Self, NoSummary> {
        match paths.iter().find(|path| !path.is_dir()) {
            Some(path) => Err(NoSummary::Nothing(path.clone())),
            None => Ok(Self { paths: paths.to_vec(), watched: Vec::new(), next: 0 }),
        }
    }

    /// Looks at trials for about as long as this, from the one on where it stopped the last time, at
    /// each once at most.
    pub(super) fn refresh(&mut self, time: Duration) -> Snapshot {
        let began = Instant::now();
        self.list();
        let all: usize = self.watched.iter().map(|watched| watched.trials.len()).sum();
        for _ in 0..all {
            self.next = (self.next + 1) % all;
            self.look(self.next);
            if began.elapsed() >= time {
                break;
            }
        }
        let unread = self.watched.iter().flat_map(|watched| &watched.trials);
        let unread = unread.filter(|trial| trial.is_new()).count();
        Snapshot { experiments: self.watched.iter_mut().map(Watched::show).collect(), unread }
    }

    /// Finds the experiments. What is known of one whose folder has vanished is forgotten.
    fn list(&mut self) {
        let mut folders: Vec<PathBuf> = Vec::new();
        for folder in self.paths.iter().flat_map(|path| experiments_at(path)) {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        let mut before = std::mem::take(&mut self.watched);
        self.watched = folders
            .into_iter()
            .map(|folder| {
                let known = before.iter().position(|watched| watched.shown.folder == folder);
                known.map_or_else(|| Watched::new(folder), |known| before.swap_remove(known))
            })
            .collect();
        self.watched.iter_mut().for_each(Watched::list);
    }

    /// Looks at the nth trial of all.
    fn look(&mut self, mut nth: usize) {
        for watched in &mut self.watched {
            match watched.trials.get_mut(nth) {
                Some(trial) => {
                    watched.is_old |= trial.look();
                    return;
                }
                None => nth -= watched.trials.len(),
            }
        }
    }
}

/// The experiments at a path.
fn experiments_at(path: &Path) -> Vec<PathBuf> {
    match find::is_experiment(path) {
        true => vec![path.to_owned()],
        false => find::experiments_in(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The trials of a place with their statuses.
    fn statuses(snapshot: &Snapshot) -> Vec<(String, &'static str)> {
        let groups = snapshot.experiments.iter().flat_map(|experiment| &experiment.groups);
        let trials = groups.flat_map(|group| &group.points).flat_map(|point| &point.trials);
        trials.map(|trial| (trial.name.clone(), trial.status)).collect()
    }

    /// A folder with an experiment of trials that failed before they had a record.
    fn place(trials: usize) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for trial in 0..trials {
            let folder = place.path().join(format!("swept/{trial}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("run.json"), "{}").unwrap();
            let spec = format!("data.corpus = 'x'\nmodel.hidden_size = {}\n", trial + 1);
            fs::write(folder.join("spec.toml"), spec).unwrap();
        }
        fs::write(place.path().join("swept/summary.csv"), "").unwrap();
        place
    }

    #[test]
    fn a_refresh_goes_on_where_the_last_one_stopped() {
        let place = place(5);
        let mut reader = Reader::new(&[place.path().to_owned()]).unwrap();
        let unread: Vec<usize> = (0..6).map(|_| reader.refresh(Duration::ZERO).unread).collect();
        assert_eq!(unread, [4, 3, 2, 1, 0, 0]);
        let shown = reader.refresh(Duration::MAX);
        assert!(statuses(&shown).iter().all(|(_, status)| *status == "damaged"), "{shown:?}");
        // Nothing is read, and nothing put in order, where nothing has changed.
        let again = reader.refresh(Duration::MAX);
        assert!(Arc::ptr_eq(&shown.experiments[0], &again.experiments[0]));
    }

    #[test]
    fn what_comes_and_goes_is_seen() {
        let place = place(1);
        let results = place.path().join("results");
        assert!(matches!(Reader::new(std::slice::from_ref(&results)), Err(NoSummary::Nothing(_))));
        fs::create_dir(&results).unwrap();
        let mut reader = Reader::new(std::slice::from_ref(&results)).unwrap();
        assert!(reader.refresh(Duration::MAX).experiments.is_empty());
        fs::rename(place.path().join("swept"), results.join("swept")).unwrap();
        let shown = reader.refresh(Duration::MAX);
        assert_eq!(statuses(&shown), [("0".to_owned(), "damaged")]);
        fs::write(results.join("swept/plan.json"), "{").unwrap();
        let shown = reader.refresh(Duration::MAX);
        let problem = shown.experiments[0].problem.as_deref().unwrap();
        assert!(problem.contains("plan.json: it is damaged: EOF"), "{problem}");
        assert_eq!(statuses(&shown), [("0".to_owned(), "damaged")]);
        fs::remove_dir_all(&results).unwrap();
        assert!(reader.refresh(Duration::MAX).experiments.is_empty());
    }
}
