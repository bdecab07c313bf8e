//! The points of a sweep: values for its keys.

use serde_json::Value as Json;

use super::search::Search;
use super::space::Space;
use crate::spec::diagnostics::source::Place;
use crate::spec::experiment::sweep::RandomOptions;
use crate::spec::experiment::table::RANDOM;
use crate::spec::keys::Key;
use crate::spec::parse::check::Assignment;
use crate::spec::resolve::settings::Settings;

/// Every point: grid × zips × draws, then the explicit ones. One without values if nothing is
/// swept.
pub(super) fn points(settings: &Settings, search: &Search) -> Vec<Vec<Assignment>> {
    let swept = settings.swept();
    let mut points = vec![Vec::new()];
    for axis in swept.axes.iter().filter(|axis| !axis.values.is_empty()) {
        points = multiplied(&points, axis.values.len(), &|index| {
            axis.values.get(index).map(|value| vec![(axis.key, value)]).unwrap_or_default()
        });
    }
    for zip in &swept.zips {
        let len = zip.iter().map(|axis| axis.values.len()).min().unwrap_or(0);
        points = multiplied(&points, len, &|index| {
            zip.iter().filter_map(|axis| Some((axis.key, axis.values.get(index)?))).collect()
        });
    }
    if !swept.draws.is_empty() {
        let space = Space::new(settings);
        let random = settings.table::<RandomOptions>(RANDOM).unwrap_or_default();
        let count = match search {
            Search::Tpe(tpe) => tpe.startup,
            _ => random.trials,
        };
        let draws: Vec<_> =
            (0..count).map(|index| space.assignments(&space.draw(random.seed, index))).collect();
        let with = |point: &Vec<Assignment>| {
            let point = point.clone();
            draws.iter().map(move |draw| [point.clone(), draw.clone()].concat())
        };
        points = points.iter().flat_map(with).collect();
    }
    if points.iter().all(Vec::is_empty) && !swept.points.is_empty() {
        points.clear();
    }
    points.extend(swept.points.iter().map(|point| point.assignments.clone()));
    points
}

/// A key and its value, where that stands.
type Choice<'a> = (&'static Key, &'a (Json, Place));

/// Every point with each of `count` choices.
fn multiplied<'a>(
    points: &[Vec<Assignment>],
    count: usize,
    choice: &dyn Fn(usize) -> Vec<Choice<'a>>,
) -> Vec<Vec<Assignment>> {
    let longer = |point: &Vec<Assignment>| {
        let point = point.clone();
        (0..count).map(move |index| {
            let assigned = choice(index).into_iter().map(|(key, (value, place))| {
                let (place, value) = (place.clone(), Some(value.clone()));
                Assignment { key, place, value }
            });
            point.iter().cloned().chain(assigned).collect()
        })
    };
    points.iter().flat_map(longer).collect()
}
