//! `runner worker PLAN --index I`.

use super::run::outcome;
use crate::cli::failure::{Failure, code_of};
use crate::cli::options::positive;
use crate::cli::{print, signals};
use crate::kernels::Level;
use crate::runs::screen::Screen;
use crate::sweep::Options;
use crate::sweep::slurm::{Worked, WorkerError, work};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Options of a worker.
#[derive(Debug, Args)]
pub(in crate::cli) struct WorkerOptions {
    /// A plan.json, or the folder that it lies in
    #[arg(value_name = "PLAN", value_hint = ValueHint::AnyPath)]
    pub plan: PathBuf,
    /// The trial's place in the plan, counted from 0
    #[arg(short, long, value_name = "I")]
    pub index: usize,
    /// First 8 digits of the plan's sha256: work on that plan, be there a newer one by now
    #[arg(long, value_name = "DIGITS")]
    pub sha256: Option<String>,
    /// Threads [default: the cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    /// Try a trial that failed so many times again, from where it was last saved
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry: usize,
    /// Show no progress and no warnings, only failures
    #[arg(short, long)]
    pub quiet: bool,
    /// Print events as JSON lines on standard output
    #[arg(long)]
    pub json: bool,
}

/// Trains one trial of a frozen plan.
pub(in crate::cli) fn worker(arguments: &WorkerOptions) -> Result<(), Failure> {
    let options = Options {
        jobs: Some(1),
        threads: arguments.threads,
        retry: arguments.retry,
        json: arguments.json,
        screen: Screen::new(arguments.quiet, 1),
        level: Level::from_environment().map_err(Failure::usage)?,
        stop: signals::listen()?,
        ..Options::default()
    };
    let digits = arguments.sha256.as_deref();
    let worked = work(&arguments.plan, arguments.index, digits, &options);
    let worked = worked.map_err(|error| match error {
        WorkerError::Record(_) => Failure::internal(error),
        _ => Failure::usage(error),
    })?;
    let say = |line: &str| if arguments.json { Ok(()) } else { print::answer(line) };
    match worked {
        Worked::Stopped(why) => say(&format!("trial {}: {why}", arguments.index)),
        Worked::Waiting(count) => say(&format!(
            "trial {}: waits for {count} other trials; run it again when they have come further",
            arguments.index
        )),
        Worked::Trained { folder, ended } => {
            say(&outcome(&folder, Some(&ended)))?;
            match ended {
                Ok(_) => Ok(()),
                Err(error) => Err(Failure::told(code_of(&error))),
            }
        }
    }
}
