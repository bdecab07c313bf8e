//! What a program left, in whatever format: records, each with cells under the names of columns.

use std::fmt;
use std::rc::Rc;

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    file: Rc<str>,
    /// A line, if the file has such, counted from one.
    line: Option<u64>,
}

impl Place {
    /// A file, or what in its place tells where a record is from.
    pub(super) fn of(file: impl Into<Rc<str>>) -> Self {
        Self { file: file.into(), line: None }
    }

    /// A line of the same file.
    pub(super) fn line(&self, line: u64) -> Self {
        Self { file: Rc::clone(&self.file), line: Some(line) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}", self.file),
            None => out.write_str(&self.file),
        }
    }
}

/// A row of a table, an object, or what a run logged at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) place: Place,
    /// Names of columns, with what stands in them. Of two with one name the first counts.
    pub(super) cells: Vec<(Rc<str>, String)>,
}

impl Record {
    pub(super) fn new(place: Place) -> Self {
        Self { place, cells: Vec::new() }
    }

    /// Adds a cell.
    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.cells.push((name.into(), value.to_string()));
        self
    }

    /// The names of its columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.cells.iter().map(|(name, _)| &**name)
    }

    /// What stands in a column; `None` if there is no such, or nothing in it.
    pub(super) fn cell(&self, name: &str) -> Option<&str> {
        let (_, value) = self.cells.iter().find(|(known, _)| **known == *name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// What stands in the cell of this number; `None` if nothing does.
    pub(super) fn at(&self, index: usize) -> Option<&str> {
        self.cells.get(index).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }
}
