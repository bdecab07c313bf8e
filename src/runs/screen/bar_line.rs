//! A line of the terminal: a name, a bar, and what fits beside them.

use crate::format::shortened;
use crate::streams;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// How often a line is written anew: a person reads no faster.
const PAUSE: Duration = Duration::from_millis(100);

/// A part of a line, and how much it matters: the greatest numbers are left out first.
pub(super) type Part = (u8, String);

/// A line with a bar.
pub(super) struct BarLine {
    bar: ProgressBar,
    /// Columns that the bar itself takes.
    length: usize,
    name: String,
    written: Option<Instant>,
}

impl BarLine {
    /// A line of some bars, `first` or last; `color` is a word of `console`.
    pub(super) fn new(
        bars: &MultiProgress,
        name: &str,
        steps: u64,
        first: bool,
        color: &str,
    ) -> Self {
        let bar = ProgressBar::new(steps);
        let length = bar_length(streams::width());
        let style = format!("{{prefix:.bold}}{{bar:{length}.{color}/dim}} {{wide_msg}}");
        let style = ProgressStyle::with_template(&style);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
        bar.enable_steady_tick(Duration::from_millis(250));
        let bar = if first { bars.insert(0, bar) } else { bars.add(bar) };
        Self { bar, length, name: name.to_owned(), written: None }
    }

    /// Whether it is time to write the line anew.
    pub(super) fn is_due(&self) -> bool {
        self.written.is_none_or(|written| written.elapsed() >= PAUSE)
    }

    /// Writes the line: the bar up to `position`, and the parts that fit, in their order.
    pub(super) fn write(&mut self, position: u64, parts: &[Part]) {
        let width = streams::width();
        // Figures matter more than the name. Names of one sweep stand below one another.
        let part = if width < 80 { width / 4 } else { width / 3 };
        let room = if self.name.is_empty() { 0 } else { part.min(48) };
        let name = shortened(&self.name, room);
        let space = if room > 0 { " " } else { "" };
        self.bar.set_prefix(format!("{name}{space}"));
        self.bar.set_position(position);
        let taken = name.chars().count() + space.len() + self.length + 1;
        self.bar.set_message(fitting(parts, width.saturating_sub(taken + 1)));
        self.written = Some(Instant::now());
    }
}

impl Drop for BarLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Columns of a bar on a terminal of some width.
fn bar_length(width: usize) -> usize {
    match width {
        ..80 => 8,
        80..120 => 14,
        _ => 24,
    }
}

/// The parts that fit into so many columns, those first that matter most.
fn fitting(parts: &[Part], room: usize) -> String {
    let mut kept: Vec<&Part> = parts.iter().filter(|(_, text)| !text.is_empty()).collect();
    loop {
        let line = kept.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("  ");
        let least = kept.iter().map(|(matters, _)| *matters).max();
        match least.filter(|_| line.chars().count() > room && kept.len() > 1) {
            Some(least) => kept.retain(|(matters, _)| *matters != least),
            None => return line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_least_goes_first() {
        let parts = [(0, "33%"), (4, "epoch 1/20"), (1, "train 159.1"), (2, "2 min left")];
        let parts = parts.map(|(matters, text)| (matters, text.to_owned()));
        assert_eq!(fitting(&parts, 60), "33%  epoch 1/20  train 159.1  2 min left");
        assert_eq!(fitting(&parts, 30), "33%  train 159.1  2 min left");
        assert_eq!(fitting(&parts, 20), "33%  train 159.1");
        assert_eq!(fitting(&parts, 1), "33%");
    }
}
