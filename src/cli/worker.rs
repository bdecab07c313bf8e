//! `runner worker PLAN --index I`.

use super::arguments::WorkerOptions;
use super::run::outcome;
use super::{Failure, exit, print, signals};
use crate::kernels::Level;
use crate::runs::screen::Screen;
use crate::sweep::slurm::{Worked, WorkerError, work};
use crate::sweep::{Options, TrialError};
use crate::train::TrainError;

/// Trains one trial of a frozen plan.
///
/// # Errors
/// When there is no such plan or trial, or the trial fails or is interrupted.
pub fn worker(arguments: &WorkerOptions) -> Result<(), Failure> {
    let options = Options {
        jobs: Some(1),
        threads: arguments.threads,
        retry: arguments.retry,
        json: arguments.json,
        screen: Screen::new(arguments.quiet),
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
                Err(TrialError::Train(TrainError::Interrupted { .. })) => {
                    Err(Failure::told(exit::INTERRUPTED))
                }
                Err(error) if error.is_of_the_system() => Err(Failure::told(exit::INTERNAL)),
                Err(_) => Err(Failure::told(exit::TRIAL)),
            }
        }
    }
}
