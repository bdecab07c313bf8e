//! Trials on several workers.

use super::queue::{Job, Queue, is_failed};
use super::thread_pool::SharedThreads;
use crate::files::make_below;
use crate::kernels::Compute;
use crate::runs::lock::LockError;
use crate::runs::screen::JsonLines;
use crate::runs::screen::SweepProgress;
use crate::runs::{plan, state};
use crate::search::{self, metric};
use crate::spec::{Spec, SpecErrors};
use crate::standing::Standing;
use crate::sweep::corpora::{Corpora, roots_of};
use crate::sweep::error::TrialError;
use crate::sweep::finalize::finalize;
use crate::sweep::options::Options;
use crate::sweep::preflight;
use crate::sweep::trial::{self, Context, Ended};
use crate::train::{RecordError, TrainError};
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// How a trial ended.
pub struct Report {
    /// The experiment's name.
    pub experiment: String,
    /// The trial's name.
    pub trial: String,
    /// The swept keys and their values.
    pub swept: Vec<(String, String)>,
    /// The trial's folder.
    pub folder: PathBuf,
    /// What came of it; none for a trial that was never begun.
    pub result: Option<Result<Ended, TrialError>>,
}

/// Why nothing could be run.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RunError {
    /// Two specs would write into one folder.
    #[error("{first} and {second} are both named {name}: their results would be mixed")]
    #[diagnostic(code(sweep::same_name), help("rename one of the files, or run them apart"))]
    SameName {
        /// The name.
        name: String,
        /// A path.
        first: String,
        /// Another.
        second: String,
    },
    /// Corpora that cannot be read, models that no memory holds.
    #[error("what the specs ask for cannot be done here")]
    Impossible(Vec<SpecErrors>),
    /// The results folder cannot be written to.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
    /// The worker threads could not be had.
    #[error("no worker threads: {0}")]
    #[diagnostic(help("a smaller --jobs needs fewer"))]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Runs all trials of all specs. A trial that fails is told at once and does not stop the others.
/// Reports come in the order of the specs and their trials.
///
/// # Errors
/// When nothing can be run at all.
pub fn run(specs: &[Spec], options: &Options) -> Result<Vec<Report>, RunError> {
    let corpora = Corpora::default();
    check(specs, &corpora)?;
    for spec in specs {
        let folder = make_below(&options.results, &[&spec.name])?;
        plan::freeze(spec, &folder)?;
    }
    let folders = specs.iter().map(|spec| (spec, options.results.join(&spec.name)));
    let queue = Queue::new(folders, options, &corpora);
    let trials = specs.iter().map(search::count).sum();
    let progress = SweepProgress::new(&options.screen, trials);
    let threads = SharedThreads::new(options.shares(trials).0, options.threads)?;
    let alike = |spec: &Spec| preflight::other_texts(spec, &corpora).is_none();
    let metric = metric::of_all(specs).filter(|_| specs.iter().all(alike));
    // One long task a worker rather than one task a trial: a worker that waits for the threads of
    // its trial must not begin another trial meanwhile.
    threads.work(|| {
        while let Some(job) = queue.take() {
            let train = |compute: &Compute| attempt(&job, &corpora, compute, options);
            let ended = threads.run(options.level, train);
            if let Err(TrialError::Lock(LockError::Busy { .. })) = ended {
                // Another process trains it: first those that no one has, then wait for this one.
                queue.put_back(job);
                continue;
            }
            if let Some(metric) = &metric {
                let standing = match &ended {
                    Ok(ended) => Some(ended.result.standing(metric)),
                    failed => is_failed(failed).then_some(Standing::FAILED),
                };
                let (point, seeds) = point_of(&job);
                standing
                    .into_iter()
                    .for_each(|it| progress.note((&point, seeds), &job.trial.name, it));
            }
            if let Some(count) = queue.give_back(&job, ended) {
                options.screen.insist(&format!(
                    "{}: the first {count} trials failed alike: giving up (--give-up 0 goes on)",
                    job.spec.name
                ));
                options.stop.store(true, Ordering::Relaxed);
            }
            let tally = queue.tally();
            progress.report(tally.ended, tally.failed, tally.left, metric.as_ref());
        }
    });
    drop(progress);
    let mut reports = Vec::new();
    for sweep in queue.into_sweeps() {
        let folder = sweep.folder;
        let warn = |line: &str| options.screen.insist(&format!("{}: {line}", sweep.spec.name));
        finalize(&folder, &sweep.trials, &warn)?;
        let mut results = sweep.results;
        results.resize_with(sweep.trials.len(), || None);
        reports.extend(sweep.trials.into_iter().zip(results).map(|(trial, result)| Report {
            experiment: sweep.spec.name.clone(),
            folder: folder.join(&trial.name),
            swept: trial.swept,
            trial: trial.name,
            result,
        }));
    }
    Ok(reports)
}

/// The name of a trial's point, and how many seeds that has.
fn point_of(job: &Job<'_>) -> (String, usize) {
    let name = job.trial.name.rsplit_once('-').map_or("", |(name, _)| name);
    let seeds = seeds(job.spec);
    let point = name.rsplit_once("seed=").map_or(name, |(point, _)| point.trim_end_matches(','));
    (if seeds > 1 { point } else { name }.to_owned(), seeds)
}

/// Trials of each point of a spec.
fn seeds(spec: &Spec) -> usize {
    search::points(&spec.trials).iter().map(Vec::len).max().unwrap_or(1)
}

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
        tell(job, &ended, options);
        let Err(error) = &ended else { return ended };
        if is_failed(&ended) && !matches!(error, TrialError::Lock(_)) {
            let folder = job.folder.join(&job.trial.name);
            // The failure has been told; a word more about it does not help.
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

/// Whether specs can be run beside one another: their corpora are read, and nothing is trained.
///
/// # Errors
/// What keeps all of them from being run.
pub fn check(specs: &[Spec], corpora: &Corpora) -> Result<(), RunError> {
    check_names(specs)?;
    preflight::check(specs, corpora).map_err(RunError::Impossible)
}

fn check_names(specs: &[Spec]) -> Result<(), RunError> {
    for (index, second) in specs.iter().enumerate() {
        if let Some(first) = specs[..index].iter().find(|first| first.name == second.name) {
            return Err(RunError::SameName {
                name: second.name.clone(),
                first: first.path.display().to_string(),
                second: second.path.display().to_string(),
            });
        }
    }
    Ok(())
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
        screen: &options.screen,
        json: options.json,
        fresh,
        force: options.force,
        this_build: options.this_build,
        wait: job.wait,
        stop: &options.stop,
        until: job.task.until,
    };
    catch_unwind(AssertUnwindSafe(|| trial::run(&context))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(TrialError::Internal(text.unwrap_or("a panic without a message").to_owned()))
    })
}

/// Says at once how a trial failed.
fn tell(job: &Job<'_>, ended: &Result<Ended, TrialError>, options: &Options) {
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
