//! One trial on the screen: a bar on a terminal, a line a row elsewhere.

use super::shared::Screen;
use crate::format::{short, thousands};
use crate::metric::{BITS_PER_BYTE, Metric, Score};
use crate::streams;
use crate::train::{Event, RecordError, Recorder, Row, StepReport};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// The recorder of one trial on the screen.
pub struct Console {
    screen: Screen,
    name: String,
    bar: Option<ProgressBar>,
    predictions: &'static str,
    best: Option<String>,
    speed: Speed,
}

/// Tokens a second since the last row, and for the bar since the last look.
struct Speed {
    since: Instant,
    tokens: u64,
}

impl Speed {
    fn start() -> Self {
        Self { since: Instant::now(), tokens: 0 }
    }

    fn now(&self) -> f64 {
        self.tokens as f64 / self.since.elapsed().as_secs_f64().max(1e-9)
    }
}

impl Console {
    /// A line of the screen for the trial of that name.
    pub fn new(screen: &Screen, name: String) -> Self {
        Self {
            screen: screen.clone(),
            name: streams::on_a_line(&name).into_owned(),
            bar: None,
            predictions: "tokens",
            best: None,
            speed: Speed::start(),
        }
    }

    fn start(&mut self, steps: u64, done: u64) {
        let Some(bars) = &self.screen.bars else {
            return;
        };
        let style = ProgressStyle::with_template(
            "{prefix:.bold} {bar:24.cyan/dim} {percent:>3}% {msg} {elapsed:.dim} < {eta}",
        );
        let bar = ProgressBar::new(steps).with_position(done).with_prefix(self.name.clone());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
        bar.enable_steady_tick(Duration::from_millis(250));
        // Above the line about all trials.
        self.bar = Some(bars.insert(0, bar));
        if let Some(bar) = &self.bar {
            bar.reset_eta();
        }
    }

    fn step(&mut self, report: &StepReport) {
        self.speed.tokens += report.tokens;
        let Some(bar) = &self.bar else { return };
        bar.set_position(report.step);
        let best = self.best.as_ref().map(|best| format!(" best {best}")).unwrap_or_default();
        bar.set_message(format!(
            "epoch {}/{} step {}/{} {} {}{best} {} {}/s",
            report.epoch,
            report.steps.div_ceil(report.steps_per_epoch.max(1)),
            report.step_in_epoch,
            report.steps_per_epoch,
            report.metric.label,
            figure(&report.metric, &report.score),
            thousands(self.speed.now()),
            self.predictions,
        ));
    }

    fn row(&mut self, row: &Row) {
        let metric = row.metrics.deciding;
        // A perplexity with unknown words says little by itself.
        let beside = |score: &Score| match score.text.unknown_bytes > 0.0 {
            true => format!(" ({} {})", figure(&BITS_PER_BYTE, score), BITS_PER_BYTE.label),
            false => String::new(),
        };
        let mut line = format!(
            "{}: epoch {} step {} train {} {}{}",
            self.name,
            row.epoch,
            row.step,
            metric.label,
            figure(&metric, &row.train),
            beside(&row.train)
        );
        if let Some(valid) = &row.valid {
            line += &format!(", valid {}{}", figure(&metric, valid), beside(valid));
        }
        if let Some(smooth) = row.smooth_loss {
            line += &format!(", smooth loss {}", short(smooth));
        }
        if row.is_best {
            self.best = Some(figure(&metric, &row.deciding()));
            line += " (best)";
        }
        line += &format!(", {} {}/s", thousands(self.speed.now()), self.predictions);
        self.speed = Speed::start();
        if self.bar.is_none() {
            self.screen.say(&line);
        }
    }
}

impl Recorder for Console {
    fn record(&mut self, event: &Event<'_>) -> Result<(), RecordError> {
        match event {
            Event::Started(started) => {
                self.predictions = started.predictions;
                self.start(started.steps, started.done);
            }
            Event::Step(report) => self.step(report),
            Event::Row(row) => self.row(row),
            Event::Finished(_) => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
            Event::Best { .. } | Event::Sample(_) | Event::Output(_) | Event::Checkpoint(_) => {}
        }
        Ok(())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A score's figure, as a person reads it.
fn figure(metric: &Metric, score: &Score) -> String {
    (metric.value)(score).map_or_else(|| "–".to_owned(), short)
}
