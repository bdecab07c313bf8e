//! What all trials of a spec will cost: some are measured, the others reckoned from those.

mod estimate;

pub use estimate::Estimate;

use crate::kernels::Compute;
use crate::spec::{Experiment, Halving, Initialization, Meta, Search, Spec};
use crate::sweep::corpora::{Corpora, roots_of};
use crate::sweep::error::TrialError;
use crate::sweep::{memory, preflight};
use estimate::estimate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most kinds of trials that are measured: each takes a second or two.
const MEASURED: usize = 12;

/// A trial's cost, or why it cannot be run.
pub type Cost = Result<Estimate, Arc<TrialError>>;

/// The costs of all trials of a spec, in their order. Trials that differ in nothing that costs
/// time are measured once; of many kinds a part is, and the others go by their sizes.
pub fn costs(spec: &Spec, corpora: &Corpora, compute: &Compute) -> Vec<Cost> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut examples: Vec<&Experiment> = Vec::new();
    let kind_of: Vec<usize> = spec
        .trials
        .iter()
        .map(|trial| {
            *kinds.entry(kind(&trial.experiment).to_toml()).or_insert_with(|| {
                examples.push(&trial.experiment);
                examples.len() - 1
            })
        })
        .collect();
    let roots = roots_of(&spec.path);
    let measure = |experiment: &Experiment| -> Cost {
        let dataset =
            corpora.get(experiment, &roots).map_err(|error| Arc::new(TrialError::Data(error)))?;
        preflight::fits(experiment, &dataset).map_err(|large| Arc::new(large.into()))?;
        estimate(experiment, dataset.as_ref(), compute.clone())
            .map_err(|error| Arc::new(TrialError::Train(error)))
    };
    let work: Vec<f64> = examples.iter().map(|e| work(e, corpora, &roots)).collect();
    let mut found: Vec<Option<Cost>> = vec![None; examples.len()];
    for example in spread(&work) {
        found[example] = Some(measure(examples[example]));
    }
    let reckon = |example: usize| -> Cost {
        let nearest = (0..examples.len())
            .filter_map(|other| Some((other, found[other].as_ref()?.as_ref().ok()?)))
            .min_by(|(a, _), (b, _)| {
                let away = |other: &usize| (libm::log(work[*other] / work[example])).abs();
                away(a).total_cmp(&away(b))
            });
        match nearest {
            Some((other, measured)) => Ok(scaled(measured, work[example] / work[other])),
            None => measure(examples[example]),
        }
    };
    let all: Vec<Cost> =
        (0..examples.len()).map(|i| found[i].clone().unwrap_or_else(|| reckon(i))).collect();
    kind_of.iter().map(|kind| all[*kind].clone()).collect()
}

/// Which examples are measured: spread over all sizes, the smallest and the largest among them.
fn spread(work: &[f64]) -> impl Iterator<Item = usize> {
    let mut order: Vec<usize> = (0..work.len()).collect();
    order.sort_by(|a, b| work[*a].total_cmp(&work[*b]));
    let count = order.len().min(MEASURED);
    (0..count).map(move |nth| match count {
        1 => order[0],
        _ => order[nth * (order.len() - 1) / (count - 1)],
    })
}

/// An experiment without what costs no time.
fn kind(experiment: &Experiment) -> Experiment {
    let mut kind = experiment.clone();
    kind.seed = 0;
    kind.training.learning_rate = 1e-3;
    kind.model.initialization = Initialization::Pytorch;
    kind.meta = Meta::default();
    kind
}

/// What the time of a trial is thought to go by: parameters × tokens.
fn work(experiment: &Experiment, corpora: &Corpora, roots: &[std::path::PathBuf]) -> f64 {
    let Ok(dataset) = corpora.get(experiment, roots) else {
        return 1.0;
    };
    let parameters = memory::parameters(experiment, dataset.vocabulary.len()) as f64;
    let tokens = match experiment.training.length() {
        crate::spec::Length::Epochs(epochs) => epochs as f64 * dataset.sizes[0] as f64,
        crate::spec::Length::Steps(steps) => {
            (steps as f64) * (experiment.data.batch_size * experiment.data.sequence_length) as f64
        }
    };
    (parameters * tokens).max(1.0)
}

fn scaled(measured: &Estimate, factor: f64) -> Estimate {
    Estimate {
        seconds: measured.seconds * factor,
        // Of memory a part is fixed: rather too much than too little.
        peak_memory: measured.peak_memory.map(|bytes| (bytes as f64 * factor.max(1.0)) as u64),
        ..measured.clone()
    }
}

