//! Distributions of swept keys.

use std::fmt::Display;

use serde_json::{Value as Json, json};

use super::check;
use super::file::{Entry, Item, Value, quote};
use crate::random::Stream;
use crate::spec::diagnostics::problem::Problem;
use crate::spec::diagnostics::source::Place;
use crate::spec::keys::{Key, Kind};

/// How the values of a key are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Every number of the range alike.
    Uniform(f64, f64),
    /// Every order of magnitude of the range alike.
    LogUniform(f64, f64),
    /// Every whole number of the range alike, both ends included.
    Integer(u64, u64),
    /// Whole numbers, every order of magnitude alike.
    LogInteger(u64, u64),
    /// One of these values.
    Choice(Vec<Json>),
}

/// The words that name distributions, and the kinds of keys that they are for.
const FORMS: &str = "{ uniform = [a, b] } or { log_uniform = [a, b] } for numbers, \
    { integer = [a, b] } or { log_integer = [a, b] } for integers, { choice = […] } for any key";

impl Distribution {
    /// The distribution that is written for a key.
    pub(in crate::spec) fn read(key: &'static Key, item: &Item) -> Result<Self, Vec<Problem>> {
        let expected = |place: &Place, message: String| {
            Err(vec![Problem::at(place, message).help(format!("expected {FORMS}"))])
        };
        let of = format!("the distribution of `{}`", key.path);
        let Value::Table(entries) = &item.value else {
            let found = item.value.describe();
            return expected(&item.place, format!("{of} cannot be {found}"));
        };
        let [entry] = entries.as_slice() else {
            let count = entries.len();
            return expected(&item.place, format!("{of} has {count} keys instead of one"));
        };
        match (entry.name.as_str(), key.kind) {
            ("choice", _) => choice(key, entry),
            ("uniform", Kind::Float(_)) => {
                numbers(key, entry, f64::NEG_INFINITY).map(|(a, b)| Self::Uniform(a, b))
            }
            ("log_uniform", Kind::Float(_)) => {
                numbers(key, entry, 0.0).map(|(a, b)| Self::LogUniform(a, b))
            }
            ("integer", Kind::Integer(..)) => {
                integers(key, entry, 0).map(|(a, b)| Self::Integer(a, b))
            }
            ("log_integer", Kind::Integer(..)) => {
                integers(key, entry, 1).map(|(a, b)| Self::LogInteger(a, b))
            }
            ("uniform" | "log_uniform" | "integer" | "log_integer", _) => {
                let message = format!("`{}` cannot be drawn from `{}`", key.path, entry.name);
                let help = format!("it is {}; expected {FORMS}", key.expected());
                Err(vec![Problem::at(&entry.place, message).help(help)])
            }
            (name, _) => {
                expected(&entry.place, format!("there is no distribution {}", quote(name)))
            }
        }
    }

    /// The value at a random stream's next numbers.
    pub fn draw(&self, stream: &mut Stream) -> Json {
        match self {
            Self::Choice(values) => {
                let index = stream.below(values.len().max(1) as u64) as usize;
                values.get(index).cloned().unwrap_or_default()
            }
            Self::Integer(low, high) => match (high - low).checked_add(1) {
                Some(count) => json!(low + stream.below(count)),
                None => json!(stream.bits()),
            },
            _ => {
                let (low, high) = self.bounds();
                self.value_at(low + (high - low) * stream.uniform())
            }
        }
    }

    /// All values that can be drawn, if they are at most `limit`.
    pub(in crate::spec) fn values(&self, limit: usize) -> Option<Vec<Json>> {
        let values = match self {
            Self::Choice(values) => {
                let new = |index: &usize| !values[..*index].contains(&values[*index]);
                (0..values.len()).filter(new).map(|index| values[index].clone()).collect()
            }
            Self::Integer(low, high) | Self::LogInteger(low, high) => {
                let few = high - low < limit as u64;
                few.then(|| (*low..=*high).map(Json::from).collect())?
            }
            Self::Uniform(low, high) | Self::LogUniform(low, high) => {
                let (first, last) = self.bounds();
                let mut values = decimals(*low, *high, limit)?;
                // A number that is rounded beyond an end is drawn as that end.
                let ends = [first, last].map(|place| self.value_at(place));
                values.extend(ends.into_iter().filter_map(|end| end.as_f64()));
                values.sort_by(f64::total_cmp);
                values.dedup();
                values.into_iter().map(Json::from).collect()
            }
        };
        Some(values).filter(|values: &Vec<Json>| values.len() <= limit)
    }

    /// The ends of the scale on which a number is uniform: logarithms where it is drawn by orders
    /// of magnitude, and half a unit more on each side for whole numbers.
    pub fn bounds(&self) -> (f64, f64) {
        match self {
            Self::Uniform(low, high) => (*low, *high),
            Self::LogUniform(low, high) => (libm::log(*low), libm::log(*high)),
            Self::Integer(low, high) => (*low as f64 - 0.5, *high as f64 + 0.5),
            Self::LogInteger(low, high) => {
                (libm::log(*low as f64 - 0.5), libm::log(*high as f64 + 0.5))
            }
            Self::Choice(values) => (0.0, values.len() as f64),
        }
    }

