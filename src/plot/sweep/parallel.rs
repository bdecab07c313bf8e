//! Parallel coordinates: what the settings of a sweep have in common that came out well.

use std::path::Path;

use plotters::prelude::*;

use super::swept::{KeyAxis, Swept, nothing, ordered};
use crate::format::key_name;
use crate::metric::Metric;
use crate::plot::error::ChartError;
use crate::plot::number;
use crate::plot::page::{
    Drawn, GREY, HEIGHT, INK, MARGIN, MIDDLE, PALETTE, Page, SMALL, START, Title, WIDTH, fitted,
    header, line, plain, px, save,
};

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
    let mut axes: Vec<(&str, KeyAxis)> = keys
        .iter()
        .enumerate()
        .map(|(key, name)| (key_name(name), KeyAxis::of(values(key))))
        .collect();
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
