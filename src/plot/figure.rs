//! The chart of some curves, and how it is laid out.

use plotters::prelude::*;

use super::labels::{Frame, LEADER, Place, below, callout, end_labels, thinned};
use super::number;
use super::page::{
    Chart, Drawn, GREY, LABEL, MARGIN, Page, SMALL, Title, WIDTH, axes, bold, dot, fitted, header,
    line, plain, px, width,
};
use super::scale::{Point, Scale, Shown, extremes};
use super::table::XAxis;
use crate::metric::Metric;

/// The most ticks of the y axis, and of the x axis.
const TICKS: (usize, usize) = (9, 10);
/// Labels are cut rather than take more of the page.
const WIDEST_LABEL: f64 = 250.0;
/// A curve with more points than this shows no dot for each.
const MOST_DOTS: usize = 30;
/// A curve with more points than this is drawn finer, so that noise does not become a band.
const DENSE: usize = 300;

/// One curve.
pub(super) struct Line {
    /// What stands at its end, if anything.
    pub(super) label: Option<String>,
    /// At least one point, in the order in which they were measured.
    pub(super) points: Vec<Point>,
    /// The colour of the curve.
    pub(super) color: RGBColor,
    /// Its width.
    pub(super) width: f64,
    /// What lies around it: x, lowest and highest.
    pub(super) band: Vec<(f64, f64, f64)>,
}

/// All that a chart shows.
pub(super) struct Figure<'a> {
    /// What stands above.
    pub(super) title: &'a Title,
    /// What the x axis counts.
    pub(super) x_axis: XAxis,
    /// What the y axis measures.
    pub(super) metric: &'a Metric,
    /// What stands above the y axis.
    pub(super) y_label: String,
    /// The curves, bottom to top; at least one. The last is the one the chart is about.
    pub(super) lines: Vec<Line>,
    /// The best point of the last curve.
    pub(super) best: Option<Point>,
    /// Whether the curves are trials to compare rather than the splits of one trial: their late
    /// part then counts more than their start, and only the last one shows its points.
    pub(super) compares: bool,
}

