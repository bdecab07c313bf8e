//! The points of a sweep: its trials, seeds aside.

use crate::spec::{Search, Spec, Trial};
use std::collections::BTreeMap;

/// The trials of each point: those that differ in nothing but the seed.
pub fn points(trials: &[Trial]) -> Vec<Vec<usize>> {
    let mut places = BTreeMap::new();
    let mut points: Vec<Vec<usize>> = Vec::new();
    for (index, trial) in trials.iter().enumerate() {
        let place = *places.entry(&trial.swept).or_insert_with(|| {
            points.push(Vec::new());
            points.len() - 1
        });
        points[place].push(index);
    }
    points
}

/// How many trials a plan has, those included that TPE will choose.
pub fn count(spec: &Spec) -> usize {
    let more = match &spec.search {
        Search::Tpe(tpe) => tpe.chosen() * tpe.seeds,
        _ => 0,
    };
    spec.trials.len() + more as usize
}
