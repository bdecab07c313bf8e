//! What a sweep's keys did: the metric against each of them, and parallel coordinates.

use crate::metric::Metric;
use crate::standing::Standing;
use std::path::Path;

use super::draw::Title;
use super::error::ChartError;
use super::figure::{fitted, header};
use super::number;
use super::save;
use super::scale::Scale;
use super::scene::{
    Anchor, Color, GREY, GRID, HEIGHT, INK, PALE, PALETTE, Point, Scene, WHITE, WIDTH,
};

const MARGIN: f64 = 28.0;
const SIZE: f64 = 13.0;
/// Numbers that span at least this factor stand on a logarithmic axis.
const LOG_FROM: f64 = 8.0;
/// An axis with no more different values than this has a tick at each.
const MOST_TICKS: usize = 6;

/// A trial, or the mean of a point's.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// The value of each swept key, as a person reads it; empty where the key does not go with the
    /// others.
    pub values: Vec<String>,
    /// The metric.
    pub metric: f64,
    /// How it stands to others.
    pub standing: Standing,
}

/// One swept key as an axis.
struct Axis {
    log: bool,
    /// Ends of a scale of numbers; none: words.
    ends: Option<(f64, f64)>,
    words: Vec<String>,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    fn of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Self {
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
                let scale = if log { Scale::fitting(low, high) } else { Scale::linear(low, high) };
                let ticks = scale.ticks(MOST_TICKS).into_iter();
                let inside = ticks.filter(|tick| (low..=high).contains(&tick.value));
                inside.map(|tick| (axis.at(tick.value), tick.text)).collect()
            }
        };
        axis
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

    /// The place of a value; none of an empty one.
    fn place(&self, value: &str) -> Option<f64> {
        match self.ends {
            Some(_) => Some(self.at(value.parse().ok()?)),
            None => {
                let at = self.words.iter().position(|word| word == value)?;
                Some((at as f64 + 0.5) / self.words.len() as f64)
            }
        }
    }
}

/// The points that can be drawn in the order of painting: the best comes last.
fn ordered(points: &[Swept]) -> Vec<&Swept> {
    let mut order: Vec<&Swept> = points.iter().filter(|point| point.metric.is_finite()).collect();
    order.sort_by_key(|point| std::cmp::Reverse(point.standing));
    order
}

fn nothing(folder: &Path, metric: &Metric) -> ChartError {
    ChartError::NoValues { path: folder.to_owned(), column: metric.label.to_owned() }
}

fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// Draws the metric against each swept key, a panel a key, with a line through the means of its
/// values and the best point standing out. Writes `<file_stem>_by_key.svg` and `.png`.
///
/// # Errors
/// When no point has a value, or the files cannot be written.
pub fn by_key(
    keys: &[String],
    points: &[Swept],
    folder: &Path,
    metric: &Metric,
    title: &Title,
) -> Result<(), ChartError> {
    let all = points.len();
    let points = ordered(points);
    let metrics = || points.iter().map(|point| point.metric);
    let (low, high) =
        (metrics().fold(f64::INFINITY, f64::min), metrics().fold(f64::NEG_INFINITY, f64::max));
    if points.is_empty() || keys.is_empty() {
        return Err(nothing(folder, metric));
    }
    let mut scene = Scene::default();
    scene.fill((0.0, 0.0), (WIDTH, HEIGHT), WHITE);
    let top = header(title, &mut scene) + 26.0;
    let scale = Scale::fitting(low, high);
    let log = if scale.is_log() { ", log scale" } else { "" };
    let left_out = match all - points.len() {
        0 => String::new(),
        count => format!("; {count} of {all} points have no finite value"),
    };
    let caption = format!("best {}{log}; the line joins the means{left_out}", metric.label);
    scene.text((MARGIN, top), &caption, SIZE, GREY, Anchor::Start);
    let columns = (1..).find(|columns| columns * columns >= keys.len()).unwrap_or(1);
    let rows = keys.len().div_ceil(columns);
    let size = ((WIDTH - 2.0 * MARGIN) / columns as f64, (HEIGHT - top - 14.0) / rows as f64);
    for (place, key) in keys.iter().enumerate() {
        let corner = (
            MARGIN + (place % columns) as f64 * size.0,
            top + 8.0 + (place / columns) as f64 * size.1,
        );
        panel(&mut scene, (key, place), &points, &scale, corner, size);
    }
    save::both(&scene, folder, &format!("{}_by_key", metric.name))
}

