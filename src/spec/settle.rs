//! Layers laid over one another, and the experiment that they settle on.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::experiment::Experiment;
use super::keys::{Default, Key, Kind, Table, When};
use super::layer::{Assignment, Layer};
use super::problem::Problem;
use super::rules;
use super::source::Place;
use super::swept::{Axis, Swept};
use super::table::{KEYS, RIVALS, TABLES, condition, find_key, find_table, rival};

/// What all layers say together.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    settled: BTreeMap<&'static str, Settled>,
    /// Tables that are written, be they empty, and the number of the layer that did so last.
    opened: BTreeMap<&'static str, (Place, usize)>,
    swept: Swept,
    layers: usize,
    /// Where a problem stands that stands nowhere else.
    top: Place,
}

/// The assignment that holds, and the number of the layer that made it.
#[derive(Clone, Debug)]
struct Settled {
    assignment: Assignment,
    layer: usize,
}

impl Settings {
    /// No layers yet; `top` is where a missing key is missed.
    pub fn new(top: Place) -> Self {
        let (settled, opened) = (BTreeMap::new(), BTreeMap::new());
        Settings { settled, opened, swept: Swept::default(), layers: 0, top }
    }

    /// Lays one more layer on top.
    pub fn lay(&mut self, layer: Layer, problems: &mut Vec<Problem>) {
        check_alone(&layer.assignments, problems);
        for table in layer.closed {
            self.close(table);
        }
        for (table, place) in layer.opened {
            self.opened.insert(table.path, (place, self.layers));
        }
        for assignment in layer.assignments {
            self.swept.forget(assignment.key);
            self.set(assignment);
        }
        let mut swept = layer.swept;
        let axes = swept.axes.iter_mut().chain(swept.zips.iter_mut().flatten());
        axes.for_each(|axis| axis.layer = self.layers);
        self.swept.lay(swept);
        self.layers += 1;
    }

    /// The experiment at a point of a sweep, these values over all layers, and what is odd about
    /// it.
    pub fn point(
        &self,
        values: Vec<Assignment>,
    ) -> Result<(Experiment, Vec<Problem>), Vec<Problem>> {
        let mut problems = Vec::new();
        check_alone(&values, &mut problems);
        // Without what is swept, which may be long.
        let mut point = Settings::new(self.top.clone());
        point.settled.clone_from(&self.settled);
        point.opened.clone_from(&self.opened);
        point.layers = self.layers;
        values.into_iter().for_each(|assignment| point.set(assignment));
        match point.experiment() {
            Ok(experiment) if problems.is_empty() => {
                let warnings = rules::warnings(&experiment, &point);
                Ok((experiment, warnings))
            }
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }

    /// Options that go with no word of a swept choice, though no lower layer wrote them.
    pub fn unused(&self) -> Vec<Problem> {
        let unused = |axis: &Axis, settled: &Settled| {
            let when = settled.assignment.key.when.filter(|when| when.key == axis.key.path)?;
            let used = |word: &Json| word.as_str().is_some_and(|word| when.holds(word));
            if settled.layer < axis.layer || axis.values.iter().any(|(word, _)| used(word)) {
                return None;
            }
            let path = settled.assignment.key.path;
            let message = format!("`{path}` goes with no swept {}", when.key);
            let problem = Problem::at(&settled.assignment.place, message);
            let problem = problem.also(&axis.place, format!("`{}` is swept", when.key));
            Some(problem.help(format!("it goes with {when}")))
        };
        let of = |axis| self.settled.values().filter_map(move |settled| unused(axis, settled));
        self.swept.all_axes().flat_map(of).collect()
    }

    /// What is swept.
    pub fn swept(&self) -> &Swept {
        &self.swept
    }

    /// Whether an optional table is there.
    pub fn is_written(&self, path: &str) -> bool {
        find_table(path).is_some_and(|table| self.is_open(table))
    }

    /// Where a table is opened.
    pub fn opening(&self, path: &str) -> Option<&Place> {
        let key = || KEYS.iter().filter(|key| key.table() == path).find_map(|k| self.place(k.path));
        self.opened.get(path).map(|(place, _)| place).or_else(key)
    }

    /// Where the key's value stands, unless it is the default.
    pub fn place(&self, path: &str) -> Option<&Place> {
        self.settled.get(path).map(|settled| &settled.assignment.place)
    }

    /// Where every key stands that is written or swept.
    pub fn places(&self) -> BTreeMap<&'static str, Place> {
        let settled = self.settled.iter().map(|(path, settled)| (*path, &settled.assignment.place));
        let swept = self.swept.all_axes().map(|axis| (axis.key.path, &axis.place));
        settled.chain(swept).map(|(path, place)| (path, place.clone())).collect()
    }

