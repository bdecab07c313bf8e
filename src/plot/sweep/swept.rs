//! What a sweep's charts are made of: points with the values of their keys, and a key as an axis.

use std::ops::Range;
use std::path::Path;

use plotters::coord::ranged1d::{
    KeyPointHint, KeyPointWeight, NoDefaultFormatting, Ranged, ValueFormatter,
};

use crate::metric::Metric;
use crate::plot::error::ChartError;
use crate::plot::scale::Scale;
use crate::standing::Standing;

/// Numbers that span at least this factor stand on a logarithmic axis.
const LOG_FROM: f64 = 8.0;
/// An axis with no more different values than this has a tick at each.
const MOST_TICKS: usize = 6;

/// A setting that was tried, with one seed or several.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// The value of each swept key, as a person reads it; empty where the key does not go with the
    /// others.
    pub values: Vec<String>,
    /// The metric, of several seeds its mean.
    pub metric: f64,
    /// Half the width of the mean's 95 % interval; `None` for a single seed.
    pub interval: Option<f64>,
    /// The metric of each seed.
    pub seeds: Vec<f64>,
    /// How it stands to others.
    pub standing: Standing,
}

/// One swept key as an axis.
pub(super) struct KeyAxis {
    log: bool,
    /// Ends of a scale of numbers; `None`: words.
    ends: Option<(f64, f64)>,
    words: Vec<String>,
    pub(super) ticks: Vec<(f64, String)>,
}

impl KeyAxis {
    /// The axis of some values.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Self {
        let full = values.filter(|value| !value.is_empty());
        let numbers: Option<Vec<f64>> =
            full.clone().map(|value| value.parse().ok().filter(|n: &f64| n.is_finite())).collect();
        let mut words: Vec<String> = Vec::new();
        for value in full {
            if !words.iter().any(|word| word == value) {
                words.push(value.to_owned());
            }
        }
        let Some(mut numbers) = numbers.filter(|_| words.len() > 1) else {
            let place = |at: usize| (at as f64 + 0.5) / words.len() as f64;
            let ticks = words.iter().enumerate().map(|(at, word)| (place(at), word.clone()));
            return Self { log: false, ends: None, ticks: ticks.collect(), words };
        };
        numbers.sort_by(f64::total_cmp);
        let (low, high) = (numbers[0], numbers[numbers.len() - 1]);
        let log = low > 0.0 && high >= low * LOG_FROM;
        let mut axis = Self { log, ends: Some((low, high)), words: Vec::new(), ticks: Vec::new() };
        axis.ticks = match words.len() <= MOST_TICKS {
            true => {
                let number = |word: &String| Some((axis.place(word)?, word.clone()));
                words.iter().filter_map(number).collect()
            }
            false => {
                let scale = if log { Scale::fitting } else { Scale::linear };
                let scale = scale(low, high, MOST_TICKS);
                let ticks = scale.ticks().into_iter().filter(|tick| (low..=high).contains(tick));
                ticks.map(|tick| (axis.at(tick), scale.text(tick))).collect()
            }
        };
        axis
    }

    /// Whether its values have an order: they are numbers.
    pub(super) fn is_ordered(&self) -> bool {
        self.ends.is_some()
    }

    /// The place of a number from 0 to 1, with some room at the ends.
    fn at(&self, number: f64) -> f64 {
        let (low, high) = self.ends.unwrap_or((0.0, 1.0));
        let share = match self.log {
            true => (number / low).ln() / (high / low).ln(),
            false => (number - low) / (high - low),
        };
        0.06 + 0.88 * share
    }

    /// The place of a value; `None` of an empty one.
    pub(super) fn place(&self, value: &str) -> Option<f64> {
        match self.ends {
            Some(_) => Some(self.at(value.parse().ok()?)),
            None => {
                let at = self.words.iter().position(|word| word == value)?;
                Some((at as f64 + 0.5) / self.words.len() as f64)
            }
        }
    }
}

impl Ranged for KeyAxis {
    type FormatOption = NoDefaultFormatting;
    /// The place along the axis, from 0 to 1.
    type ValueType = f64;

    fn map(&self, place: &f64, (from, to): (i32, i32)) -> i32 {
        from + (place * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight() {
            KeyPointWeight::Bold => self.ticks.iter().map(|(place, _)| *place).collect(),
            KeyPointWeight::Any => Vec::new(),
        }
    }

    fn range(&self) -> Range<f64> {
        0.0..1.0
    }
}

impl ValueFormatter<f64> for KeyAxis {
    fn format_ext(&self, place: &f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| tick == place);
        tick.map_or_else(String::new, |(_, text)| text.clone())
    }
}

/// The points that can be drawn in the order of painting: the best comes last.
pub(super) fn ordered(points: &[Swept]) -> Vec<&Swept> {
    let mut order: Vec<&Swept> = points.iter().filter(|point| point.metric.is_finite()).collect();
    order.sort_by_key(|point| std::cmp::Reverse(point.standing));
    order
}

/// That there is nothing to draw.
pub(super) fn nothing(folder: &Path, metric: &Metric) -> ChartError {
    ChartError::NoValues { path: folder.to_owned(), column: metric.label.to_owned() }
}
