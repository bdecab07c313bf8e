//! Layers merged, and the experiment that they make.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::rules;
use super::values::{Resolved, Values};
use crate::spec::diagnostics::problem::Problem;
use crate::spec::diagnostics::source::Place;
use crate::spec::experiment::Experiment;
use crate::spec::experiment::table::{RIVALS, TABLES, find_table, keys, rival};
use crate::spec::keys::{Default, Key, Table, When};
use crate::spec::parse::check::Assignment;
use crate::spec::parse::layer::Layer;
use crate::spec::parse::swept::{Axis, Swept};

/// What all layers say together.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Settings {
    values: Values,
    /// Tables that are written, be they empty, and the number of the layer that did so last.
    opened: BTreeMap<&'static str, (Place, usize)>,
    swept: Swept,
    layers: usize,
    /// Where a problem stands that stands nowhere else.
    top: Place,
}

impl Settings {
    /// No layers yet; `top` is where a missing key is missed.
    pub fn new(top: Place) -> Self {
        let (values, opened) = (Values::default(), BTreeMap::new());
        Settings { values, opened, swept: Swept::default(), layers: 0, top }
    }

    /// Merges one more layer, which holds over those before.
    pub fn merge(&mut self, layer: Layer, problems: &mut Vec<Problem>) {
        check_alone(&layer.assignments, problems);
        for table in layer.closed {
            self.close(table);
        }
        for (table, place) in layer.opened {
            self.opened.insert(table.path, (place, self.layers));
        }
        for assignment in layer.assignments {
            self.swept.forget(assignment.key);
            self.values.set(assignment, self.layers);
        }
        let mut swept = layer.swept;
        let axes = swept.axes.iter_mut().chain(swept.zips.iter_mut().flatten());
        axes.for_each(|axis| axis.layer = self.layers);
        self.swept.merge(swept);
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
        point.values.clone_from(&self.values);
        point.opened.clone_from(&self.opened);
        point.layers = self.layers;
        values.into_iter().for_each(|assignment| point.values.set(assignment, self.layers));
        match point.experiment() {
            Ok(experiment) if problems.is_empty() => {
                let warnings = rules::warnings(&experiment, &point.values);
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
        let unused = |axis: &Axis, written: &Resolved| {
            let when = written.assignment.key.when.filter(|when| when.key == axis.key.path)?;
            let used = |word: &Json| word.as_str().is_some_and(|word| when.holds(word));
            if written.layer < axis.layer || axis.values.iter().any(|(word, _)| used(word)) {
                return None;
            }
            let path = written.assignment.key.path;
            let message = format!("`{path}` goes with no swept {}", when.key);
            let problem = Problem::at(&written.assignment.place, message);
            let problem = problem.also(&axis.place, format!("`{}` is swept", when.key));
            Some(problem.help(format!("it goes with {when}")))
        };
        let of = |axis| self.values.iter().filter_map(move |written| unused(axis, written));
        self.swept.all_axes().flat_map(of).collect()
    }

    pub fn swept(&self) -> &Swept {
        &self.swept
    }

    /// What is written for the keys.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The values of a table's keys, written or by default; `None` if the table is absent.
    pub fn table<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        let table = find_table(path).filter(|table| self.is_written(table))?;
        let value = |key: &Key| self.values.value(key.path).or(key.default.value()).cloned();
        let values = table.keys.iter().filter_map(|key| Some((key.name().to_owned(), value(key)?)));
        serde_json::from_value(Json::Object(values.collect())).ok()
    }

    /// Where a table is opened.
    pub fn opening(&self, path: &str) -> Option<&Place> {
        let place = |key: &Key| self.values.place(key.path);
        let key = || find_table(path)?.keys.iter().find_map(place);
        self.opened.get(path).map(|(place, _)| place).or_else(key)
    }

    /// Where every key stands that is written or swept.
    pub fn places(&self) -> BTreeMap<&'static str, Place> {
        let written = self.values.iter().map(|it| (it.assignment.key.path, &it.assignment.place));
        let swept = self.swept.all_axes().map(|axis| (axis.key.path, &axis.place));
        written.chain(swept).map(|(path, place)| (path, place.clone())).collect()
    }

    fn close(&mut self, table: &Table) {
        self.values.close(table);
        self.opened.retain(|path, _| !table.contains(path));
        self.swept.close(table);
    }

    /// Whether a table is there: required ones always, optional ones if any layer wrote them.
    pub fn is_written(&self, table: &Table) -> bool {
        let has_key = |key: &Key| self.values.find(key.path).is_some();
        !table.optional || self.opened.contains_key(table.path) || table.keys.iter().any(has_key)
    }

