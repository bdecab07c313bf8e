//! `runner SPEC…`.

use crate::cli::failure::{Failure, exit, judge};
use crate::cli::options::Running;
use crate::cli::{print, specs};
use crate::data::percent;
use crate::format::short;
use crate::metric::BITS_PER_BYTE;
use crate::runs::run_json::ResultRecord;
use crate::search;
use crate::sweep::trial::Ended;
use crate::sweep::{self, Options, Report, TrialError};
use crate::train::TrainError;
use clap::Args;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Options of a run.
#[derive(Debug, Args)]
pub(in crate::cli) struct RunOptions {
    /// What it computes and with how much.
    #[command(flatten)]
    pub running: Running,
    /// Start over, forgetting what earlier runs of these trials left
    #[arg(long)]
    pub fresh: bool,
    /// Go on with trials that another version of runner began; run.json then says so
    #[arg(long)]
    pub force: bool,
    /// Stop all trials at the first that fails; those stopped can be resumed
    #[arg(long)]
    pub fail_fast: bool,
    /// Try a trial that failed so many times again, from where it was last saved
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry: usize,
    /// End all when the first K trials of a spec failed alike; 0: never
    #[arg(long, value_name = "K", default_value_t = 5)]
    pub give_up: usize,
    /// When a search is over, train the trials that it stopped to their end too
    #[arg(long)]
    pub continue_stopped: bool,
    /// Show no progress and no warnings, only failures
    #[arg(short, long)]
    pub quiet: bool,
    /// Print events as JSON lines on standard output: started, row, sample, finished, failed,
    /// interrupted
    #[arg(long)]
    pub json: bool,
}

/// Runs all trials of all specs.
pub(in crate::cli) fn run(paths: &[PathBuf], arguments: &RunOptions) -> Result<(), Failure> {
    let specs = specs::load(paths, &arguments.running.resources.set)?;
    if !arguments.quiet {
        specs::warn(&specs);
    }
    let options = Options {
        fresh: arguments.fresh,
        force: arguments.force,
        fail_fast: arguments.fail_fast,
        retry: arguments.retry,
        give_up: arguments.give_up,
        continue_stopped: arguments.continue_stopped,
        json: arguments.json,
        ..arguments.running.options(arguments.quiet, specs.iter().map(search::count).sum())?
    };
    let reports = sweep::run(&specs, &options).map_err(Failure::from)?;
    if !arguments.json {
        let answer = answer(&reports, arguments.quiet);
        if !answer.is_empty() {
            print::answer(&answer)?;
        }
    }
    judge(&reports, &[exit::INTERNAL, exit::TRIAL, exit::INTERRUPTED])
}

/// A line a trial. On a terminal the table of an experiment's points, which stands there already, says
/// more than the lines of trials that are done.
fn answer(reports: &[Report], quiet: bool) -> String {
    let on_terminal = io::stdout().is_terminal() && io::stderr().is_terminal() && !quiet;
    let lines = reports.chunk_by(|a, b| a.experiment == b.experiment).flat_map(|experiment| {
        let many = on_terminal && experiment.len() > 1;
        let is_told = move |it: &&Report| !many || !matches!(it.result, Some(Ok(_)));
        experiment.iter().filter(is_told)
    });
    let line = |report: &Report| outcome(&report.folder, report.result.as_ref());
    lines.map(line).collect::<Vec<_>>().join("\n")
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