    /// The value at a place of that scale. Numbers are rounded to four digits, so that a person
    /// can read them.
    pub fn value_at(&self, place: f64) -> Json {
        let rounded = |number: f64, low: f64, high: f64| {
            let number: f64 = format!("{number:.3e}").parse().unwrap_or(number);
            json!(number.clamp(low, high))
        };
        let whole = |number: f64, low: u64, high: u64| {
            json!((number.round().max(0.0) as u64).clamp(low, high))
        };
        match self {
            Self::Uniform(low, high) => rounded(place, *low, *high),
            Self::LogUniform(low, high) => rounded(libm::exp(place), *low, *high),
            Self::Integer(low, high) => whole(place, *low, *high),
            Self::LogInteger(low, high) => whole(libm::exp(place), *low, *high),
            Self::Choice(values) => {
                let last = values.len().saturating_sub(1);
                values.get((place.max(0.0) as usize).min(last)).cloned().unwrap_or_default()
            }
        }
    }

    /// The place of a value on that scale: [`value_at`](Self::value_at) backwards.
    pub fn place_of(&self, value: &Json) -> Option<f64> {
        match self {
            Self::Uniform(..) | Self::Integer(..) => value.as_f64(),
            Self::LogUniform(..) | Self::LogInteger(..) => value.as_f64().map(libm::log),
            Self::Choice(values) => {
                values.iter().position(|other| other == value).map(|index| index as f64)
            }
        }
    }
}

/// The numbers of four digits in a range above zero; `None` if there are more than about `limit`.
fn decimals(low: f64, high: f64, limit: usize) -> Option<Vec<f64>> {
    if low <= 0.0 || (libm::log10(high / low) * 9000.0) as usize > limit {
        return None;
    }
    let magnitudes = libm::floor(libm::log10(low)) as i32..=libm::floor(libm::log10(high)) as i32;
    let all = magnitudes.flat_map(|magnitude| {
        (1000..=9999).filter_map(move |digits| format!("{digits}e{}", magnitude - 3).parse().ok())
    });
    Some(all.filter(|number| (low..=high).contains(number)).collect())
}

/// The two ends of a range, each a right value of the key.
fn ends(key: &Key, entry: &Entry) -> Result<(Json, Json), Vec<Problem>> {
    let items = if let Value::Array(items) = &entry.item.value { &items[..] } else { &[] };
    let [low, high] = items else { return Err(not_a_range(key, entry).into()) };
    match (check::value(key, low), check::value(key, high)) {
        (Ok(low), Ok(high)) => Ok((low, high)),
        (low, high) => Err([low, high].into_iter().filter_map(Result::err).flatten().collect()),
    }
}

fn not_a_range(key: &Key, entry: &Entry) -> Problem {
    let message = format!("`{}` of `{}` needs two numbers, the lower first", entry.name, key.path);
    let help = format!("as in {{ {} = [a, b] }} with a < b", entry.name);
    Problem::at(&entry.item.place, message).help(help)
}

/// The ends of a range above a bound. Only logarithms have one that keys do not.
fn numbers(key: &Key, entry: &Entry, above: f64) -> Result<(f64, f64), Vec<Problem>> {
    let (low, high) = ends(key, entry)?;
    match (low.as_f64(), high.as_f64()) {
        (Some(low), Some(_)) if low <= above => Err(begins_at(key, entry, low).into()),
        (Some(low), Some(high)) if low < high => Ok((low, high)),
        _ => Err(not_a_range(key, entry).into()),
    }
}

fn integers(key: &Key, entry: &Entry, least: u64) -> Result<(u64, u64), Vec<Problem>> {
    let (low, high) = ends(key, entry)?;
    match (low.as_u64(), high.as_u64()) {
        (Some(low), Some(_)) if low < least => Err(begins_at(key, entry, low).into()),
        (Some(low), Some(high)) if low < high => Ok((low, high)),
        _ => Err(not_a_range(key, entry).into()),
    }
}

fn begins_at(key: &Key, entry: &Entry, low: impl Display) -> Problem {
    let message = format!("`{}` of `{}` cannot begin at {low}", entry.name, key.path);
    Problem::at(&entry.item.place, message).help("it must be above 0")
}

fn choice(key: &'static Key, entry: &Entry) -> Result<Distribution, Vec<Problem>> {
    let mut problems = Vec::new();
    let items = check::several(key, &entry.item, &mut problems);
    let value = |item| check::value_or_tell(key, item, &mut problems);
    let values = items.iter().filter_map(value).collect();
    if problems.is_empty() { Ok(Distribution::Choice(values)) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn every_value_that_is_drawn_is_listed() {
        let distributions = [
            Distribution::Uniform(0.1, 0.1011),
            Distribution::Uniform(9.994, 10.06),
            Distribution::LogUniform(0.099_986, 0.100_16),
            Distribution::Integer(3, 9),
            Distribution::LogInteger(1, 12),
            Distribution::Choice(vec![json!("a"), json!("b"), json!("a")]),
        ];
        for distribution in distributions {
            let listed = distribution.values(100).unwrap();
            let mut stream = Stream::new(1, Purpose::Sweep, 0);
            let drawn: Vec<Json> = (0..4000).map(|_| distribution.draw(&mut stream)).collect();
            for value in &drawn {
                assert!(listed.contains(value), "{value} of {distribution:?}: {listed:?}");
            }
            for value in &listed {
                assert!(drawn.contains(value), "{value} of {distribution:?} is never drawn");
            }
            assert_eq!(distribution.values(listed.len() - 1), None);
        }
        for endless in [Distribution::Uniform(0.0, 0.5), Distribution::LogUniform(1e-9, 1e9)] {
            assert_eq!(endless.values(100_000), None);
        }
    }
}
