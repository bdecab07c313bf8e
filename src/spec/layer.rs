//! One layer of a spec: what a file, or all arguments of `--set` together, say about known keys.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use serde_json::Value as Json;

use super::canonical::to_text;
use super::check;
use super::file::{Entry, Item, Value, quote};
use super::keys::{Key, Kind, Table};
use super::problem::Problem;
use super::source::Place;
use super::suggest;
use super::table::{KEYS, find_key, find_table};

/// The table of swept keys.
pub(super) const GRID: &str = "sweep.grid";

/// What one layer says.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub assignments: Vec<Assignment>,
    /// Swept keys.
    pub axes: Vec<Axis>,
    /// Tables that are written, be they empty.
    pub opened: Vec<(&'static Table, Place)>,
    /// Optional tables switched off by `"none"`.
    pub closed: Vec<&'static Table>,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub key: &'static Key,
    /// Where the value stands.
    pub place: Place,
    /// `None`: a wrong one, already told; null: `"none"`.
    pub value: Option<Json>,
}

/// A swept key and its values.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub key: &'static Key,
    /// Where the key stands.
    pub place: Place,
    /// The right values, and where each stands.
    pub values: Vec<(Json, Place)>,
    /// The number of its layer, once it is laid.
    pub layer: usize,
}

impl Layer {
    /// Adds what stands at the top of a document.
    pub fn read(&mut self, entries: Vec<Entry>, problems: &mut Vec<Problem>) {
        if let Some(top) = find_table("") {
            self.read_table(top, entries, problems);
        }
    }

    /// Adds what a later text of the same layer says, which holds where both speak.
    pub fn add(&mut self, later: Layer) {
        for table in &later.closed {
            self.assignments.retain(|assignment| !table.contains(assignment.key.path));
            self.opened.retain(|(opened, _)| !table.contains(opened.path));
            if table.contains(GRID) {
                self.axes.clear();
            }
        }
        let set = |key: &Key| later.assignments.iter().any(|assignment| assignment.key == key);
        self.assignments.retain(|assignment| !set(assignment.key));
        self.axes.retain(|axis| !later.axes.iter().any(|other| other.key == axis.key));
        self.assignments.extend(later.assignments);
        self.axes.extend(later.axes);
        self.opened.extend(later.opened);
        self.closed.extend(later.closed);
    }

    /// The assignment to the key, if the layer has one.
    pub fn find(&self, path: &str) -> Option<&Assignment> {
        self.assignments.iter().find(|assignment| assignment.key.path == path)
    }

    fn read_table(
        &mut self,
        table: &'static Table,
        entries: Vec<Entry>,
        problems: &mut Vec<Problem>,
    ) {
        for entry in entries {
            let path = join(table.path, &entry.name);
            let quoted = entry.name.is_empty() || entry.name.contains('.');
            match (find_key(&path), find_table(&path)) {
                (Some(key), _) if !quoted => self.read_key(key, &entry.item, problems),
                (_, Some(inner)) if !quoted => self.read_inner(inner, entry, problems),
                _ => problems.push(unknown(table, &entry, quoted)),
            }
        }
    }

    fn read_key(&mut self, key: &'static Key, item: &Item, problems: &mut Vec<Problem>) {
        let value = check::value(key, item);
        let value = value.map_err(|mut wrong| problems.append(&mut wrong)).ok();
        self.assignments.push(Assignment { key, place: item.place.clone(), value });
    }

    fn read_inner(&mut self, table: &'static Table, entry: Entry, problems: &mut Vec<Problem>) {
        match entry.item.value {
            Value::Table(entries) => {
                self.opened.push((table, entry.place));
                match table.path {
                    GRID => self.read_grid("", entries, problems),
                    _ => self.read_table(table, entries, problems),
                }
            }
            Value::String(text) if table.optional && text == "none" => self.closed.push(table),
            value => {
                let message = format!("`{}` cannot be {}", table.path, value.describe());
                let help = expected_table(table, &value);
                problems.push(Problem::at(&entry.item.place, message).help(help));
            }
        }
    }

    /// Swept keys may be written `"model.layers" = […]` or `model.layers = […]`.
    fn read_grid(&mut self, prefix: &str, entries: Vec<Entry>, problems: &mut Vec<Problem>) {
        for entry in entries {
            let path = join(prefix, &entry.name);
            match (find_key(&path), find_table(&path), entry.item.value) {
                (Some(key), _, value) if key.sweepable() => {
                    let item = Item { place: entry.item.place, value };
                    self.read_axis(key, entry.place, &item, problems);
                }
                (_, Some(table), Value::Table(entries))
                    if !path.is_empty() && !table.path.starts_with("sweep") =>
                {
                    self.read_grid(&path, entries, problems);
                }
                _ => problems.push(not_swept(&path, &entry.place)),
            }
        }
    }