/// One piece of work: seconds and bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// How long it takes.
    pub seconds: f64,
    /// The memory that it takes meanwhile.
    pub memory: u64,
}

/// The pieces of each wave of a search, as far as they can be foretold: who goes on is not known,
/// so the mean goes on.
pub fn waves(spec: &Spec, costs: &[Cost], pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mean = Piece {
        seconds: pieces.iter().map(|piece| piece.seconds).sum::<f64>() / pieces.len().max(1) as f64,
        memory: pieces.iter().map(|piece| piece.memory).max().unwrap_or(0),
    };
    match &spec.search {
        Search::All => vec![pieces.to_vec()],
        Search::Tpe(tpe) => {
            let mut waves = vec![pieces.to_vec()];
            let mut left = tpe.chosen();
            while left > 0 {
                let batch = left.min(tpe.batch);
                waves.push(vec![mean; (batch * tpe.seeds) as usize]);
                left -= batch;
            }
            waves
        }
        Search::Halving(halving) => {
            let points = crate::search::points(&spec.trials);
            let seeds = points.first().map_or(1, Vec::len);
            let rows = costs.iter().flatten().map(|cost| cost.rows).max().unwrap_or(1).max(1);
            let part = |from: u64, to: u64| to.saturating_sub(from) as f64 / rows as f64;
            let mut done = 0;
            let mut all = Vec::new();
            for (wave, alive) in rungs(*halving, points.len()).into_iter().enumerate() {
                let reach = if alive > 1 { reach(*halving, wave).min(rows) } else { rows };
                let share = part(done, reach);
                let pieces = match wave {
                    0 => pieces.to_vec(),
                    _ => vec![mean; alive * seeds],
                };
                let cut = |piece: &Piece| Piece { seconds: piece.seconds * share, ..*piece };
                all.push(pieces.iter().map(cut).collect());
                done = reach;
                if done >= rows {
                    break;
                }
            }
            all
        }
    }
}

/// How many points are in each wave of a halving.
pub fn rungs(halving: Halving, points: usize) -> Vec<usize> {
    let mut rungs = vec![points];
    let mut alive = points;
    while alive > 1 {
        alive = (alive / halving.factor as usize).max(1);
        rungs.push(alive);
    }
    rungs
}

/// The row that a wave of a halving reaches.
fn reach(halving: Halving, wave: usize) -> u64 {
    halving.factor.saturating_pow(wave as u32).saturating_mul(halving.first)
}

/// How long pieces take on `jobs` workers within a `budget` of memory, and the most memory they take
/// together: each worker takes the first that fits, as the queue does.
pub fn schedule(pieces: &[Piece], jobs: usize, budget: Option<u64>) -> Piece {
    let mut open: Vec<Piece> = pieces.to_vec();
    let mut running: Vec<(f64, u64)> = Vec::new();
    let (mut now, mut peak) = (0.0, 0);
    while !open.is_empty() || !running.is_empty() {
        let used: u64 = running.iter().map(|(_, memory)| memory).sum();
        let fits = |piece: &Piece| {
            running.is_empty()
                || budget.is_none_or(|budget| used.saturating_add(piece.memory) <= budget)
        };
        match open.iter().position(fits).filter(|_| running.len() < jobs) {
            Some(place) => {
                let piece = open.remove(place);
                running.push((now + piece.seconds, piece.memory));
                peak = peak.max(used.saturating_add(piece.memory));
            }
            None => {
                let next = running.iter().map(|(end, _)| *end).fold(f64::INFINITY, f64::min);
                now = next;
                running.retain(|(end, _)| *end > now);
            }
        }
    }
    Piece { seconds: now, memory: peak }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(seconds: f64, memory: u64) -> Piece {
        Piece { seconds, memory }
    }

    #[test]
    fn workers_share_trials_and_memory() {
        let four = [piece(1.0, 10), piece(1.0, 10), piece(1.0, 10), piece(1.0, 10)];
        assert_eq!(schedule(&four, 1, None), piece(4.0, 10));
        assert_eq!(schedule(&four, 2, None), piece(2.0, 20));
        assert_eq!(schedule(&four, 4, Some(25)), piece(2.0, 20));
        // One that fits into no memory runs alone.
        assert_eq!(schedule(&[piece(3.0, 99), piece(1.0, 1)], 2, Some(50)), piece(4.0, 99));
    }

    #[test]
    fn a_halving_has_these_rungs() {
        let halving = Halving { first: 1, factor: 3 };
        assert_eq!(rungs(halving, 9), [9, 3, 1]);
        assert_eq!(rungs(halving, 2), [2, 1]);
        assert_eq!(rungs(halving, 1), [1]);
        assert_eq!(reach(halving, 2), 9);
    }
}
