//! `runner SPEC…`.

use super::arguments::RunOptions;
use super::{Failure, exit, print, specs};
use crate::kernels::Level;
use crate::record::console::{Screen, short};
use crate::sweep::{self, Options, Report, RunError, TrialError};
use crate::train::TrainError;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Runs all trials of all specs.
///
/// # Errors
/// When a spec is wrong, a trial fails, or the run is interrupted.
pub fn run(paths: &[PathBuf], arguments: &RunOptions) -> Result<(), Failure> {
    let level = Level::from_environment().map_err(Failure::usage)?;
    let specs = specs::load(paths, &arguments.plan.set)?;
    if !arguments.quiet {
        specs::warn(&specs);
    }
    let options = Options {
        jobs: arguments.plan.jobs,
        threads: arguments.plan.threads,
        results: arguments.results.clone(),
        fresh: arguments.fresh,
        fail_fast: arguments.fail_fast,
        json: arguments.json,
        screen: Screen::new(arguments.quiet),
        level,
        stop: listen()?,
    };
    let reports = sweep::run(&specs, &options).map_err(|error| match error {
        RunError::SameName { .. } => Failure::usage(error),
        _ => Failure::internal(error),
    })?;
    if !arguments.json {
        print::answer(&reports.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    }
    judge(&reports)
}

/// SIGINT, SIGTERM and SIGUSR1 ask for a stop; a second SIGINT ends the process at once.
pub(super) fn listen() -> Result<Arc<AtomicBool>, Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let stop = Arc::new(AtomicBool::new(false));
    let code = i32::from(exit::INTERRUPTED);
    let listen = || {
        signal_hook::flag::register_conditional_shutdown(SIGINT, code, Arc::clone(&stop))?;
        signal_hook::flag::register(SIGINT, Arc::clone(&stop))?;
        signal_hook::flag::register(SIGTERM, Arc::clone(&stop))?;
        #[cfg(unix)]
        signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&stop))?;
        Ok::<_, std::io::Error>(())
    };
    listen().map_err(|error| Failure::internal(miette::miette!("no signal handlers: {error}")))?;
    Ok(stop)
}

/// A trial's line of the answer.
fn line(report: &Report) -> String {
    let folder = report.folder.display();
    match &report.result {
        Some(Ok(result)) => {
            let mut text = format!("{folder}:");
            let named = |split: &str| match split {
                "train" => format!(" train {}", result.metric.label),
                _ => format!(", {split}"),
            };
            for split in ["train", "valid", "test"] {
                if let Some(value) = result.deciding_on(split) {
                    text += &format!("{} {}", named(split), short(value));
                }
            }
            text + &format!(" (best epoch {})", result.best_epoch)
        }
        Some(Err(TrialError::Train(TrainError::Interrupted { step }))) => {
            format!("{folder}: interrupted after step {step}; the same command goes on from there")
        }
        Some(Err(_)) => format!("{folder}: failed"),
        None => format!("{folder}: not begun"),
    }
}

/// The exit code of a run.
fn judge(reports: &[Report]) -> Result<(), Failure> {
    let interrupted = |report: &&Report| {
        let result = report.result.as_ref();
        matches!(result, Some(Err(TrialError::Train(TrainError::Interrupted { .. }))))
    };
    let failed = |report: &&Report| matches!(&report.result, Some(Err(_))) && !interrupted(report);
    if reports.iter().any(|report| failed(&report)) {
        return Err(Failure::told(exit::TRIAL));
    }
    if reports.iter().any(|report| report.result.is_none() || interrupted(&report)) {
        return Err(Failure::told(exit::INTERRUPTED));
    }
    Ok(())
}
