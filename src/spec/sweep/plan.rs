//! All trials of a spec, and what can be wrong with a sweep as a whole.

use std::collections::BTreeSet;

use super::points::points;
use super::search::{Search, check_search, search};
use super::space::Space;
use super::trial::{Trial, is_skipped, make_unique, of_seeds, seeds};
use crate::spec::diagnostics::problem::{MAX_PROBLEMS, Problem};
use crate::spec::diagnostics::source::Place;
use crate::spec::experiment::Task;
use crate::spec::experiment::canonical::to_text;
use crate::spec::experiment::sweep::RandomOptions;
use crate::spec::experiment::table::RANDOM;
use crate::spec::keys::Key;
use crate::spec::parse::check::Assignment;
use crate::spec::parse::swept::{Swept, twice};
use crate::spec::resolve::settings::Settings;

/// The most trials of a spec.
pub const MAX_TRIALS: u64 = 100_000;

/// What a spec's sweep comes to.
pub(in crate::spec) struct Plan {
    pub trials: Vec<Trial>,
    pub warnings: Vec<Problem>,
    pub search: Search,
    /// What TPE draws from.
    pub space: Option<Space>,
}

/// All trials and what is odd about them, or everything that is wrong.
///
/// The first key of the grid varies slowest, then zips, then random points, the seed fastest;
/// explicit points come last. With TPE, these are the points before the first choice.
pub(in crate::spec) fn plan(settings: &Settings) -> Result<Plan, Vec<Problem>> {
    let mut search = search(settings);
    let mut problems = check_sweep(settings, &search);
    if !problems.is_empty() {
        return Err(problems);
    }
    let (mut trials, mut warnings) = (Vec::new(), Vec::new());
    let (mut known, mut same, mut skipped) = (BTreeSet::new(), Vec::new(), 0);
    let points = points(settings, &search);
    for point in &points {
        match settings.point(point.clone()) {
            Ok((experiment, _)) if is_skipped(settings, &experiment) => skipped += 1,
            Ok((experiment, odd)) => {
                if !known.insert(experiment.hash()) {
                    same.push(point);
                    continue;
                }
                add(&mut warnings, odd);
                match of_seeds(settings, point, &experiment) {
                    Some(of_point) => trials.extend(of_point),
                    None => add(&mut problems, vec![seeds_end(settings)]),
                }
            }
            Err(wrong) => add(&mut problems, wrong),
        }
        if problems.len() >= MAX_PROBLEMS {
            break;
        }
    }
    make_unique(&mut trials);
    add(&mut warnings, duplicates(&same).into_iter().collect());
    if problems.is_empty() {
        problems.extend(check_trials(settings, &search, &trials, skipped));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut space = None;
    if let Search::Tpe(tpe) = &mut search {
        tpe.repeats = same.len() as u64;
        space = Some(Space::new(settings));
    }
    Ok(Plan { trials, warnings, search, space })
}

/// A swept key that gives trials figures which do not compare: of other texts, or of another kind.
pub fn sets_apart(trials: &[Trial]) -> Option<&str> {
    let first = trials.first()?;
    let task = first.experiment.task;
    let apart = |key: &str| match key {
        "task" | "training.monitor" | "data.corpus" | "data.source" | "data.test_part" => true,
        "data.train" | "data.valid" | "data.test" => true,
        "data.valid_fraction" | "data.test_fraction" => true,
        "data.examples" | "data.digits" | "data.period" => true,
        "data.max_characters"
        | "data.newlines_as_spaces"
        | "data.lowercase"
        | "data.letters_only" => matches!(task, Task::LanguageModel | Task::SkipGram),
        "model.bidirectional" => task == Task::LanguageModel,
        "data.level"
        | "data.min_count"
        | "data.max_vocabulary"
        | "data.window"
        | "data.subsample"
        | "training.negatives" => task == Task::SkipGram,
        _ => false,
    };
    let differs = |(place, (key, value)): &(usize, &(String, String))| {
        let others = trials.iter().filter_map(|trial| trial.swept.get(*place));
        apart(key) && others.into_iter().any(|(_, other)| other != value)
    };
    first.swept.iter().enumerate().find(differs).map(|(_, (key, _))| key.as_str())
}

/// What is wrong with all trials together: there is none, or a search would put figures in order
/// which do not compare.
fn check_trials(
    settings: &Settings,
    search: &Search,
    trials: &[Trial],
    skipped: usize,
) -> Option<Problem> {
    let swept = settings.swept();
    if trials.is_empty() && skipped > 0 {
        let message = format!("[[sweep.skip_if]] leaves out all {skipped} points");
        return Some(Problem::maybe_at(swept.skips.first().map(|skip| &skip.place), message));
    }
    let key = sets_apart(trials).filter(|_| *search != Search::All)?;
    let message = format!("a search cannot put trials in order that differ in `{key}`");
    let problem = Problem::maybe_at(place_of(swept, key), message);
    Some(problem.help(
        "their figures do not compare: sweep it without [sweep.halving] and [sweep.tpe], or write a \
         spec for each of its values",
    ))
}

/// Adds what has not been said of an earlier point.
pub(in crate::spec) fn add(all: &mut Vec<Problem>, new: Vec<Problem>) {
    for problem in new {
        if all.len() < MAX_PROBLEMS && !all.iter().any(|other| other.same(&problem)) {
            all.push(problem);
        }
    }
}

/// What is wrong with the sweep itself.
fn check_sweep(settings: &Settings, search: &Search) -> Vec<Problem> {
    let swept = settings.swept();
    let mut problems = swept_twice(swept);
    problems.extend(settings.unused());
    let place = settings.values().place("sweep.seeds");
    if let (Some(place), Some(seed)) = (place, place_of(swept, "seed")) {
        let message = "both `sweep.seeds` and a sweep of `seed` are set";
        let problem = Problem::at(place, message).also(seed, "`seed` is swept");
        problems.push(problem.help("remove one of them"));
    }
    problems.extend(check_search(settings, search));
    let product = swept.axes.iter().map(|axis| axis.values.len());
    let zips = swept.zips.iter().map(|zip| zip.first().map_or(1, |axis| axis.values.len()));
    let random = settings.table::<RandomOptions>(RANDOM).filter(|_| !swept.draws.is_empty());
    let drawn = random.map_or(1, |random| random.trials);
    let count = product.chain(zips).fold(drawn, |count, more| count.saturating_mul(more as u64));
    let count = count.saturating_add(swept.points.len() as u64).saturating_mul(seeds(settings));
    if count > MAX_TRIALS && problems.is_empty() {
        let message = format!("the sweep has {count} trials, more than {MAX_TRIALS}");
        let last = swept.all_axes().last().map(|axis| &axis.place).or(place);
        let problem = Problem::maybe_at(last, message);
        problems.push(problem.help("sweep fewer values, or split the sweep into several specs"));
    }
    problems
}

/// Where a key is swept.
fn place_of<'a>(swept: &'a Swept, path: &str) -> Option<&'a Place> {
    let axis = swept.all_axes().find(|axis| axis.key.path == path).map(|axis| &axis.place);
    let points = swept.points.iter().flat_map(|point| &point.assignments);
    let drawn = || swept.draws.iter().find(|draw| draw.key.path == path).map(|draw| &draw.place);
    let point = || points.into_iter().find(|it| it.key.path == path).map(|it| &it.place);
    axis.or_else(point).or_else(drawn)
}

