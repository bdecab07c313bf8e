//! The keys of specs: in which of them settings differ.

use crate::results::ranking::Point;
use crate::runs::recorded::Recorded;
use std::collections::BTreeMap;

/// A value as in a table.
pub(super) fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A setting's value of a key: as it was swept, else as in the spec of its first trial.
pub(super) fn value(point: &Point<'_>, first: Option<&Recorded>, key: &str) -> Option<String> {
    if point.summary.swept().iter().any(|own| own == key) {
        let value = point.summary.cell(point.rows[0], key);
        return Some(value.to_owned()).filter(|value| !value.is_empty());
    }
    let (_, value) = first?.keys.iter().find(|(path, _)| path == key)?;
    Some(shown(value))
}

/// The keys in which settings differ, swept ones first. An option that goes with a choice, as the
/// momentum of one optimizer, tells something only by its own values.
pub(super) fn varied(points: &[Point<'_>], firsts: &[Option<&Recorded>]) -> Vec<String> {
    let mut keys: Vec<&str> = Vec::new();
    let mut seen: BTreeMap<&str, (String, bool)> = BTreeMap::new();
    let mut see = |key, value: String| match seen.get_mut(key) {
        Some((first, differs)) => *differs |= *first != value,
        None => {
            keys.push(key);
            seen.insert(key, (value, false));
        }
    };
    for point in points {
        for key in point.summary.swept() {
            let value = point.summary.cell(point.rows[0], key);
            if !value.is_empty() {
                see(key.as_str(), value.to_owned());
            }
        }
    }
    for (point, first) in points.iter().zip(firsts) {
        let own = first.iter().flat_map(|first| &first.keys);
        for (key, value) in own.filter(|(key, _)| !point.summary.swept().contains(key)) {
            see(key.as_str(), shown(value));
        }
    }
    let differs = |key: &&str| *key != "seed" && seen.get(key).is_some_and(|(_, differs)| *differs);
    keys.into_iter().filter(differs).map(str::to_owned).collect()
}
