//! Curves inside of other pages: the history of a gate.

use plotters::prelude::*;

use super::page::{Drawing, Drawn, INK, PALETTE, document, dot, fitted, line, plain, px};
use super::scale::{Scale, extremes};

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