    fn read_axis(
        &mut self,
        key: &'static Key,
        place: Place,
        item: &Item,
        problems: &mut Vec<Problem>,
    ) {
        if let Some(first) = self.axes.iter().find(|axis| axis.key == key) {
            let problem = Problem::at(&place, format!("`{}` is swept twice", key.path));
            problems.push(problem.also(&first.place, "it is swept"));
        }
        let (mut values, mut seen) = (Vec::new(), BTreeMap::new());
        for item in axis_items(key, item, problems) {
            match check::value(key, item) {
                Err(mut wrong) => problems.append(&mut wrong),
                Ok(value) => match seen.entry(to_text(&value)) {
                    Occupied(first) => problems.push(repeated(key, &item.place, first.get())),
                    Vacant(entry) => {
                        entry.insert(item.place.clone());
                        values.push((value, item.place.clone()));
                    }
                },
            }
        }
        self.axes.push(Axis { key, place, values, layer: 0 });
    }
}

/// What would be right where a table is due, as help.
fn expected_table(table: &Table, value: &Value) -> String {
    let (name, kind) = (last(table.path), find_key(&join(table.path, "kind")));
    match (value, kind) {
        (Value::String(word), Some(key)) if key.kind.words().iter().any(|it| it.name == word) => {
            format!("expected a table, as in `{name} = {{ kind = \"{word}\" }}`")
        }
        _ if table.optional => format!("expected a table, [{}], or \"none\"", table.path),
        _ => format!("expected a table, [{}]", table.path),
    }
}

/// The values of an axis; anything but a full array of them is a problem.
fn axis_items<'a>(key: &Key, item: &'a Item, problems: &mut Vec<Problem>) -> &'a [Item] {
    let whole = |message: String| {
        let example = match key.kind {
            Kind::Texts | Kind::Pair(_) => "expected an array of arrays, one for each point",
            _ => "expected an array of values",
        };
        let help = format!("{example}; each value is {}", key.expected());
        Problem::at(&item.place, message).help(help)
    };
    match &item.value {
        Value::Array(_) if check::value(key, item).is_ok() => {
            problems.push(whole(format!("the sweep of `{}` is a single value", key.path)));
            &[]
        }
        Value::Array(items) if items.is_empty() => {
            problems.push(whole(format!("the sweep of `{}` has no values", key.path)));
            &[]
        }
        Value::Array(items) => items,
        value => {
            let found = value.describe();
            problems.push(whole(format!("the sweep of `{}` cannot be {found}", key.path)));
            &[]
        }
    }
}

fn repeated(key: &Key, place: &Place, first: &Place) -> Problem {
    Problem::at(place, format!("the sweep of `{}` has a value twice", key.path))
        .label("again")
        .also(first, "it stands")
        .help("remove one; for several trials of a point, set `sweep.seeds`")
}

fn not_swept(path: &str, place: &Place) -> Problem {
    let name = quote(path);
    if find_key(path).is_some() {
        return Problem::at(place, format!("`{path}` cannot be swept"));
    }
    if find_table(path).is_some() {
        let inner = KEYS.iter().find(|key| key.table() == path);
        let help = inner.map(|key| format!("sweep its keys, as in `\"{}\" = […]`", key.path));
        return Problem::at(place, format!("`{path}` is a table, not a key")).maybe_help(help);
    }
    let form = "write keys with their table, as in `\"model.hidden_size\" = [128, 256]`";
    Problem::at(place, format!("unknown key {name} in [{GRID}]"))
        .help(suggest::path(path).unwrap_or_else(|| form.into()))
}

fn unknown(table: &Table, entry: &Entry, quoted: bool) -> Problem {
    let name = quote(&entry.name);
    let name = name.trim_matches('"');
    let problem = match table.path {
        "" => Problem::at(&entry.place, format!("unknown key `{name}`")),
        path => Problem::at(&entry.place, format!("unknown key `{name}` in [{path}]")),
    };
    match quoted && find_key(&join(table.path, &entry.name)).is_some() {
        true => problem.help(format!("write it without quotes: {}", entry.name)),
        false => problem.maybe_help(suggest::key(table.path, &entry.name).or_else(|| known(table))),
    }
}

/// The keys of a small table, as help.
fn known(table: &Table) -> Option<String> {
    let names = KEYS.iter().filter(|key| key.table() == table.path);
    let names: Vec<_> = names.map(|key| format!("`{}`", key.name())).collect();
    (!names.is_empty()).then(|| format!("keys of {}: {}", table.title(), names.join(", ")))
}

fn join(prefix: &str, name: &str) -> String {
    match prefix {
        "" => name.to_owned(),
        _ => format!("{prefix}.{name}"),
    }
}

fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, last)| last)
}
