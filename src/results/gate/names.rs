//! What experiments and the points of their sweeps are called in a baseline.

use super::measure::Trial;
use std::collections::{BTreeMap, BTreeSet};

/// The name of each trial's point. Folders' names are cut and without special characters: where two
/// points have the same, their keys and values stand in full.
pub(super) fn names_of(trials: &[Trial<'_>]) -> Vec<String> {
    let mut points: BTreeMap<String, BTreeSet<&[(String, String)]>> = BTreeMap::new();
    for trial in trials {
        points.entry(name_of(trial)).or_default().insert(trial.swept);
    }
    let name = |trial: &Trial<'_>| {
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
fn name_of(trial: &Trial<'_>) -> String {
    let point = trial.name.rsplit_once("seed=").map_or(trial.name, |(point, _)| point);
    match point.trim_end_matches(',') {
        "" => trial.experiment.to_owned(),
        point => format!("{}/{point}", trial.experiment),
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::End;
    use super::*;
    use std::path::Path;

    /// The names of trials of `e` with these folders and values of `data.corpus`.
    fn names(trials: &[(&str, &str)]) -> Vec<String> {
        let swept: Vec<_> = trials
            .iter()
            .map(|(_, value)| vec![("data.corpus".to_owned(), (*value).to_owned())])
            .collect();
        let trials: Vec<Trial<'_>> = trials
            .iter()
            .zip(&swept)
            .map(|((name, _), swept)| Trial {
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
