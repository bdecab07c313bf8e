//! Curves inside of other pages: those of a report, whose colours are the page's, and the history of a
//! gate.

use plotters::prelude::*;

use super::page::{
    Drawing, Drawn, INK, PALETTE, SMALL, axes, document, dot, drawing, fitted, line, plain, px,
};
use super::scale::{Point, Scale, extremes};

/// A curve.
pub(crate) struct Series {
    /// Its name, for the legend.
    pub(crate) name: String,
    /// x and y, in the order of x.
    pub(crate) points: Vec<Point>,
}

/// A chart as SVG, and what a page lays over it.
pub(crate) struct InlineChart {
    /// The chart as an SVG element, in colours that the page's style replaces.
    pub(crate) svg: String,
    /// Its size, in the units of `spots`.
    pub(crate) size: (i32, i32),
    /// Where each point of each curve stands.
    pub(crate) spots: Vec<Vec<(i32, i32)>>,
    /// Whether equal distances are equal factors.
    pub(crate) is_log: bool,
}

/// Small, so that text keeps a readable size where a phone shrinks the whole.
const SIZE: (f64, f64) = (420.0, 240.0);
/// Values that span more than this factor are drawn on a logarithmic axis.
const LOG_FROM: f64 = 10.0;

/// A chart of some curves; `None` if none has a point. `linear` ones have no logarithmic axis.
pub(crate) fn line_chart(series: &[Series], x_label: &str, linear: bool) -> Option<InlineChart> {
    let all = || series.iter().flat_map(|series| &series.points);
    all().next()?;
    let (first, last) = extremes(all().map(|point| point.0));
    let (low, high) = extremes(all().map(|point| point.1));
    let air = if high > low { 0.06 * (high - low) } else { 0.5 * low.abs().max(1e-3) };
    let up = match low > 0.0 && high > LOG_FROM * low && !linear {
        true => Scale::fitting(low, high, 5),
        false => Scale::linear(low - air, high + air, 5),
    };
    let mut spots = Vec::new();
    let svg = drawing(SIZE, |page| {
        let mut chart = ChartBuilder::on(page)
            .margin_top(px(12.0))
            .margin_right(px(24.0))
            .x_label_area_size(px(44.0))
            .y_label_area_size(px(64.0))
            .build_cartesian_2d(Scale::linear(first, last, 5).whole(), up)?;
        axes(&mut chart, x_label, SMALL)?;
        for (series, color) in series.iter().zip(PALETTE.iter().cycle()) {
            let style = line(*color, 2.0);
            chart.draw_series(LineSeries::new(series.points.iter().copied(), style))?;
            spots.push(series.points.iter().map(|point| chart.backend_coord(point)).collect());
        }
        Ok(())
    });
    // Drawing into memory does not fail.
    Some(InlineChart {
        svg: svg.ok()?.svg,
        size: (px(SIZE.0), px(SIZE.1)),
        spots,
        is_log: up.is_log(),
    })
}

/// A row for each named history: its values from left to right, and the last of them as a number.
pub(crate) fn history(rows: &[(&str, Vec<f64>)]) -> String {
    const WIDTH: f64 = 720.0;
    const ROW: f64 = 84.0;
    let height = ROW * rows.len() as f64 + 20.0;
    let drawn: Drawn<Drawing> = document((WIDTH, height), |page| {
        let areas = page.margin(px(10.0), px(10.0), px(10.0), px(10.0));
        for ((name, values), area) in rows.iter().zip(areas.split_evenly((rows.len().max(1), 1))) {
            let style = plain(12.0, INK);
            area.draw_text(&fitted(name, &style, px(176.0)), &style, (0, px(36.0)))?;
            let (low, high) = extremes(values.iter().copied());
            let air = if high > low { 0.0 } else { low.abs().max(1.0) };
            let mut chart = ChartBuilder::on(&area)
                .margin_top(px(16.0))
                .margin_bottom(px(24.0))
                .margin_left(px(190.0))
                .margin_right(px(80.0))
                .build_cartesian_2d(
                    Scale::linear(0.0, values.len().saturating_sub(1) as f64, 1),
                    Scale::linear(low - air, high + air, 1),
                )?;
            let points = (0..).map(f64::from).zip(values.iter().copied());
            chart.draw_series(LineSeries::new(points.clone(), line(PALETTE[0], 1.5)))?;
            if let Some(last) = points.last() {
                let (x, y) = chart.backend_coord(&last);
                dot(page, (x, y), 3.0, PALETTE[0])?;
                page.draw_text(&format!("{:.4}", last.1), &style, (x + px(10.0), y))?;
            }
        }
        Ok(())
    });
    // Drawing into memory does not fail.
    drawn.unwrap_or_default().svg
}
