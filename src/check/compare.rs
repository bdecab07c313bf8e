//! Decides, experiment by experiment.

use super::entry::{Entry, Mode, Seed};
use super::measure::{Figures, Measured, lost, mean};
use super::outcome::{Outcome, Verdict, relative};
use super::statistics::Difference;

/// The smallest relative effect that counts in mode `statistical`, unless the baseline says
/// otherwise.
pub const MIN_EFFECT: f64 = 0.005;

/// The relative tolerance in mode `tolerance`, unless the baseline says otherwise.
pub const TOLERANCE: f64 = 0.01;

/// Holds what was measured against what was recorded.
pub fn compare(measured: &Measured, entry: &Entry, mode: Option<Mode>) -> Outcome {
    if let Some(reason) = incomparable(measured, entry) {
        let warnings = measured.warnings.clone();
        return Outcome { warnings, ..Outcome::refused(&measured.name, reason) };
    }
    // Seed by seed: the recorded ones, all of which are there.
    let pairs: Vec<(u64, &Seed, &Figures)> = measured
        .seeds
        .iter()
        .filter_map(|(seed, now)| Some((*seed, entry.seed(*seed)?, now)))
        .collect();
    let mode = mode.or(entry.mode).unwrap_or(match pairs.len() {
        0 | 1 => Mode::Tolerance,
        _ => Mode::Statistical,
    });
    let mut outcome = Outcome::begin(measured, Some(entry), "");
    for (seed, figures) in measured.seeds.iter().filter(|(seed, _)| entry.seed(**seed).is_none()) {
        let lost = figures.lost.iter();
        let told = lost.map(|why| format!("seed {seed}, which was not recorded: {why}"));
        outcome.warnings.extend(told);
    }
    let (before, now) = (
        mean(pairs.iter().map(|(_, old, _)| old.value)),
        mean(pairs.iter().map(|(.., now)| now.value)),
    );
    outcome.mode = Some(mode);
    outcome.value = Some(now);
    outcome.change = Some(relative(before, now));
    match mode {
        _ if now.is_infinite() => diverged(&mut outcome, &pairs),
        Mode::Exact => exact(&mut outcome, &pairs),
        Mode::Tolerance => tolerance(&mut outcome, measured, entry, before, now),
        Mode::Statistical => statistical(&mut outcome, measured, entry, &pairs, before),
    }
    if entry.spec_sha256 != measured.facts.spec_sha256 {
        outcome.warnings.push("the spec has changed since the baseline was recorded".to_owned());
    }
    outcome
}

/// Why two experiments cannot be compared.
fn incomparable(measured: &Measured, entry: &Entry) -> Option<String> {
    let facts = &measured.facts;
    let differs = |what: &str, before: &str, now: &str| {
        (before != now).then(|| format!("another {what}: {before} was recorded, this is {now}"))
    };
    let short = |sum: &str| sum.chars().take(8).collect::<String>();
    let causal = |causal: bool| {
        if causal { "causal" } else { "bidirectional (it sees what it must predict)" }
    };
    differs("metric", &entry.metric, &facts.metric)
        .or_else(|| differs("direction", entry.direction.name(), facts.direction.name()))
        .or_else(|| differs("tokenisation level", &entry.level, &facts.level))
        .or_else(|| differs("text", &short(&entry.data_sha256), &short(&facts.data_sha256)))
        .or_else(|| {
            let [before, now] =
                [&entry.vocabulary_sha256, &facts.vocabulary_sha256].map(|sum| short(sum));
            differs("vocabulary", &before, &now)
        })
        .or_else(|| differs("kind of model", causal(entry.causal), causal(facts.causal)))
        .or_else(|| {
            let tokens = |tokens: [usize; 3]| format!("{tokens:?} tokens");
            differs("split of the text", &tokens(entry.tokens), &tokens(facts.tokens))
        })
        .or_else(|| missing_seeds(measured, entry))
}

fn missing_seeds(measured: &Measured, entry: &Entry) -> Option<String> {
    let missing =
        |seed: &&String| !seed.parse().is_ok_and(|seed| measured.seeds.contains_key(&seed));
    let missing: Vec<&str> = entry.seeds.keys().filter(missing).map(String::as_str).collect();
    if entry.seeds.is_empty() {
        return Some("the baseline has no seeds".to_owned());
    }
    let all = entry.seeds.len();
    (!missing.is_empty())
        .then(|| format!("fewer seeds: of {all} recorded ones {} is missing", missing.join(", ")))
}

/// A seed without a finite number is worse than any number that was recorded.
fn diverged(outcome: &mut Outcome, pairs: &[(u64, &Seed, &Figures)]) {
    let why = lost(pairs.iter().map(|(seed, _, now)| (*seed, *now)));
    outcome.verdict = Verdict::Regression;
    outcome.reason = format!("worse than any number: {}", why.unwrap_or_default());
}

/// Every byte must be the recorded one.
fn exact(outcome: &mut Outcome, pairs: &[(u64, &Seed, &Figures)]) {
    let first = pairs.iter().find_map(|(seed, old, now)| Some((seed, difference(old, now)?)));
    (outcome.verdict, outcome.reason) = match first {
        None => (Verdict::Pass, "the same bytes".to_owned()),
        Some((seed, difference)) => (Verdict::Changed, format!("seed {seed}: {difference}")),
    };
}

