//! In what trials differ.

use crate::runs::recorded::Recorded;

/// A key whose value differs between two trials: path, the first's value, the other's.
pub(super) type Change = (String, String, String);

/// The last name of a key's path.
pub(super) fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// A trial's value of a key, as in its spec.
pub(super) fn value(trial: &Recorded, key: &str) -> Option<String> {
    let (_, value) = trial.keys.iter().find(|(path, _)| path == key)?;
    Some(match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// The keys that differ between two trials, in the order of the first's spec.
pub(super) fn between(one: &Recorded, other: &Recorded) -> Vec<Change> {
    let mut paths: Vec<&str> = one.keys.iter().map(|(path, _)| path.as_str()).collect();
    let more = other.keys.iter().map(|(path, _)| path.as_str());
    let more: Vec<&str> = more.filter(|path| !paths.contains(path)).collect();
    paths.extend(more);
    let shown = |trial, path| value(trial, path).unwrap_or_else(|| "–".to_owned());
    paths
        .into_iter()
        .map(|path| (path.to_owned(), shown(one, path), shown(other, path)))
        .filter(|(_, one, other)| one != other)
        .collect()
}

/// The keys whose values differ among some trials, in the order of the specs. A trial whose spec
/// cannot be read has no say.
pub(super) fn varied(trials: &[&Recorded]) -> Vec<String> {
    let trials: Vec<_> = trials.iter().filter(|trial| !trial.keys.is_empty()).collect();
    let mut keys: Vec<String> = Vec::new();
    for trial in &trials {
        for (path, _) in &trial.keys {
            if !keys.contains(path) {
                keys.push(path.clone());
            }
        }
    }
    keys.retain(|key| {
        let mut values = trials.iter().map(|trial| value(trial, key));
        let first = values.next().flatten();
        values.any(|value| value != first)
    });
    keys
}

/// The trials that differ from one in the fewest keys, nearest first: their indices and the keys.
pub(super) fn nearest(of: usize, trials: &[&Recorded], most: usize) -> Vec<(usize, Vec<Change>)> {
    let mut others: Vec<_> = (0..trials.len())
        .filter(|index| *index != of && !trials[*index].keys.is_empty())
        .map(|index| (index, between(trials[of], trials[index])))
        .collect();
    others.sort_by_key(|(_, changes)| changes.len());
    others.truncate(most);
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::metrics_csv::Columns;

    fn trial(spec: &str) -> Recorded {
        let keys = spec.parse::<toml::Table>().unwrap().into_iter().collect();
        Recorded {
            folder: "r".into(),
            experiment: "e".into(),
            trial: "t".into(),
            run: serde_json::Value::Null,
            spec: spec.into(),
            keys,
            metrics: Columns::default(),
            timing: Columns::default(),
            samples: Vec::new(),
            damage: Vec::new(),
        }
    }

    #[test]
    fn neighbours_differ_in_the_fewest_keys() {
        let trials = [trial("a = 1\nb = 1"), trial("a = 2\nb = 2"), trial("a = 1\nb = 3\nc = 4")];
        let trials: Vec<&Recorded> = trials.iter().collect();
        assert_eq!(varied(&trials), ["a", "b", "c"]);
        let near = nearest(0, &trials, 1);
        assert_eq!(near[0].0, 1);
        assert_eq!(between(trials[0], trials[2])[1], ("c".into(), "–".into(), "4".into()));
    }
}
