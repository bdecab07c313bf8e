//! The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl 2011).
//!
//! Points are parted into the good ones, the best `gamma` of them, and the rest. For each key, l is
//! the density of its values in good points and g that in the rest; of some values drawn from l
//! the one with the largest l/g is taken. A density is a mixture of a normal distribution around
//! each value, cut to the key's range, and one over the whole range; for words and the like it is
//! their counts plus one. Points of the same batch count among the rest, so that a batch does not
//! crowd at one place (a constant liar).

use crate::random::{Purpose, Stream};
use crate::spec::{Dimension, Distribution, Space, Tpe, Trial};
use crate::standing::Standing;
use serde_json::Value as Json;

/// The most points that count as good.
const MOST_GOOD: usize = 25;
/// How often a point is drawn anew that was tried before or cannot be run.
const ATTEMPTS: u64 = 32;

/// The point with this number, and its trials; none where every attempt was a point that was
/// tried before or cannot be run.
pub fn propose(
    space: &Space,
    tpe: &Tpe,
    number: u64,
    observed: &[(Vec<Json>, Standing)],
    chosen: &[Vec<Json>],
) -> Option<(Vec<Json>, Vec<Trial>)> {
    let mut order: Vec<usize> = (0..observed.len()).collect();
    order.sort_by_key(|point| observed[*point].1);
    let good = ((tpe.gamma * order.len() as f64).ceil() as usize).clamp(1, MOST_GOOD);
    let (good, rest) = order.split_at(good.min(order.len()));
    (0..ATTEMPTS).find_map(|attempt| {
        let dimensions = space.dimensions().iter().enumerate();
        let values = dimensions.map(|(place, dimension)| {
            let of = |points: &[usize]| -> Vec<Json> {
                points.iter().map(|point| observed[*point].0[place].clone()).collect()
            };
            let mut rest = of(rest);
            rest.extend(chosen.iter().map(|values| values[place].clone()));
            let step = (number << 16) + (attempt << 8) + place as u64;
            let mut stream = Stream::new(tpe.seed, Purpose::Sweep, step);
            choose(dimension, &of(good), &rest, tpe.candidates, &mut stream)
        });
        let values: Vec<Json> = values.collect();
        let tried = observed.iter().any(|(other, _)| *other == values) || chosen.contains(&values);
        if tried {
            return None;
        }
        Some((values.clone(), space.trials(&values)?))
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