impl Figure<'_> {
    /// Draws the chart.
    pub(super) fn draw(&self, page: &Page<'_>) -> Drawn {
        let points: Vec<_> = self.lines.iter().map(|line| line.points.as_slice()).collect();
        let shown = Shown::of(&points, if self.compares { 0.15 } else { 0.05 });
        let y = Scale::of(self.metric, shown.low, shown.high, TICKS.0);
        let labels = self.labels(&y);
        let top = header(page, self.title)? + 48.0;
        self.caption(page, top - 17.0, &y, &shown)?;
        let widest = |texts: &[String], style: &TextStyle<'_>| {
            texts.iter().map(|text| width(text, style)).max().unwrap_or(0)
        };
        let ticks: Vec<String> = y.ticks().into_iter().map(|tick| y.text(tick)).collect();
        let right = if labels.is_empty() { 0.0 } else { LEADER };
        let mut chart = ChartBuilder::on(page)
            .margin_top(px(top))
            .margin_right(px(MARGIN + right) + widest(&labels, &bold(LABEL)))
            .margin_bottom(px(18.0))
            .margin_left(px(MARGIN))
            .x_label_area_size(px(46.0))
            .y_label_area_size(px(8.0) + widest(&ticks, &plain(SMALL, GREY)))
            .build_cartesian_2d(self.x_scale(), y)?;
        self.bands(&mut chart, &y)?;
        axes(&mut chart, self.x_axis.name(), SMALL)?;
        self.curves(page, &mut chart, &y, &labels)
    }

    /// From the first row to the last; steps from 0 where that is near.
    fn x_scale(&self) -> Scale {
        let (low, high) =
            extremes(self.lines.iter().flat_map(|line| line.points.iter().map(|point| point.0)));
        let from_zero = self.x_axis == XAxis::Step && low > 0.0 && low < 0.1 * high;
        let low = if from_zero { 0.0 } else { low };
        Scale::linear(low, high, TICKS.1).whole().inset(px(8.0))
    }

    /// What the y axis measures, and how.
    fn caption(&self, page: &Page<'_>, y: f64, scale: &Scale, shown: &Shown) -> Drawn {
        let mut caption = self.y_label.clone();
        if scale.is_log() {
            caption += ", log scale";
        }
        if let Some(cut) = shown.cut {
            caption += &format!("; starts above the chart, at {}", number::value(cut, cut));
        }
        let style = plain(SMALL, GREY);
        let caption = fitted(&caption, &style, px(WIDTH - 2.0 * MARGIN));
        page.draw_text(&caption, &style, (px(MARGIN), px(y)))
    }

    /// What lies around the curves, within the plot, below everything else.
    fn bands(&self, chart: &mut Chart<'_, '_>, y: &Scale) -> Drawn {
        let banded =
            || self.lines.iter().filter(|line| line.band.len() > 1 && line.label.is_some());
        // Of many, each the fainter, so that none hides another.
        let strength = if banded().count() > 3 { 0.13 } else { 0.25 };
        let bands = banded().map(|line| {
            let above = line.band.iter().map(|(x, _, high)| (*x, high.min(y.top())));
            let below = line.band.iter().rev().map(|(x, low, _)| (*x, *low));
            let below = below.map(|(x, low)| (x, low.clamp(y.bottom(), y.top())));
            Polygon::new(above.chain(below).collect::<Vec<_>>(), line.color.mix(strength))
        });
        chart.draw_series(bands).map(drop)
    }

    /// The curves with their labels and the best point.
    fn curves(
        &self,
        page: &Page<'_>,
        chart: &mut Chart<'_, '_>,
        y: &Scale,
        labels: &[String],
    ) -> Drawn {
        let (across, down) = chart.plotting_area().get_pixel_range();
        let frame =
            Frame { left: across.start, right: across.end, top: down.start, bottom: down.end };
        let column = |chart: &Chart<'_, '_>, x: f64| chart.backend_coord(&(x, y.top())).0 / px(1.0);
        let thin = |line: &Line| thinned(&line.points, |x| column(chart, x));
        let curves: Vec<Vec<Point>> = self.lines.iter().map(thin).collect();
        let named = self.lines.iter().zip(&curves).filter(|(line, _)| line.label.is_some());
        let end = |(line, points): (&Line, &Vec<Point>)| {
            Some((chart.backend_coord(points.last()?), line.color))
        };
        let ends: Vec<(Place, RGBColor)> = named.filter_map(end).collect();
        let mut obstacles = end_labels(page, frame, &ends, labels)?;
        for (i, (line, points)) in self.lines.iter().zip(&curves).enumerate() {
            let parts = below(points, y);
            self.curve(page, chart, line, points, &parts, i + 1 == curves.len())?;
            let places = |part: &Vec<Point>| part.iter().map(|p| chart.backend_coord(p)).collect();
            obstacles.extend(parts.iter().map(places));
        }
        match self.best(y) {
            Some((best, text, color)) => {
                callout(page, frame, chart.backend_coord(&best), &text, color, &obstacles)
            }
            None => Ok(()),
        }
    }

    /// One curve, in the parts that are inside of the chart.
    fn curve(
        &self,
        page: &Page<'_>,
        chart: &mut Chart<'_, '_>,
        curve: &Line,
        points: &[Point],
        parts: &[Vec<Point>],
        main: bool,
    ) -> Drawn {
        let thickness = if points.len() > DENSE { curve.width * 0.6 } else { curve.width };
        for part in parts {
            let style = line(curve.color, thickness);
            chart.draw_series(LineSeries::new(part.iter().copied(), style))?;
        }
        let dotted = points.len() <= MOST_DOTS && (main || !self.compares);
        let first = if dotted { 0 } else { points.len() - 1 };
        let radius = if points.len() == 1 { 4.5 } else { curve.width * 0.6 + 1.0 };
        let top = chart.plotting_area().get_pixel_range().1.start;
        let places = points[first..].iter().map(|point| chart.backend_coord(point));
        for place in places.filter(|place| place.1 >= top) {
            dot(page, place, radius, curve.color)?;
        }
        Ok(())
    }

    /// The text at the end of each curve that has one; with its last value if it is a split.
    fn labels(&self, y: &Scale) -> Vec<String> {
        let text = |line: &Line| {
            let name = line.label.as_ref()?;
            let last = line.points.last().filter(|_| !self.compares);
            let value =
                last.map_or(String::new(), |p| format!(" {}", number::value(p.1, y.span())));
            Some(fitted(&format!("{name}{value}"), &bold(LABEL), px(WIDEST_LABEL)))
        };
        self.lines.iter().filter_map(text).collect()
    }

    /// The best point, what to say of it and its colour. Of a single row there is nothing to say that
    /// its label does not.
    fn best(&self, y: &Scale) -> Option<(Point, String, RGBColor)> {
        let (best, line) = (self.best?, self.lines.last()?);
        if line.points.len() == 1 && !self.compares {
            return None;
        }
        let value = number::value(best.1, y.span());
        let text = format!("best {value} at {} {}", self.x_axis.name(), number::grouped(best.0, 0));
        Some((best, text, line.color))
    }
}
