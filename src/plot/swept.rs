//! What a sweep's keys did: the metric against each of them, and parallel coordinates.

use std::ops::Range;
use std::path::Path;

use plotters::coord::ranged1d::{
    KeyPointHint, KeyPointWeight, NoDefaultFormatting, Ranged, ValueFormatter,
};
use plotters::prelude::*;

use super::error::ChartError;
use super::number;
use super::page::{
    Drawn, GREY, HEIGHT, INK, MARGIN, MIDDLE, PALE, PALETTE, Page, SMALL, START, Title, WIDTH,
    axes, dot, fitted, header, line, plain, px, save,
};
use super::scale::{Scale, extremes};
use crate::metric::Metric;
use crate::standing::Standing;

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
struct KeyAxis {
    log: bool,
    /// Ends of a scale of numbers; `None`: words.
    ends: Option<(f64, f64)>,
    words: Vec<String>,
    ticks: Vec<(f64, String)>,
}

impl KeyAxis {
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
                let scale = if log { Scale::fitting } else { Scale::linear };
                let scale = scale(low, high, MOST_TICKS);
                let ticks = scale.ticks().into_iter().filter(|tick| (low..=high).contains(tick));
                ticks.map(|tick| (axis.at(tick), scale.text(tick))).collect()
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

    /// The place of a value; `None` of an empty one.
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
/// values and the best point standing out. Writes `<metric>_by_key.svg` and `.png`.
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
    if points.is_empty() || keys.is_empty() {
        return Err(nothing(folder, metric));
    }
    let (low, high) = extremes(points.iter().map(|point| point.metric));
    let scale = Scale::fitting(low, high, 5);
    let log = if scale.is_log() { ", log scale" } else { "" };
    let left_out = match all - points.len() {
        0 => String::new(),
        count => format!("; {count} of {all} points have no finite value"),
    };
    let caption = format!("best {}{log}; the line joins the means{left_out}", metric.label);
    save(folder, &format!("{}_by_key", metric.name), |page| {
        let top = header(page, title)? + 22.0;
        page.draw_text(&caption, &plain(SMALL, GREY), (px(MARGIN), px(top)))?;
        let columns = (1..).find(|columns| columns * columns >= keys.len()).unwrap_or(1);
        let panels = page
            .margin(px(top + 14.0), px(12.0), px(MARGIN), px(MARGIN))
            .split_evenly((keys.len().div_ceil(columns), columns));
        let room = px((WIDTH - 2.0 * MARGIN) / columns as f64 - 56.0);
        for ((place, key), area) in keys.iter().enumerate().zip(&panels) {
            panel(page, area, (last(key), place), &points, scale, room)?;
        }
        Ok(())
    })
}

/// One key's panel.
fn panel(
    page: &Page<'_>,
    area: &Page<'_>,
    (name, place): (&str, usize),
    points: &[&Swept],
    scale: Scale,
    room: i32,
) -> Drawn {
    let mut axis = KeyAxis::of(points.iter().map(|point| point.values[place].as_str()));
    let room = (room / axis.ticks.len().max(1) as i32 - px(4.0)).max(px(24.0));
    for (_, text) in &mut axis.ticks {
        *text = fitted(text, &plain(SMALL - 1.0, GREY), room);
    }
    let place_of = |point: &Swept| axis.place(&point.values[place]);
    let placed: Vec<(f64, f64)> =
        points.iter().filter_map(|point| Some((place_of(point)?, point.metric))).collect();
    let means = means(&placed);
    let joined = means.len() < points.len() || axis.ends.is_none();
    let mut chart = ChartBuilder::on(area)
        .margin_top(px(12.0))
        .margin_right(px(12.0))
        .x_label_area_size(px(42.0))
        .y_label_area_size(px(44.0))
        .build_cartesian_2d(axis, scale)?;
    axes(&mut chart, name, SMALL - 1.0)?;
    if joined {
        chart.draw_series(LineSeries::new(means, line(PALE, 2.0)))?;
    }
    let best = points.last().map(|point| point.metric);
    for (index, at) in placed.iter().enumerate() {
        let best = index + 1 == placed.len() && best == Some(at.1);
        let (radius, color) = if best { (5.0, PALETTE[1]) } else { (3.2, PALETTE[0]) };
        dot(page, chart.backend_coord(at), radius, color)?;
    }
    Ok(())
}

