//! Decides, experiment by experiment.

use super::looks::Looks;
use super::modes::{self, Pair};
use crate::results::gate::entry::{Asked, Entry, Mode};
use crate::results::gate::foreign::columns::Take;
use crate::results::gate::measured::{Measured, lost, mean};
use crate::results::gate::outcome::{Outcome, relative};
use std::collections::{BTreeMap, BTreeSet};

/// Holds what was measured against what was recorded. With `looks` seeds come one after the other: where
/// only some of the recorded ones are there, the outcome is undecided unless it is clear.
pub fn compare(measured: &Measured, entry: &Entry, asked: Asked, looks: Option<&Looks>) -> Outcome {
    let some_will_do = looks.is_some_and(|looks| measured.seeds.len() < looks.most());
    let missing = || missing_seeds(measured, entry).filter(|_| !some_will_do);
    if let Some(reason) = incomparable(measured, entry).or_else(missing) {
        let warnings = measured.warnings.clone();
        return Outcome { warnings, ..Outcome::refused(&measured.name, reason) };
    }
    // Seed by seed: the recorded ones, all of which are there.
    let pairs: Vec<Pair<'_>> = measured
        .seeds
        .iter()
        .filter_map(|(seed, now)| Some((*seed, entry.seed(*seed)?, now)))
        .collect();
    let mode = entry.mode(asked, entry.seeds.len());
    let mut outcome = Outcome::begin(measured, Some(entry), "");
    outcome.warnings.extend(unrecorded(measured, entry));
    let (before, now) = (
        mean(pairs.iter().map(|(_, old, _)| old.value)),
        mean(pairs.iter().map(|(.., now)| now.value)),
    );
    outcome.mode = Some(mode);
    outcome.baseline = Some(before);
    outcome.value = Some(now);
    outcome.change = Some(relative(before, now));
    match mode {
        _ if now.is_infinite() => modes::diverged(&mut outcome, &pairs),
        Mode::Exact => modes::exact(&mut outcome, &pairs),
        Mode::Tolerance => modes::tolerance(&mut outcome, measured, entry, before, now),
        Mode::Statistical => {
            let strict = asked.strict.or(entry.strict);
            modes::statistical(&mut outcome, measured, entry, &pairs, strict, looks);
        }
    }
    if entry.spec_sha256.is_some() && entry.spec_sha256 != measured.facts.spec_sha256 {
        outcome.warnings.push("the spec has changed since the baseline was recorded".to_owned());
    }
    outcome
}

/// What there is to say of seeds that have no figure in the baseline.
fn unrecorded(measured: &Measured, entry: &Entry) -> Vec<String> {
    let new = || measured.seeds.iter().filter(|(seed, _)| entry.seed(**seed).is_none());
    let seeds: Vec<String> = new().map(|(seed, _)| seed.to_string()).collect();
    let s = if seeds.len() > 1 { "s" } else { "" };
    let told = (!seeds.is_empty())
        .then(|| format!("not recorded and not compared: seed{s} {}", seeds.join(", ")));
    told.into_iter().chain(lost(new().map(|(seed, figures)| (*seed, figures)))).collect()
}

/// What becomes of the entries of a baseline that nothing was measured for. One of an experiment that
/// was trained is a point that its sweep had: as with a seed, it is missing. One of another may be
/// compared elsewhere; it is missing only where `all` are to be here, and otherwise its name is
/// returned.
pub fn missing(
    entries: &BTreeMap<String, Entry>,
    outcomes: &[Outcome],
    experiments: &BTreeSet<&str>,
    all: bool,
) -> (Vec<Outcome>, Vec<String>) {
    let (mut missing, mut elsewhere) = (Vec::new(), Vec::new());
    for name in entries.keys() {
        let experiment = name.split_once('/').map_or(name.as_str(), |(experiment, _)| experiment);
        if outcomes.iter().any(|outcome| outcome.name == *name) {
            continue;
        } else if experiments.contains(experiment) {
            let why = "it was recorded, and no trial of its experiment gives it any more: --update \
                       removes it";
            missing.push(Outcome::refused(name, why));
        } else if all {
            let why = "it was recorded, and is none of these specs: train it too, or take it out of \
                       the baseline";
            missing.push(Outcome::refused(name, why));
        } else {
            elsewhere.push(name.clone());
        }
    }
    (missing, elsewhere)
}

