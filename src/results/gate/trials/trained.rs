//! Trials that were trained to be compared, and what the points of their sweeps are called in a
//! baseline.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One trial, as the run reports it.
pub struct Trained<'a> {
    /// The experiment's name.
    pub experiment: &'a str,
    /// The trial's name.
    pub name: &'a str,
    /// The swept keys and their values.
    pub swept: &'a [(String, String)],
    /// Its folder.
    pub folder: &'a Path,
    /// How it ended.
    pub end: End,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was trained.
    Done,
    /// Its numbers became infinite or none: here is how.
    Diverged(String),
    /// It did not come to its end, for this reason.
    Failed(String),
}

/// The name of each trial's point. Folders' names are cut and without special characters: where two
/// points have the same, their keys and values stand in full.
pub(super) fn names_of(trials: &[Trained<'_>]) -> Vec<String> {
    let mut points: BTreeMap<String, BTreeSet<&[(String, String)]>> = BTreeMap::new();
    for trial in trials {
        points.entry(name_of(trial)).or_default().insert(trial.swept);
    }
    let name = |trial: &Trained<'_>| {
        let name = name_of(trial);
        if points.get(&name).is_none_or(|points| points.len() < 2) {
            return name;
        }
        let values = trial.swept.iter().map(|(key, value)| format!("{key}={value}"));
        format!("{}/{}", trial.experiment, values.collect::<Vec<_>>().join(","))
    };
    trials.iter().map(name).collect()
}

/// `experiment/hidden_size=128`: the trial's name without seed and hash.
fn name_of(trial: &Trained<'_>) -> String {
    let point = trial.name.rsplit_once("seed=").map_or(trial.name, |(point, _)| point);
    match point.trim_end_matches(',') {
        "" => trial.experiment.to_owned(),
        point => format!("{}/{point}", trial.experiment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of trials of `e` with these folders and values of `data.corpus`.
    fn names(trials: &[(&str, &str)]) -> Vec<String> {
        let swept: Vec<_> = trials
            .iter()
            .map(|(_, value)| vec![("data.corpus".to_owned(), (*value).to_owned())])
            .collect();
        let trials: Vec<Trained<'_>> = trials
            .iter()
            .zip(&swept)
            .map(|((name, _), swept)| Trained {
                experiment: "e",
                name,
                swept,
                folder: Path::new(""),
                end: End::Done,
            })
            .collect();
        names_of(&trials)
    }

    #[test]
    fn points_of_a_sweep_have_names_of_their_own() {
        assert_eq!(names(&[("seed=42-1a2b3c4d", "")]), ["e"]);
        let two = [
            ("hidden_size=128,layers=2,seed=42-1a2b3c4d", "c"),
            ("corpus=d,seed=43-4d3c2b1a", "d"),
        ];
        assert_eq!(names(&two), ["e/hidden_size=128,layers=2", "e/corpus=d"]);
    }

    /// Of two points with one name only the last was compared.
    #[test]
    fn points_whose_folders_are_alike_are_told_apart() {
        let alike = [
            ("corpus=a_b,seed=42-1a2b3c4d", "\"a/b\""),
            ("corpus=a_b,seed=43-4d3c2b1a", "\"a/b\""),
            ("corpus=a_b,seed=42-00000000", "\"a b\""),
            ("corpus=c,seed=42-00000000", "\"c\""),
        ];
        let [first, second] = ["e/data.corpus=\"a/b\"", "e/data.corpus=\"a b\""];
        assert_eq!(names(&alike), [first, first, second, "e/corpus=c"]);
    }
}
