//! What was measured and recorded, for tests.

use super::baseline::Baseline;
use super::entry::{Asked, Entry, Mode};
use super::measure::{Facts, Figures, Measured};
use crate::metric::Direction;
use std::path::Path;

/// An experiment whose seeds gave these values.
pub fn measured(values: &[f64]) -> Measured {
    let text = str::to_owned;
    let facts = Facts {
        metric: text("valid_perplexity"),
        direction: Direction::Lower,
        data_sha256: "d".repeat(64),
        vocabulary_sha256: "v".repeat(64),
        level: text("char"),
        tokens: [900, 50, 50],
        causal: true,
        spec_sha256: "s".repeat(64),
        runner_version: text("0.1.0"),
        git_commit: None,
        machine: text("linux x86_64, some processor"),
        simd: text("avx2"),
    };
    let figures = |value: f64| Figures {
        value,
        lost: None,
        metrics_sha256: format!("m{value}"),
        samples_sha256: text("t"),
        weights_sha256: format!("w{value}"),
        rows: vec![text("step 10, train_loss 2.5, row 00000000"), format!("step 20, row {value}")],
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

/// The entry that an experiment makes.
pub fn entry(measured: &Measured, mode: Option<Mode>) -> Entry {
    let mut baseline = Baseline::read_or_begin(Path::new("no/such/b.toml")).unwrap();
    baseline.record(measured, Asked { mode, strict: None });
    let again = Baseline::parse(Path::new("b.toml"), &baseline.text()).unwrap();
    again.entries[&measured.name].clone()
}
