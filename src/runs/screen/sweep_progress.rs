//! How far all trials together are.

use super::shared::Screen;
use crate::format::{duration, short};
use crate::metric::Metric;
use crate::standing::Standing;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The line about all trials together: below the bars on a terminal, else a line whenever a trial
/// has ended. Of a single trial there is nothing to say that its own line does not.
pub struct SweepProgress {
    screen: Screen,
    bar: Option<ProgressBar>,
    trials: usize,
    since: Instant,
    points: Mutex<Vec<PointProgress>>,
}

/// What has come of a point of a sweep.
struct PointProgress {
    name: String,
    /// How many seeds it has.
    seeds: usize,
    /// How those of them stand that have ended, each with its trial's name.
    standings: Vec<(String, Standing)>,
}

impl SweepProgress {
    /// The line about `trials` trials.
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

    /// Takes note of how a trial of a point with `seeds` seeds stands.
    pub fn note(&self, (point, seeds): (&str, usize), trial: &str, standing: Standing) {
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        let place = points.iter().position(|known| known.name == point).unwrap_or(points.len());
        if place == points.len() {
            points.push(PointProgress { name: point.to_owned(), seeds, standings: Vec::new() });
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
        let mean = |point: &PointProgress| {
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
    /// are left to run now. The best is shown of trials that a metric compares.
    pub fn report(&self, ended: usize, failed: usize, left: usize, metric: Option<&Metric>) {
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

impl Drop for SweepProgress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
