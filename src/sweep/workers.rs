//! Trials on several workers.

use super::close::close;
use super::freeze::freeze;
use super::trial::{self, Context};
use super::{Corpora, TrialError, preflight, roots_of};
use crate::kernels::{Compute, Level};
use crate::record::console::Screen;
use crate::record::file::make_folder;
use crate::record::json::JsonLines;
use crate::record::lock::LockError;
use crate::record::machine::cores;
use crate::record::run_json::{ResultRecord, Status};
use crate::record::summary::SummaryRow;
use crate::spec::{Spec, SpecErrors, Trial};
use crate::train::{RecordError, TrainError};
use serde_json::json;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How trials are run.
pub struct Options {
    /// Trials at once; none: as many as cores.
    pub jobs: Option<usize>,
    /// Threads of a trial; none: the cores over the trials at once.
    pub threads: Option<usize>,
    /// The folder of results.
    pub results: PathBuf,
    /// Whether to start over instead of resuming.
    pub fresh: bool,
    /// Whether to go on from what another version of this program began.
    pub force: bool,
    /// Whether what another build of this program left counts for nothing.
    pub this_build: bool,
    /// Whether the first failure ends everything.
    pub fail_fast: bool,
    /// Whether events go to standard output as JSON lines.
    pub json: bool,
    /// Where progress is shown.
    pub screen: Screen,
    /// The vector instructions.
    pub level: Level,
    /// Set by a signal: save and leave.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// Trials at once, and threads of each, for a number of trials.
    pub fn shares(&self, trials: usize) -> (usize, usize) {
        let jobs = self.jobs.unwrap_or_else(cores).min(trials).max(1);
        (jobs, self.threads.unwrap_or_else(|| cores() / jobs).max(1))
    }
}

/// How a trial ended.
pub struct Report {
    /// The experiment's name.
    pub experiment: String,
    /// The trial's name.
    pub trial: String,
    /// The trial's folder.
    pub folder: PathBuf,
    /// What came of it; none for a trial that was never begun.
    pub result: Option<Result<ResultRecord, TrialError>>,
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
    check_names(specs)?;
    let corpora = Corpora::default();
    preflight::check(specs, &corpora).map_err(RunError::Impossible)?;
    for spec in specs {
        let folder = options.results.join(&spec.name);
        make_folder(&folder)?;
        freeze(spec, &folder)?;
    }
    let queue: Vec<(&Spec, &Trial)> =
        specs.iter().flat_map(|spec| spec.trials.iter().map(move |trial| (spec, trial))).collect();
    let (jobs, threads) = options.shares(queue.len());
    let compute = Compute::new(options.level, threads);
    let next = AtomicUsize::new(0);
    let busy: Mutex<VecDeque<usize>> = Mutex::default();
    let results: Vec<Mutex<Option<Result<ResultRecord, TrialError>>>> =
        queue.iter().map(|_| Mutex::new(None)).collect();
    // One long task a worker rather than one task a trial: a worker that waits for the threads of
    // its trial must not begin another trial meanwhile.
    let work = || {
        while let Some((index, wait)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let again =
                || Some((busy.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?, true));
            if index < queue.len() { Some((index, false)) } else { again() }
        } {
            let ((spec, trial), result) = (&queue[index], &results[index]);
            if options.stop.load(Ordering::Relaxed) {
                return;
            }
            // Threads of one trial are its own: two trials never share a pool.
            let compute =
                if jobs > 1 { Compute::new(options.level, threads) } else { compute.clone() };
            let ended = run_isolated(spec, trial, &corpora, compute, wait, options);
            if let Err(TrialError::Lock(LockError::Busy { .. })) = ended {
                // Another process trains it: first those that no one has, then wait for this one.
                busy.lock().unwrap_or_else(PoisonError::into_inner).push_back(index);
                continue;
            }
            tell(spec, trial, &ended, options);
            *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        }
    };
    rayon::ThreadPoolBuilder::new().num_threads(jobs).build()?.broadcast(|_| work());
    let reports = queue.iter().zip(results).map(|((spec, trial), result)| Report {
        experiment: spec.name.clone(),
        trial: trial.name.clone(),
        folder: options.results.join(&spec.name).join(&trial.name),
        result: result.into_inner().unwrap_or_else(PoisonError::into_inner),
    });
    let reports: Vec<Report> = reports.collect();
    let mut rest = reports.as_slice();
    for spec in specs {
        let (own, others) = rest.split_at(spec.trials.len());
        rest = others;
        let warn = |line: &str| options.screen.insist(line);
        close(spec, &options.results.join(&spec.name), &summary(spec, own), &warn)?;
    }
    Ok(reports)
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
    spec: &Spec,
    trial: &Trial,
    corpora: &Corpora,
    compute: Compute,
    wait: bool,
    options: &Options,
) -> Result<ResultRecord, TrialError> {
    let context = Context {
        experiment: &spec.name,
        folder: &options.results.join(&spec.name),
        roots: &roots_of(&spec.path),
        corpora,
        compute,
        screen: &options.screen,
        json: options.json,
        fresh: options.fresh,
        force: options.force,
        this_build: options.this_build,
        wait,
        stop: &options.stop,
    };
    catch_unwind(AssertUnwindSafe(|| trial::run(trial, &context))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(TrialError::Internal(text.unwrap_or("a panic without a message").to_owned()))
    })
}

/// Says at once how a trial failed.
fn tell(spec: &Spec, trial: &Trial, ended: &Result<ResultRecord, TrialError>, options: &Options) {
    let Err(error) = ended else { return };
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

fn summary(spec: &Spec, reports: &[Report]) -> Vec<SummaryRow> {
    let rows = spec.trials.iter().zip(reports).map(|(trial, report)| SummaryRow {
        trial: trial.name.clone(),
        seed: trial.experiment.seed,
        swept: trial.swept.clone(),
        status: match &report.result {
            Some(Ok(_)) => Status::Done,
            Some(Err(TrialError::Train(TrainError::Interrupted { .. }))) | None => {
                Status::Interrupted
            }
            Some(Err(_)) => Status::Failed,
        },
        result: report.result.as_ref().and_then(|result| result.as_ref().ok()).cloned(),
    });
    rows.collect()
}