    /// The value that was written for the key, if it is right.
    pub fn value(&self, path: &str) -> Option<&Json> {
        self.settled.get(path)?.assignment.value.as_ref()
    }

    /// Whether the key has a wrong value, already told.
    pub fn is_wrong(&self, path: &str) -> bool {
        self.settled.get(path).is_some_and(|settled| settled.assignment.value.is_none())
    }

    fn set(&mut self, assignment: Assignment) {
        if let Some(rival) = rival(assignment.key.path) {
            self.settled.remove(rival);
        }
        let settled = Settled { assignment, layer: self.layers };
        self.settled.insert(settled.assignment.key.path, settled);
    }

    fn close(&mut self, table: &Table) {
        self.settled.retain(|path, _| !table.contains(path));
        self.opened.retain(|path, _| !table.contains(path));
        self.swept.close(table);
    }

    /// Whether a table is there: required ones always, optional ones where any layer wrote them.
    fn is_open(&self, table: &Table) -> bool {
        let has_key = |key: &Key| key.table() == table.path && self.settled.contains_key(key.path);
        !table.optional || self.opened.contains_key(table.path) || KEYS.iter().any(has_key)
    }

    /// The experiment, or everything that keeps it from being one.
    fn experiment(&self) -> Result<Experiment, Vec<Problem>> {
        let (mut values, mut problems) = (Map::new(), Vec::new());
        let tables = TABLES.iter().filter(|table| !table.path.starts_with("sweep"));
        for table in tables.filter(|table| self.is_open(table)) {
            problems.extend(self.misplaced_table(table));
            let keys = KEYS.iter().filter(|key| key.table() == table.path);
            for key in keys.filter(|key| key.path != "extends") {
                let value = self.settle(key).unwrap_or_else(|problem| {
                    problems.push(problem);
                    let applies = key.when.is_none_or(|when| when.holds(self.word(when.key)));
                    applies.then(|| key.kind.placeholder())
                });
                put(&mut values, key.path, value);
            }
        }
        match serde_json::from_value(Json::Object(values)) {
            Ok(experiment) => {
                problems.extend(rules::errors(&experiment, self));
                if problems.is_empty() { Ok(experiment) } else { Err(problems) }
            }
            Err(error) => {
                problems.push(Problem::new(format!("the table of keys has a mistake: {error}")));
                Err(problems)
            }
        }
    }

    /// The key's value; `None` where it has none.
    fn settle(&self, key: &'static Key) -> Result<Option<Json>, Problem> {
        let written = self.settled.get(key.path);
        if let Some(when) = &key.when
            && !when.holds(self.word(when.key))
        {
            return match written {
                Some(settled) if !self.outdated(settled, when) => {
                    Err(self.misplaced(key, when, &settled.assignment.place))
                }
                _ => Ok(None),
            };
        }
        match written.map(|settled| &settled.assignment.value) {
            Some(Some(Json::Null)) => Ok(None),
            Some(Some(value)) => Ok(Some(value.clone())),
            // What stands in for a wrong value, already told.
            Some(None) => {
                let default = self.default(key).ok().flatten();
                Ok(Some(default.unwrap_or_else(|| key.kind.placeholder())))
            }
            None if rival(key.path).is_some_and(|rival| self.settled.contains_key(rival)) => {
                Ok(None)
            }
            None => self.default(key),
        }
    }

    fn default(&self, key: &'static Key) -> Result<Option<Json>, Problem> {
        match key.default {
            Default::Required => Err(self.missing(key)),
            Default::By { key: other, values } => {
                let word = self.word(other);
                let value = values.iter().find(|(name, _)| *name == word);
                Ok(value.map(|(_, number)| match key.kind {
                    Kind::Integer(..) => json!(*number as u64),
                    _ => json!(number),
                }))
            }
            default => Ok(default.value()),
        }
    }

    /// The word of a key that decides about others: its default where it does not apply itself.
    fn word(&self, path: &str) -> &str {
        let when = find_key(path).and_then(|key| key.when);
        let applies = when.is_none_or(|when| when.holds(self.word(when.key)));
        let written = self.value(path).and_then(Json::as_str).filter(|_| applies);
        written.unwrap_or_else(|| default_word(path))
    }

    /// Whether an option stands below the layer that chose a word without it (and is dropped), or
    /// whether that word is a wrong one, already told.
    fn outdated(&self, option: &Settled, when: &When) -> bool {
        self.settled
            .get(when.key)
            .is_some_and(|word| word.assignment.value.is_none() || option.layer < word.layer)
    }

