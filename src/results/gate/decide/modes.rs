//! The modes of the gate: each decides in its own way whether figures got worse.

use super::looks::{self, Looks};
use super::statistics::{Bounds, Difference, Finding};
use crate::metric::Direction;
use crate::results::gate::entry::{Entry, Seed};
use crate::results::gate::measured::{Figures, Measured, lost, mean};
use crate::results::gate::outcome::{Outcome, Verdict, percent};

/// A seed with what was recorded of it and what it gave now.
pub(super) type Pair<'a> = (u64, &'a Seed, &'a Figures);

/// A seed without a finite number is worse than any number that was recorded.
pub(super) fn diverged(outcome: &mut Outcome, pairs: &[Pair<'_>]) {
    let why = lost(pairs.iter().map(|(seed, _, now)| (*seed, *now)));
    outcome.verdict = Verdict::Regression;
    outcome.reason = format!("worse than any number: {}", why.unwrap_or_default());
}

/// Every byte must be the recorded one; of figures of other programs, every bit.
pub(super) fn exact(outcome: &mut Outcome, pairs: &[Pair<'_>]) {
    let first = pairs.iter().find_map(|(seed, old, now)| Some((seed, difference(old, now)?)));
    (outcome.verdict, outcome.reason) = match first {
        None if pairs.iter().all(|(.., now)| now.sums.is_none()) => {
            (Verdict::Pass, "the same figures".to_owned())
        }
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
    let sums = now.sums.as_ref();
    let files = [
        ("metrics.csv", &old.metrics_sha256, sums.map(|sums| &sums.metrics)),
        ("samples.txt", &old.samples_sha256, sums.map(|sums| &sums.samples)),
        ("model.safetensors", &old.weights_sha256, sums.map(|sums| &sums.weights)),
    ];
    let file = files.iter().find(|(_, old, now)| old.as_ref() != *now);
    file.map(|(name, ..)| format!("{name} has other bytes")).or_else(|| {
        (old.value != now.value).then(|| format!("the metric was {}, now {}", old.value, now.value))
    })
}

/// The mean must not be worse by more than a relative or an absolute bound, whichever is larger.
pub(super) fn tolerance(
    outcome: &mut Outcome,
    measured: &Measured,
    entry: &Entry,
    before: f64,
    now: f64,
) {
    let bound = entry.tolerance.unwrap_or_default().of(before);
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
    if outcome.verdict == Verdict::Pass && entry.seeds.len() == 1 && worse != 0.0 {
        outcome.warnings.push(
            "one seed cannot tell a loss from noise: record two or more, of which the gate says what \
             they can tell"
                .to_owned(),
        );
    }
}

/// The differences seed by seed must not speak for a loss, and must speak against a large one.
pub(super) fn statistical(
    outcome: &mut Outcome,
    measured: &Measured,
    entry: &Entry,
    pairs: &[Pair<'_>],
    strict: Option<bool>,
    looks: Option<&Looks>,
) {
    let direction = measured.facts.direction;
    let worse = |(_, old, now): &Pair<'_>| direction.worsening(now.value - old.value);
    let scale = scale(pairs);
    let differences: Vec<f64> = pairs.iter().map(|pair| worse(pair) / scale).collect();
    let seeds = pairs.len();
    let goes_on = looks.is_some_and(|looks| seeds < looks.most());
    let difference = match looks.map(|looks| looks.bound(seeds)) {
        None => Difference::of(&differences),
        Some(bound) => bound.and_then(|bound| Difference::within(&differences, bound)),
    };
    let Some(difference) = difference else {
        (outcome.verdict, outcome.reason) = match goes_on {
            true => (Verdict::Undecided, MORE.to_owned()),
            false => (Verdict::Refused, "mode statistical needs at least two seeds".to_owned()),
        };
        return;
    };
    let bounds = entry.bounds();
    figures(outcome, &difference, direction, bounds);
    outcome.seeds_needed = match looks {
        None => difference.seeds_needed(bounds),
        Some(_) if goes_on => None,
        Some(_) => looks::seeds_needed(&difference, bounds),
    };
    let tolerance = entry.tolerance.unwrap_or_default();
    let each = !goes_on && pairs.iter().all(|pair| worse(pair) > tolerance.of(pair.1.value));
    let finding = difference.finding(bounds);
    let found = match finding {
        Finding::NotWorse if differences.iter().all(|difference| *difference == 0.0) => {
            Some((Verdict::Pass, "the same figures".to_owned()))
        }
        // Several seeds tell no less than one: what each alone would be told for is a loss.
        Finding::NotWorse | Finding::Undecided if each => Some((
            Verdict::Regression,
            format!("each of {seeds} seeds is worse by more than is tolerated"),
        )),
        finding => words(finding, &difference, seeds, bounds.margin),
    };
    match found {
        Some(found) => (outcome.verdict, outcome.reason) = found,
        None if goes_on => {
            (outcome.verdict, outcome.reason) = (Verdict::Undecided, MORE.to_owned())
        }
        None => return undecided(outcome, seeds, &percent(bounds.margin), strict),
    }
    if goes_on && finding != Finding::Undecided {
        outcome.reason += &format!(" (clear after {seeds} of {} seeds)", entry.seeds.len());
    }
}

/// By what differences are divided: the common mean, so that one weighs the same for every seed.
fn scale(pairs: &[Pair<'_>]) -> f64 {
    let before = mean(pairs.iter().map(|(_, old, _)| old.value));
    if before == 0.0 { 1.0 } else { before.abs() }
}

/// Says how large a difference is, and which loss would have been told.
fn figures(outcome: &mut Outcome, difference: &Difference, direction: Direction, bounds: Bounds) {
    let (low, high) = (direction.worsening(difference.low), direction.worsening(difference.high));
    outcome.interval = Some((low.min(high), low.max(high)));
    outcome.detectable = Some(difference.detectable(bounds));
}

/// What is said while seeds are still to come.
const MORE: &str = "more seeds will tell";

/// A finding in words; `None` if nothing was found.
fn words(
    finding: Finding,
    difference: &Difference,
    seeds: usize,
    margin: f64,
) -> Option<(Verdict, String)> {
    let mean = percent(difference.mean.abs());
    match finding {
        Finding::Worse => {
            Some((Verdict::Regression, format!("worse by {mean} over {seeds} seeds")))
        }
        Finding::Better => {
            let reason = format!("better by {mean} over {seeds} seeds: --update records it");
            Some((Verdict::Improved, reason))
        }
        Finding::NotWorse => {
            Some((Verdict::Pass, format!("a loss of {} or more is ruled out", percent(margin))))
        }
        Finding::Undecided => None,
    }
}

/// A large loss can be neither told nor ruled out: no pass, unless the baseline is of a version that
/// did not ask, or is said not to be strict.
fn undecided(outcome: &mut Outcome, seeds: usize, margin: &str, strict: Option<bool>) {
    // Those that there are did not do, however small their noise came out.
    outcome.seeds_needed = outcome.seeds_needed.map(|needed| needed.max(seeds + 1));
    let needed = match outcome.seeds_needed {
        Some(needed) => format!("about {needed} seeds would do"),
        None => "a thousand seeds would not do, mode exact would".to_owned(),
    };
    let found = percent(outcome.detectable.unwrap_or_default());
    let why = format!(
        "a loss of {margin} cannot be ruled out: with {seeds} seeds and this much noise only one above \
         {found} is found; {needed}"
    );
    if strict == Some(true) {
        (outcome.verdict, outcome.reason) = (Verdict::Undecided, why);
        return;
    }
    let advice = match strict {
        None => " (`strict = true` in the baseline makes this exit code 5)",
        Some(_) => "",
    };
    outcome.verdict = Verdict::Pass;
    outcome.reason = "no significant loss".to_owned();
    outcome.warnings.push(why + advice);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::gate::entry::{Asked, Mode, Tolerance};
    use crate::results::gate::fixtures::{compare, entry, measured, with_lost};

    fn verdict(old: &[f64], new: &[f64], mode: Option<Mode>) -> (Verdict, String) {
        let outcome =
            compare(&measured(new), &entry(&measured(old), None), Asked { mode, strict: None });
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
        assert_eq!(compare(&turn(&[0.9, 0.91]), &old, Asked::default()).verdict, Verdict::Improved);
        assert_eq!(
            compare(&turn(&[0.7, 0.71]), &old, Asked::default()).verdict,
            Verdict::Regression
        );
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
                let outcome = compare(&now, &old, Asked { mode, strict: None });
                assert_eq!(outcome.verdict, Verdict::Regression, "{mode:?} {direction:?}");
                assert_eq!(outcome.reason, "worse than any number: seed 43: ".to_owned() + why);
                assert!(outcome.change.is_some_and(|change| change.is_infinite()));
            }
        }
        // One that was not recorded is compared with nothing, and told.
        let outcome =
            compare(&with_lost(&[10.0], 99), &entry(&measured(&[10.0]), None), Asked::default());
        assert_eq!(outcome.verdict, Verdict::Pass);
        let says =
            ["not recorded and not compared: seed 99", "seed 99: the loss became NaN at step 3"];
        assert_eq!(outcome.warnings, says);
    }

    #[test]
    fn noise_between_seeds_is_no_regression() {
        let old = [10.0, 11.0, 12.0, 10.5, 11.5];
        let noisy = [10.1, 10.95, 12.05, 10.45, 11.55];
        let (found, reason) = verdict(&old, &noisy, None);
        assert_eq!(
            (found, reason.as_str()),
            (Verdict::Pass, "a loss of 2.00 % or more is ruled out")
        );
    }

    /// One of two seeds is hardly worse, the other by 8 %: that passed.
    #[test]
    fn what_seeds_cannot_tell_is_no_pass() {
        let mut old = entry(&measured(&[10.0, 10.0]), None);
        let now = measured(&[10.05, 10.8]);
        let outcome = compare(&now, &old, Asked::default());
        assert_eq!(outcome.verdict, Verdict::Undecided);
        assert_eq!(
            outcome.reason,
            "a loss of 2.00 % cannot be ruled out: with 2 seeds and this much noise only one above \
             59.19 % is found; about 76 seeds would do"
        );
        assert_eq!(outcome.seeds_needed, Some(76));
        // As a version that did not ask recorded it, and as is said here.
        for (strict, advice) in [(None, true), (Some(false), false)] {
            old.strict = strict;
            let outcome = compare(&now, &old, Asked::default());
            assert_eq!(outcome.verdict, Verdict::Pass);
            assert!(outcome.warnings[0].contains("2.00 % cannot be ruled out"));
            assert_eq!(outcome.warnings[0].contains("`strict = true`"), advice);
            let asked = Asked { mode: None, strict: Some(true) };
            assert_eq!(compare(&now, &old, asked).verdict, Verdict::Undecided);
        }
        // No number of seeds helps.
        let outcome =
            compare(&measured(&[2.0, 30.0]), &entry(&measured(&[10.0; 2]), None), Asked::default());
        assert_eq!((outcome.verdict, outcome.seeds_needed), (Verdict::Undecided, None));
        assert!(outcome.reason.ends_with("mode exact would"), "{}", outcome.reason);
    }

    /// Whatever the margin: one seed is told for a loss above the tolerance.
    #[test]
    fn two_seeds_are_not_weaker_than_one() {
        for margin in [None, Some(0.02), Some(0.5)] {
            for loss in [0.0101, 0.015, 0.03, 0.1] {
                for apart in [0.0, 0.001, 0.02, 0.1] {
                    let mut old = entry(&measured(&[10.0, 11.0]), None);
                    old.margin = margin;
                    let now = measured(&[10.0 * (1.0 + loss), 11.0 * (1.0 + loss + apart)]);
                    for strict in [None, Some(false), Some(true)] {
                        old.strict = strict;
                        let found = compare(&now, &old, Asked::default()).verdict;
                        let case = format!("{margin:?} {loss} {apart} {strict:?}");
                        assert_eq!(found, Verdict::Regression, "{case}");
                    }
                }
            }
        }
    }

    /// Where the differences are large, their squares are larger than any number.
    #[test]
    fn a_huge_loss_is_a_regression() {
        assert_eq!(verdict(&[10.0, 11.0], &[2e300, 2.1e300], None).0, Verdict::Regression);
    }

    #[test]
    fn one_seed_is_held_against_a_tolerance() {
        let one = entry(&measured(&[10.0]), None);
        let told = |now: f64| compare(&measured(&[now]), &one, Asked::default());
        assert_eq!(told(10.09).verdict, Verdict::Pass);
        assert!(told(10.09).warnings[0].contains("one seed cannot tell a loss from noise"));
        assert_eq!(told(10.0).warnings, [""; 0]);
        assert_eq!(verdict(&[10.0], &[10.11], None).0, Verdict::Regression);
        let (found, reason) = verdict(&[10.0], &[10.0], Some(Mode::Statistical));
        assert_eq!(found, Verdict::Refused);
        assert!(reason.contains("two seeds"));
        let mut wide = entry(&measured(&[10.0]), None);
        wide.tolerance = Some(Tolerance { relative: 0.0, absolute: 0.5 });
        assert_eq!(compare(&measured(&[10.4]), &wide, Asked::default()).verdict, Verdict::Pass);
        assert_eq!(
            compare(&measured(&[10.6]), &wide, Asked::default()).verdict,
            Verdict::Regression
        );
    }

    #[test]
    fn the_first_row_that_differs_is_shown() {
        let old = entry(&measured(&[10.0]), Some(Mode::Exact));
        let outcome = compare(&measured(&[10.5]), &old, Asked::default());
        assert_eq!(outcome.verdict, Verdict::Changed);
        assert_eq!(
            outcome.reason,
            "seed 42: the first row that differs: was step 20, row 10; now step 20, row 10.5"
        );
    }
}
