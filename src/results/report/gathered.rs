//! What a page is made of: the records of trials, and the summaries of their experiments.

use crate::results::summaries;
use crate::runs::damage::Damage;
use crate::runs::find;
use crate::runs::recorded::{NothingRecorded, Recorded};
use crate::runs::summary_csv::Summary;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The results at some paths.
#[derive(Clone, Debug)]
pub struct Results {
    /// The trials that have a record, in the order of their folders.
    pub trials: Vec<Recorded>,
    /// The rows of those trials, and of those that stand beside them without a record: planned ones,
    /// and ones that failed before they could leave one.
    pub(super) summaries: Vec<Summary>,
    /// What could not be read of experiments, a sentence each.
    pub(super) problems: Vec<String>,
}

impl Results {
    /// Reads what stands at or below some paths: folders of results, of experiments or of trials.
    ///
    /// # Errors
    /// When there is no trial at one of them, or a link leads from one to elsewhere.
    pub fn read(paths: &[PathBuf]) -> Result<Self, NothingRecorded> {
        let mut trials = Vec::new();
        for path in paths {
            trials.extend(Recorded::all(path)?);
        }
        trials.sort_by(|a, b| a.folder.cmp(&b.folder));
        trials.dedup_by(|a, b| a.folder == b.folder);
        let mut results = Self { trials, summaries: Vec::new(), problems: Vec::new() };
        for folder in experiments(paths, &results.trials) {
            let whole = paths.iter().any(|path| folder.starts_with(path));
            results.add(&folder, whole);
        }
        Ok(results)
    }

    /// What of them is damaged, each thing once.
    pub fn damage(&self) -> Vec<Damage> {
        let mut damage = Recorded::damage_of(&self.trials);
        for found in self.summaries.iter().flat_map(Summary::damage) {
            if damage.iter().all(|known| known.place != found.place) {
                damage.push(found);
            }
        }
        damage
    }

    /// Adds the rows of an experiment: all of them, or those of trials that were asked for.
    fn add(&mut self, folder: &Path, whole: bool) {
        let read = summaries::read(folder).or_else(|error| {
            let is_there = find::is_experiment(folder);
            self.problems.extend(is_there.then(|| error.to_string()));
            summaries::of_trials(folder)
        });
        let Ok(mut summary) = read else { return };
        if !whole {
            let own = self.trials.iter().filter(|trial| trial.folder.parent() == Some(folder));
            let own: BTreeSet<&str> = own.map(|trial| trial.trial.as_str()).collect();
            let column = summary.column("trial").unwrap_or(0);
            summary.rows.retain(|row| row.get(column).is_some_and(|it| own.contains(it.as_str())));
        }
        self.summaries.push(summary);
    }
}

/// The folders of experiments at some paths, and those that some trials stand in.
fn experiments(paths: &[PathBuf], trials: &[Recorded]) -> BTreeSet<PathBuf> {
    let above = trials.iter().filter_map(|trial| trial.folder.parent().map(Path::to_owned));
    let mut found: BTreeSet<PathBuf> = above.collect();
    for path in paths {
        found.extend(find::is_experiment(path).then(|| path.clone()));
        found.extend(find::experiments_in(path));
    }
    found
}
