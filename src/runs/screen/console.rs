//! One trial on the screen: a bar on a terminal, a line a row elsewhere.

use super::bar_line::BarLine;
use super::shared::Screen;
use crate::format::{short, thousands, time_left};
use crate::metric::{BITS_PER_BYTE, Metric, Score};
use crate::streams;
use crate::train::{Event, RecordError, Recorder, Row, StepReport};
use std::time::Instant;

/// The recorder of one trial on the screen.
pub struct Console {
    screen: Screen,
    name: String,
    bar: Option<BarLine>,
    predictions: &'static str,
    /// Of the last row: its validation figure.
    valid: Option<String>,
    best: Option<String>,
    speed: Speed,
    /// When training began here, and after which step.
    began: (Instant, u64),
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
            valid: None,
            best: None,
            speed: Speed::start(),
            began: (Instant::now(), 0),
        }
    }

    fn start(&mut self, steps: u64, done: u64) {
        self.began = (Instant::now(), done);
        // Above the line about all trials.
        let bars = self.screen.bars.as_ref();
        self.bar = bars.map(|bars| BarLine::new(bars, &self.name, steps, true, "cyan"));
        if let Some(bar) = &mut self.bar {
            bar.write(done, &[(0, "begins".to_owned())]);
        }
    }

    fn step(&mut self, report: &StepReport) {
        self.speed.tokens += report.tokens;
        let Some(bar) = self.bar.as_mut().filter(|bar| bar.is_due()) else { return };
        let (began, before) = self.began;
        let done = report.step.saturating_sub(before).max(1) as f64;
        let left = report.steps.saturating_sub(report.step) as f64;
        let epochs = report.steps.div_ceil(report.steps_per_epoch.max(1));
        let (held_out, best) = match (&self.valid, &self.best) {
            (Some(valid), Some(best)) if valid == best => {
                (format!("valid {valid} best"), String::new())
            }
            (Some(valid), Some(best)) => (format!("valid {valid}"), format!("best {best}")),
            _ => Default::default(),
        };
        let parts = [
            (0, format!("{}%", 100 * report.step / report.steps.max(1))),
            (4, format!("epoch {}/{epochs}", report.epoch)),
            (6, format!("step {}/{}", report.step_in_epoch, report.steps_per_epoch)),
            (7, report.metric.label.to_owned()),
            (1, format!("train {}", figure(&report.metric, &report.score))),
            (1, held_out),
            (2, best),
            (5, format!("{} {}/s", thousands(self.speed.now()), self.predictions)),
            (3, time_left(began.elapsed().as_secs_f64() / done * left)),
        ];
        bar.write(report.step, &parts);
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
        self.valid = row.valid.as_ref().map(|valid| figure(&metric, valid));
        if row.is_best {
            self.best = Some(figure(&metric, &row.deciding()));
            line += " (best)";
        }
        line += &format!(", {} {}/s", thousands(self.speed.now()), self.predictions);
        self.speed = Speed::start();
        if self.bar.is_none() || self.screen.rows {
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
            Event::Finished(_) => self.bar = None,
            Event::Best { .. } | Event::Sample(_) | Event::Output(_) | Event::Checkpoint(_) => {}
        }
        Ok(())
    }
}

/// A score's figure, as a person reads it.
fn figure(metric: &Metric, score: &Score) -> String {
    (metric.value)(score).map_or_else(|| "–".to_owned(), short)
}
