//! What is said of the selected trials: their status, their curves, their last sample.

use super::app::App;
use super::chart;
use super::figures::{ago, figure, left, mean, progress, reached, speed, status};
use super::lines::Line;
use super::theme::Theme;
use crate::format::plural;
use crate::metric::Metric;
use crate::results::watch::Trial;
use crate::streams::{on_a_line, visible};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Paragraph, Wrap};
use std::sync::Arc;
use std::time::SystemTime;

/// Lines that curves need at least, and a sample.
const CURVES: u16 = 6;
const SAMPLE: u16 = 4;

/// Draws what fits: the curves before the sample.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme, now: SystemTime) {
    let lines = app.lines();
    let Some(line) = lines.get(app.place) else { return };
    let trials = line.trials();
    let metric = line.group().and_then(|group| app.metric_of(&group.metrics));
    let (Some(metric), Some(_)) = (metric, trials.first()) else { return };
    let said = said(line, &trials, metric, theme, now);
    // As many as they take, or one more: words are wrapped whole.
    let wrapped = said.iter().map(|line| line.width().div_ceil(usize::from(area.width.max(1))));
    let height = (wrapped.sum::<usize>() as u16).min(area.height.saturating_sub(CURVES).max(1));
    let said = Paragraph::new(said).wrap(Wrap { trim: true });
    let rest = area.height - height;
    let sample = app.detail.sample.as_ref().filter(|_| rest >= CURVES + SAMPLE);
    let of_sample = if sample.is_some() { (rest / 3).max(SAMPLE) } else { 0 };
    let areas = [Constraint::Length(height), Constraint::Min(0), Constraint::Length(of_sample)];
    let [above, middle, below] = Layout::vertical(areas).areas(area);
    frame.render_widget(said, above);
    let logarithmic = app.is_logarithmic(Some(metric));
    // Curves that are not yet those of the selection are not shown as if they were.
    let own = app
        .detail
        .curves
        .iter()
        .any(|curve| trials.iter().any(|trial| trial.folder == curve.trial));
    let curves = if own { app.detail.curves.as_slice() } else { &[] };
    if middle.height > 1 {
        chart::draw(frame, middle, curves, metric, logarithmic, theme);
    }
    if let Some(sample) = sample.filter(|_| own) {
        let head = format!("sample of epoch {}, prefix \"{}\"", sample.epoch, sample.what);
        let head = Text::styled(on_a_line(&head).into_owned(), theme.strong());
        let text = visible(&sample.text).replace('\t', " ");
        let lines =
            std::iter::once(head).chain(text.lines().map(|line| Text::raw(line.to_owned())));
        let text = Paragraph::new(lines.collect::<Vec<_>>()).wrap(Wrap { trim: false });
        frame.render_widget(text, below);
    }
}

/// The words before the curves.
fn said(
    line: &Line<'_>,
    trials: &[Arc<Trial>],
    metric: Metric,
    theme: Theme,
    now: SystemTime,
) -> Vec<Text<'static>> {
    let [first, ..] = trials else { return Vec::new() };
    let name = match trials {
        [only] => only.name.clone(),
        _ => format!("{} and {}", first.name, plural(trials.len() - 1, "more seed")),
    };
    let title = format!("{}/{name}", line.experiment.name);
    let mut said = vec![Text::styled(on_a_line(&title).into_owned(), theme.strong())];
    let (word, kind) = status(trials);
    let mut parts = vec![Span::styled(word, theme.status(kind))];
    let mut part =
        |text: Option<String>| parts.extend(text.map(|text| Span::raw(format!("  {text}"))));
    let at = progress(trials);
    part(at.and_then(|trial| reached(trial)));
    part(at.and_then(|trial| speed(trial)));
    part(at.and_then(|trial| left(trial, now)));
    let best = [(1, "valid"), (0, "train")].into_iter().filter_map(|(split, name)| {
        let best = mean(trials, |trial| &trial.best, metric.columns[split])?;
        Some(format!("{name} {}", figure(Some(best))))
    });
    let best = best.collect::<Vec<_>>().join(", ");
    part((!best.is_empty()).then(|| format!("best {best}")));
    let written = trials.iter().filter_map(|trial| trial.written).max();
    part(written.map(|written| format!("written {}", ago(written, now))));
    said.push(Text::from(parts));
    if let Some(why) = trials.iter().find_map(|trial| trial.why.as_ref()) {
        said.push(Text::styled(on_a_line(why).into_owned(), theme.status("failed")));
    }
    said
}