    /// The experiment, or everything that keeps it from being one.
    fn experiment(&self) -> Result<Experiment, Vec<Problem>> {
        let (mut values, mut problems) = (Map::new(), Vec::new());
        let tables = TABLES.iter().filter(|table| !table.path.starts_with("sweep"));
        for table in tables.filter(|table| self.is_written(table)) {
            problems.extend(self.misplaced_table(table));
            for key in table.keys.iter().filter(|key| key.path != "extends") {
                let value = self.resolve(key).unwrap_or_else(|problem| {
                    problems.push(problem);
                    let applies = key.when.is_none_or(|when| self.values.holds(when));
                    applies.then(|| key.kind.placeholder())
                });
                put(&mut values, key.path, value);
            }
        }
        match serde_json::from_value(Json::Object(values)) {
            Ok(experiment) => {
                problems.extend(rules::errors(&experiment, &self.values));
                if problems.is_empty() { Ok(experiment) } else { Err(problems) }
            }
            Err(error) => {
                problems.push(Problem::new(format!("the table of keys has a mistake: {error}")));
                Err(problems)
            }
        }
    }

    /// The key's value, if it has one.
    fn resolve(&self, key: &'static Key) -> Result<Option<Json>, Problem> {
        let written = self.values.find(key.path);
        if let Some(when) = &key.when
            && !self.values.holds(*when)
        {
            return match written {
                Some(written) if !self.outdated(written, when) => {
                    Err(self.misplaced(key, when, &written.assignment.place))
                }
                _ => Ok(None),
            };
        }
        match written.map(|written| &written.assignment.value) {
            Some(Some(Json::Null)) => Ok(None),
            Some(Some(value)) => Ok(Some(value.clone())),
            // What stands in for a wrong value, already told.
            Some(None) => {
                let default = self.default(key).ok().flatten();
                Ok(Some(default.unwrap_or_else(|| key.kind.placeholder())))
            }
            None if rival(key.path).is_some_and(|rival| self.values.find(rival).is_some()) => {
                Ok(None)
            }
            None => self.default(key),
        }
    }

    fn default(&self, key: &'static Key) -> Result<Option<Json>, Problem> {
        match &key.default {
            Default::Required => Err(self.missing(key)),
            Default::Absent => Ok(None),
            Default::Value(value) => Ok(Some(value.clone())),
            Default::By { key: other, values } => {
                let word = self.values.word(other);
                Ok(values.iter().find(|(name, _)| *name == word).map(|(_, value)| value.clone()))
            }
        }
    }

    /// Whether an option stands below the layer that chose a word without it (and is dropped), or
    /// whether that word is a wrong one, already told.
    fn outdated(&self, option: &Resolved, when: &When) -> bool {
        self.values.is_wrong(when.key)
            || self.values.find(when.key).is_some_and(|word| option.layer < word.layer)
    }

    fn misplaced(&self, key: &Key, when: &When, place: &Place) -> Problem {
        let word = self.values.word(when.key);
        self.chosen(misplaced(key, when, word, place), when.key)
    }

    /// The problem, with where the word of a choice comes from.
    fn chosen(&self, problem: Problem, key: &str) -> Problem {
        match self.values.place(key) {
            Some(place) => problem.also(place, format!("`{key}` is chosen")),
            None => problem.help(format!("`{key}` is \"{}\" by default", self.values.word(key))),
        }
    }

    /// A table that is opened though none of its keys goes with what is chosen; where keys stand
    /// in it, each of them is told.
    fn misplaced_table(&self, table: &Table) -> Option<Problem> {
        let (place, layer) = self.opened.get(table.path)?;
        let when = &table.condition()?;
        let word = self.values.word(when.key);
        let chosen = self.values.find(when.key);
        let told = self.values.iter().any(|it| table.contains(it.assignment.key.path));
        let dropped = chosen.is_some_and(|it| it.assignment.value.is_none() || *layer < it.layer);
        if told || dropped || when.holds(word) {
            return None;
        }
        let message = format!("{} does not go with {} = \"{word}\"", table.title(), when.key);
        let problem = Problem::at(place, message).help(format!("it goes with {when}: remove it"));
        Some(self.chosen(problem, when.key))
    }

    fn missing(&self, key: &Key) -> Problem {
        let chosen = key.when.and_then(|when| self.values.place(when.key));
        let place = chosen
            .or_else(|| self.opened.get(key.table()).map(|(place, _)| place))
            .unwrap_or(&self.top);
        let title = find_table(key.table()).map(Table::title).unwrap_or_default();
        let help = format!("add `{} = …` to {title}: {}", key.name(), key.clause());
        let problem = Problem::at(place, format!("`{}` is missing", key.path)).help(help);
        match &key.when {
            Some(when) if chosen.is_some() => {
                let word = self.values.word(when.key);
                problem.help(format!("{} = \"{word}\" needs it", when.key))
            }
            _ => problem,
        }
    }
}

/// What can be wrong with assignments of one layer among themselves.
fn check_alone(assignments: &[Assignment], problems: &mut Vec<Problem>) {
    let find = |path: &str| assignments.iter().find(|assignment| assignment.key.path == path);
    for pair in &RIVALS {
        if let (Some(first), Some(second)) = (find(pair.first), find(pair.second)) {
            let message = format!("both `{}` and `{}` are set", pair.first, pair.second);
            let problem = Problem::at(&second.place, message)
                .also(&first.place, format!("`{}` is set", pair.first));
            problems.push(problem.help(format!("{}: remove one", pair.why)));
        }
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
    let others = keys()
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
