//! One trial of a frozen plan, for Slurm arrays, GNU parallel and the like.

use crate::kernels::Compute;
use crate::runs::plan::{self, PlanError};
use crate::runs::run_json::Status;
use crate::runs::state::{self, ResultAt, State};
use crate::search::tpe::shortfall;
use crate::search::{self, Next, Target, count, metric};
use crate::spec::{Spec, Trial};
use crate::sweep::corpora::Corpora;
use crate::sweep::error::TrialError;
use crate::sweep::finalize::finalize;
use crate::sweep::memory;
use crate::sweep::options::Options;
use crate::sweep::scheduler::{Job, attempt};
use crate::sweep::trial::Ended;
use crate::train::RecordError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What came of a worker.
#[derive(Debug)]
pub enum Worked {
    /// It trained, or found the trial done already.
    Trained {
        /// The trial's folder.
        folder: PathBuf,
        /// How it left.
        ended: Result<Ended, TrialError>,
    },
    /// A search has stopped the trial, or has ended without it, for this reason.
    Stopped(String),
    /// This number of other trials must come further before it is known whether this one goes on,
    /// or what it is.
    Waiting(usize),
}

/// Why there was nothing to work on.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum WorkerError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    #[error("{path} has no trial {index}: it has {count}, counted from 0")]
    #[diagnostic(code(worker::index))]
    Index { path: String, index: usize, count: usize },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
}

/// How far the trials of a plan are.
struct PlanProgress {
    trials: Vec<Trial>,
    /// The last task of each trial that has had one, by its index.
    tasks: BTreeMap<usize, Target>,
    /// Why trials were stopped in earlier waves, by their index.
    stopped: BTreeMap<usize, String>,
    /// Trials that the next wave waits for.
    waiting: usize,
}

/// Trains the trial of a plan with this index, counted from 0: with a search, as far as what the
/// other trials have left lets it.
pub fn work(
    path: &Path,
    index: usize,
    digits: Option<&str>,
    options: &Options,
) -> Result<Worked, WorkerError> {
    let (spec, folder) = plan::read(path, digits)?;
    let count = count(&spec);
    if index >= count {
        let path = path.display().to_string();
        return Err(WorkerError::Index { path, index, count });
    }
    let progress = progress(&spec, &folder);
    let (Some(trial), Some(task)) = (progress.trials.get(index), progress.tasks.get(&index)) else {
        let ended = if progress.waiting == 0 { shortfall(&spec, &progress.trials) } else { None };
        return Ok(ended.map_or(Worked::Waiting(progress.waiting), Worked::Stopped));
    };
    let (trial, task) = (trial.clone(), *task);
    let trial_folder = folder.join(&trial.name);
    let why = progress.stopped.get(&index);
    // One that was killed at its last row has no record of it yet: it is made first.
    if let Some(why) = why.filter(|_| is_over(&trial_folder)) {
        state::stop(&trial_folder, why)?;
        return Ok(Worked::Stopped(why.clone()));
    }
    let corpora = Corpora::default();
    let memory = memory::need_of(&trial, &spec, &corpora);
    let job = Job {
        spec: &spec,
        folder: folder.clone(),
        sweep: 0,
        trial,
        task,
        memory,
        first: true,
        wait: true,
    };
    let compute = Compute::new(options.level, options.shares(1).1);
    let ended = attempt(&job, &corpora, &compute, options);
    if let Some(why) = why {
        state::stop(&trial_folder, why)?;
    }
    finish(&spec, &folder, index, options)?;
    Ok(Worked::Trained { folder: trial_folder, ended })
}

fn progress(spec: &Spec, folder: &Path) -> PlanProgress {
    let mut progress = PlanProgress {
        trials: spec.trials.clone(),
        tasks: BTreeMap::new(),
        stopped: BTreeMap::new(),
        waiting: 0,
    };
    let Some(metric) = metric::of_search(&spec.trials) else {
        return progress;
    };
    let outcome =
        |trial: &Trial, until| state::result_at(&folder.join(&trial.name), &metric, until);
    let outcome: &dyn Fn(&Trial, Option<u64>) -> ResultAt = &outcome;
    for number in 0.. {
        match search::wave(spec, number, &mut progress.trials, &metric, outcome) {
            Next::Wave { tasks, stopped } => {
                progress.tasks.extend(tasks.into_iter().map(|task| (task.trial, task)));
                progress.stopped.extend(stopped);
            }
            Next::Waiting(count) => {
                progress.waiting = count;
                break;
            }
            Next::Finished => break,
        }
    }
    progress
}

/// Whether a trial has a record of how it ended, or was stopped.
fn is_over(folder: &Path) -> bool {
    matches!(State::read(folder).status, Status::Done | Status::Failed | Status::Stopped)
}

/// Whoever comes last writes the summary and the charts. Every worker writes its record before it
/// looks at those of the others, so the last one sees them all.
fn finish(spec: &Spec, folder: &Path, index: usize, options: &Options) -> Result<(), RecordError> {
    let is_over = |trial: &Trial| is_over(&folder.join(&trial.name));
    // The next trials are those that are the least likely to be done: most workers look at one.
    let count = spec.trials.len();
    let others = (1..=count).map(|step| &spec.trials[(index + step) % count]);
    if !others.into_iter().all(is_over) {
        return Ok(());
    }
    let progress = progress(spec, folder);
    if progress.waiting > 0 || !progress.trials.iter().all(is_over) {
        return Ok(());
    }
    for (trial, why) in &progress.stopped {
        state::stop(&folder.join(&progress.trials[*trial].name), why)?;
    }
    let warn = |line: &str| options.screen.insist(&format!("{}: {line}", spec.name));
    finalize(folder, &progress.trials, &warn).map(drop)?;
    if let Some(line) = shortfall(spec, &progress.trials) {
        options.screen.say(&format!("{}: {line}", spec.name));
    }
    Ok(())
}
