//! One layer of a spec: what a file, or all arguments of `--set` together, say about known keys.

use super::check::{self, Assignment};
use super::file::{self, Entry, Text, Value, quote};
use super::swept::Swept;
use crate::spec::diagnostics::problem::Problem;
use crate::spec::diagnostics::source::Place;
use crate::spec::diagnostics::suggest;
use crate::spec::experiment::table::{GRID, RANDOM, find_key, find_table};
use crate::spec::keys::{Key, Table, join, split};

/// What one layer says.
#[derive(Debug, Default)]
pub(in crate::spec) struct Layer {
    pub assignments: Vec<Assignment>,
    pub swept: Swept,
    /// Tables that are written, be they empty.
    pub opened: Vec<(&'static Table, Place)>,
    /// Optional tables switched off by `"none"`.
    pub closed: Vec<&'static Table>,
}

impl Layer {
    /// Adds what stands at the top of a document.
    pub fn read(&mut self, entries: Vec<Entry>, problems: &mut Vec<Problem>) {
        if let Some(top) = find_table("") {
            self.read_table(top, entries, problems);
        }
    }

    /// Adds what a text says; whether it could be read as TOML.
    pub fn parse(&mut self, text: &Text, problems: &mut Vec<Problem>) -> bool {
        match file::parse(text) {
            Ok(entries) => self.read(entries, problems),
            Err(mut wrong) => {
                problems.append(&mut wrong);
                return false;
            }
        }
        true
    }

    /// Adds what a later text of the same layer says, which holds where both speak.
    pub fn add(&mut self, later: Layer) {
        for table in &later.closed {
            self.assignments.retain(|assignment| !table.contains(assignment.key.path));
            self.opened.retain(|(opened, _)| !table.contains(opened.path));
            self.swept.close(table);
        }
        let set = |key: &Key| later.assignments.iter().any(|assignment| assignment.key == key);
        self.assignments.retain(|assignment| !set(assignment.key));
        self.assignments.extend(later.assignments);
        self.swept.merge(later.swept);
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
                (Some(key), _) if !quoted => {
                    let value = check::value_or_tell(key, &entry.item, problems);
                    self.assignments.push(Assignment { key, place: entry.item.place, value });
                }
                (_, Some(inner)) if !quoted => self.read_inner(inner, entry, problems),
                _ => problems.push(unknown(table, &entry, quoted)),
            }
        }
    }

    fn read_inner(&mut self, table: &'static Table, entry: Entry, problems: &mut Vec<Problem>) {
        match entry.item.value {
            Value::Array(items) if table.is_array() => {
                self.swept.read_array(table, &entry.place, items, problems);
            }
            Value::Table(entries) if !table.is_array() => {
                self.opened.push((table, entry.place));
                match table.path {
                    GRID => self.swept.read_grid(entries, problems),
                    RANDOM => {
                        let (own, drawn): (Vec<_>, Vec<_>) = entries
                            .into_iter()
                            .partition(|entry| find_key(&join(RANDOM, &entry.name)).is_some());
                        self.read_table(table, own, problems);
                        self.swept.read_random(drawn, problems);
                    }
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
}

/// What would be right where a table is due, as help.
fn expected_table(table: &Table, value: &Value) -> String {
    let (name, kind) = (split(table.path).1, find_key(&join(table.path, "kind")));
    match (value, kind) {
        (Value::String(word), Some(key)) if key.kind.words().iter().any(|it| it.name == word) => {
            format!("expected a table, as in `{name} = {{ kind = \"{word}\" }}`")
        }
        _ if table.is_array() => format!("expected tables, each under [[{}]]", table.path),
        _ if table.optional => format!("expected a table, [{}], or \"none\"", table.path),
        _ => format!("expected a table, [{}]", table.path),
    }
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
    let names: Vec<_> = table.keys.iter().map(|key| format!("`{}`", key.name())).collect();
    (!names.is_empty()).then(|| format!("keys of {}: {}", table.title(), names.join(", ")))
}
