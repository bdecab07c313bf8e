//! In which waves the trials of a sweep are run: all at once, halved again and again, or as TPE
//! chooses them.

use super::points::points;
use super::{metric, tpe};
use crate::format::{plural, short};
use crate::metric::Metric;
use crate::runs::state::{ResultAt, result_at};
use crate::spec::{Halving, Search, Space, Spec, Tpe, Trial};
use crate::standing::Standing;
use serde_json::Value as Json;
use std::path::Path;

/// A trial that is to be trained up to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its index in the plan.
    pub trial: usize,
    /// Rows of `metrics.csv`; `None`: to its end.
    pub until: Option<u64>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// These trials; and those that go no further, with the reason.
    Wave {
        /// To be trained.
        tasks: Vec<Target>,
        /// Stopped.
        stopped: Vec<(usize, String)>,
    },
    /// This number of trials of earlier waves have not ended yet.
    Waiting(usize),
    /// Nothing.
    Finished,
}

/// The nth wave, from 0. Waves must be asked for in order: those of TPE add to the trials.
pub fn wave(
    spec: &Spec,
    number: usize,
    trials: &mut Vec<Trial>,
    metric: &Metric,
    outcome: &dyn Fn(&Trial, Option<u64>) -> ResultAt,
) -> Next {
    match (&spec.search, &spec.space) {
        (Search::Halving(halving), _) => halve(*halving, number, trials, metric, outcome),
        (Search::Tpe(tpe), Some(space)) if number > 0 => {
            choose(tpe, space, number as u64, trials, outcome)
        }
        _ if number == 0 => to_the_end(0..trials.len()),
        _ => Next::Finished,
    }
}

/// All trials of a plan: those that TPE has chosen so far are found again from the results.
pub fn all_trials(spec: &Spec, folder: &Path) -> Vec<Trial> {
    let mut trials = spec.trials.clone();
    let Some(metric) = metric::of_search(&trials) else {
        return trials;
    };
    let outcome = |trial: &Trial, until| result_at(&folder.join(&trial.name), &metric, until);
    let outcome: &dyn Fn(&Trial, Option<u64>) -> ResultAt = &outcome;
    let mut number = 0;
    while let Next::Wave { .. } = wave(spec, number, &mut trials, &metric, outcome) {
        number += 1;
    }
    trials
}

fn to_the_end(trials: impl Iterator<Item = usize>) -> Next {
    let tasks = trials.map(|trial| Target { trial, until: None }).collect();
    Next::Wave { tasks, stopped: Vec::new() }
}

/// How a point stands in the mean over its seeds, and whether all its trials have come to their
/// end; a failed trial is the worst that can be. How many are missing, if any are.
fn standing(
    point: &[usize],
    trials: &[Trial],
    until: Option<u64>,
    outcome: &dyn Fn(&Trial, Option<u64>) -> ResultAt,
) -> Result<(Standing, bool), usize> {
    let (mut standings, mut all_ended, mut missing) = (Vec::new(), true, 0);
    for index in point {
        match outcome(&trials[*index], until) {
            ResultAt::Value { standing, ended } => {
                standings.push(standing);
                all_ended &= ended;
            }
            ResultAt::Failed => standings.push(Standing::FAILED),
            ResultAt::Missing => missing += 1,
        }
    }
    match missing {
        0 => Ok((Standing::mean(&standings).unwrap_or(Standing::FAILED), all_ended)),
        missing => Err(missing),
    }
}

/// [`standing`] of each of some points; how many trials are missing in all, if any are.
fn standings(
    points: &[Vec<usize>],
    trials: &[Trial],
    until: Option<u64>,
    outcome: &dyn Fn(&Trial, Option<u64>) -> ResultAt,
) -> Result<Vec<(Standing, bool)>, usize> {
    let found: Vec<_> =
        points.iter().map(|point| standing(point, trials, until, outcome)).collect();
    match found.iter().filter_map(|found| found.err()).sum() {
        0 => Ok(found.into_iter().flatten().collect()),
        missing => Err(missing),
    }
}

