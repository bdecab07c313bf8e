//! Every table and key of a spec, in the order in which they are written out.

use std::sync::LazyLock;

use super::sweep::{Halving, RandomOptions, SweepOptions, TpeOptions};
use super::{
    Checkpoint, Data, EarlyStopping, Experiment, Generation, Meta, Model, Schedule, Training,
};
use crate::spec::keys::define::text;
use crate::spec::keys::{Key, Table};

/// The table of swept keys.
pub(in crate::spec) const GRID: &str = "sweep.grid";
/// Keys that move together.
pub(in crate::spec) const ZIP: &str = "sweep.zip";
/// Explicit points.
pub(in crate::spec) const POINTS: &str = "sweep.points";
/// Points drawn at random.
pub(in crate::spec) const RANDOM: &str = "sweep.random";
/// Points left out.
pub(in crate::spec) const SKIP_IF: &str = "sweep.skip_if";

/// Every table.
pub static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let mut top = Experiment::table();
    let extends =
        "Another spec, by its path beside this file, whose keys hold where this one says nothing.";
    top.keys.insert(0, text().or_absent().named("", "extends", extends));
    vec![
        top,
        Data::table(),
        Model::table(),
        Training::table(),
        Schedule::table(),
        EarlyStopping::table().optional(),
        Checkpoint::table().optional(),
        Generation::table().optional(),
        Meta::table(),
        SweepOptions::table().optional(),
        Table::new(GRID, "Keys of the spec, each with the array of its values: every combination is a point; the first key varies slowest.").optional(),
        Table::new(ZIP, "Keys that move together, each with an array of as many values; multiplies with the grid.").optional(),
        Table::new(POINTS, "One point, beside those of the grid: keys of the spec, each with its value.").optional(),
        RandomOptions::table().optional(),
        Table::new(SKIP_IF, "A point is left out where all these keys have these values: each key with a value, an array of values, or `{ min = x, max = y }`.").optional(),
        Halving::table().optional(),
        TpeOptions::table().optional(),
    ]
});

/// Two keys of which a trial has exactly one: a later layer's replaces an earlier layer's other.
pub struct Rivals {
    /// The one that holds, or must be written, where the other is not.
    pub first: &'static str,
    /// The other.
    pub second: &'static str,
    /// Why not both.
    pub why: &'static str,
}

/// All such pairs.
pub static RIVALS: [Rivals; 2] = [
    Rivals {
        first: "training.epochs",
        second: "training.steps",
        why: "training ends after the one or the other",
    },
    Rivals {
        first: "data.corpus",
        second: "data.train",
        why: "a corpus has a training text of its own, which its files or fractions tell",
    },
];

/// Every key.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    TABLES.iter().flat_map(|table| &table.keys)
}

/// The key with this dotted path.
pub fn find_key(path: &str) -> Option<&'static Key> {
    keys().find(|key| key.path == path)
}

/// The table with this dotted path.
pub fn find_table(path: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.path == path)
}

/// The key that excludes this one.
pub(in crate::spec) fn rival(path: &str) -> Option<&'static str> {
    RIVALS.iter().find_map(|pair| match path {
        _ if path == pair.first => Some(pair.second),
        _ if path == pair.second => Some(pair.first),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::keys::Default;

    #[test]
    fn tables_come_before_their_keys_and_paths_are_unique() {
        for key in keys() {
            assert!(find_table(key.table()).is_some(), "{}", key.path);
            assert_eq!(keys().filter(|other| other.path == key.path).count(), 1);
            assert!(find_table(key.path).is_none());
            assert!(key.about.ends_with('.') && key.about.len() < 160, "{}", key.path);
        }
    }

    #[test]
    fn conditions_name_words_of_keys_that_have_them() {
        let words = |path: &str| {
            let key = find_key(path).unwrap();
            assert!(
                key.default.value().is_some_and(|it| it.is_string()),
                "{path} decides without a default"
            );
            key.kind.words().iter().map(|word| word.name).collect::<Vec<_>>()
        };
        for key in keys() {
            if let Some(when) = key.when {
                assert!(when.words.iter().all(|word| words(when.key).contains(word)));
            }
            if let Default::By { key: other, values } = &key.default {
                for word in words(other) {
                    let applies = key.when.is_none_or(|when| when.holds(word));
                    assert_eq!(values.iter().any(|(name, _)| *name == word), applies);
                }
            }
        }
    }

    #[test]
    fn what_is_expected_reads_well() {
        for (path, expected) in [
            ("seed", "an integer from 0 to 9_223_372_036_854_775_807"),
            ("model.layers", "an integer from 1 to 64"),
            ("training.evaluate_every", "an integer from 1 to 1_000_000_000_000, or \"none\""),
            ("training.learning_rate", "a number x with 0 < x ≤ 1e30"),
            ("training.schedule.factor", "a number x with 0 < x < 1"),
            ("training.betas", "an array of two numbers x with 0 ≤ x < 1"),
            ("training.clip", "{ norm = x } or { value = x } with 0 < x ≤ 1e30, or \"none\""),
            ("model.architecture", "one of \"rnn\", \"gru\", \"lstm\""),
        ] {
            assert_eq!(find_key(path).unwrap().expected(), expected);
        }
    }
}
