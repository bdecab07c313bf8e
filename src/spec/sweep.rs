//! The trials of a spec: one for each point of its sweep and each seed.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::canonical::{to_text, value_in};
use super::experiment::{Experiment, Task};
use super::keys::Key;
use super::layer::Assignment;
use super::points::points;
use super::problem::{MAX_PROBLEMS, Problem};
use super::settle::Settings;
use super::source::Place;
use super::space::Space;
use super::swept::{Swept, twice};
use super::trial::{Trial, make_unique, of_seeds};

/// The most trials of a spec.
pub const MAX_TRIALS: u64 = 100_000;

/// How the trials of a spec are gone through.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Search {
    /// All of them, to their end.
    #[default]
    All,
    /// The best go on.
    Halving(Halving),
    /// Later ones are chosen by what came of earlier ones.
    Tpe(Tpe),
}

/// Successive halving (Jamieson and Talwalkar 2016): the synchronous form of ASHA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halving {
    /// Rows of `metrics.csv` before the first choice.
    pub first: u64,
    /// One in so many points goes on, to so many times the rows.
    pub factor: u64,
}

/// Tree-structured Parzen estimator (Bergstra et al. 2011), in batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tpe {
    /// Points in all.
    pub points: u64,
    /// Points drawn at random before the first that is chosen.
    pub startup: u64,
    /// Those of them that are the same as others: so many more are chosen.
    pub repeats: u64,
    /// Points chosen at once.
    pub batch: u64,
    /// Values drawn for a key, of which the most promising is taken.
    pub candidates: u64,
    /// The part of the points that counts as good.
    pub gamma: f64,
    /// The key of the draws.
    pub seed: u64,
    /// Trials of a point.
    pub seeds: u64,
}

impl Tpe {
    /// How many points are chosen.
    pub fn chosen(&self) -> u64 {
        self.points.saturating_sub(self.startup).saturating_add(self.repeats)
    }
}

