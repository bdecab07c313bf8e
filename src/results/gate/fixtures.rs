//! What was measured and recorded, for tests.

use super::baseline::Baseline;
use super::decide::compare::compare as compare_all;
use super::entry::{Asked, Entry, Mode};
use super::measured::{Facts, Figures, Measured, Sums};
use super::outcome::Outcome;
use crate::metric::Direction;
use std::path::Path;

/// An experiment whose seeds gave these values.
pub fn measured(values: &[f64]) -> Measured {
    let text = str::to_owned;
    let facts = Facts {
        metric: text("valid_perplexity"),
        direction: Direction::Lower,
        take: None,
        data_sha256: Some("d".repeat(64)),
        vocabulary_sha256: Some("v".repeat(64)),
        level: Some(text("char")),
        tokens: Some([900, 50, 50]),
        causal: Some(true),
        spec_sha256: Some("s".repeat(64)),
        runner_version: text("0.1.0"),
        git_commit: None,
        machine: Some(text("linux x86_64, some processor")),
        simd: Some(text("avx2")),
    };
    let figures = |value: f64| Figures {
        sums: Some(Sums {
            metrics: format!("m{value}"),
            samples: text("t"),
            weights: format!("w{value}"),
        }),
        rows: vec![text("step 10, train_loss 2.5, row 00000000"), format!("step 20, row {value}")],
        ..Figures::of(value)
    };
    let seeds = (42..).zip(values.iter().map(|value| figures(*value))).collect();
    Measured { name: text("lstm"), facts, seeds, warnings: Vec::new() }
}

/// The same with a seed that diverged.
pub fn with_lost(values: &[f64], seed: u64) -> Measured {
    let mut measured = measured(values);
    let lost = Figures::lost(measured.facts.direction, "the loss became NaN at step 3".into());
    measured.seeds.insert(seed, lost);
    measured
}

/// Holds what was measured against what was recorded, with all seeds at once.
pub fn compare(measured: &Measured, entry: &Entry, asked: Asked) -> Outcome {
    compare_all(measured, entry, asked, None)
}

/// The entry that an experiment makes.
pub fn entry(measured: &Measured, mode: Option<Mode>) -> Entry {
    let mut baseline = Baseline::read_or_begin(Path::new("no/such/b.toml")).unwrap();
    baseline.record(measured, Asked { mode, strict: None });
    let again = Baseline::parse(Path::new("b.toml"), &baseline.text()).unwrap();
    again.entries[&measured.name].clone()
}
