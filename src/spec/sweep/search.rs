//! How the trials of a spec are gone through.

use super::trial::seeds;
use crate::spec::diagnostics::problem::Problem;
use crate::spec::experiment::sweep::{Halving, RandomOptions, TpeOptions};
use crate::spec::experiment::table::RANDOM;
use crate::spec::resolve::settings::Settings;

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

const TPE: &str = "sweep.tpe";
const HALVING: &str = "sweep.halving";

/// The search that is asked for.
pub(super) fn search(settings: &Settings) -> Search {
    if let Some(tpe) = settings.table::<TpeOptions>(TPE) {
        let random = settings.table::<RandomOptions>(RANDOM).unwrap_or_default();
        return Search::Tpe(Tpe {
            points: random.trials,
            startup: tpe.startup.min(random.trials),
            repeats: 0,
            batch: tpe.at_once,
            candidates: tpe.candidates,
            gamma: tpe.gamma,
            seed: random.seed,
            seeds: seeds(settings),
        });
    }
    settings.table(HALVING).map_or(Search::All, Search::Halving)
}

/// What does not go with a search.
pub(super) fn check_search(settings: &Settings, search: &Search) -> Vec<Problem> {
    let swept = settings.swept();
    let at = |table: &str, message: &str| Problem::maybe_at(settings.opening(table), message);
    let mut problems = Vec::new();
    if settings.opening(RANDOM).is_some() && swept.draws.is_empty() && !swept.wrong_draw {
        let help = "add one, as `\"training.learning_rate\" = { log_uniform = [1e-4, 1e-1] }`";
        problems.push(at(RANDOM, "[sweep.random] draws no key").help(help));
    }
    if !matches!(search, Search::Tpe(_)) {
        return problems;
    }
    if settings.opening(HALVING).is_some() {
        let problem = at(TPE, "[sweep.tpe] and [sweep.halving] do not go together");
        problems.push(problem.help("remove one of them"));
    }
    if swept.draws.is_empty() && !swept.wrong_draw && problems.is_empty() {
        let problem = at(TPE, "[sweep.tpe] has nothing to draw from");
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
