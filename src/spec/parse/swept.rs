//! What a layer says about sweeps: grid, zips, points, random draws, and what is skipped.

use serde_json::Value as Json;

use super::check::Assignment;
use super::distribution::Distribution;
use crate::spec::diagnostics::problem::Problem;
use crate::spec::diagnostics::source::Place;
use crate::spec::experiment::table::{GRID, POINTS, RANDOM, SKIP_IF, ZIP, rival};
use crate::spec::keys::{Key, Table};

/// A swept key and its values.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Axis {
    pub key: &'static Key,
    /// Where the key stands.
    pub place: Place,
    /// The right values, and where each stands.
    pub values: Vec<(Json, Place)>,
    /// The number of its layer, once it is merged.
    pub layer: usize,
}

/// A key that is drawn at random.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Draw {
    pub key: &'static Key,
    /// Where the key stands.
    pub place: Place,
    pub distribution: Distribution,
}

/// An explicit point.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Point {
    pub place: Place,
    pub assignments: Vec<Assignment>,
}

/// Values that keys must all have for a point to be left out.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Skip {
    pub place: Place,
    pub tests: Vec<(&'static Key, Allowed)>,
}

/// Values of a key.
#[derive(Clone, Debug)]
pub(in crate::spec) enum Allowed {
    /// One of these.
    Values(Vec<Json>),
    /// A number between these, both included.
    Between(f64, f64),
}

impl Allowed {
    /// Whether it is among them; null: the key is off.
    pub fn contains(&self, value: &Json) -> bool {
        match self {
            Allowed::Values(values) => values.contains(value),
            Allowed::Between(low, high) => {
                value.as_f64().is_some_and(|number| (*low..=*high).contains(&number))
            }
        }
    }
}

/// All that is swept.
#[derive(Clone, Debug, Default)]
pub(in crate::spec) struct Swept {
    /// Keys of the grid, the slowest first.
    pub axes: Vec<Axis>,
    /// Groups of keys that move together, each with as many values.
    pub zips: Vec<Vec<Axis>>,
    /// Explicit points.
    pub points: Vec<Point>,
    /// Keys drawn at random.
    pub draws: Vec<Draw>,
    /// What is left out.
    pub skips: Vec<Skip>,
    /// Whether a distribution is wrong, already told.
    pub wrong_draw: bool,
}

impl Swept {
    /// All keys of grid and zips.
    pub fn all_axes(&self) -> impl Iterator<Item = &Axis> {
        self.axes.iter().chain(self.zips.iter().flatten())
    }

    /// A table was switched off.
    pub fn close(&mut self, table: &Table) {
        if table.contains(GRID) {
            self.axes.clear();
        }
        if table.contains(ZIP) {
            self.zips.clear();
        }
        if table.contains(POINTS) {
            self.points.clear();
        }
        if table.contains(RANDOM) {
            self.draws.clear();
        }
        if table.contains(SKIP_IF) {
            self.skips.clear();
        }
    }

    /// A later layer gave the key one value: it is swept no more.
    pub fn forget(&mut self, key: &Key) {
        let replaced = |other: &Key| key == other || rival(key.path) == Some(other.path);
        self.axes.retain(|axis| !replaced(axis.key));
        self.draws.retain(|draw| !replaced(draw.key));
        self.zips.iter_mut().for_each(|zip| zip.retain(|axis| !replaced(axis.key)));
        self.zips.retain(|zip| !zip.is_empty());
        for point in &mut self.points {
            point.assignments.retain(|assignment| !replaced(assignment.key));
        }
        self.points.retain(|point| !point.assignments.is_empty());
    }

    /// Merges what a later layer says, which holds: a key that is swept anew is swept that way alone;
    /// zips, points and conditions are replaced as a whole.
    pub fn merge(&mut self, later: Swept) {
        if !later.zips.is_empty() {
            self.zips.clear();
        }
        let anew: Vec<&'static Key> = later
            .all_axes()
            .map(|axis| axis.key)
            .chain(later.draws.iter().map(|draw| draw.key))
            .collect();
        let anew =
            |own: &Key| anew.iter().any(|key| *key == own || rival(key.path) == Some(own.path));
        // One that is swept in the same way keeps its place among the others.
        let grid = |own: &Key| later.axes.iter().any(|axis| axis.key == own);
        let drawn = |own: &Key| later.draws.iter().any(|draw| draw.key == own);
        self.axes.retain(|axis| grid(axis.key) || !anew(axis.key));
        self.draws.retain(|draw| drawn(draw.key) || !anew(draw.key));
        for axis in later.axes {
            match self.axes.iter_mut().find(|other| other.key == axis.key) {
                Some(other) => *other = axis,
                None => self.axes.push(axis),
            }
        }
        for draw in later.draws {
            match self.draws.iter_mut().find(|other| other.key == draw.key) {
                Some(other) => *other = draw,
                None => self.draws.push(draw),
            }
        }
        self.wrong_draw |= later.wrong_draw;
        self.zips.extend(later.zips);
        if !later.points.is_empty() {
            self.points = later.points;
        }
        if !later.skips.is_empty() {
            self.skips = later.skips;
        }
    }
}

/// A key that is swept in two ways.
pub(in crate::spec) fn twice(key: &Key, place: &Place, first: &Place) -> Problem {
    let problem = Problem::at(place, format!("`{}` is swept twice", key.path));
    problem.also(first, "it is swept")
}