/// Keys that grid, zips and draws share.
fn swept_twice(swept: &Swept) -> Vec<Problem> {
    let axes = swept.all_axes().map(|axis| (axis.key, &axis.place));
    let all: Vec<_> = axes.chain(swept.draws.iter().map(|draw| (draw.key, &draw.place))).collect();
    let again = |(index, (key, place)): (usize, &(&'static Key, &Place))| {
        let first = all[..index].iter().find(|(other, _)| other == key)?;
        // Two places of one table have been told when it was read.
        (!first.1.same(place)).then(|| twice(key, place, first.1))
    };
    all.iter().enumerate().filter_map(again).collect()
}

fn seeds_end(settings: &Settings) -> Problem {
    let message = format!("the last seed of the sweep would be greater than {}", i64::MAX);
    let place = settings.values().place("sweep.seeds").or_else(|| settings.values().place("seed"));
    match place {
        Some(place) => Problem::at(place, message).help("choose a smaller `seed`"),
        None => Problem::new(message),
    }
}

/// What is said of points that are the same as others.
fn duplicates(same: &[&Vec<Assignment>]) -> Option<Problem> {
    let first = same.first()?;
    let message = match same.len() {
        1 => "1 point of the sweep is the same as another, and is dropped".to_owned(),
        count => format!("{count} points of the sweep are the same as others, and are dropped"),
    };
    let problem = Problem::maybe_at(first.last().map(|it| &it.place), message);
    let values = first.iter().map(|assignment| {
        let value = assignment.value.as_ref().map(to_text).unwrap_or_default();
        format!("{} = {value}", assignment.key.path)
    });
    Some(problem.help(format!("the first is {}", values.collect::<Vec<_>>().join(", "))).warning())
}