/// Why two experiments cannot be compared.
fn incomparable(measured: &Measured, entry: &Entry) -> Option<String> {
    let facts = &measured.facts;
    let name = |name: &str| name.to_owned();
    let short = |sum: &String| format!("{sum:.8}");
    let causal = |causal: bool| match causal {
        true => "causal".to_owned(),
        false => "bidirectional (it sees what it must predict)".to_owned(),
    };
    let tokens = |tokens: [usize; 3]| format!("{tokens:?} tokens");
    let (was, is) = (entry, facts);
    let text = if entry.level.is_some() { "text" } else { "data" };
    let all = [
        ("metric", Some(was.metric.clone()), Some(is.metric.clone())),
        ("direction", Some(name(was.direction.name())), Some(name(is.direction.name()))),
        ("choice among a seed's rows", was.take.map(Take::words), is.take.map(Take::words)),
        ("tokenisation level", was.level.clone(), is.level.clone()),
        (text, was.data_sha256.as_ref().map(short), is.data_sha256.as_ref().map(short)),
        (
            "vocabulary",
            was.vocabulary_sha256.as_ref().map(short),
            is.vocabulary_sha256.as_ref().map(short),
        ),
        ("kind of model", was.causal.map(causal), is.causal.map(causal)),
        ("split of the text", was.tokens.map(tokens), is.tokens.map(tokens)),
    ];
    let mut differences = all.into_iter().filter_map(|(what, was, is)| differs(what, was?, is));
    differences.next()
}

/// What was recorded must be told again, and be the same.
fn differs(what: &str, was: String, is: Option<String>) -> Option<String> {
    match is {
        Some(is) if is == was => None,
        Some(is) => Some(format!("another {what}: {was} was recorded, this is {is}")),
        None => Some(format!(
            "the {what} is not told: {was} was recorded (--update records what there is now)"
        )),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::gate::fixtures::{compare, entry, measured};
    use crate::results::gate::outcome::Verdict;

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let old = entry(&measured(&[10.0, 11.0]), None);
        let refused = |change: &dyn Fn(&mut Measured), says: &str| {
            let mut now = measured(&[10.0, 11.0]);
            change(&mut now);
            let outcome = compare(&now, &old, Asked::default());
            assert_eq!(outcome.verdict, Verdict::Refused, "{says}");
            assert!(outcome.reason.contains(says), "{says}: {}", outcome.reason);
        };
        refused(&|m| m.facts.data_sha256 = Some("e".repeat(64)), "another text");
        refused(&|m| m.facts.level = Some("word".to_owned()), "another tokenisation level: char");
        refused(&|m| m.facts.vocabulary_sha256 = Some("x".repeat(64)), "another vocabulary");
        refused(&|m| m.facts.causal = Some(false), "another kind of model: causal was recorded");
        refused(&|m| m.facts.metric = "train_perplexity".to_owned(), "another metric");
        refused(&|m| m.facts.tokens = Some([900, 40, 60]), "another split of the text");
        refused(&|m| drop(m.seeds.remove(&43)), "fewer seeds: of 2 recorded ones 43 is missing");
        // More seeds, another spec: what is recorded is compared.
        let mut now = measured(&[10.0, 11.0, 99.0]);
        now.facts.spec_sha256 = Some("z".repeat(64));
        let outcome = compare(&now, &old, Asked::default());
        assert_eq!(outcome.verdict, Verdict::Pass);
        assert_eq!(outcome.warnings[0], "not recorded and not compared: seed 44");
        assert!(outcome.warnings[1].contains("the spec has changed"));
        assert_eq!(outcome.value, Some(10.5));
    }

    #[test]
    fn what_is_recorded_and_not_measured_is_told() {
        let recorded = entry(&measured(&[10.0]), None);
        let names = ["e/x=1", "e/x=2", "ee", "f"];
        let entries: BTreeMap<_, _> =
            names.iter().map(|name| ((*name).to_owned(), recorded.clone())).collect();
        let outcomes = [Outcome::refused("e/x=2", "")];
        let told = |all: bool| {
            let (missing, elsewhere) = missing(&entries, &outcomes, &BTreeSet::from(["e"]), all);
            assert!(missing.iter().all(|outcome| outcome.verdict == Verdict::Refused));
            (missing.into_iter().map(|outcome| outcome.name).collect::<Vec<_>>(), elsewhere)
        };
        assert_eq!(told(false), (vec!["e/x=1".to_owned()], vec!["ee".to_owned(), "f".to_owned()]));
        assert_eq!(told(true), (["e/x=1", "ee", "f"].map(str::to_owned).to_vec(), vec![]));
    }
}
