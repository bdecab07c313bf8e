//! `runner compare RUN RUN…`.

use crate::cli::failure::Failure;
use crate::cli::print::{self, Format};
use crate::results::compare::{CompareError, Comparison};
use crate::streams;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Options of a comparison.
#[derive(Debug, Args)]
pub(in crate::cli) struct CompareOptions {
    /// Folders of trials, or of experiments with all their trials
    #[arg(required = true, value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub runs: Vec<PathBuf>,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// Prints which keys differ between runs, and what that did.
pub(in crate::cli) fn compare(options: &CompareOptions) -> Result<(), Failure> {
    let mut damage = Vec::new();
    let comparison = Comparison::new(&options.runs, &mut damage);
    print::damage(&damage);
    let comparison = comparison.map_err(|error| match error {
        CompareError::TooFew | CompareError::OtherMetric { .. } => Failure::incomparable(error),
        _ => Failure::usage(error),
    })?;
    if let Some(warning) = comparison.warning() {
        streams::tell(format_args!("warning: {warning}"));
    }
    match (options.format.csv, options.format.json) {
        (true, _) => print::data(comparison.csv()),
        (_, true) => print::json(&comparison.json()),
        _ => print::answer(&comparison.text()),
    }?;
    print::ended(&damage)
}