/// Successive halving: of the points that are left, the best part goes on.
fn halve(
    halving: Halving,
    number: usize,
    trials: &[Trial],
    metric: &Metric,
    outcome: &dyn Fn(&Trial, Option<u64>) -> ResultAt,
) -> Next {
    let rung = |wave: usize, points: usize| {
        let rows = || halving.factor.checked_pow(wave as u32)?.checked_mul(halving.first);
        if points > 1 { rows() } else { None }
    };
    let mut alive = points(trials);
    let mut stopped = Vec::new();
    for wave in 0..number {
        let until = rung(wave, alive.len());
        let costs = match standings(&alive, trials, until, outcome) {
            Ok(costs) => costs,
            Err(missing) => return Next::Waiting(missing),
        };
        let over = |(standing, ended): &(Standing, bool)| *ended || standing.has_failed();
        let Some(rows) = until.filter(|_| !costs.iter().all(over)) else {
            return Next::Finished;
        };
        let keep = (alive.len() / halving.factor as usize).max(1);
        let mut order: Vec<usize> = (0..alive.len()).collect();
        order.sort_by_key(|point| costs[*point].0);
        stopped.clear();
        for (rank, point) in order.iter().enumerate().skip(keep) {
            let value = short(costs[*point].0.value(metric));
            let (after, label) = (plural(rows as usize, "row"), metric.label);
            let place = format!("place {} of {}", rank + 1, alive.len());
            let why = format!(
                "halving: after {after} its {label} {value} was {place}, and {keep} went on"
            );
            stopped.extend(alive[*point].iter().map(|trial| (*trial, why.clone())));
        }
        order.truncate(keep);
        order.sort_unstable();
        alive = order.into_iter().map(|point| alive[point].clone()).collect();
    }
    let until = rung(number, alive.len());
    let tasks = alive.iter().flatten().map(|trial| Target { trial: *trial, until }).collect();
    Next::Wave { tasks, stopped }
}

