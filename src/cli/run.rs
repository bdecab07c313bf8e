//! `runner SPEC…`.

use super::arguments::RunOptions;
use super::{Failure, exit, print, signals, specs};
use crate::data::percent;
use crate::format::short;
use crate::kernels::Level;
use crate::metric::BITS_PER_BYTE;
use crate::runs::run_json::ResultRecord;
use crate::runs::screen::Screen;
use crate::sweep::trial::Ended;
use crate::sweep::{self, Options, Report, RunError, TrialError};
use crate::train::TrainError;
use std::path::{Path, PathBuf};

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
        force: arguments.force,
        this_build: false,
        fail_fast: arguments.fail_fast,
        retry: arguments.retry,
        give_up: arguments.give_up,
        continue_stopped: arguments.continue_stopped,
        memory: arguments.plan.memory.or_else(sweep::memory::available),
        json: arguments.json,
        screen: Screen::new(arguments.quiet),
        level,
        stop: signals::listen()?,
    };
    let reports = sweep::run(&specs, &options).map_err(refused)?;
    if !arguments.json {
        print::answer(&reports.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    }
    judge(&reports)
}

/// Why nothing could be run, with its exit code.
pub(super) fn refused(error: RunError) -> Failure {
    match error {
        RunError::SameName { .. } => Failure::usage(error),
        RunError::Impossible(wrong) => {
            wrong.iter().for_each(specs::tell);
            Failure::told(exit::USAGE)
        }
        _ => Failure::internal(error),
    }
}

/// A trial's line of the answer.
fn line(report: &Report) -> String {
    outcome(&report.folder, report.result.as_ref())
}

/// What came of a trial, in a line.
pub(super) fn outcome(folder: &Path, result: Option<&Result<Ended, TrialError>>) -> String {
    let folder = folder.display();
    match result {
        Some(Ok(Ended { result, paused })) => {
            let mut text = format!("{folder}:");
            let named = |split: &str| match split {
                "train" => format!(" train {}", result.metric.label),
                _ => format!(", {split}"),
            };
            for split in ["train", "valid", "test"] {
                if let Some(value) = result.deciding_on(split) {
                    text += &format!("{} {}", named(split), short(value));
                    text += &beside(result, split);
                }
            }
            let stopped = if *paused { "; stopped" } else { "" };
            text + &format!(" (best epoch {}){stopped}", result.best_epoch)
        }
        Some(Err(TrialError::Train(TrainError::Interrupted { step }))) => {
            format!("{folder}: interrupted after step {step}; the same command goes on from there")
        }
        Some(Err(_)) => format!("{folder}: failed"),
        None => format!("{folder}: not begun"),
    }
}

/// What stands beside a perplexity with unknown words, which says little by itself.
fn beside(result: &ResultRecord, split: &str) -> String {
    let unknown = result.figure(&format!("{split}_unknown")).filter(|share| *share > 0.0);
    let bits = result.figure(&format!("{split}_{}", BITS_PER_BYTE.name));
    match unknown.zip(bits) {
        Some((share, bits)) => {
            format!(" ({} {}, {} unknown)", short(bits), BITS_PER_BYTE.label, percent(share))
        }
        None => String::new(),
    }
}

/// The exit code of a run.
fn judge(reports: &[Report]) -> Result<(), Failure> {
    let interrupted = |report: &&Report| {
        let result = report.result.as_ref();
        matches!(result, Some(Err(TrialError::Train(TrainError::Interrupted { .. }))))
    };
    let failed = |report: &&Report| matches!(&report.result, Some(Err(_))) && !interrupted(report);
    let by_the_system =
        |report: &Report| matches!(&report.result, Some(Err(error)) if error.is_of_the_system());
    if reports.iter().any(by_the_system) {
        return Err(Failure::told(exit::INTERNAL));
    }
    if reports.iter().any(|report| failed(&report)) {
        return Err(Failure::told(exit::TRIAL));
    }
    if reports.iter().any(|report| report.result.is_none() || interrupted(&report)) {
        return Err(Failure::told(exit::INTERRUPTED));
    }
    Ok(())
}
