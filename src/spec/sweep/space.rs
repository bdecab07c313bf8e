//! The space that drawn keys span.

use serde_json::Value as Json;

use super::trial::{Trial, trials_of};
use crate::random::{Purpose, Stream};
use crate::spec::experiment::Experiment;
use crate::spec::experiment::canonical::value_in;
use crate::spec::parse::check::Assignment;
use crate::spec::parse::distribution::Distribution;
use crate::spec::parse::swept::Draw;
use crate::spec::resolve::settings::Settings;

/// A key of a space: its dotted path, and how it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Dotted path.
    pub path: &'static str,
    /// How it is drawn.
    pub distribution: Distribution,
}

/// All points that `[sweep.random]` could draw.
#[derive(Clone, Debug)]
pub struct Space {
    pub(in crate::spec) settings: Settings,
    dimensions: Vec<Dimension>,
    /// The values of each key, if the points are few enough to be listed.
    values: Option<Vec<Vec<Json>>>,
}

/// The most points of a space that are listed.
const MOST_LISTED: usize = 100_000;

impl Space {
    /// The space of the drawn keys of some settings.
    pub(in crate::spec) fn new(settings: &Settings) -> Self {
        let draws = settings.swept().draws.iter();
        let dimension = |draw: &Draw| Dimension {
            path: draw.key.path,
            distribution: draw.distribution.clone(),
        };
        let dimensions: Vec<_> = draws.map(dimension).collect();
        let mut left = MOST_LISTED;
        let values = dimensions.iter().map(|dimension| {
            let values = dimension.distribution.values(left)?;
            left /= values.len().max(1);
            Some(values)
        });
        let values = values.collect();
        Self { dimensions, settings: settings.clone(), values }
    }

    /// How many points it has, if they are few enough to be listed.
    pub fn size(&self) -> Option<usize> {
        self.values.as_ref().map(|values| values.iter().map(Vec::len).product())
    }

    /// The point with this number below [`size`](Self::size), the last key fastest.
    pub fn point(&self, mut number: usize) -> Vec<Json> {
        let mut point: Vec<Json> = Vec::new();
        for values in self.values.iter().flatten().rev() {
            point.push(values[number % values.len()].clone());
            number /= values.len();
        }
        point.reverse();
        point
    }

    /// The drawn keys, in the order of the spec.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The trials of a point, one for each seed; `None` if the point breaks a rule or is left out
    /// by `[[sweep.skip_if]]`.
    pub fn trials(&self, values: &[Json]) -> Option<Vec<Trial>> {
        trials_of(&self.settings, &self.assignments(values))
    }

    /// The values of the drawn keys in an experiment of this space.
    pub fn values_of(&self, experiment: &Experiment) -> Vec<Json> {
        let values = serde_json::to_value(experiment).unwrap_or_default();
        let draws = self.settings.swept().draws.iter();
        draws.map(|draw| value_in(draw.key, &values).unwrap_or_default()).collect()
    }

    /// The nth point drawn at random.
    pub(in crate::spec) fn draw(&self, key: u64, index: u64) -> Vec<Json> {
        let dimensions = self.dimensions.iter().enumerate();
        let value = |(place, dimension): (usize, &Dimension)| {
            let mut stream = Stream::new(key, Purpose::Sweep, (index << 16) + place as u64);
            dimension.distribution.draw(&mut stream)
        };
        dimensions.map(value).collect()
    }

    /// Values as assignments, each at the place of its key.
    pub(in crate::spec) fn assignments(&self, values: &[Json]) -> Vec<Assignment> {
        let draws = self.settings.swept().draws.iter();
        draws
            .zip(values)
            .map(|(draw, value)| Assignment {
                key: draw.key,
                place: draw.place.clone(),
                value: Some(value.clone()),
            })
            .collect()
    }
}