/// TPE: a batch of points, chosen by what came of all earlier ones.
fn choose(
    tpe: &Tpe,
    space: &Space,
    number: u64,
    trials: &mut Vec<Trial>,
    outcome: &dyn Fn(&Trial, Option<u64>) -> ResultAt,
) -> Next {
    let points = points(trials);
    let costs = match standings(&points, trials, None, outcome) {
        Ok(costs) => costs,
        Err(missing) => return Next::Waiting(missing),
    };
    let first = tpe.startup + (number - 1) * tpe.batch;
    let last = tpe.startup + tpe.chosen();
    if first >= last {
        return Next::Finished;
    }
    let of = |point: &[usize]| space.values_of(&trials[point[0]].experiment);
    let observed: Vec<(Vec<Json>, Standing)> =
        points.iter().zip(costs).map(|(point, (standing, _))| (of(point), standing)).collect();
    let mut chosen: Vec<Vec<Json>> = Vec::new();
    let mut tasks = Vec::new();
    for index in first..(first + tpe.batch).min(last) {
        if let Some((values, of_point)) = tpe::propose(space, tpe, index, &observed, &chosen) {
            chosen.push(values);
            for trial in of_point {
                tasks.push(Target { trial: trials.len(), until: None });
                trials.push(trial);
            }
        }
    }
    // Where all points can be listed, nothing is left to choose from.
    if tasks.is_empty() && space.size().is_some() {
        return Next::Finished;
    }
    Next::Wave { tasks, stopped: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::PERPLEXITY;

    fn of_value(value: f64) -> Standing {
        Standing::new(&PERPLEXITY, value, value.ln())
    }

    fn load(text: &str) -> Spec {
        let files = vec![("a.toml".to_owned(), format!("data.corpus = 'x'\n{text}"))];
        let sources = crate::spec::Sources { files, set: Vec::new() };
        crate::spec::load_from("a.toml".as_ref(), &sources).unwrap()
    }

    /// A spec of four points with two seeds each, and a search.
    fn spec(search: &str) -> Spec {
        let grid = "[sweep.grid]\n'model.hidden_size' = [1, 2, 3, 4]\n";
        load(&format!("[sweep]\nseeds = 2\n{grid}{search}"))
    }

    /// A trial and its row.
    type Until = (usize, Option<u64>);

    /// The trials of a wave, each with its row, and those that are stopped.
    fn of(
        spec: &Spec,
        number: usize,
        outcome: &dyn Fn(&Trial, Option<u64>) -> ResultAt,
    ) -> Result<(Vec<Until>, Vec<usize>), Next> {
        let mut trials = spec.trials.clone();
        match wave(spec, number, &mut trials, &PERPLEXITY, outcome) {
            Next::Wave { tasks, stopped } => Ok((
                tasks.iter().map(|task| (task.trial, task.until)).collect(),
                stopped.iter().map(|(trial, _)| *trial).collect(),
            )),
            other => Err(other),
        }
    }

    #[test]
    fn halving_keeps_the_best_means() {
        let spec = spec("[sweep.halving]\nfactor = 2\nfirst = 3\n");
        // The third point is best in the mean, though the second has the best seed.
        let value =
            |trial: &Trial| match (trial.experiment.model.hidden_size, trial.experiment.seed) {
                (2, 42) => 1.0,
                (2, _) => 50.0,
                (3, _) => 9.0,
                (4, _) => 20.0,
                _ => 99.0,
            };
        let outcome = |trial: &Trial, until: Option<u64>| ResultAt::Value {
            standing: of_value(value(trial)),
            ended: until.is_none(),
        };
        let (first, stopped) = of(&spec, 0, &outcome).unwrap();
        assert_eq!(first, (0..8).map(|trial| (trial, Some(3))).collect::<Vec<_>>());
        assert!(stopped.is_empty());
        let (second, stopped) = of(&spec, 1, &outcome).unwrap();
        assert_eq!(second, (4..8).map(|trial| (trial, Some(6))).collect::<Vec<_>>());
        assert_eq!(stopped, [2, 3, 0, 1]);
        let (third, _) = of(&spec, 2, &outcome).unwrap();
        assert_eq!(third, [(4, None), (5, None)]);
        assert_eq!(of(&spec, 3, &outcome), Err(Next::Finished));
    }

    #[test]
    fn halving_waits_and_puts_what_failed_last() {
        let spec = spec("[sweep.halving]\nfactor = 2\n");
        let outcome = |trial: &Trial, _: Option<u64>| match trial.experiment.model.hidden_size {
            1 => ResultAt::Missing,
            _ => ResultAt::Failed,
        };
        assert_eq!(of(&spec, 1, &outcome), Err(Next::Waiting(2)));
        let outcome = |trial: &Trial, _: Option<u64>| match trial.experiment.model.hidden_size {
            1 | 2 => ResultAt::Failed,
            size => ResultAt::Value { standing: of_value(size as f64), ended: false },
        };
        let (second, _) = of(&spec, 1, &outcome).unwrap();
        assert_eq!(second.iter().map(|(trial, _)| *trial).collect::<Vec<_>>(), [4, 5, 6, 7]);
    }

    #[test]
    fn without_a_search_there_is_one_wave() {
        let spec = spec("");
        let outcome = |_: &Trial, _: Option<u64>| ResultAt::Missing;
        assert_eq!(of(&spec, 0, &outcome).unwrap().0.len(), 8);
        assert_eq!(of(&spec, 1, &outcome), Err(Next::Finished));
        assert_eq!(points(&spec.trials).len(), 4);
    }

    /// On a function whose optimum is known, TPE comes nearer to it than random draws, and is
    /// the same each time.
    #[test]
    fn tpe_draws_where_it_was_good() {
        let text = "[sweep.random]\ntrials = 60\n\
            'training.learning_rate' = { log_uniform = [1e-5, 1.0] }\n\
            'model.dropout' = { uniform = [0.0, 0.9] }\n\
            'model.hidden_size' = { log_integer = [8, 512] }\n\
            'model.architecture' = { choice = ['rnn', 'gru', 'lstm'] }\n[sweep.tpe]\n";
        let spec = load(text);
        let loss = |trial: &Trial| {
            let (model, training) = (&trial.experiment.model, &trial.experiment.training);
            let rate = (training.learning_rate.log10() + 2.5).abs();
            let size = ((model.hidden_size as f64).log2() - 7.0).abs() / 3.0;
            let cell = f64::from(u8::from(model.architecture != crate::spec::Architecture::Gru));
            1.0 + rate + 3.0 * (model.dropout - 0.3).abs() + size + cell
        };
        let outcome = |trial: &Trial, _: Option<u64>| ResultAt::Value {
            standing: of_value(loss(trial)),
            ended: true,
        };
        let run = || {
            let mut trials = spec.trials.clone();
            let mut number = 0;
            while let Next::Wave { .. } = wave(&spec, number, &mut trials, &PERPLEXITY, &outcome) {
                number += 1;
            }
            trials
        };
        let trials = run();
        assert_eq!(trials, run());
        assert!((55..=60).contains(&trials.len()), "{}", trials.len());
        let mean = |trials: &[Trial]| trials.iter().map(loss).sum::<f64>() / trials.len() as f64;
        let (random, late) = (mean(&trials[..10]), mean(&trials[trials.len() - 20..]));
        assert!(late < 0.6 * random, "{random} {late}");
    }
}
