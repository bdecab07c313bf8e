//! One trial of a queue, whatever becomes of it.

use super::queue::{Job, is_failed};
use crate::kernels::Compute;
use crate::runs::lock::LockError;
use crate::runs::screen::JsonLines;
use crate::runs::state;
use crate::sweep::corpora::{Corpora, roots_of};
use crate::sweep::error::TrialError;
use crate::sweep::options::Options;
use crate::sweep::trial::{self, Context, Ended};
use crate::train::TrainError;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

/// Runs a trial, and again if it fails for a reason that may go away.
pub fn attempt(
    job: &Job<'_>,
    corpora: &Corpora,
    compute: &Compute,
    options: &Options,
) -> Result<Ended, TrialError> {
    let mut left = options.retry;
    loop {
        let fresh = options.fresh && job.first && left == options.retry;
        let ended = run_isolated(job, corpora, compute.clone(), fresh, options);
        if matches!(ended, Err(TrialError::Lock(LockError::Busy { .. }))) && !job.wait {
            return ended;
        }
        report(job, &ended, options);
        let Err(error) = &ended else { return ended };
        if is_failed(&ended) && !matches!(error, TrialError::Lock(_)) {
            let folder = job.folder.join(&job.trial.name);
            // The failure has been reported; a word more about it does not help.
            let _ = state::note_failure(&folder, &error.to_string());
        }
        if left == 0 || !is_failed(&ended) || options.stop.load(Ordering::Relaxed) {
            return ended;
        }
        let name = format!("{}/{}", job.spec.name, job.trial.name);
        if is_repeatable(error) {
            options.screen.say(&format!("{name}: not retried: it would fail alike"));
            return ended;
        }
        left -= 1;
        options.screen.insist(&format!("{name}: retrying ({left} retries left)"));
    }
}

/// Whether the same trial would fail in the same way: training is a function of its spec.
fn is_repeatable(error: &TrialError) -> bool {
    matches!(
        error,
        TrialError::Train(TrainError::Diverged { .. } | TrainError::Begin(_))
            | TrialError::ChangedCorpus { .. }
    )
}

/// Runs a trial so that nothing it does can touch the others.
fn run_isolated(
    job: &Job<'_>,
    corpora: &Corpora,
    compute: Compute,
    fresh: bool,
    options: &Options,
) -> Result<Ended, TrialError> {
    let (spec, trial) = (job.spec, &job.trial);
    let context = Context {
        trial,
        experiment: &spec.name,
        folder: &job.folder,
        roots: &roots_of(&spec.path),
        corpora,
        compute,
        options,
        fresh,
        wait: job.wait,
        until: job.task.until,
    };
    catch_unwind(AssertUnwindSafe(|| trial::run(&context))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(TrialError::Internal(text.unwrap_or("a panic without a message").to_owned()))
    })
}

/// Reports at once how a trial failed.
fn report(job: &Job<'_>, ended: &Result<Ended, TrialError>, options: &Options) {
    let Err(error) = ended else { return };
    let (spec, trial) = (job.spec, &job.trial);
    let interrupted = matches!(error, TrialError::Train(TrainError::Interrupted { .. }));
    if options.json {
        let kind = if interrupted { "interrupted" } else { "failed" };
        let trial = (spec.name.clone(), trial.name.clone());
        // A closed standard output has ended the trial already, or will end the next.
        let _ = JsonLines { trial }.print(kind, json!({"error": error.to_string()}));
    }
    if !interrupted {
        let help = miette::Diagnostic::help(error)
            .map(|help| format!("\n  help: {}", help.to_string().replace('\n', "\n        ")));
        let name = format!("{}/{}", spec.name, trial.name);
        options.screen.insist(&format!("{name}: failed: {error}{}", help.unwrap_or_default()));
        if options.fail_fast {
            options.stop.store(true, Ordering::Relaxed);
        }
    }
}