/// The first thing that differs between two trials.
fn difference(old: &Seed, now: &Figures) -> Option<String> {
    let recorded = old.rows.as_deref().unwrap_or_default();
    let row = recorded.iter().zip(&now.rows).find(|(old, now)| old != now);
    if let Some((old, now)) = row {
        return Some(format!("the first row that differs: was {old}; now {now}"));
    }
    if !recorded.is_empty() && recorded.len() != now.rows.len() {
        return Some(format!("{} rows were recorded, now {}", recorded.len(), now.rows.len()));
    }
    let files = [
        ("metrics.csv", &old.metrics_sha256, &now.metrics_sha256),
        ("samples.txt", &old.samples_sha256, &now.samples_sha256),
        ("model.safetensors", &old.weights_sha256, &now.weights_sha256),
    ];
    let file = files.iter().find(|(_, old, now)| old != now);
    file.map(|(name, ..)| format!("{name} has other bytes")).or_else(|| {
        (old.value != now.value).then(|| format!("the metric was {}, now {}", old.value, now.value))
    })
}

/// The mean must not be worse by more than a relative or an absolute bound, whichever is larger.
fn tolerance(outcome: &mut Outcome, measured: &Measured, entry: &Entry, before: f64, now: f64) {
    let bounds = entry.tolerance.unwrap_or_default();
    let bound = (bounds.relative * before.abs()).max(bounds.absolute);
    let worse = measured.facts.direction.worsening(now - before);
    outcome.verdict = match worse {
        worse if worse > bound => Verdict::Regression,
        worse if worse < -bound => Verdict::Improved,
        _ => Verdict::Pass,
    };
    outcome.reason = match outcome.verdict {
        Verdict::Improved => format!("better by more than {bound:.4}: --update records it"),
        _ => format!("a difference of at most {bound:.4} is tolerated"),
    };
}

/// The differences seed by seed must not speak for a loss.
fn statistical(
    outcome: &mut Outcome,
    measured: &Measured,
    entry: &Entry,
    pairs: &[(u64, &Seed, &Figures)],
    before: f64,
) {
    let direction = measured.facts.direction;
    // Relative to the common mean, so that a difference weighs the same for every seed.
    let scale = if before == 0.0 { 1.0 } else { before.abs() };
    let worse =
        |(_, old, now): &(u64, &Seed, &Figures)| direction.worsening(now.value - old.value) / scale;
    let differences: Vec<f64> = pairs.iter().map(worse).collect();
    let Some(difference) = Difference::of(&differences) else {
        outcome.verdict = Verdict::Refused;
        outcome.reason = "mode statistical needs at least two seeds".to_owned();
        return;
    };
    let min_effect = entry.min_effect.unwrap_or(MIN_EFFECT);
    let (low, high) = (direction.worsening(difference.low), direction.worsening(difference.high));
    outcome.interval = Some((low.min(high), low.max(high)));
    let percent = |part: f64| format!("{:.2} %", part * 100.0);
    (outcome.verdict, outcome.reason) = if difference.is_worse(min_effect) {
        let by = percent(difference.mean);
        (Verdict::Regression, format!("worse by {by} over {} seeds", pairs.len()))
    } else if difference.is_better(min_effect) {
        let by = percent(-difference.mean);
        (
            Verdict::Improved,
            format!("better by {by} over {} seeds: --update records it", pairs.len()),
        )
    } else {
        let effect = percent(min_effect);
        (Verdict::Pass, format!("no difference above {effect} beyond that between seeds"))
    };
}

#[cfg(test)]
mod tests {
    use super::super::baseline::tests::{entry, measured, with_lost};
    use super::super::entry::Tolerance;
    use super::super::measure::Direction;
    use super::*;

    fn verdict(old: &[f64], new: &[f64], mode: Option<Mode>) -> (Verdict, String) {
        let outcome = compare(&measured(new), &entry(&measured(old), None), mode);
        (outcome.verdict, outcome.reason)
    }

    #[test]
    fn the_same_passes_in_every_mode() {
        let values = [10.0, 11.0, 12.0];
        for mode in [None, Some(Mode::Exact), Some(Mode::Tolerance), Some(Mode::Statistical)] {
            assert_eq!(verdict(&values, &values, mode).0, Verdict::Pass, "{mode:?}");
        }
    }

    #[test]
    fn worse_and_better_are_told_apart() {
        let old = [10.0, 11.0, 12.0];
        let times = |factor: f64| old.map(|value| value * factor);
        for mode in [None, Some(Mode::Tolerance)] {
            assert_eq!(verdict(&old, &times(1.02), mode).0, Verdict::Regression, "{mode:?}");
            assert_eq!(verdict(&old, &times(0.98), mode).0, Verdict::Improved, "{mode:?}");
            assert_eq!(verdict(&old, &times(1.003), mode).0, Verdict::Pass, "{mode:?}");
        }
        let (found, reason) = verdict(&old, &times(1.0001), Some(Mode::Exact));
        assert_eq!(found, Verdict::Changed);
        assert!(reason.contains("seed 42: metrics.csv has other bytes"), "{reason}");
    }

