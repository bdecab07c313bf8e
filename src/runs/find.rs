//! Where trials and experiments stand in a folder of results.

use super::paths::Paths;
use crate::files::links::{self, Foreign};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// As deep as the record of a trial in a folder of folders of results.
pub const DEEPEST: usize = 4;

/// What stands in a folder, down to a depth, in the order of names. What cannot be looked into is
/// passed over.
fn entries(folder: &Path, depth: usize) -> impl Iterator<Item = DirEntry> {
    let below = WalkDir::new(folder).min_depth(1).max_depth(depth).sort_by_file_name();
    below.into_iter().flatten()
}

/// Whether a folder is that of a trial.
pub fn is_trial(folder: &Path) -> bool {
    Paths(folder.to_owned()).run().is_file()
}

/// Whether a folder is that of an experiment.
pub fn is_experiment(folder: &Path) -> bool {
    ["plan.json", "summary.csv"].iter().any(|name| folder.join(name).is_file())
}

/// The experiments in a folder of results.
pub fn experiments_in(folder: &Path) -> Vec<PathBuf> {
    let below = entries(folder, 1).map(DirEntry::into_path);
    below.filter(|path| is_experiment(path)).collect()
}

/// The trials in the folder of an experiment, links to folders of trials included.
pub fn trials_in(experiment: &Path) -> Vec<PathBuf> {
    let below = entries(experiment, 1).map(DirEntry::into_path);
    below.filter(|path| is_trial(path)).collect()
}

/// The trials at or below a path whose records stand no deeper than this.
pub fn trials_below(path: &Path, depth: usize) -> Vec<PathBuf> {
    let records = entries(path, depth).filter(|entry| entry.file_name() == "run.json");
    records.filter_map(|entry| entry.path().parent().map(Path::to_owned)).collect()
}

/// The folders of trials at or below a path that have been begun, be their records gone.
pub fn begun_below(path: &Path) -> BTreeSet<PathBuf> {
    let signs = entries(path, DEEPEST)
        .filter(|entry| ["run.json", "checkpoint"].iter().any(|name| entry.file_name() == *name));
    signs.filter_map(|entry| entry.path().parent().map(Path::to_owned)).collect()
}

/// Makes sure that no link at or below a path leads to a trial elsewhere. Links to trials that stand
/// below it too are passed over: they count once.
pub fn check_links_below(path: &Path) -> Result<(), Foreign> {
    let links = entries(path, DEEPEST).filter(DirEntry::path_is_symlink);
    let mut trials = links.filter(|entry| is_trial(entry.path()));
    trials.try_for_each(|entry| links::check(entry.path()))
}

/// Makes sure that no folder in that of an experiment is a link to elsewhere, or holds one.
pub fn check_links_in(experiment: &Path) -> Result<(), Foreign> {
    let mut folders = entries(experiment, 1).filter(|entry| entry.path().is_dir());
    folders.try_for_each(|entry| links::check(entry.path()))
}
