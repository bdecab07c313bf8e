//! `runner verify RUN`.

use crate::cli::failure::{Failure, exit};
use crate::cli::options::positive;
use crate::cli::print;
use crate::cli::signals::listen;
use crate::kernels::{Compute, Level};
use crate::machine::cores;
use crate::results::best::find_trial;
use crate::runs::screen::Screen;
use crate::sweep::verify::{Verdict, VerifyError, verify as train_again};
use crate::sweep::{Options, TrialError, roots_of};
use crate::train::TrainError;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Options of a verification.
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyOptions {
    /// A trial's folder, or an experiment's (its best trial)
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// Threads [default: the cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    /// Show no progress
    #[arg(short, long)]
    pub quiet: bool,
}

/// Trains a run again and compares every recorded number.
pub(in crate::cli) fn verify(options: &VerifyOptions) -> Result<(), Failure> {
    let level = Level::from_environment().map_err(Failure::usage)?;
    let mut left_out = Vec::new();
    let found = find_trial(&options.run, &mut left_out);
    print::damage(&left_out);
    let folder = found.map_err(Failure::usage)?;
    let roots = roots_of(&folder.join("spec.toml"));
    let compute = Compute::new(level, options.threads.unwrap_or_else(cores));
    let running =
        Options { screen: Screen::new(options.quiet, 1), stop: listen()?, ..Options::default() };
    match train_again(&folder, &roots, compute, &running) {
        Ok(Verdict::Same { rows, weights }) => {
            print::answer(&format!(
                "{}: the same, bit for bit: {rows} rows, {} weights, all samples",
                folder.display(),
                print::count(weights as u64)
            ))?;
            print::ended(&left_out)
        }
        Ok(Verdict::Different { first, circumstances }) => {
            let mut lines = vec![format!("{}: different: {first}", folder.display())];
            if circumstances.is_empty() {
                lines.push("  version and machine are those of the record".to_owned());
            }
            lines.extend(circumstances.iter().map(|line| format!("  {line}")));
            print::answer(&lines.join("\n"))?;
            Err(Failure::told(exit::DIFFERENT))
        }
        Err(error) => Err(Failure { code: code_of(&error), report: Some(error.into()) }),
    }
}

/// A verification that cannot be made is never a success; one that breaks down has its own codes.
fn code_of(error: &VerifyError) -> u8 {
    match error {
        VerifyError::Trial(TrialError::Train(TrainError::Interrupted { .. })) => exit::INTERRUPTED,
        VerifyError::Trial(TrialError::Internal(_) | TrialError::Record(_))
        | VerifyError::Record(_) => exit::INTERNAL,
        _ => exit::INCOMPARABLE,
    }
}