/// One key's panel.
fn panel(
    scene: &mut Scene,
    (key, place): (&str, usize),
    points: &[&Swept],
    scale: &Scale,
    corner: Point,
    size: Point,
) {
    let (left, right) = (corner.0 + 44.0, corner.0 + size.0 - 12.0);
    let (top, bottom) = (corner.1 + 12.0, corner.1 + size.1 - 42.0);
    let height = |value: f64| bottom - scale.place(value) * (bottom - top);
    for tick in scale.ticks(5) {
        let y = height(tick.value);
        scene.stroke(vec![(left, y), (right, y)], GRID, 1.0);
        scene.text((left - 6.0, y + 4.0), &tick.text, SIZE - 1.0, GREY, Anchor::End);
    }
    scene.stroke(vec![(left, bottom), (right, bottom)], GREY, 1.0);
    let axis = Axis::of(points.iter().map(|point| point.values[place].as_str()));
    let across = |share: f64| left + share * (right - left);
    let room = (right - left) / axis.ticks.len().max(1) as f64 - 4.0;
    for (share, text) in &axis.ticks {
        let x = across(*share);
        scene.stroke(vec![(x, bottom), (x, bottom + 4.0)], GREY, 1.0);
        let text = fitted(text, SIZE - 1.0, room.max(24.0));
        scene.text((x, bottom + 17.0), &text, SIZE - 1.0, GREY, Anchor::Middle);
    }
    scene.text(((left + right) / 2.0, bottom + 34.0), last(key), SIZE, INK, Anchor::Middle);
    let mut means: Vec<(f64, f64, f64)> = Vec::new();
    for point in points {
        let Some(x) = axis.place(&point.values[place]) else { continue };
        match means.iter_mut().find(|(other, ..)| *other == x) {
            Some((_, sum, count)) => (*sum, *count) = (*sum + point.metric, *count + 1.0),
            None => means.push((x, point.metric, 1.0)),
        }
    }
    means.sort_by(|a, b| a.0.total_cmp(&b.0));
    if means.len() < points.len() || axis.ends.is_none() {
        let line = means.iter().map(|(x, sum, count)| (across(*x), height(sum / count)));
        scene.stroke(line.collect(), PALE, 2.0);
    }
    for (index, point) in points.iter().enumerate() {
        let Some(x) = axis.place(&point.values[place]) else { continue };
        let best = index + 1 == points.len();
        let (radius, color) = if best { (5.0, PALETTE[1]) } else { (3.2, PALETTE[0]) };
        scene.dot((across(x), height(point.metric)), radius, color);
    }
}

/// Draws parallel coordinates: an axis a key and one for the metric, a line a point; the better,
/// the stronger its colour. Writes `<file_stem>_parallel.svg` and `.png`.
///
/// # Errors
/// When no point has a value, or the files cannot be written.
pub fn parallel(
    keys: &[String],
    points: &[Swept],
    folder: &Path,
    metric: &Metric,
    title: &Title,
) -> Result<(), ChartError> {
    let points = ordered(points);
    if points.is_empty() || keys.is_empty() {
        return Err(nothing(folder, metric));
    }
    let mut scene = Scene::default();
    scene.fill((0.0, 0.0), (WIDTH, HEIGHT), WHITE);
    let (top, bottom) = (header(title, &mut scene) + 44.0, HEIGHT - 26.0);
    let texts: Vec<String> = points.iter().map(|point| number::value(point.metric, 0.0)).collect();
    let values = |key: usize| points.iter().map(move |point| point.values[key].as_str());
    let mut axes: Vec<Axis> = (0..keys.len()).map(|key| Axis::of(values(key))).collect();
    let numbers: Vec<String> = points.iter().map(|point| point.metric.to_string()).collect();
    let mut own = Axis::of(numbers.iter().map(String::as_str));
    if own.ticks.len() == points.len() {
        // Ticks at the values themselves: short ones.
        own.ticks.iter_mut().zip(&texts).for_each(|(tick, text)| tick.1.clone_from(text));
    }
    axes.push(own);
    let step = (WIDTH - 2.0 * MARGIN - 120.0) / keys.len() as f64;
    let x = |place: usize| MARGIN + 30.0 + place as f64 * step;
    let height = |share: f64| bottom - share * (bottom - top);
    for place in 0..axes.len() {
        let name = keys.get(place).map_or(metric.label, |key| last(key));
        scene.stroke(vec![(x(place), top), (x(place), bottom)], GREY, 1.0);
        let name = fitted(name, SIZE, step.min(130.0) - 4.0);
        scene.text((x(place), top - 12.0), &name, SIZE, INK, Anchor::Middle);
    }
    let count = points.len().saturating_sub(1).max(1) as f64;
    for (index, point) in points.iter().enumerate() {
        let best = index + 1 == points.len();
        let color = if best { PALETTE[1] } else { mixed(index as f64 / count) };
        let places = point.values.iter().enumerate();
        let line =
            places.filter_map(|(key, value)| Some((x(key), height(axes[key].place(value)?))));
        let end = axes[keys.len()].place(&point.metric.to_string()).unwrap_or(0.5);
        let line = line.chain([(x(keys.len()), height(end))]);
        scene.stroke(line.collect(), color, if best { 3.0 } else { 1.4 });
    }
    for (place, axis) in axes.iter().enumerate() {
        let room = if place == keys.len() { 86.0 } else { step - 12.0 };
        for (share, text) in &axis.ticks {
            let y = height(*share);
            scene.stroke(vec![(x(place) - 3.0, y), (x(place) + 3.0, y)], GREY, 1.0);
            let text = fitted(text, SIZE - 1.0, room);
            scene.text((x(place) + 6.0, y + 4.0), &text, SIZE - 1.0, INK, Anchor::Start);
        }
    }
    save::both(&scene, folder, &format!("{}_parallel", metric.name))
}

/// From the colour of the many, at 0, to that of the first curve, at 1.
fn mixed(share: f64) -> Color {
    let mix = |from: u8, to: u8| {
        (f64::from(from) + share * (f64::from(to) - f64::from(from))).round() as u8
    };
    let (from, to) = ((0xdd, 0xdd, 0xdd), PALETTE[0]);
    (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}
