//! What a person sees while trials run: bars on a terminal, plain lines elsewhere.

use crate::metric::{BITS_PER_BYTE, Metric, Score, number};
use crate::standing::Standing;
use crate::streams;
use crate::train::{Event, RecordError, Recorder, Row, StepReport};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The screen that all trials share.
#[derive(Clone)]
pub struct Screen {
    bars: Option<MultiProgress>,
    quiet: bool,
}

impl Screen {
    /// Standard error: bars if it is a terminal, else plain lines; with `quiet`, nothing but
    /// failures.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet { None } else { streams::bars() };
        let bars = target.map(MultiProgress::with_draw_target);
        Self { bars, quiet }
    }

    /// Prints a line above the bars.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.insist(line);
        }
    }

    /// Prints a line that must be seen, quiet or not.
    pub fn insist(&self, line: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| streams::tell(line)),
            None => streams::tell(line),
        }
    }
}

/// The line about all trials together: below the bars on a terminal, else a line whenever a trial
/// has ended. Of a single trial there is nothing to say that its own line does not.
pub struct Whole {
    screen: Screen,
    bar: Option<ProgressBar>,
    trials: usize,
    since: Instant,
    points: Mutex<Vec<WholePoint>>,
}

/// What has come of a point of a sweep.
struct WholePoint {
    name: String,
    /// How many seeds it has.
    seeds: usize,
    /// How those of them stand that have ended, each with its trial's name.
    standings: Vec<(String, Standing)>,
}

impl Whole {
    /// The line about so many trials.
    pub fn new(screen: &Screen, trials: usize) -> Self {
        let bar = screen.bars.as_ref().filter(|_| trials > 1).map(|bars| {
            let bar = bars.add(ProgressBar::new(trials as u64));
            let style = ProgressStyle::with_template("{bar:24.green/dim} {msg} {elapsed:.dim}");
            bar.set_style(
                style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"),
            );
            bar.set_message(format!("0 of {trials} trials"));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        Self {
            screen: screen.clone(),
            bar,
            trials,
            since: Instant::now(),
            points: Mutex::default(),
        }
    }

    /// Takes note of how a trial of a point of so many `seeds` stands.
    pub fn note(&self, (point, seeds): (&str, usize), trial: &str, standing: Standing) {
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        let place = points.iter().position(|known| known.name == point).unwrap_or(points.len());
        if place == points.len() {
            points.push(WholePoint { name: point.to_owned(), seeds, standings: Vec::new() });
        }
        // A search takes a trial up again.
        let standings = &mut points[place].standings;
        standings.retain(|(known, _)| known != trial);
        standings.push((trial.to_owned(), standing));
    }

    /// The best point of those whose seeds have all ended, by its mean: one lucky seed is no point.
    fn best(&self, metric: &Metric) -> Option<String> {
        let points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = points.iter().filter(|point| point.standings.len() >= point.seeds);
        let mean = |point: &WholePoint| {
            Standing::mean(
                &point.standings.iter().map(|(_, standing)| *standing).collect::<Vec<_>>(),
            )
        };
        let means = whole.filter_map(|point| Some((mean(point)?, point)));
        let (standing, point) = means.min_by_key(|(standing, _)| *standing)?;
        if standing.has_failed() {
            return None;
        }
        let mean = if point.seeds > 1 { "mean " } else { "" };
        Some(format!("{mean}{} ({})", short(standing.value(metric)), point.name))
    }

    /// Says how far all is: trials that have ended and those of them that failed, and how many
    /// are left to run now. The best is told of trials that a metric compares.
    pub fn tell(&self, ended: usize, failed: usize, left: usize, metric: Option<&Metric>) {
        if self.trials < 2 {
            return;
        }
        let mut line = format!("{ended} of {} trials", self.trials);
        if failed > 0 {
            line += &format!(", {failed} failed");
        }
        if let Some(best) = metric.and_then(|metric| self.best(metric)) {
            line += &format!(", best {best}");
        }
        if left > 0 && ended > 0 {
            let seconds = self.since.elapsed().as_secs_f64() / ended as f64 * left as f64;
            line += &format!(", about {} left", duration(seconds));
        }
        match &self.bar {
            Some(bar) => {
                bar.set_position(ended as u64);
                bar.set_message(line);
            }
            None => self.screen.say(&line),
        }
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

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

/// A number to four significant digits.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return number(value);
    }
    if value.abs() >= 99_999.5 {
        return format!("{value:.3e}");
    }
    if value != 0.0 && value.abs() < 0.000_999_95 {
        return format!("{value:.2e}");
    }
    let digits = match value.abs() {
        x if x >= 999.95 => 0,
        x if x >= 99.995 => 1,
        x if x >= 9.9995 => 2,
        x if x >= 0.09995 || x == 0.0 => 3,
        _ => 5,
    };
    format!("{value:.digits$}")
}

/// Seconds as a person says them.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{:.0} min {:02.0} s", (s / 60.0).floor(), s % 60.0),
        s => format!("{:.0} h {:02.0} min", (s / 3600.0).floor(), s % 3600.0 / 60.0),
    }
}

/// A count with its thousands as k or M.
pub fn thousands(value: f64) -> String {
    match value {
        x if x >= 999_950.0 => format!("{:.1}M", x / 1e6),
        x if x >= 9_999.5 => format!("{:.0}k", x / 1e3),
        x if x >= 999.5 => format!("{:.1}k", x / 1e3),
        x => format!("{x:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (1.0215, "1.022"),
            (61.333, "61.33"),
            (312.26, "312.3"),
            (6204.7, "6205"),
            (1.5e7, "1.500e7"),
            (-1.5e7, "-1.500e7"),
            (f64::INFINITY, "inf"),
            (0.987, "0.987"),
            (0.0, "0.000"),
            (0.01234, "0.01234"),
            (0.000_123_4, "1.23e-4"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
        assert_eq!(thousands(12_345.0), "12k");
        assert_eq!(thousands(1_234.0), "1.2k");
        assert_eq!(thousands(2_345_678.0), "2.3M");
    }
}
