//! The metric against each key of a sweep.

use std::path::Path;

use plotters::prelude::*;

use super::swept::{KeyAxis, Swept, nothing, ordered};
use crate::format::key_name;
use crate::metric::Metric;
use crate::plot::error::ChartError;
use crate::plot::page::{
    Drawn, GREY, INK, MARGIN, PALE, PALETTE, Page, SMALL, Title, WIDTH, axes, dot, fitted, header,
    line, plain, px, save, width,
};
use crate::plot::scale::{Scale, extremes, worth_showing};

/// A key with more values than this is not told apart by colours.
const MOST_SERIES: usize = 6;
/// The colours of series: all but that of training, which is nobody else's.
const COLORS: [RGBColor; MOST_SERIES] =
    [PALETTE[0], PALETTE[2], PALETTE[3], PALETTE[4], PALETTE[5], INK];

/// Draws the metric against each swept key, a panel a key: a small dot for each seed, a large one for
/// the mean, with its 95 % interval. Of two keys the values of the other are told apart by colours; only
/// the values of an ordered key are joined. The best point has a ring. Writes `<metric>_by_key.svg` and
/// `.png`.
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
    let all = points;
    let points = ordered(all);
    if points.is_empty() || keys.is_empty() {
        return Err(nothing(folder, metric));
    }
    let chart = ByKey::new(keys, all, points, metric);
    let caption = chart.caption();
    save(folder, &format!("{}_by_key", metric.name), |page| {
        let top = header(page, title)? + 22.0;
        let style = plain(SMALL, GREY);
        let caption = fitted(&caption, &style, px(WIDTH - 2.0 * MARGIN));
        page.draw_text(&caption, &style, (px(MARGIN), px(top)))?;
        let columns = (1..).find(|columns| columns * columns >= keys.len()).unwrap_or(1);
        let panels = page
            .margin(px(top + 14.0), px(12.0), px(MARGIN), px(MARGIN))
            .split_evenly((keys.len().div_ceil(columns), columns));
        let room = (WIDTH - 2.0 * MARGIN) / columns as f64 - 56.0;
        panels
            .iter()
            .take(keys.len())
            .enumerate()
            .try_for_each(|(key, area)| chart.panel(page, area, key, px(room)))
    })
}

/// The points of a sweep, and how they are drawn.
struct ByKey<'a> {
    keys: &'a [String],
    /// All, in the order of the plan, which is that of their values.
    all: &'a [Swept],
    /// Those that can be drawn. The best comes last.
    points: Vec<&'a Swept>,
    label: &'static str,
    /// Points above it are beyond the chart.
    limit: f64,
    scale: Scale,
}

/// What is drawn in one colour: the points that share a value of the other key.
struct Series<'a> {
    value: &'a str,
    color: RGBColor,
}

impl<'a> ByKey<'a> {
    fn new(keys: &'a [String], all: &'a [Swept], points: Vec<&'a Swept>, metric: &Metric) -> Self {
        let limit = worth_showing(points.iter().map(|point| point.metric), metric);
        let values = points.iter().flat_map(|point| point.seeds.iter().chain([&point.metric]));
        let (low, high) = extremes(values.copied().filter(|value| *value <= limit));
        let scale = Scale::of(metric, low, high, 5);
        Self { keys, all, points, label: metric.label, limit, scale }
    }

    /// What stands above the panels.
    fn caption(&self) -> String {
        let all = self.all.len();
        let mut caption = format!("best {}", self.label);
        if self.scale.is_log() {
            caption += ", log scale";
        }
        if self.points.iter().any(|point| point.seeds.len() > 1) {
            caption += "; small dots: seeds; large ones: their mean, with its 95 % interval";
        }
        let beyond = self.points.iter().filter(|point| point.metric > self.limit).count();
        if beyond > 0 {
            caption += &format!("; triangles: {beyond} of {all} points beyond the chart");
        }
        if all > self.points.len() {
            let none = all - self.points.len();
            caption += &format!("; {none} of {all} points have no finite value");
        }
        caption
    }

