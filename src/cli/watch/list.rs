//! The list of experiments, points and seeds.

use super::app::App;
use super::figures::{counts, figure, left, mean, progress, reached, speed, status};
use super::lines::{Line, What};
use super::theme::Theme;
use crate::format::shortened;
use crate::metric::Metric;
use crate::results::watch::{Group, Trial};
use crate::streams::on_a_line;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table};
use std::sync::Arc;
use std::time::SystemTime;

/// The columns beside the name: head, width, and from which width of the list on they are shown.
const COLUMNS: [(&str, u16, u16); 7] = [
    ("status", 11, 0),
    ("at", 12, 0),
    ("train", 8, 74),
    ("valid", 8, 0),
    ("best", 8, 0),
    ("left", 14, 92),
    ("speed", 18, 112),
];

/// What all cells of a frame are made with.
struct Context<'a> {
    app: &'a App,
    theme: Theme,
    now: SystemTime,
    width: u16,
    /// Columns of the name.
    name: usize,
}

/// Draws the lines that fit, so that the selected one is among them.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    app: &mut App,
    theme: Theme,
    now: SystemTime,
) {
    app.page = usize::from(area.height.saturating_sub(1)).max(1);
    app.first = app.first.clamp(app.place.saturating_sub(app.page - 1), app.place);
    let app = &*app;
    let lines = app.lines();
    if lines.is_empty() {
        let text = Paragraph::new(nothing(app)).style(theme.faint());
        return frame.render_widget(text, area);
    }
    let columns = || COLUMNS.iter().filter(|(_, _, from)| area.width >= *from);
    let taken: u16 = columns().map(|(_, width, _)| width + 1).sum();
    let name = area.width.saturating_sub(taken);
    let context = Context { app, theme, now, width: area.width, name: usize::from(name) };
    let shown = lines.iter().enumerate().skip(app.first).take(app.page);
    let rows = shown.map(|(place, line)| {
        let style = if place == app.place { theme.selected() } else { Style::new() };
        context.row(line).style(style)
    });
    let metric = lines.get(app.place).and_then(Line::group);
    let metric = metric.and_then(|group| app.metric_of(&group.metrics));
    let head = std::iter::once(metric.map_or("", |metric| metric.label));
    let head = Row::new(head.chain(columns().map(|(head, ..)| *head)).map(Cell::from));
    let widths = std::iter::once(name).chain(columns().map(|(_, width, _)| *width));
    let table = Table::new(rows, widths.map(Constraint::Length));
    frame.render_widget(table.header(head.style(theme.faint())).column_spacing(1), area);
}

/// Why there is no line.
fn nothing(app: &App) -> &'static str {
    match &app.snapshot {
        None => "reading …",
        Some(_) if !app.filter.is_empty() => {
            "nothing has all words of the filter: Esc in / clears it"
        }
        Some(_) => "no experiment here yet: `runner SPEC` begins one",
    }
}

impl Context<'_> {
    fn row(&self, line: &Line<'_>) -> Row<'static> {
        match &line.what {
            What::Experiment(points, is_open) => {
                let trials = points.iter().flat_map(|point| &point.trials);
                let all = counts(trials.clone());
                let all = all.iter().map(|(count, word)| format!("{count} {word}"));
                let text = match &line.experiment.problem {
                    Some(problem) => problem.clone(),
                    None => all.collect::<Vec<_>>().join(", "),
                };
                let sign = if *is_open { "▾" } else { "▸" };
                let name = format!("{sign} {}", on_a_line(&line.experiment.name));
                self.over_all(&name, &text)
            }
            What::Group(group) => self.over_all("", &group.note),
            What::Point(group, point, is_open) => {
                let sign = match (point.trials.len(), is_open) {
                    (1, _) => " ",
                    (_, true) => "▾",
                    (_, false) => "▸",
                };
                let many = match point.trials.len() {
                    1 => String::new(),
                    seeds => format!(" ×{seeds}"),
                };
                let lead = format!("  {sign} ");
                let room = self.name.saturating_sub(lead.chars().count() + many.chars().count());
                let fits = point.name.chars().count() <= room;
                let name = if fits { &point.name } else { &point.values };
                self.figures(&lead, name, &many, group, &point.trials)
            }
            What::Seed(group, trial) => {
                let name = format!("seed {}", trial.seed);
                self.figures("      ", &name, "", group, std::slice::from_ref(*trial))
            }
        }
    }

    /// A line of text instead of figures: its name, and what is said of it.
    fn over_all(&self, name: &str, text: &str) -> Row<'static> {
        // A text may be longer than a cell: it goes on over the others.
        let text = on_a_line(text);
        let room = usize::from(self.width).saturating_sub(name.chars().count() + 2);
        let text = format!("  {}", shortened(&text, room));
        let line = Text::from(vec![
            Span::styled(name.to_owned(), self.theme.strong()),
            Span::styled(text, self.theme.faint()),
        ]);
        let columns = COLUMNS.iter().filter(|(_, _, from)| self.width >= *from).count() as u16;
        Row::new([Cell::from(line).column_span(columns + 1)])
    }

    /// The line of some trials of one point.
    fn figures(
        &self,
        lead: &str,
        name: &str,
        tail: &str,
        group: &Group,
        trials: &[Arc<Trial>],
    ) -> Row<'static> {
        let metric = self.app.metric_of(&group.metrics).unwrap_or(group.metric);
        let room = self.name.saturating_sub(lead.chars().count() + tail.chars().count());
        let name = shortened(&on_a_line(name), room);
        let columns = COLUMNS.iter().filter(|(_, _, from)| self.width >= *from);
        let cells = columns.map(|(head, ..)| self.cell(head, metric, trials));
        let name = Cell::from(format!("{lead}{name}{tail}"));
        Row::new(std::iter::once(name).chain(cells))
    }

    fn cell(&self, head: &str, metric: Metric, trials: &[Arc<Trial>]) -> Cell<'static> {
        let [train, valid, _] = metric.columns;
        let at = progress(trials);
        let text = match head {
            "status" => {
                let (text, word) = status(trials);
                return Cell::from(text).style(self.theme.status(word));
            }
            "at" => at.and_then(|trial| reached(trial)).unwrap_or_default(),
            "left" => at.and_then(|trial| left(trial, self.now)).unwrap_or_default(),
            "speed" => at.and_then(|trial| speed(trial)).unwrap_or_default(),
            "train" => figure(mean(trials, |trial| &trial.last, train)),
            "valid" => figure(mean(trials, |trial| &trial.last, valid)),
            _ => {
                let of = |column| mean(trials, |trial| &trial.best, column);
                figure(of(valid).or_else(|| of(train)))
            }
        };
        Cell::from(text)
    }
}
