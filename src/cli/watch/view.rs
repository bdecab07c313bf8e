//! The screen: how all stand, the list, what is selected, and keys.

use super::app::App;
use super::figures::{ago, counts};
use super::theme::Theme;
use super::{detail, list};
use crate::format::plural;
use crate::streams::on_a_line;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};
use std::time::SystemTime;

/// From this width on the list and what is selected stand side by side.
const WIDE: u16 = 130;

const HELP: &str = "\
↑ ↓  k j          select
PgUp PgDn  g G    a page; to the first, to the last
Enter             fold an experiment, unfold a point to its seeds
Tab               another metric
l                 logarithmic or linear axis
/                 show only lines with some words (Esc: all)
s                 order: best, latest, name
q  Esc  Ctrl-C    leave; training goes on";

/// What can be done; the last are left out first.
const KEYS: [&str; 7] =
    ["q leave", "? help", "↑↓ select", "Enter unfold", "Tab metric", "/ filter", "l axis"];

/// Draws all.
pub(super) fn draw(frame: &mut Frame<'_>, app: &mut App, theme: Theme, now: SystemTime) {
    let areas = [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)];
    let [top, body, bottom] = Layout::vertical(areas).areas(frame.area());
    frame.render_widget(head(app, theme, now), top);
    let [left, right] = if body.width >= WIDE {
        let halves = [Constraint::Percentage(58), Constraint::Percentage(42)];
        Layout::horizontal(halves).spacing(2).areas(body)
    } else {
        // Lines of the list are few in most folders; curves are read the better the higher they are.
        let lines = app.lines().len() as u16 + 1;
        let list = lines.clamp(4, (body.height / 2).max(4));
        Layout::vertical([Constraint::Length(list), Constraint::Min(0)]).areas(body)
    };
    list::draw(frame, left, app, theme, now);
    detail::draw(frame, right, app, theme, now);
    frame.render_widget(foot(app, theme, bottom.width), bottom);
    if app.is_help {
        help(frame, body);
    }
}

/// How all stand, and when something was last written.
fn head(app: &App, theme: Theme, now: SystemTime) -> Line<'static> {
    let Some(snapshot) = &app.snapshot else { return Line::styled("reading …", theme.faint()) };
    let groups = snapshot.experiments.iter().flat_map(|experiment| &experiment.groups);
    let trials = groups.flat_map(|group| &group.points).flat_map(|point| &point.trials);
    let all = trials.clone().count();
    let mut parts = vec![Span::styled(plural(all, "trial"), theme.strong())];
    for (count, word) in counts(trials.clone()) {
        parts.push(Span::styled(format!("  {count} {word}"), theme.status(word)));
    }
    if let Some(last) = trials.filter_map(|trial| trial.written).max() {
        parts.push(Span::styled(format!("  written {}", ago(last, now)), theme.faint()));
    }
    Line::from(parts)
}

/// The filter while it is typed, else the keys that fit.
fn foot(app: &App, theme: Theme, width: u16) -> Line<'static> {
    let filter = on_a_line(&app.filter).into_owned();
    if app.is_typing {
        return Line::from(format!("/{filter}▏  Enter: keep, Esc: all"));
    }
    let mut text = format!("s order: {}", app.order.word());
    if !filter.is_empty() {
        text = format!("/{filter}  {text}");
    }
    for key in KEYS {
        let longer = format!("{text}  {key}");
        if Line::raw(longer.as_str()).width() <= usize::from(width) {
            text = longer;
        }
    }
    Line::styled(text, theme.faint())
}

/// What keys do, over all else.
fn help(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = (68.min(area.width), (HELP.lines().count() as u16 + 2).min(area.height));
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    let area = Rect { x, y, width, height };
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(HELP).block(Block::bordered().title(" keys ")), area);
}
