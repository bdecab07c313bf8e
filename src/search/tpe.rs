//! The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl 2011).
//!
//! Points are parted into the good ones, the best `gamma` of them, and the rest. For each key, l is
//! the density of its values in good points and g that in the rest; of some values drawn from l
//! the one with the largest l/g is taken. A density is a mixture of a normal distribution around
//! each value, cut to the key's range, and one over the whole range; for words and the like it is
//! their counts plus one. Points of the same batch count among the rest, so that a batch does not
//! crowd at one place (a constant liar).

use super::points::points;
use crate::random::{Purpose, Stream};
use crate::spec::{Dimension, Distribution, Search, Space, Spec, Tpe, Trial};
use crate::standing::Standing;
use serde_json::Value as Json;
use std::collections::HashSet;

/// The most points that count as good.
const MOST_GOOD: usize = 25;
/// How often a point is drawn from l and g.
const ATTEMPTS: u64 = 32;
/// How often a point is drawn in all: from here on as `[sweep.random]` draws.
const DRAWS: u64 = 256;

/// A point: the value of each key.
type Values = Vec<Json>;

/// The point with this number, and its trials. What was tried before or cannot be run is drawn anew,
/// in the end from all that is left where it can be listed; `None` if it cannot, or nothing is left.
pub fn propose(
    space: &Space,
    tpe: &Tpe,
    number: u64,
    observed: &[(Values, Standing)],
    chosen: &[Values],
) -> Option<(Values, Vec<Trial>)> {
    let text = |values: &Values| serde_json::to_string(values).unwrap_or_default();
    let tried: HashSet<String> =
        observed.iter().map(|(values, _)| values).chain(chosen).map(text).collect();
    let new = |values: Values| {
        let trials = if tried.contains(&text(&values)) { None } else { space.trials(&values) };
        Some((values, trials?))
    };
    let stream = |attempt: u64, place: usize| {
        let step = (number << 16) + (attempt << 8) + place as u64;
        Stream::new(tpe.seed, Purpose::Sweep, step)
    };
    let (good, mut rest) = parted(observed, tpe.gamma);
    rest.extend(chosen);
    let dimensions = || space.dimensions().iter().enumerate();
    let promising = |attempt| {
        let value = |(place, dimension): (usize, &Dimension)| {
            let at = |points: &[&Values]| -> Vec<Json> {
                points.iter().map(|values| values[place].clone()).collect()
            };
            choose(dimension, &at(&good), &at(&rest), tpe.candidates, &mut stream(attempt, place))
        };
        dimensions().map(value).collect()
    };
    let drawn = |attempt| {
        let draw =
            |(place, key): (usize, &Dimension)| key.distribution.draw(&mut stream(attempt, place));
        dimensions().map(draw).collect()
    };
    let listed = || {
        let size = space.size()?;
        let first = stream(DRAWS - 1, space.dimensions().len()).below(size as u64) as usize;
        (0..size).find_map(|step| new(space.point((first + step) % size)))
    };
    (0..ATTEMPTS)
        .find_map(|attempt| new(promising(attempt)))
        .or_else(|| (ATTEMPTS..DRAWS).find_map(|attempt| new(drawn(attempt))))
        .or_else(listed)
}

/// The good points, and the rest.
fn parted(observed: &[(Values, Standing)], gamma: f64) -> (Vec<&Values>, Vec<&Values>) {
    let mut points: Vec<_> = observed.iter().collect();
    points.sort_by_key(|(_, standing)| *standing);
    let count = ((gamma * points.len() as f64).ceil() as usize).clamp(1, MOST_GOOD);
    let mut good: Vec<_> = points.into_iter().map(|(values, _)| values).collect();
    let rest = good.split_off(count.min(good.len()));
    (good, rest)
}