    /// The values of the other key in the order of their axis, if there is one other key, and few of them.
    fn series(&self, key: usize) -> Option<(usize, Vec<Series<'a>>)> {
        let other = match self.keys.len() {
            2 => 1 - key,
            _ => return None,
        };
        let mut values: Vec<&str> = Vec::new();
        for point in self.all {
            let value = point.values[other].as_str();
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let axis = KeyAxis::of(values.iter().copied());
        values.sort_by(|a, b| axis.place(a).partial_cmp(&axis.place(b)).unwrap_or(a.cmp(b)));
        // As many values as points: each would be a colour of its own.
        let few = values.len() <= MOST_SERIES && values.len() < self.points.len();
        let series = values.into_iter().zip(COLORS).map(|(value, color)| Series { value, color });
        few.then(|| (other, series.collect()))
    }

    /// One key's panel.
    fn panel(&self, page: &Page<'_>, area: &Page<'_>, key: usize, room: i32) -> Drawn {
        let mut axis = KeyAxis::of(self.all.iter().map(|point| point.values[key].as_str()));
        let place_of = |point: &&Swept| axis.place(&point.values[key]);
        let places: Vec<Option<f64>> = self.points.iter().map(place_of).collect();
        let ordered = axis.is_ordered();
        let wide = (room / axis.ticks.len().max(1) as i32 - px(4.0)).max(px(24.0));
        for (_, text) in &mut axis.ticks {
            *text = fitted(text, &plain(SMALL - 1.0, GREY), wide);
        }
        let series = self.series(key);
        let mut chart = ChartBuilder::on(area)
            .margin_top(px(if series.is_some() { 30.0 } else { 12.0 }))
            .margin_right(px(12.0))
            .x_label_area_size(px(42.0))
            .y_label_area_size(px(44.0))
            .build_cartesian_2d(axis, self.scale)?;
        axes(&mut chart, key_name(&self.keys[key]), SMALL - 1.0)?;
        let place = |x: f64, value: f64| {
            chart.backend_coord(&(x, value.clamp(self.scale.bottom(), self.scale.top())))
        };
        let one = vec![Series { value: "", color: PALETTE[0] }];
        let (other, all) = match &series {
            Some((other, series)) => (Some(*other), series),
            None => (None, &one),
        };
        for (number, one) in all.iter().enumerate() {
            // Side by side, so that none hides another.
            let aside = px((number as f64 - 0.5 * (all.len() as f64 - 1.0)) * 7.0);
            let at = |x: f64, value: f64| {
                let (x, y) = place(x, value);
                (x + aside, y)
            };
            let own: Vec<(f64, &Swept)> = (self.points.iter().zip(&places))
                .filter(|(point, _)| other.is_none_or(|other| point.values[other] == one.value))
                .filter_map(|(point, place)| Some(((*place)?, *point)))
                .collect();
            if ordered {
                let joint =
                    if other.is_some() { line(one.color.mix(0.6), 1.6) } else { line(PALE, 2.0) };
                join(page, &own, joint, at)?;
            }
            own.iter()
                .try_for_each(|(x, point)| self.point(page, point, one.color, |y| at(*x, y)))?;
        }
        match &series {
            Some((other, series)) => legend(page, area, key_name(&self.keys[*other]), series),
            None => Ok(()),
        }
    }

    /// One point: its seeds, its mean and the interval.
    fn point(
        &self,
        page: &Page<'_>,
        point: &Swept,
        color: RGBColor,
        at: impl Fn(f64) -> (i32, i32),
    ) -> Drawn {
        let center = at(point.metric);
        if point.metric > self.limit {
            let (x, y) = center;
            let corners = vec![(x - px(4.0), y), (x + px(4.0), y), (x, y - px(6.0))];
            return page.draw(&Polygon::new(corners, color.filled()));
        }
        if point.seeds.len() > 1 {
            for seed in point.seeds.iter().filter(|seed| **seed <= self.limit) {
                let (x, y) = at(*seed);
                page.draw(&Circle::new((x + px(5.5), y), px(2.0), color.mix(0.6).filled()))?;
            }
        }
        if let Some(half) = point.interval {
            let ends = [point.metric - half, point.metric + half];
            page.draw(&PathElement::new(ends.map(&at).to_vec(), line(color, 1.6)))?;
            // An interval that leaves the chart has no end in it.
            let seen =
                ends.iter().filter(|end| (self.scale.bottom()..=self.scale.top()).contains(end));
            for (x, y) in seen.map(|end| at(*end)) {
                let cap = vec![(x - px(3.0), y), (x + px(3.0), y)];
                page.draw(&PathElement::new(cap, line(color, 1.6)))?;
            }
        }
        if self.points.last().is_some_and(|best| std::ptr::eq(*best, point)) {
            page.draw(&Circle::new(center, px(7.5), INK.filled()))?;
            return dot(page, center, 4.8, color);
        }
        dot(page, center, 3.4, color)
    }
}

/// Joins the means of some points at each value of an ordered key.
fn join(
    page: &Page<'_>,
    points: &[(f64, &Swept)],
    style: ShapeStyle,
    at: impl Fn(f64, f64) -> (i32, i32),
) -> Drawn {
    let means = means(points.iter().map(|(x, point)| (*x, point.metric)));
    let path: Vec<_> = means.into_iter().map(|(x, mean)| at(x, mean)).collect();
    page.draw(&PathElement::new(path, style))
}

/// The values of the other key and their colours, above a panel.
fn legend(page: &Page<'_>, area: &Page<'_>, name: &str, series: &[Series<'_>]) -> Drawn {
    let (across, down) = area.get_pixel_range();
    let style = plain(SMALL - 1.0, INK);
    let (mut x, y) = (across.start + px(44.0), down.start + px(14.0));
    let name = format!("{name}:");
    page.draw_text(&name, &plain(SMALL - 1.0, GREY), (x, y))?;
    x += width(&name, &style) + px(12.0);
    for Series { value, color } in series {
        let value = if value.is_empty() { "–" } else { value };
        let value = fitted(value, &style, (across.end - x - px(24.0)).max(0));
        dot(page, (x, y), 3.4, *color)?;
        page.draw_text(&value, &style, (x + px(8.0), y))?;
        x += width(&value, &style) + px(24.0);
    }
    Ok(())
}

/// The mean of the values at each place, from left to right.
fn means(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut points: Vec<_> = points.collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = |group: &[(f64, f64)]| {
        (group[0].0, group.iter().map(|point| point.1).sum::<f64>() / group.len() as f64)
    };
    points.chunk_by(|a, b| a.0 == b.0).map(mean).collect()
}
