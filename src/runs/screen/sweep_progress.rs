//! How far all trials together are.

use super::bar_line::BarLine;
use super::shared::Screen;
use crate::format::{short, time_left};
use crate::metric::Metric;
use crate::standing::Standing;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The line about all trials together: below the bars on a terminal, else a line whenever a trial
/// has ended. Of a single trial there is nothing to say that its own line does not.
pub struct SweepProgress {
    screen: Screen,
    bar: Mutex<Option<BarLine>>,
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
        let bars = screen.bars.as_ref().filter(|_| trials > 1);
        let bar = bars.map(|bars| {
            let mut bar = BarLine::new(bars, "", trials as u64, false, "green");
            bar.write(0, &[(0, format!("0 of {trials} trials"))]);
            bar
        });
        Self {
            screen: screen.clone(),
            bar: Mutex::new(bar),
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
    fn best(&self, metric: &Metric) -> Option<(String, String)> {
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
        Some((format!("{mean}{}", short(standing.value(metric))), point.name.clone()))
    }

    /// Says how far all is: trials that have ended and those of them that failed, and how many
    /// are left to run now. The best is shown of trials that a metric compares.
    pub fn report(&self, ended: usize, failed: usize, left: usize, metric: Option<&Metric>) {
        if self.trials < 2 {
            return;
        }
        let failures = if failed > 0 { format!("{failed} failed") } else { String::new() };
        let best = metric.and_then(|metric| self.best(metric));
        let seconds = self.since.elapsed().as_secs_f64() / ended.max(1) as f64 * left as f64;
        let parts = [
            (0, format!("{ended} of {} trials", self.trials)),
            (1, failures),
            (2, best.as_ref().map(|(figure, _)| format!("best {figure}")).unwrap_or_default()),
            (4, best.map(|(_, point)| format!("with {point}")).unwrap_or_default()),
            (3, if left > 0 && ended > 0 { time_left(seconds) } else { String::new() }),
        ];
        match self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(bar) => bar.write(ended as u64, &parts),
            None => {
                let parts = parts.iter().map(|(_, text)| text.as_str());
                let parts: Vec<_> = parts.filter(|text| !text.is_empty()).collect();
                self.screen.say(&parts.join(", "));
            }
        }
    }
}
