//! What is shown, and what keys do to it.

use super::lines::{Line, Order, lines};
use crate::metric::Metric;
use crate::results::watch::{Detail, Snapshot, Trial, Update};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// What a person looks at.
#[derive(Debug, Default)]
pub(super) struct App {
    /// How all stand; `None` before the first look.
    pub snapshot: Option<Snapshot>,
    pub detail: Detail,
    /// Names of the lines that are folded otherwise than at first: experiments that are, points that
    /// are not.
    pub turned: BTreeSet<String>,
    /// The name of the selected line.
    pub selected: String,
    /// Its place, where one stays when it is gone.
    pub place: usize,
    /// The first line that is shown of the list.
    pub first: usize,
    /// Lines that the list has on the screen.
    pub page: usize,
    /// How often Tab was pressed: which metric of the selected line is shown.
    pub metric: usize,
    /// Whether the axis is logarithmic; `None`: as suits the metric.
    pub logarithmic: Option<bool>,
    pub filter: String,
    /// Whether letters go into the filter.
    pub is_typing: bool,
    pub order: Order,
    pub is_help: bool,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    GoOn,
    Leave,
}

impl App {
    /// Takes what was read.
    pub fn take(&mut self, update: Update) {
        match update {
            Update::Snapshot(snapshot) => self.snapshot = Some(snapshot),
            Update::Detail(detail) => self.detail = detail,
        }
        self.settle();
    }

    /// The lines of the list, from top to bottom.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let experiments = self.snapshot.iter().flat_map(|snapshot| &snapshot.experiments);
        lines(experiments, &self.turned, &self.filter, self.order)
    }

    /// The selected trials, the first of them best: of an experiment those of its best point.
    pub fn trials(&self) -> Vec<Arc<Trial>> {
        let lines = self.lines();
        lines.get(self.place).map(Line::trials).unwrap_or_default()
    }

    /// Their folders.
    pub fn folders(&self) -> Vec<PathBuf> {
        self.trials().iter().map(|trial| trial.folder.clone()).collect()
    }

    /// The metric that is shown, where its figures are in this order.
    pub fn metric_of(&self, metrics: &[Metric]) -> Option<Metric> {
        metrics.get(self.metric % metrics.len().max(1)).copied()
    }

    /// Does what a key asks for.
    pub fn key(&mut self, key: KeyEvent) -> Then {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if key.code == KeyCode::Char('c') { Then::Leave } else { Then::GoOn };
        }
        if self.is_typing {
            self.type_key(key.code);
        } else if self.is_help {
            self.is_help = false;
        } else {
            match key.code {
                KeyCode::Char('q') | KeyCode::Esc => return Then::Leave,
                code => self.command(code),
            }
        }
        self.settle();
        Then::GoOn
    }

    fn command(&mut self, code: KeyCode) {
        let page = self.page.max(2) as isize - 1;
        match code {
            KeyCode::Up | KeyCode::Char('k') => self.go(-1),
            KeyCode::Down | KeyCode::Char('j') => self.go(1),
            KeyCode::PageUp => self.go(-page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.go(page),
            KeyCode::Home | KeyCode::Char('g') => self.go(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.go(isize::MAX),
            KeyCode::Enter => self.turn(),
            KeyCode::Tab => self.metric = self.metric.wrapping_add(1),
            KeyCode::BackTab => self.metric = self.metric.saturating_sub(1),
            KeyCode::Char('l') => self.turn_axis(),
            KeyCode::Char('s') => self.order = self.order.next(),
            KeyCode::Char('/') => self.is_typing = true,
            KeyCode::Char('?' | 'h') => self.is_help = true,
            _ => {}
        }
    }

    fn type_key(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc => {
                self.is_typing = false;
                self.filter.clear();
            }
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Char(letter) => self.filter.push(letter),
            _ => {}
        }
    }

    fn go(&mut self, by: isize) {
        let names: Vec<String> = self.lines().iter().map(|line| line.name().to_owned()).collect();
        self.place = self.place.saturating_add_signed(by).min(names.len().saturating_sub(1));
        self.selected = names.get(self.place).cloned().unwrap_or_default();
    }

    /// Folds or unfolds the selected line.
    fn turn(&mut self) {
        if !self.turned.remove(&self.selected) {
            self.turned.insert(self.selected.clone());
        }
    }

    /// Takes the other axis than that which is shown.
    fn turn_axis(&mut self) {
        let lines = self.lines();
        let metrics = lines.get(self.place).and_then(Line::group).map(|group| &group.metrics);
        let metric = metrics.and_then(|metrics| self.metric_of(metrics));
        let logarithmic = self.is_logarithmic(metric);
        self.logarithmic = Some(!logarithmic);
    }

    /// Whether the axis of a metric is logarithmic.
    pub fn is_logarithmic(&self, metric: Option<Metric>) -> bool {
        let suits = || metric.is_some_and(|metric| metric.grows_by_factors());
        self.logarithmic.unwrap_or_else(suits)
    }

    /// Stays on the selected line, wherever it is by now; where it is gone, at its place.
    fn settle(&mut self) {
        let lines = self.lines();
        let found = lines.iter().position(|line| line.name() == self.selected);
        let place = found.unwrap_or_else(|| self.place.min(lines.len().saturating_sub(1)));
        let selected = lines.get(place).map(|line| line.name().to_owned()).unwrap_or_default();
        (self.place, self.selected) = (place, selected);
    }
}
