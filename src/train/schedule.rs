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
            on_plateau(base, plateau.factor, low)
        }
    };
    match schedule.warmup_steps {
        0 => rate,
        warmup => rate * ((step + 1) as f64 / warmup as f64).min(1.0),
    }
}

/// The learning rate after as many changes as come to `factor`.
fn on_plateau(base: f64, factor: f64, low: f64) -> f64 {
    (base * factor).max(low.min(base))
}

/// Tells the plateau rule what it watches of a row, smaller being better
/// (`torch.optim.lr_scheduler.ReduceLROnPlateau`, relative threshold). A change of the learning rate
/// that is not above PyTorch's `eps` is left out.
pub fn observe(schedule: &Schedule, base: f64, plateau: &mut Plateau, watched: f64) {
    /// The default of ReduceLROnPlateau.
    const EPS: f64 = 1e-8;
    let ScheduleKind::Plateau { factor, patience, threshold, min_learning_rate: low, .. } =
        schedule.kind
    else {
        return;
    };
    if plateau.best.is_none_or(|best| watched < best - threshold * best.abs()) {
        plateau.best = Some(watched);
        plateau.bad = 0;
    } else {
        plateau.bad += 1;
    }
    if plateau.bad > patience {
        let rate = |factor| on_plateau(base, factor, low);
        let next = plateau.factor * factor;
        if rate(plateau.factor) - rate(next) > EPS {
            plateau.factor = next;
        }
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
            observe(&schedule, 1.0, &mut plateau, loss);
            let position = Position { step: 0, steps: 1, epoch: 0 };
            seen.push(learning_rate(&schedule, 1.0, position, &plateau));
        }
        assert_eq!(seen, [1.0, 1.0, 1.0, 0.5, 0.5, 0.3, 0.3]);
    }

    /// Each change of the learning rate, as ReduceLROnPlateau of PyTorch 2.15 makes them while the
    /// loss stands still: (learning rate, factor, patience, min_lr) and what follows.
    #[test]
    fn plateau_ends_where_pytorchs_does() {
        let cases = [
            ((1e-7, 0.5, 0, 0.0), vec![1e-7, 5e-8, 2.5e-8, 1.25e-8]),
            ((1e-7, 0.5, 0, 4.5e-8), vec![1e-7, 5e-8]),
            ((1e-7, 0.5, 0, 3e-8), vec![1e-7, 5e-8, 3e-8]),
            ((1.0, 0.1, 1, 0.0), vec![1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8]),
            ((0.1, 0.1, 0, 0.05), vec![0.1, 0.05]),
            ((0.1, 0.5, 0, 0.2), vec![0.1]),
        ];
        for ((base, factor, patience, min_learning_rate), expected) in cases {
            let kind = ScheduleKind::Plateau {
                factor,
                patience,
                threshold: 0.01,
                min_learning_rate,
                monitor: None,
            };
            let schedule = Schedule { warmup_steps: 0, kind };
            let mut plateau = Plateau::default();
            let mut found = Vec::new();
            for _ in 0..23 {
                observe(&schedule, base, &mut plateau, 2.0);
                let position = Position { step: 0, steps: 1, epoch: 0 };
                found.push(learning_rate(&schedule, base, position, &plateau));
            }
            found.dedup();
            assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
            let same = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 * b;
            assert!(found.iter().zip(&expected).all(same), "{found:?} {expected:?}");
        }
    }
}
