//! The curves of the selected trials.

use super::theme::Theme;
use crate::format::{count, short};
use crate::metric::Metric;
use crate::results::watch::Curve;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Paragraph};

type Points = Vec<(f64, f64)>;

/// The curves of a metric, in the units of the axes.
struct Curves {
    /// What rows are counted by.
    axis: &'static str,
    train: Vec<Points>,
    valid: Vec<Points>,
    x: [f64; 2],
    y: [f64; 2],
}

/// Draws training and validation of a metric, all seeds over one another.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    curves: &[Curve],
    metric: Metric,
    logarithmic: bool,
    theme: Theme,
) {
    let (head, below) = (Rect { height: 1, ..area }, below(area));
    let Some(curves) = Curves::of(curves, metric, logarithmic) else {
        let text = format!("{}: no row yet", metric.label);
        return frame.render_widget(Paragraph::new(text).style(theme.faint()), head);
    };
    let mut title = vec![Span::styled(metric.label, theme.strong())];
    let kind = if logarithmic { " (logarithmic) " } else { " " };
    title.push(Span::raw(format!("{kind}over {}s", curves.axis)));
    if !curves.valid.is_empty() {
        title.push(Span::styled("  ━ valid", theme.valid()));
    }
    if !curves.train.is_empty() {
        title.push(Span::styled("  • train", theme.train()));
    }
    frame.render_widget(Line::from(title), head);
    frame.render_widget(curves.chart(logarithmic, theme), below);
}

/// An area without its first line.
fn below(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}

impl Curves {
    /// `None` if there is no point.
    fn of(curves: &[Curve], metric: Metric, logarithmic: bool) -> Option<Self> {
        let has_rows = |curve: &&Curve| !curve.rows.rows.is_empty();
        let steps = curves.iter().filter(has_rows).any(|curve| curve.rows.axis() == "step");
        let axis = if steps { "step" } else { "epoch" };
        let [train, valid, _] = metric.columns;
        let of = |column: &str| -> Vec<Points> {
            let points =
                curves.iter().map(|curve| scaled(curve.rows.points(axis, column), logarithmic));
            points.filter(|points: &Points| !points.is_empty()).collect()
        };
        let (train, valid) = (of(train), of(valid));
        let all = || train.iter().chain(&valid).flatten();
        let x = range(all().map(|(x, _)| *x))?;
        let y = range(all().map(|(_, y)| *y))?;
        Some(Self { axis, train, valid, x, y })
    }

    fn chart(&self, logarithmic: bool, theme: Theme) -> Chart<'_> {
        let set = |points, style: Style, marker, kind| {
            Dataset::default().data(points).style(style).marker(marker).graph_type(kind)
        };
        // Training is of dots where colours do not tell it from validation.
        let (marker, kind) = match theme.has_colors {
            true => (Marker::Braille, GraphType::Line),
            false => (Marker::Dot, GraphType::Scatter),
        };
        let train = self.train.iter().map(|points| set(points, theme.train(), marker, kind));
        let valid = self.valid.iter();
        let valid =
            valid.map(|points| set(points, theme.valid(), Marker::Braille, GraphType::Line));
        let value = |at: f64| if logarithmic { short(10f64.powf(at)) } else { short(at) };
        let [low, high] = self.y;
        let y = [low, f64::midpoint(low, high), high].map(value);
        let x = self.x.map(|at| count(at as u64));
        Chart::new(train.chain(valid).collect())
            .x_axis(Axis::default().bounds(self.x).labels(x).style(theme.faint()))
            .y_axis(Axis::default().bounds(self.y).labels(y).style(theme.faint()))
            .legend_position(None)
    }
}

/// Points with what has a place on the axis: logarithms of what is greater than zero.
fn scaled(points: Points, logarithmic: bool) -> Points {
    let place = |(x, y): (f64, f64)| match logarithmic {
        true => (y > 0.0).then(|| (x, y.log10())),
        false => Some((x, y)),
    };
    points.into_iter().filter_map(place).collect()
}

/// From the least to the greatest of some numbers; around a single one, some way to both sides. `None`
/// if there is none.
fn range(numbers: impl Iterator<Item = f64> + Clone) -> Option<[f64; 2]> {
    let low = numbers.clone().min_by(f64::total_cmp)?;
    let high = numbers.max_by(f64::total_cmp)?;
    let room = if low == high { (low.abs() * 0.05).max(1e-3) } else { 0.0 };
    Some([low - room, high + room])
}
