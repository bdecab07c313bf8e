//! What is written under `[sweep]`, read into a [`Swept`].

use std::collections::BTreeMap;

use super::check::{self, Assignment};
use super::distribution::Distribution;
use super::file::{Entry, Item, Value, quote};
use super::swept::{Allowed, Axis, Draw, Point, Skip, Swept, twice};
use crate::spec::diagnostics::problem::Problem;
use crate::spec::diagnostics::source::Place;
use crate::spec::diagnostics::suggest;
use crate::spec::experiment::canonical::to_text;
use crate::spec::experiment::table::{GRID, POINTS, RANDOM, ZIP, find_key, find_table};
use crate::spec::keys::{Key, Kind, Table, join};

impl Swept {
    /// Adds `[sweep.grid]`.
    pub fn read_grid(&mut self, entries: Vec<Entry>, problems: &mut Vec<Problem>) {
        for (key, place, item) in swept_keys(GRID, "", entries, problems) {
            if let Some(first) = self.axes.iter().find(|axis| axis.key == key) {
                problems.push(twice(key, &place, &first.place));
            }
            let axis = read_axis(key, place, &item, false, problems);
            self.axes.push(axis);
        }
    }

    /// Adds the keys of `[sweep.random]`.
    pub fn read_random(&mut self, entries: Vec<Entry>, problems: &mut Vec<Problem>) {
        for (key, place, item) in swept_keys(RANDOM, "", entries, problems) {
            if let Some(first) = self.draws.iter().find(|draw| draw.key == key) {
                problems.push(twice(key, &place, &first.place));
            }
            match Distribution::read(key, &item) {
                Ok(distribution) => self.draws.push(Draw { key, place, distribution }),
                Err(mut wrong) => {
                    self.wrong_draw = true;
                    problems.append(&mut wrong);
                }
            }
        }
    }

    /// Adds the tables of `[[sweep.zip]]`, `[[sweep.points]]` or `[[sweep.skip_if]]`.
    pub fn read_array(
        &mut self,
        table: &Table,
        place: &Place,
        items: Vec<Item>,
        problems: &mut Vec<Problem>,
    ) {
        for item in items {
            match item.value {
                Value::Table(entries) if entries.is_empty() => {
                    let message = format!("{} is empty", table.title());
                    let help = "write keys with their table, as in `\"model.hidden_size\" = …`";
                    problems.push(Problem::at(&item.place, message).help(help));
                }
                Value::Table(entries) => {
                    let keys = swept_keys(table.path, "", entries, problems);
                    // In `[[sweep.zip]]` the table itself has no place of its own but its keys.
                    let place = keys.first().map_or(place, |(_, place, _)| place).clone();
                    match table.path {
                        ZIP => self.read_zip(keys, problems),
                        POINTS => self.read_point(place, keys, problems),
                        _ => self.read_skip(place, keys, problems),
                    }
                }
                value => {
                    let message = format!("`{}` cannot hold {}", table.path, value.describe());
                    let help = format!("expected tables, each under {}", table.title());
                    problems.push(Problem::at(&item.place, message).help(help));
                }
            }
        }
    }

    fn read_zip(&mut self, keys: Vec<Written>, problems: &mut Vec<Problem>) {
        let before = problems.len();
        let mut zip: Vec<Axis> = Vec::new();
        for (key, place, item) in keys {
            if let Some(first) = zip.iter().find(|axis| axis.key == key) {
                problems.push(twice(key, &place, &first.place));
            }
            zip.push(read_axis(key, place, &item, true, problems));
        }
        let Some(first) = zip.first() else { return };
        // Of values that are wrong it is unknown how many were meant.
        let other = zip.iter().find(|axis| axis.values.len() != first.values.len());
        if let Some(other) = other.filter(|_| problems.len() == before) {
            let (paths, counts) =
                ((first.key.path, other.key.path), (first.values.len(), other.values.len()));
            let message = format!(
                "`{}` has {} values, but `{}` has {}",
                paths.1, counts.1, paths.0, counts.0
            );
            let problem = Problem::at(&other.place, message);
            let problem = problem.also(&first.place, format!("`{}` stands", paths.0));
            problems.push(problem.help("keys of one [[sweep.zip]] move together: give each as many values; for every combination, use [sweep.grid]"));
        }
        self.zips.push(zip);
    }

    fn read_point(&mut self, place: Place, keys: Vec<Written>, problems: &mut Vec<Problem>) {
        let mut assignments: Vec<Assignment> = Vec::new();
        for (key, at, item) in keys {
            if let Some(first) = assignments.iter().find(|assignment| assignment.key == key) {
                problems.push(twice(key, &at, &first.place));
            }
            if let Some(value) = check::value_or_tell(key, &item, problems) {
                assignments.push(Assignment { key, place: item.place, value: Some(value) });
            }
        }
        self.points.push(Point { place, assignments });
    }

    fn read_skip(&mut self, place: Place, keys: Vec<Written>, problems: &mut Vec<Problem>) {
        let (mut tests, before) = (Vec::new(), problems.len());
        for (key, _, item) in keys {
            match allowed(key, &item) {
                Ok(allowed) => tests.push((key, allowed)),
                Err(mut wrong) => problems.append(&mut wrong),
            }
        }
        if problems.len() == before && !tests.is_empty() {
            self.skips.push(Skip { place, tests });
        }
    }
}