/// The mean of the values at each place, from left to right.
fn means(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = |group: &[(f64, f64)]| {
        (group[0].0, group.iter().map(|point| point.1).sum::<f64>() / group.len() as f64)
    };
    points.chunk_by(|a, b| a.0 == b.0).map(mean).collect()
}

/// Draws parallel coordinates: an axis a key and one for the metric, a line a point; the better,
/// the stronger its colour. Writes `<metric>_parallel.svg` and `.png`.
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
    let values = |key: usize| points.iter().map(move |point| point.values[key].as_str());
    let mut axes: Vec<(&str, KeyAxis)> =
        keys.iter().enumerate().map(|(key, name)| (last(name), KeyAxis::of(values(key)))).collect();
    axes.push((metric.label, of_metric(&points)));
    save(folder, &format!("{}_parallel", metric.name), |page| {
        let (top, bottom) = (px(header(page, title)? + 44.0), px(HEIGHT - 26.0));
        let step = (WIDTH - 2.0 * MARGIN - 120.0) / keys.len() as f64;
        let x = |place: usize| px(MARGIN + 30.0 + place as f64 * step);
        let height = |place: f64| bottom - (place * f64::from(bottom - top)) as i32;
        let ink = plain(SMALL, INK);
        for (place, (name, _)) in axes.iter().enumerate() {
            let upright = vec![(x(place), top), (x(place), bottom)];
            page.draw(&PathElement::new(upright, line(GREY, 1.0)))?;
            let name = fitted(name, &ink, px(step.min(130.0) - 4.0));
            page.draw_text(&name, &ink.pos(MIDDLE), (x(place), top - px(16.0)))?;
        }
        let count = points.len().saturating_sub(1).max(1) as f64;
        for (index, point) in points.iter().enumerate() {
            let metric = point.metric.to_string();
            let values = point.values.iter().chain([&metric]).zip(&axes).enumerate();
            let at = |(place, (value, (_, axis))): (usize, (&String, &(&str, KeyAxis)))| {
                Some((x(place), height(axis.place(value)?)))
            };
            let style = match index + 1 == points.len() {
                true => line(PALETTE[1], 3.0),
                false => line(PALETTE[0].mix(0.15 + 0.85 * index as f64 / count), 1.4),
            };
            page.draw(&PathElement::new(values.filter_map(at).collect::<Vec<_>>(), style))?;
        }
        for (place, (_, axis)) in axes.iter().enumerate() {
            let room = if place == keys.len() { px(86.0) } else { px(step - 12.0) };
            ticks(page, x(place), axis, height, room)?;
        }
        Ok(())
    })
}

/// The last of the parallel axes. Ticks at the values themselves are short ones.
fn of_metric(points: &[&Swept]) -> KeyAxis {
    let numbers: Vec<String> = points.iter().map(|point| point.metric.to_string()).collect();
    let mut axis = KeyAxis::of(numbers.iter().map(String::as_str));
    if axis.ticks.len() == points.len() {
        for ((_, text), point) in axis.ticks.iter_mut().zip(points) {
            *text = number::value(point.metric, 0.0);
        }
    }
    axis
}

/// The ticks of an upright axis.
fn ticks(page: &Page<'_>, x: i32, axis: &KeyAxis, height: impl Fn(f64) -> i32, room: i32) -> Drawn {
    let style = plain(SMALL - 1.0, INK);
    for (place, text) in &axis.ticks {
        let y = height(*place);
        let mark = vec![(x - px(3.0), y), (x + px(3.0), y)];
        page.draw(&PathElement::new(mark, line(GREY, 1.0)))?;
        page.draw_text(&fitted(text, &style, room), &style.pos(START), (x + px(6.0), y))?;
    }
    Ok(())
}
