//! Trials on several workers.

use super::attempt::attempt;
use super::queue::{Job, Queue, Sweep, is_failed};
use super::thread_pool::SharedThreads;
use crate::files::make_below;
use crate::kernels::Compute;
use crate::metric::Metric;
use crate::runs::lock::LockError;
use crate::runs::plan;
use crate::runs::screen::SweepProgress;
use crate::search::{self, metric};
use crate::spec::{Spec, SpecErrors};
use crate::standing::Standing;
use crate::sweep::corpora::Corpora;
use crate::sweep::error::TrialError;
use crate::sweep::finalize::finalize;
use crate::sweep::options::Options;
use crate::sweep::preflight;
use crate::sweep::trial::Ended;
use crate::train::RecordError;
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
    /// What came of it; `None` for a trial that was never begun.
    pub result: Option<Result<Ended, TrialError>>,
}

/// Why nothing could be run.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RunError {
    #[error("{first} and {second} are both named {name}: their results would be mixed")]
    #[diagnostic(code(sweep::same_name), help("rename one of the files, or run them apart"))]
    SameName { name: String, first: String, second: String },
    /// Corpora that cannot be read, models that no memory holds.
    #[error("what the specs ask for cannot be done here")]
    Impossible(Vec<SpecErrors>),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
    #[error("no worker threads: {0}")]
    #[diagnostic(help("a smaller --jobs needs fewer"))]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Runs all trials of all specs. A trial that fails is reported at once and does not stop the others.
/// Reports come in the order of the specs and their trials.
pub fn run(specs: &[Spec], options: &Options) -> Result<Vec<Report>, RunError> {
    let corpora = Corpora::default();
    check(specs, &corpora)?;
    for spec in specs {
        let folder = make_below(&options.results, &[&spec.name])?;
        plan::freeze(spec, &folder)?;
    }
    let folders = specs.iter().map(|spec| (spec, options.results.join(&spec.name)));
    let trials = specs.iter().map(search::count).sum();
    let alike = |spec: &Spec| preflight::other_texts(spec, &corpora).is_none();
    let workers = Workers {
        queue: Queue::new(folders, options, &corpora),
        progress: SweepProgress::new(&options.screen, trials),
        metric: metric::of_all(specs).filter(|_| specs.iter().all(alike)),
        options,
    };
    let threads = SharedThreads::new(options.shares(trials).0, options.threads)?;
    // One long task a worker rather than one task a trial: a worker that waits for the threads of
    // its trial must not begin another trial meanwhile.
    threads.work(|| {
        while let Some(job) = workers.queue.take() {
            let train = |compute: &Compute| attempt(&job, &corpora, compute, options);
            let ended = threads.run(options.level, train);
            workers.give_back(job, ended);
        }
    });
    let Workers { queue, progress, .. } = workers;
    drop(progress);
    let mut reports = Vec::new();
    for sweep in queue.into_sweeps() {
        if !sweep.closed {
            let warn = |line: &str| options.screen.insist(&format!("{}: {line}", sweep.spec.name));
            finalize(&sweep.folder, &sweep.trials, &warn)?;
        }
        reports.extend(reports_of(sweep));
    }
    Ok(reports)
}

/// What all workers share.
struct Workers<'a> {
    queue: Queue<'a>,
    progress: SweepProgress,
    /// What compares all trials, if they compare.
    metric: Option<Metric>,
    options: &'a Options,
}

impl<'a> Workers<'a> {
    /// Takes a trial back that has left.
    fn give_back(&self, job: Job<'a>, ended: Result<Ended, TrialError>) {
        if let Err(TrialError::Lock(LockError::Busy { .. })) = ended {
            // Another process trains it: first those that no one has, then wait for this one.
            return self.queue.put_back(job);
        }
        if let Some(metric) = &self.metric {
            let standing = match &ended {
                Ok(ended) => Some(ended.result.standing(metric)),
                failed => is_failed(failed).then_some(Standing::FAILED),
            };
            let (point, seeds) = point_of(&job);
            if let Some(standing) = standing {
                self.progress.note((&point, seeds), &job.trial.name, standing);
            }
        }
        if let Some(count) = self.queue.give_back(&job, ended) {
            self.options.screen.insist(&format!(
                "{}: the first {count} trials failed alike: giving up (--give-up 0 goes on)",
                job.spec.name
            ));
            self.options.stop.store(true, Ordering::Relaxed);
        }
        // What an experiment leaves is there when it has ended, not when the last one of all has.
        self.queue.close(job.sweep, |folder, trials| {
            let warn =
                |line: &str| self.options.screen.insist(&format!("{}: {line}", job.spec.name));
            let said = finalize(folder, trials, &warn);
            said.map(|text| self.options.screen.say(&text)).is_ok()
        });
        let tally = self.queue.tally();
        self.progress.report(tally.ended, tally.failed, tally.left, self.metric.as_ref());
    }
}

/// How the trials of a sweep ended, in their order.
fn reports_of(sweep: Sweep<'_>) -> impl Iterator<Item = Report> {
    let Sweep { spec, folder, trials, mut results, .. } = sweep;
    results.resize_with(trials.len(), || None);
    trials.into_iter().zip(results).map(move |(trial, result)| Report {
        experiment: spec.name.clone(),
        folder: folder.join(&trial.name),
        swept: trial.swept,
        trial: trial.name,
        result,
    })
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

/// Whether specs can be run beside one another: their corpora are read, and nothing is trained.
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
