//! The assignments that hold.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::spec::diagnostics::source::Place;
use crate::spec::experiment::canonical::default_word;
use crate::spec::experiment::table::{find_key, rival};
use crate::spec::keys::{Table, When};
use crate::spec::parse::check::Assignment;

/// The assignment that holds for each key that is written, by its path.
#[derive(Clone, Debug, Default)]
pub(in crate::spec) struct Values(BTreeMap<&'static str, Resolved>);

/// An assignment that holds, and the number of the layer that made it.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Resolved {
    pub assignment: Assignment,
    pub layer: usize,
}

impl Values {
    /// Sets a key, over what was written before for it or for its rival.
    pub fn set(&mut self, assignment: Assignment, layer: usize) {
        let path = assignment.key.path;
        if let Some(rival) = rival(path) {
            self.0.remove(rival);
        }
        self.0.insert(path, Resolved { assignment, layer });
    }

    /// A table was switched off.
    pub fn close(&mut self, table: &Table) {
        self.0.retain(|path, _| !table.contains(path));
    }

    /// What is written for the key.
    pub fn find(&self, path: &str) -> Option<&Resolved> {
        self.0.get(path)
    }

    /// All, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = &Resolved> {
        self.0.values()
    }

    /// Where the key's value stands, unless it is the default.
    pub fn place(&self, path: &str) -> Option<&Place> {
        self.find(path).map(|written| &written.assignment.place)
    }

    /// The value that was written for the key, if it is right.
    pub fn value(&self, path: &str) -> Option<&Json> {
        self.find(path)?.assignment.value.as_ref()
    }

    /// Whether the key has a wrong value, already told.
    pub fn is_wrong(&self, path: &str) -> bool {
        self.find(path).is_some_and(|written| written.assignment.value.is_none())
    }

    /// The word of a key that decides about others: its default if it does not apply itself.
    pub fn word(&self, path: &str) -> &str {
        let when = find_key(path).and_then(|key| key.when);
        let applies = when.is_none_or(|when| self.holds(when));
        let written = self.value(path).and_then(Json::as_str).filter(|_| applies);
        written.unwrap_or_else(|| default_word(path))
    }

    /// Whether a condition is met.
    pub fn holds(&self, when: When) -> bool {
        when.holds(self.word(when.key))
    }
}