/// What is to be said of a search that has ended with fewer points than it was to try.
pub fn shortfall(spec: &Spec, trials: &[Trial]) -> Option<String> {
    let (Search::Tpe(tpe), Some(space)) = (&spec.search, &spec.space) else { return None };
    let (tried, asked) = (points(trials).len(), tpe.points);
    if (tried - points(&spec.trials).len()) as u64 >= tpe.chosen() {
        return None;
    }
    Some(match space.size() {
        Some(size) if size == tried => {
            format!("all {size} points of the space are tried, fewer than the {asked} asked for")
        }
        Some(size) => format!(
            "{tried} of the space's {size} points are tried and no other can be run, fewer than the \
             {asked} asked for"
        ),
        None => format!(
            "{tried} points are tried of the {asked} asked for: what else was drawn had been tried \
             or cannot be run"
        ),
    })
}

/// The most promising of some values drawn from l.
fn choose(
    dimension: &Dimension,
    good: &[Json],
    rest: &[Json],
    candidates: u64,
    stream: &mut Stream,
) -> Json {
    let distribution = &dimension.distribution;
    let (l, g) = (Density::new(distribution, good), Density::new(distribution, rest));
    let drawn = (0..candidates.max(1)).map(|_| {
        let place = l.draw(stream);
        (l.log(place) - g.log(place), place)
    });
    let best = drawn.reduce(|best, next| if next.0 > best.0 { next } else { best });
    distribution.value_at(best.map_or(0.0, |(_, place)| place))
}

/// A density over the scale of a key.
enum Density {
    /// Normal distributions (mean, deviation), each with the same weight, cut to a range.
    Mixture { parts: Vec<(f64, f64)>, low: f64, high: f64 },
    /// Probabilities of the places 0, 1, ….
    Counts(Vec<f64>),
}

impl Density {
    fn new(distribution: &Distribution, values: &[Json]) -> Self {
        let places = values.iter().filter_map(|value| distribution.place_of(value));
        let (low, high) = distribution.bounds();
        if let Distribution::Choice(words) = distribution {
            let mut counts = vec![1.0; words.len().max(1)];
            let all = values.len() as f64 + counts.len() as f64;
            for place in places {
                if let Some(count) = counts.get_mut(place as usize) {
                    *count += 1.0;
                }
            }
            return Self::Counts(counts.into_iter().map(|count| count / all).collect());
        }
        let mut means: Vec<f64> = places.map(|place| place.clamp(low, high)).collect();
        means.sort_by(f64::total_cmp);
        let (span, count) = (high - low, means.len());
        // Each is as wide as the way to its farther neighbour, within bounds.
        let least = span / (1.0 + count as f64).min(100.0);
        let width = |place: usize| {
            let before = if place == 0 { low } else { means[place - 1] };
            let after = if place + 1 == count { high } else { means[place + 1] };
            (means[place] - before).max(after - means[place]).clamp(least, span)
        };
        let mut parts: Vec<_> = (0..count).map(|place| (means[place], width(place))).collect();
        parts.push(((low + high) / 2.0, span));
        Self::Mixture { parts, low, high }
    }

