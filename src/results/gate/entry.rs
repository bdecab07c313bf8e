//! What the baseline records of an experiment.

use super::decide::statistics::Bounds;
use super::foreign::columns::Take;
use super::measured::mean;
use crate::metric::Direction;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The smallest relative effect that counts in mode `statistical`, unless the baseline says
/// otherwise.
pub const MIN_EFFECT: f64 = 0.005;

/// The relative loss that a pass in mode `statistical` rules out, unless the baseline says otherwise.
pub const MARGIN: f64 = 0.02;

/// The relative tolerance in mode `tolerance`, unless the baseline says otherwise.
pub const TOLERANCE: f64 = 0.01;

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
    /// How it is decided where nobody says it.
    pub fn of_seeds(seeds: usize) -> Self {
        if seeds < 2 { Self::Tolerance } else { Self::Statistical }
    }

    /// The word in a baseline.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Tolerance => "tolerance",
            Self::Statistical => "statistical",
        }
    }
}

/// What is asked for in place of what the baseline says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// How it is decided.
    pub mode: Option<Mode>,
    /// Whether what cannot be told is no pass.
    pub strict: Option<bool>,
}

/// How much worse a value may be; the larger bound holds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerance {
    /// As a part of what was recorded.
    pub relative: f64,
    /// In the metric's own unit.
    pub absolute: f64,
}

impl Tolerance {
    /// How much worse than this value is tolerated.
    pub fn of(self, value: f64) -> f64 {
        (self.relative * value.abs()).max(self.absolute)
    }
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
    /// How it is decided; `None`: statistical with several seeds, tolerance with one.
    pub mode: Option<Mode>,
    /// The bounds of mode tolerance.
    pub tolerance: Option<Tolerance>,
    /// The smallest relative loss that counts in mode statistical.
    pub min_effect: Option<f64>,
    /// The relative loss that a pass in mode statistical rules out.
    pub margin: Option<f64>,
    /// Whether it is no pass where that cannot be ruled out. New entries are strict; those without
    /// the key are of versions that did not ask.
    pub strict: Option<bool>,
    /// The metric's column.
    pub metric: String,
    /// Which values are better.
    pub direction: Direction,
    /// Which of several rows of a seed is taken; `None` if there was one.
    pub take: Option<Take>,
    /// What a token is. This and what follows is `None` if the figures of another program did not
    /// tell it.
    pub level: Option<String>,
    /// Tokens of train, valid and test.
    pub tokens: Option<[usize; 3]>,
    /// Whether no output depends on what comes after it.
    pub causal: Option<bool>,
    /// SHA-256 of the text, or what else says which data it was.
    pub data_sha256: Option<String>,
    /// SHA-256 of the vocabulary.
    pub vocabulary_sha256: Option<String>,
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
    /// What each seed gave.
    pub seeds: BTreeMap<String, Seed>,
}

/// What is recorded of a trial.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The metric.
    pub value: f64,
    /// SHA-256 of `metrics.csv`; this and the next two are `None` if another program trained.
    pub metrics_sha256: Option<String>,
    /// SHA-256 of `samples.txt`.
    pub samples_sha256: Option<String>,
    /// SHA-256 of `model.safetensors`.
    pub weights_sha256: Option<String>,
    /// In mode exact a line for each row of `metrics.csv`.
    pub rows: Option<Vec<String>>,
}

impl Entry {
    /// What is recorded of a seed.
    pub fn seed(&self, seed: u64) -> Option<&Seed> {
        self.seeds.get(&seed.to_string())
    }

    /// How it is decided with `seeds` seeds.
    pub fn mode(&self, asked: Asked, seeds: usize) -> Mode {
        asked.mode.or(self.mode).unwrap_or(Mode::of_seeds(seeds))
    }

    /// The recorded mean over the seeds.
    pub fn mean(&self) -> f64 {
        mean(self.seeds.values().map(|seed| seed.value))
    }

    /// What counts in mode statistical.
    pub fn bounds(&self) -> Bounds {
        let min_effect = self.min_effect.unwrap_or(MIN_EFFECT);
        Bounds { min_effect, margin: self.margin.unwrap_or(MARGIN.max(min_effect)) }
    }

    /// The numbers with which nothing can be compared, each with what it must be.
    pub(super) fn problems(&self) -> impl Iterator<Item = String> + '_ {
        let tolerance = self.tolerance.unwrap_or_default();
        let bounds = [
            ("tolerance.relative", Some(tolerance.relative)),
            ("tolerance.absolute", Some(tolerance.absolute)),
            ("min_effect", self.min_effect),
            ("margin", self.margin),
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
        let Bounds { min_effect, margin } = self.bounds();
        let narrow = (margin < min_effect)
            .then(|| format!("margin is {margin}, and must not be below min_effect, {min_effect}"));
        bounds.chain(narrow).chain(seeds)
    }
}