/// A key, where it stands, and what is written for it.
type Written = (&'static Key, Place, Item);

/// The keys of a table of the sweep: each may be written `"model.layers" = …` or
/// `model.layers = …`.
fn swept_keys(
    table: &str,
    prefix: &str,
    entries: Vec<Entry>,
    problems: &mut Vec<Problem>,
) -> Vec<Written> {
    let mut keys = Vec::new();
    for entry in entries {
        let path = join(prefix, &entry.name);
        match (find_key(&path), find_table(&path), entry.item.value) {
            (Some(key), _, value) if key.sweepable() => {
                keys.push((key, entry.place, Item { place: entry.item.place, value }));
            }
            (_, Some(inner), Value::Table(entries)) if !path.is_empty() && inner.sweepable() => {
                keys.extend(swept_keys(table, &path, entries, problems));
            }
            _ => problems.push(not_swept(table, &path, &entry.place)),
        }
    }
    keys
}

/// An axis; of a zip, values may be repeated.
fn read_axis(
    key: &'static Key,
    place: Place,
    item: &Item,
    repeats: bool,
    problems: &mut Vec<Problem>,
) -> Axis {
    let (mut values, mut seen) = (Vec::new(), BTreeMap::new());
    for item in check::several(key, item, problems) {
        let Some(value) = check::value_or_tell(key, item, problems) else { continue };
        let text = to_text(&value);
        match seen.get(&text) {
            Some(first) if !repeats => problems.push(repeated(key, &item.place, first)),
            _ => {
                seen.insert(text, item.place.clone());
                values.push((value, item.place.clone()));
            }
        }
    }
    Axis { key, place, values, layer: 0 }
}

/// The values of a condition: one, an array of them, or a range.
fn allowed(key: &'static Key, item: &Item) -> Result<Allowed, Vec<Problem>> {
    let own = check::value(key, item);
    match (&own, &item.value) {
        (Ok(value), _) => Ok(Allowed::Values(vec![value.clone()])),
        (_, Value::Array(items)) if !items.is_empty() => {
            let values = items.iter().map(|item| check::value(key, item));
            let (right, wrong): (Vec<_>, Vec<_>) = values.partition(Result::is_ok);
            match wrong.is_empty() {
                true => Ok(Allowed::Values(right.into_iter().flatten().collect())),
                false => Err(wrong.into_iter().filter_map(Result::err).flatten().collect()),
            }
        }
        (_, Value::Table(entries))
            if matches!(key.kind, Kind::Integer(..) | Kind::Float(_)) && !entries.is_empty() =>
        {
            between(key, entries)
        }
        _ => own.map(|value| Allowed::Values(vec![value])),
    }
}

/// `{ min = x, max = y }`, either of which may be missing.
fn between(key: &Key, entries: &[Entry]) -> Result<Allowed, Vec<Problem>> {
    let (mut low, mut high, mut problems) = (f64::NEG_INFINITY, f64::INFINITY, Vec::new());
    for entry in entries {
        let number = match entry.item.value {
            Value::Integer(number) => Some(number as f64),
            Value::Float(number) if !number.is_nan() => Some(number),
            _ => None,
        };
        match (entry.name.as_str(), number) {
            ("min", Some(number)) => low = number,
            ("max", Some(number)) => high = number,
            ("min" | "max", None) => {
                let found = entry.item.value.describe();
                let message = format!("`{}` of `{}` cannot be {found}", entry.name, key.path);
                problems.push(Problem::at(&entry.item.place, message).help("expected a number"));
            }
            (name, _) => problems.push(
                Problem::at(&entry.place, format!("unknown key {} of a range", quote(name)))
                    .help("a range is { min = x, max = y }, either of which may be missing"),
            ),
        }
    }
    if problems.is_empty() { Ok(Allowed::Between(low, high)) } else { Err(problems) }
}

fn repeated(key: &Key, place: &Place, first: &Place) -> Problem {
    Problem::at(place, format!("the sweep of `{}` has a value twice", key.path))
        .label("again")
        .also(first, "it stands")
        .help("remove one; for several trials of a point, set `sweep.seeds`")
}

fn not_swept(table: &str, path: &str, place: &Place) -> Problem {
    let name = quote(path);
    let (key, inner) = (find_key(path), find_table(path));
    if key.is_some() || inner.is_some_and(|table| !table.sweepable()) {
        return Problem::at(place, format!("`{path}` cannot be swept"))
            .help("`extends`, [sweep] and [meta] hold for all trials of a spec");
    }
    if let Some(table) = inner {
        let inner = table.keys.first();
        let help = inner.map(|key| format!("sweep its keys, as in `\"{}\" = […]`", key.path));
        return Problem::at(place, format!("`{path}` is a table, not a key")).maybe_help(help);
    }
    let title = find_table(table).map(Table::title).unwrap_or_default();
    let form = "write keys with their table, as in `\"model.hidden_size\" = [128, 256]`";
    Problem::at(place, format!("unknown key {name} in {title}"))
        .help(suggest::path(path).unwrap_or_else(|| form.into()))
}
