//! The learning rate of each step.

use super::progress::Plateau;
use crate::spec::{Schedule, ScheduleKind};

/// Where training stands.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// Steps done before this one.
    pub step: u64,
    /// Steps of the whole training.
    pub steps: u64,
    /// Passes over the training text done before this step's.
    pub epoch: u64,
}

/// The learning rate of a step; `base` is `training.learning_rate`.
pub fn learning_rate(schedule: &Schedule, base: f64, position: Position, plateau: &Plateau) -> f64 {
    let Position { step, steps, epoch } = position;
    let power = |gamma: f64, count: u64| libm::pow(gamma, count as f64);
    let rate = match schedule.kind {
        ScheduleKind::Constant => base,
        ScheduleKind::Step { step_size, gamma } => base * power(gamma, epoch / step_size.max(1)),
        ScheduleKind::Exponential { gamma, after } => {
            base * power(gamma, (epoch + 1).saturating_sub(after))
        }
        ScheduleKind::Cosine { min_learning_rate: low } => {
            let part = step as f64 / steps.max(1) as f64;
            low + (base - low) * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * part))
        }
        ScheduleKind::Plateau { min_learning_rate: low, .. } => {
            (base * plateau.factor).max(low.min(base))
        }
    };
    match schedule.warmup_steps {
        0 => rate,
        warmup => rate * ((step + 1) as f64 / warmup as f64).min(1.0),
    }
}

/// Tells the plateau rule what it watches of a row, smaller being better
/// (`torch.optim.lr_scheduler.ReduceLROnPlateau`, relative threshold).
pub fn observe(schedule: &Schedule, plateau: &mut Plateau, watched: f64) {
    let ScheduleKind::Plateau { factor, patience, threshold, .. } = schedule.kind else {
        return;
    };
    if plateau.best.is_none_or(|best| watched < best - threshold * best.abs()) {
        plateau.best = Some(watched);
        plateau.bad = 0;
    } else {
        plateau.bad += 1;
    }
    if plateau.bad > patience {
        plateau.factor *= factor;
        plateau.bad = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(kind: ScheduleKind, warmup_steps: u64, epochs: u64) -> Vec<f64> {
        let schedule = Schedule { warmup_steps, kind };
        (0..epochs)
            .map(|epoch| {
                let position = Position { step: epoch * 10, steps: epochs * 10, epoch };
                learning_rate(&schedule, 1.0, position, &Plateau::default())
            })
            .collect()
    }

    #[test]
    fn exponential_is_zarembas_halving_after_epoch_k() {
        let kind = ScheduleKind::Exponential { gamma: 0.5, after: 4 };
        assert_eq!(rates(kind, 0, 6), [1.0, 1.0, 1.0, 1.0, 0.5, 0.25]);
    }

    #[test]
    fn step_is_pytorchs_step_lr() {
        let kind = ScheduleKind::Step { step_size: 2, gamma: 0.1 };
        let expected = [1.0, 1.0, 0.1, 0.1, 0.1 * 0.1];
        for (found, expected) in rates(kind, 0, 5).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn cosine_goes_from_the_full_rate_to_the_lowest() {
        let found = rates(ScheduleKind::Cosine { min_learning_rate: 0.2 }, 0, 4);
        assert_eq!(found[0], 1.0);
        assert!((found[2] - 0.6).abs() < 1e-12);
    }

    #[test]
    fn warm_up_rises_linearly() {
        assert_eq!(rates(ScheduleKind::Constant, 20, 4), [0.05, 0.55, 1.0, 1.0]);
    }

    #[test]
    fn plateau_waits_for_more_than_patience_rows() {
        let kind = ScheduleKind::Plateau {
            factor: 0.5,
            patience: 1,
            threshold: 0.01,
            min_learning_rate: 0.3,
            monitor: None,
        };
        let schedule = Schedule { warmup_steps: 0, kind };
        let mut plateau = Plateau::default();
        let mut seen = Vec::new();
        for loss in [2.0, 1.0, 0.999, 0.995, 0.995, 0.995, 0.5] {
            observe(&schedule, &mut plateau, loss);
            let position = Position { step: 0, steps: 1, epoch: 0 };
            seen.push(learning_rate(&schedule, 1.0, position, &plateau));
        }
        assert_eq!(seen, [1.0, 1.0, 1.0, 0.5, 0.5, 0.3, 0.3]);
    }
}