    fn misplaced(&self, key: &Key, when: &When, place: &Place) -> Problem {
        let word = self.word(when.key);
        let problem = misplaced(key, when, word, place);
        match self.place(when.key) {
            Some(chosen) => problem.also(chosen, format!("`{}` is chosen", when.key)),
            None => problem.help(format!("`{}` is \"{word}\" by default", when.key)),
        }
    }

    /// A table that is opened though none of its keys goes with what is chosen; where keys stand
    /// in it, each of them is told.
    fn misplaced_table(&self, table: &Table) -> Option<Problem> {
        let (place, layer) = self.opened.get(table.path)?;
        let when = &condition(table)?;
        let word = self.word(when.key);
        let chosen = self.settled.get(when.key);
        let told = self.settled.keys().any(|path| table.contains(path));
        let dropped = chosen.is_some_and(|it| it.assignment.value.is_none() || *layer < it.layer);
        if told || dropped || when.holds(word) {
            return None;
        }
        let message = format!("{} does not go with {} = \"{word}\"", table.title(), when.key);
        let problem = Problem::at(place, message).help(format!("it goes with {when}: remove it"));
        Some(match chosen {
            Some(chosen) => {
                problem.also(&chosen.assignment.place, format!("`{}` is chosen", when.key))
            }
            None => problem.help(format!("`{}` is \"{word}\" by default", when.key)),
        })
    }

    fn missing(&self, key: &Key) -> Problem {
        let chosen = key.when.and_then(|when| self.place(when.key));
        let place = chosen
            .or_else(|| self.opened.get(key.table()).map(|(place, _)| place))
            .unwrap_or(&self.top);
        let title = find_table(key.table()).map(Table::title).unwrap_or_default();
        let help = format!("add `{} = …` to {title}: {}", key.name(), key.clause());
        let problem = Problem::at(place, format!("`{}` is missing", key.path)).help(help);
        match &key.when {
            Some(when) if chosen.is_some() => {
                let word = self.word(when.key);
                problem.help(format!("{} = \"{word}\" needs it", when.key))
            }
            _ => problem,
        }
    }
}

/// What can be wrong with assignments of one layer among themselves.
fn check_alone(assignments: &[Assignment], problems: &mut Vec<Problem>) {
    let find = |path: &str| assignments.iter().find(|assignment| assignment.key.path == path);
    if let (Some(first), Some(second)) = (find(RIVALS.0), find(RIVALS.1)) {
        let message = format!("both `{}` and `{}` are set", RIVALS.0, RIVALS.1);
        let problem = Problem::at(&second.place, message)
            .also(&first.place, format!("`{}` is set", RIVALS.0));
        problems.push(problem.help("training ends after the one or the other: remove one"));
    }
    for option in assignments {
        let Some(when) = &option.key.when else {
            continue;
        };
        let Some(chosen) = find(when.key) else {
            continue;
        };
        match chosen.value.as_ref().and_then(Json::as_str) {
            Some(word) if !when.holds(word) => problems.push(
                misplaced(option.key, when, word, &option.place)
                    .also(&chosen.place, format!("`{}` is chosen", when.key)),
            ),
            _ => {}
        }
    }
}

/// An option of a choice that was not made.
fn misplaced(key: &Key, when: &When, word: &str, place: &Place) -> Problem {
    let names = |keys: &mut dyn Iterator<Item = &str>| {
        keys.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let others = KEYS
        .iter()
        .filter(|other| other.when.is_some_and(|other| other.key == when.key && other.holds(word)));
    let others = names(&mut others.map(Key::name));
    let message = format!("`{}` does not go with {} = \"{word}\"", key.path, when.key);
    let problem = Problem::at(place, message).help(format!("it goes with {when}"));
    // A task has too many keys to list.
    match others.is_empty() || when.key == "task" {
        true => problem,
        false => problem.help(format!("\"{word}\" has {others}")),
    }
}

/// The word that holds where the key is not written.
fn default_word(path: &str) -> &'static str {
    match find_key(path).map(|key| key.default) {
        Some(Default::Word(word)) => word,
        _ => "",
    }
}

/// Puts a value at a dotted path.
fn put(values: &mut Map<String, Json>, path: &str, value: Option<Json>) {
    let Some(value) = value else { return };
    match path.split_once('.') {
        None => {
            values.insert(path.to_owned(), value);
        }
        Some((table, rest)) => {
            let inner = values.entry(table).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, Some(value));
            }
        }
    }
}