/// What a spec's sweep comes to.
pub(super) struct Plan {
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
pub(super) fn plan(settings: &Settings) -> Result<Plan, Vec<Problem>> {
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
    if trials.is_empty() && skipped > 0 && problems.is_empty() {
        let message = format!("[[sweep.skip_if]] leaves out all {skipped} points");
        problems.push(match settings.swept().skips.first() {
            Some(skip) => Problem::at(&skip.place, message),
            None => Problem::new(message),
        });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if let (true, Some(key)) = (search != Search::All, sets_apart(&trials)) {
        return Err(vec![not_in_order(settings, key)]);
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

/// A search that would put figures in order which do not compare.
fn not_in_order(settings: &Settings, key: &str) -> Problem {
    let message = format!("a search cannot put trials in order that differ in `{key}`");
    let problem = match place_of(settings.swept(), key) {
        Some(place) => Problem::at(place, message),
        None => Problem::new(message),
    };
    problem.help(
        "their figures do not compare: sweep it without [sweep.halving] and [sweep.tpe], or write a \
         spec for each of its values",
    )
}

/// Adds what has not been said of an earlier point.
pub(super) fn add(all: &mut Vec<Problem>, new: Vec<Problem>) {
    for problem in new {
        if all.len() < MAX_PROBLEMS && !all.iter().any(|other| other.same(&problem)) {
            all.push(problem);
        }
    }
}

/// The trials of a point, one for each seed; none where it breaks a rule or is left out.
pub(super) fn trials_of(settings: &Settings, point: &[Assignment]) -> Option<Vec<Trial>> {
    let (experiment, _) = settings.point(point.to_vec()).ok()?;
    if is_skipped(settings, &experiment) {
        return None;
    }
    of_seeds(settings, point, &experiment)
}

/// Trials of a point.
pub(super) fn seeds(settings: &Settings) -> u64 {
    integer(settings, "sweep.seeds", 1)
}

/// The value of a whole number of the sweep.
pub(super) fn integer(settings: &Settings, path: &str, default: u64) -> u64 {
    settings.value(path).and_then(Json::as_u64).unwrap_or(default)
}

fn search(settings: &Settings) -> Search {
    let number = |path: &str| {
        let default = super::table::find_key(path).and_then(|key| key.default.value());
        integer(settings, path, default.and_then(|value| value.as_u64()).unwrap_or(1))
    };
    if settings.is_written("sweep.tpe") {
        let points = number("sweep.random.trials");
        return Search::Tpe(Tpe {
            points,
            startup: number("sweep.tpe.startup").min(points),
            repeats: 0,
            batch: number("sweep.tpe.at_once"),
            candidates: number("sweep.tpe.candidates"),
            gamma: settings.value("sweep.tpe.gamma").and_then(Json::as_f64).unwrap_or(0.15),
            seed: number("sweep.random.seed"),
            seeds: seeds(settings),
        });
    }
    if settings.is_written("sweep.halving") {
        let (first, factor) = (number("sweep.halving.first"), number("sweep.halving.factor"));
        return Search::Halving(Halving { first, factor });
    }
    Search::All
}

/// What is wrong with the sweep itself.
fn check_sweep(settings: &Settings, search: &Search) -> Vec<Problem> {
    let swept = settings.swept();
    let mut problems = swept_twice(swept);
    problems.extend(settings.unused());
    let place = settings.place("sweep.seeds");
    if let (Some(place), Some(seed)) = (place, place_of(swept, "seed")) {
        let message = "both `sweep.seeds` and a sweep of `seed` are set";
        let problem = Problem::at(place, message).also(seed, "`seed` is swept");
        problems.push(problem.help("remove one of them"));
    }
    problems.extend(check_search(settings, search));
    let product = swept.axes.iter().map(|axis| axis.values.len());
    let zips = swept.zips.iter().map(|zip| zip.first().map_or(1, |axis| axis.values.len()));
    let drawn =
        if swept.draws.is_empty() { 1 } else { integer(settings, "sweep.random.trials", 20) };
    let count = product.chain(zips).fold(drawn, |count, more| count.saturating_mul(more as u64));
    let count = count.saturating_add(swept.points.len() as u64).saturating_mul(seeds(settings));
    if count > MAX_TRIALS && problems.is_empty() {
        let message = format!("the sweep has {count} trials, more than {MAX_TRIALS}");
        let problem = match swept.all_axes().last().map(|axis| &axis.place).or(place) {
            Some(place) => Problem::at(place, message),
            None => Problem::new(message),
        };
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

/// What does not go with a search.
fn check_search(settings: &Settings, search: &Search) -> Vec<Problem> {
    let swept = settings.swept();
    let at = |table: &str, message: &str| match settings.opening(table) {
        Some(place) => Problem::at(place, message),
        None => Problem::new(message),
    };
    let mut problems = Vec::new();
    if settings.is_written("sweep.random") && swept.draws.is_empty() && !swept.wrong_draw {
        let help = "add one, as `\"training.learning_rate\" = { log_uniform = [1e-4, 1e-1] }`";
        problems.push(at("sweep.random", "[sweep.random] draws no key").help(help));
    }
    if !matches!(search, Search::Tpe(_)) {
        return problems;
    }
    if settings.is_written("sweep.halving") {
        let problem = at("sweep.tpe", "[sweep.tpe] and [sweep.halving] do not go together");
        problems.push(problem.help("remove one of them"));
    }
    if swept.draws.is_empty() && !swept.wrong_draw && problems.is_empty() {
        let problem = at("sweep.tpe", "[sweep.tpe] has nothing to draw from");
        problems.push(problem.help("add [sweep.random] with the keys and their distributions"));
    }
    let other = swept.all_axes().map(|axis| &axis.place);
    if let Some(place) = other.chain(swept.points.iter().map(|point| &point.place)).next() {
        let message = "[sweep.tpe] goes with [sweep.random] alone";
        let help = "draw the key too, with { choice = […] }, or run a spec for each value";
        problems.push(Problem::at(place, message).help(help));
    }
    problems
}

fn seeds_end(settings: &Settings) -> Problem {
    let message = format!("the last seed of the sweep would be greater than {}", i64::MAX);
    let place = settings.place("sweep.seeds").or_else(|| settings.place("seed"));
    match place {
        Some(place) => Problem::at(place, message).help("choose a smaller `seed`"),
        None => Problem::new(message),
    }
}

/// Whether a condition leaves the experiment out.
fn is_skipped(settings: &Settings, experiment: &Experiment) -> bool {
    let skips = &settings.swept().skips;
    if skips.is_empty() {
        return false;
    }
    let values = serde_json::to_value(experiment).unwrap_or_default();
    skips.iter().any(|skip| {
        skip.tests.iter().all(|(key, allowed)| {
            value_in(key, &values).is_some_and(|value| allowed.contains(&value))
        })
    })
}

/// What is said of points that are the same as others.
fn duplicates(same: &[&Vec<Assignment>]) -> Option<Problem> {
    let first = same.first()?;
    let message = match same.len() {
        1 => "1 point of the sweep is the same as another, and is dropped".to_owned(),
        count => format!("{count} points of the sweep are the same as others, and are dropped"),
    };
    let problem = match first.last() {
        Some(assignment) => Problem::at(&assignment.place, message),
        None => Problem::new(message),
    };
    let values = first.iter().map(|assignment| {
        let value = assignment.value.as_ref().map(to_text).unwrap_or_default();
        format!("{} = {value}", assignment.key.path)
    });
    Some(problem.help(format!("the first is {}", values.collect::<Vec<_>>().join(", "))).warning())
}