    /// A random place.
    fn draw(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Counts(probabilities) => {
                let mut rest = stream.uniform();
                let last = probabilities.len() - 1;
                let place = probabilities[..last].iter().position(|probability| {
                    rest -= probability;
                    rest < 0.0
                });
                place.unwrap_or(last) as f64
            }
            Self::Mixture { parts, low, high } => {
                let (mean, deviation) = parts[stream.below(parts.len() as u64) as usize];
                // The mean lies inside, so at least about a third of all draws do.
                for _ in 0..64 {
                    let place = mean + deviation * stream.normal();
                    if (*low..=*high).contains(&place) {
                        return place;
                    }
                }
                mean
            }
        }
    }

    /// The logarithm of the density at a place.
    fn log(&self, place: f64) -> f64 {
        match self {
            Self::Counts(probabilities) => {
                libm::log(probabilities.get(place as usize).copied().unwrap_or(1e-12))
            }
            Self::Mixture { parts, low, high } => {
                let below = |x: f64, mean: f64, deviation: f64| {
                    0.5 * (1.0 + libm::erf((x - mean) / (deviation * std::f64::consts::SQRT_2)))
                };
                let density = |(mean, deviation): &(f64, f64)| {
                    let inside = below(*high, *mean, *deviation) - below(*low, *mean, *deviation);
                    let z = (place - mean) / deviation;
                    libm::exp(-0.5 * z * z) / (deviation * inside.max(1e-12))
                };
                let sum: f64 = parts.iter().map(density).sum();
                libm::log((sum / parts.len() as f64).max(1e-300))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::LOSS;
    use crate::runs::state::ResultAt;
    use crate::search::{Next, wave};

    /// A spec with these drawn keys, a budget of points, and `[sweep.tpe]`.
    fn spec(seed: u64, points: u64, keys: &str) -> Spec {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let text = format!(
            "data.corpus = 'x'\n[sweep.tpe]\nstartup = 3\nat_once = 2\n\
             [sweep.random]\ntrials = {points}\nseed = {seed}\n{keys}\n"
        );
        std::fs::write(&path, text).unwrap();
        crate::spec::load(&path, &[]).unwrap()
    }

    /// The trials of the whole search, of which larger models are better.
    fn run(spec: &Spec) -> Vec<Trial> {
        let size = |trial: &Trial| trial.experiment.model.hidden_size as f64;
        let outcome = |trial: &Trial, _: Option<u64>| ResultAt::Value {
            standing: Standing::new(&LOSS, -size(trial), -size(trial)),
            ended: true,
        };
        let mut trials = spec.trials.clone();
        for number in 0.. {
            assert!(number < 100, "no end");
            let next = wave(spec, number, &mut trials, &LOSS, &outcome);
            if next == Next::Finished {
                break;
            }
        }
        trials
    }

    fn sizes(trials: &[Trial]) -> Vec<usize> {
        let mut sizes: Vec<usize> =
            trials.iter().map(|it| it.experiment.model.hidden_size).collect();
        sizes.sort_unstable();
        sizes
    }

    /// Of 4 values and a budget of 12 points, 1 to 3 values were tried.
    #[test]
    fn tpe_goes_on_until_nothing_is_left() {
        let choice = "'model.hidden_size' = { choice = [4, 5, 5, 6, 7] }";
        let integer = "'model.hidden_size' = { integer = [4, 7] }";
        for (seed, keys) in (0..20).flat_map(|seed| [(seed, choice), (seed, integer)]) {
            let spec = spec(seed, 12, keys);
            let trials = run(&spec);
            assert_eq!(sizes(&trials), [4, 5, 6, 7], "{seed}: {keys}");
            assert_eq!(trials, run(&spec));
            let said = "all 4 points of the space are tried, fewer than the 12 asked for";
            assert_eq!(shortfall(&spec, &trials).as_deref(), Some(said));
        }
    }

    /// Of 30 values and a budget of 30 points no more than 30 draws are made at random.
    #[test]
    fn tpe_tries_as_many_points_as_it_was_given() {
        for (points, seed) in [(30, 1), (29, 2), (17, 3)] {
            let keys = "'model.hidden_size' = { log_integer = [1, 30] }";
            let spec = spec(seed, points, keys);
            let trials = run(&spec);
            let mut distinct = sizes(&trials);
            distinct.dedup();
            assert_eq!((trials.len(), distinct.len()), (points as usize, points as usize));
            assert_eq!(shortfall(&spec, &trials), None);
        }
    }

    #[test]
    fn points_that_cannot_be_run_are_no_end() {
        // Of 1200 points those of the start and three more can be run: draws alone would hardly
        // find them.
        let keys = "'model.hidden_size' = { integer = [1, 1200] }\n";
        let mut can = sizes(&spec(4, 12, keys).trials);
        can.extend([7, 607, 1111]);
        can.sort_unstable();
        let left: Vec<usize> = (1..=1200).filter(|size| !can.contains(size)).collect();
        let keys = format!("{keys}[[sweep.skip_if]]\n'model.hidden_size' = {left:?}");
        let spec = spec(4, 12, &keys);
        let trials = run(&spec);
        assert_eq!(sizes(&trials), can);
        let said = shortfall(&spec, &trials).unwrap();
        assert!(said.starts_with("6 of the space's 1200 points are tried and no other"), "{said}");
    }
}
