//! When the state is saved. Saving changes nothing in what is saved, so a clock may decide.

use crate::spec::Checkpoint;
use std::time::{Duration, Instant};

/// Seconds between two checkpoints where the spec says nothing.
const SECONDS: f64 = 10.0;

/// Seconds between checkpoints are at least this many times what the last one took: saving holds up
/// training by no more than a fiftieth.
const SHARE: u32 = 50;

/// When the state was last saved, and when it is to be saved again.
pub(super) struct CheckpointTimer {
    steps: Option<u64>,
    seconds: Option<Duration>,
    saved: Instant,
    took: Duration,
    step: u64,
}

impl CheckpointTimer {
    /// Begins to count now.
    pub fn new(wanted: Option<Checkpoint>) -> Self {
        let (steps, seconds) = wanted.map_or((None, None), |wanted| (wanted.steps, wanted.seconds));
        let seconds = seconds.or(steps.is_none().then_some(SECONDS));
        // More than the longest duration is never.
        let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Self { steps, seconds, saved: Instant::now(), took: Duration::ZERO, step: 0 }
    }

    /// Whether the state after `step` steps is to be saved now.
    pub fn is_due(&self, step: u64) -> bool {
        let by_steps = || self.steps.is_some_and(|every| step.is_multiple_of(every.max(1)));
        let by_clock = |every: Duration| self.saved.elapsed() >= every.max(self.took * SHARE);
        step > self.step && (by_steps() || self.seconds.is_some_and(by_clock))
    }

    /// Saves, and remembers when and how long it took.
    pub fn time<T>(&mut self, step: u64, save: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let saved = save();
        self.saved = Instant::now();
        self.took = self.saved - begun;
        self.step = step;
        saved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_and_seconds_are_waited_for() {
        let mut by_steps = CheckpointTimer::new(Some(Checkpoint { steps: Some(3), seconds: None }));
        let due: Vec<u64> = (0..10).filter(|step| by_steps.is_due(*step)).collect();
        assert_eq!(due, [3, 6, 9]);
        by_steps.time(3, || ());
        assert!(!by_steps.is_due(3));
        let soon = CheckpointTimer::new(Some(Checkpoint { steps: None, seconds: Some(1e-9) }));
        assert!(soon.is_due(1));
        assert!(!CheckpointTimer::new(None).is_due(1));
    }

    #[test]
    fn a_slow_checkpoint_is_made_seldom() {
        let mut timer = CheckpointTimer::new(Some(Checkpoint { steps: None, seconds: Some(1e-3) }));
        timer.time(0, || std::thread::sleep(Duration::from_millis(40)));
        std::thread::sleep(Duration::from_millis(20));
        assert!(!timer.is_due(1));
    }
}