    #[test]
    fn higher_can_be_better() {
        let turn = |values: &[f64]| {
            let mut turned = measured(values);
            turned.facts.direction = Direction::Higher;
            turned
        };
        let old = entry(&turn(&[0.8, 0.81]), None);
        assert_eq!(compare(&turn(&[0.9, 0.91]), &old, None).verdict, Verdict::Improved);
        assert_eq!(compare(&turn(&[0.7, 0.71]), &old, None).verdict, Verdict::Regression);
    }

    /// However few of the seeds it is, and whichever values are better.
    #[test]
    fn a_seed_that_diverged_is_a_regression_in_every_mode() {
        for mode in [None, Some(Mode::Exact), Some(Mode::Tolerance), Some(Mode::Statistical)] {
            for direction in [Direction::Lower, Direction::Higher] {
                let mut old = measured(&[10.0, 11.0, 12.0]);
                old.facts.direction = direction;
                let old = entry(&old, None);
                let mut now = measured(&[10.0, 11.0, 12.0]);
                now.facts.direction = direction;
                let why = "the loss became NaN at step 3";
                now.seeds.insert(43, Figures::lost(direction, why.to_owned()));
                let outcome = compare(&now, &old, mode);
                assert_eq!(outcome.verdict, Verdict::Regression, "{mode:?} {direction:?}");
                assert_eq!(outcome.reason, "worse than any number: seed 43: ".to_owned() + why);
                assert!(outcome.change.is_some_and(|change| change.is_infinite()));
            }
        }
        // One that was not recorded is compared with nothing, and told.
        let outcome = compare(&with_lost(&[10.0], 99), &entry(&measured(&[10.0]), None), None);
        assert_eq!(outcome.verdict, Verdict::Pass);
        assert_eq!(
            outcome.warnings,
            ["seed 99, which was not recorded: the loss became NaN at step 3"]
        );
    }

    #[test]
    fn noise_between_seeds_is_no_regression() {
        let old = [10.0, 11.0, 12.0, 10.5, 11.5];
        let noisy = [10.2, 10.9, 12.1, 10.4, 11.6];
        assert_eq!(verdict(&old, &noisy, None).0, Verdict::Pass);
    }

    #[test]
    fn one_seed_is_held_against_a_tolerance() {
        assert_eq!(verdict(&[10.0], &[10.09], None).0, Verdict::Pass);
        assert_eq!(verdict(&[10.0], &[10.11], None).0, Verdict::Regression);
        let (found, reason) = verdict(&[10.0], &[10.0], Some(Mode::Statistical));
        assert_eq!(found, Verdict::Refused);
        assert!(reason.contains("two seeds"));
        let mut wide = entry(&measured(&[10.0]), None);
        wide.tolerance = Some(Tolerance { relative: 0.0, absolute: 0.5 });
        assert_eq!(compare(&measured(&[10.4]), &wide, None).verdict, Verdict::Pass);
        assert_eq!(compare(&measured(&[10.6]), &wide, None).verdict, Verdict::Regression);
    }

    #[test]
    fn the_first_row_that_differs_is_shown() {
        let old = entry(&measured(&[10.0]), Some(Mode::Exact));
        let outcome = compare(&measured(&[10.5]), &old, None);
        assert_eq!(outcome.verdict, Verdict::Changed);
        assert_eq!(
            outcome.reason,
            "seed 42: the first row that differs: was step 20, row 10; now step 20, row 10.5"
        );
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let old = entry(&measured(&[10.0, 11.0]), None);
        let refused = |change: &dyn Fn(&mut Measured), says: &str| {
            let mut now = measured(&[10.0, 11.0]);
            change(&mut now);
            let outcome = compare(&now, &old, None);
            assert_eq!(outcome.verdict, Verdict::Refused, "{says}");
            assert!(outcome.reason.contains(says), "{says}: {}", outcome.reason);
        };
        refused(&|m| m.facts.data_sha256 = "e".repeat(64), "another text");
        refused(&|m| m.facts.level = "word".to_owned(), "another tokenisation level: char");
        refused(&|m| m.facts.vocabulary_sha256 = "x".repeat(64), "another vocabulary");
        refused(&|m| m.facts.causal = false, "another kind of model: causal was recorded");
        refused(&|m| m.facts.metric = "train_perplexity".to_owned(), "another metric");
        refused(&|m| m.facts.tokens = [900, 40, 60], "another split of the text");
        refused(&|m| drop(m.seeds.remove(&43)), "fewer seeds: of 2 recorded ones 43 is missing");
        // More seeds, another spec: what is recorded is compared.
        let mut now = measured(&[10.0, 11.0, 99.0]);
        now.facts.spec_sha256 = "z".repeat(64);
        let outcome = compare(&now, &old, None);
        assert_eq!(outcome.verdict, Verdict::Pass);
        assert!(outcome.warnings[0].contains("the spec has changed"));
        assert_eq!(outcome.value, Some(10.5));
    }
}
