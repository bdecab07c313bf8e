//! What the baseline records of an experiment.

use super::compare::TOLERANCE;
use super::measure::{Direction, mean};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How it is decided whether a metric got worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every byte must be the recorded one.
    Exact,
    /// The mean may be worse by so much.
    Tolerance,
    /// Paired by seed, by the interval of the difference.
    Statistical,
}

impl Mode {
    /// The word in a baseline.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Tolerance => "tolerance",
            Self::Statistical => "statistical",
        }
    }
}

/// How much worse a mean may be; the larger bound holds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerance {
    /// As a part of the recorded mean.
    pub relative: f64,
    /// In the metric's own unit.
    pub absolute: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { relative: TOLERANCE, absolute: 0.0 }
    }
}

/// What is recorded of an experiment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// How it is decided; none: statistical with several seeds, tolerance with one.
    pub mode: Option<Mode>,
    /// The bounds of mode tolerance.
    pub tolerance: Option<Tolerance>,
    /// The smallest relative loss that counts in mode statistical.
    pub min_effect: Option<f64>,
    /// The metric's column.
    pub metric: String,
    /// Which values are better.
    pub direction: Direction,
    /// What a token is.
    pub level: String,
    /// Tokens of train, valid and test.
    pub tokens: [usize; 3],
    /// Whether no output depends on what comes after it.
    pub causal: bool,
    /// SHA-256 of the text.
    pub data_sha256: String,
    /// SHA-256 of the vocabulary.
    pub vocabulary_sha256: String,
    /// SHA-256 of the resolved spec with seed 0.
    pub spec_sha256: String,
    /// The version of this program.
    pub runner_version: String,
    /// The commit of the checkout.
    pub git_commit: Option<String>,
    /// Operating system, architecture and processor.
    pub machine: String,
    /// The SIMD level.
    pub simd: String,
    /// What each seed gave.
    pub seeds: BTreeMap<String, Seed>,
}

/// What is recorded of a trial.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The metric.
    pub value: f64,
    /// SHA-256 of `metrics.csv`.
    pub metrics_sha256: String,
    /// SHA-256 of `samples.txt`.
    pub samples_sha256: String,
    /// SHA-256 of `model.safetensors`.
    pub weights_sha256: String,
    /// In mode exact a line for each row of `metrics.csv`.
    pub rows: Option<Vec<String>>,
}

impl Entry {
    /// What is recorded of a seed.
    pub fn seed(&self, seed: u64) -> Option<&Seed> {
        self.seeds.get(&seed.to_string())
    }

    /// The recorded mean over the seeds.
    pub fn mean(&self) -> f64 {
        mean(self.seeds.values().map(|seed| seed.value))
    }

    /// The numbers with which nothing can be compared, each with what it must be.
    pub(super) fn problems(&self) -> impl Iterator<Item = String> + '_ {
        let bounds = self.tolerance.unwrap_or_default();
        let bounds = [
            ("tolerance.relative", Some(bounds.relative)),
            ("tolerance.absolute", Some(bounds.absolute)),
            ("min_effect", self.min_effect),
        ];
        let bounds = bounds.into_iter().filter_map(|(key, bound)| {
            let bound = bound.filter(|bound| !bound.is_finite() || *bound < 0.0)?;
            Some(format!("{key} is {bound}, and must be a finite number, 0 or more"))
        });
        let seeds = self.seeds.iter().filter_map(|(seed, recorded)| {
            let value = recorded.value;
            if !seed.parse().is_ok_and(|number: u64| number.to_string() == *seed) {
                return Some(format!("seeds.{seed} is no seed, as 42 is"));
            }
            (!value.is_finite())
                .then(|| format!("seeds.{seed}.value is {value}, and must be a finite number"))
        });
        bounds.chain(seeds)
    }
}
