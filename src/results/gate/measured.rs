//! What was measured of an experiment, whoever trained it: the one value that all else of the gate
//! takes.

use super::foreign::columns::Take;
use crate::metric::Direction;
use crate::results::statistics::Mean;
use std::collections::BTreeMap;

/// What all trials of an experiment have in common and the baseline records. What figures of other
/// programs do not tell is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The metric's column.
    pub metric: String,
    /// Which values are better.
    pub direction: Direction,
    /// Which of several rows of a seed is taken; `None` if there is one.
    pub take: Option<Take>,
    /// SHA-256 of the text, or what else says which data it was.
    pub data_sha256: Option<String>,
    /// SHA-256 of the vocabulary.
    pub vocabulary_sha256: Option<String>,
    /// What a token is.
    pub level: Option<String>,
    /// Tokens of train, valid and test.
    pub tokens: Option<[usize; 3]>,
    /// Whether no output depends on what comes after it.
    pub causal: Option<bool>,
    /// SHA-256 of the resolved spec with seed 0.
    pub spec_sha256: Option<String>,
    /// The version of this program.
    pub runner_version: String,
    /// The commit of the checkout.
    pub git_commit: Option<String>,
    /// Operating system, architecture and processor.
    pub machine: Option<String>,
    /// The SIMD level.
    pub simd: Option<String>,
}

/// SHA-256 of the files that a trial leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Of `metrics.csv`.
    pub metrics: String,
    /// Of `samples.txt`.
    pub samples: String,
    /// Of `model.safetensors`.
    pub weights: String,
}

/// What a seed gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// The metric; infinitely bad where it is no finite number.
    pub value: f64,
    /// Why it is no finite number, if so: then nothing below is of use.
    pub lost: Option<String>,
    /// Those of the files; `None` if another program trained.
    pub sums: Option<Sums>,
    /// A line for each row of `metrics.csv`: step, losses, and 8 digits of the row's SHA-256.
    pub rows: Vec<String>,
}

impl Figures {
    /// One figure.
    pub fn of(value: f64) -> Self {
        Self { value, lost: None, sums: None, rows: Vec::new() }
    }

    /// Those of a trial whose metric is no finite number.
    pub fn lost(direction: Direction, why: String) -> Self {
        Self { lost: Some(why), ..Self::of(direction.worst()) }
    }
}

/// Which seeds have no finite number, and why; `None` if all have one.
pub fn lost<'a>(seeds: impl Iterator<Item = (u64, &'a Figures)>) -> Option<String> {
    let mut told: Vec<(&str, Vec<String>)> = Vec::new();
    for (seed, figures) in seeds {
        let Some(why) = &figures.lost else { continue };
        match told.iter_mut().find(|(known, _)| known == why) {
            Some((_, alike)) => alike.push(seed.to_string()),
            None => told.push((why, vec![seed.to_string()])),
        }
    }
    let told = told.iter().map(|(why, seeds)| {
        let s = if seeds.len() > 1 { "s" } else { "" };
        format!("seed{s} {}: {why}", seeds.join(", "))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// An experiment, or a point of its sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The experiment's name, and after a `/` the point of the sweep.
    pub name: String,
    /// What its trials have in common.
    pub facts: Facts,
    /// What each seed gave.
    pub seeds: BTreeMap<u64, Figures>,
    /// What to know before trusting the numbers.
    pub warnings: Vec<String>,
}

/// A trial that gave no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The experiment's name, and after a `/` the point of the sweep.
    pub name: String,
    /// Why.
    pub why: String,
}

impl Measured {
    /// The mean of the metric over the seeds.
    pub fn mean(&self) -> f64 {
        mean(self.seeds.values().map(|figures| figures.value))
    }

    /// Which seeds have no finite number, and why; `None` if all have one.
    pub fn lost(&self) -> Option<String> {
        lost(self.seeds.iter().map(|(seed, figures)| (*seed, figures)))
    }
}

/// The mean of some values.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    Mean::of(&values).map_or(f64::NAN, |mean| mean.mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_that_were_lost_alike_are_told_together() {
        let lost_by = |why: &str| Figures::lost(Direction::Lower, why.to_owned());
        let fine = Figures::of(1.0);
        let all =
            [(1, lost_by("no")), (2, fine.clone()), (3, lost_by("never")), (4, lost_by("no"))];
        let told = lost(all.iter().map(|(seed, figures)| (*seed, figures)));
        assert_eq!(told.as_deref(), Some("seeds 1, 4: no; seed 3: never"));
        assert_eq!(lost([(2, &fine)].into_iter()), None);
    }
}
