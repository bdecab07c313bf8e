//! The trials that wait for a worker, wave by wave, within the memory that there is.

use crate::runs::run_json::Status;
use crate::runs::state::{self, State};
use crate::search::{self, Next, Target, metric, tpe};
use crate::spec::{Spec, Trial};
use crate::sweep::corpora::Corpora;
use crate::sweep::error::TrialError;
use crate::sweep::memory;
use crate::sweep::options::Options;
use crate::sweep::trial::Ended;
use crate::train::TrainError;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a worker that waits for a trial looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// The trials of all specs.
pub struct Queue<'a> {
    options: &'a Options,
    corpora: &'a Corpora,
    sweeps: Mutex<Sweeps<'a>>,
    changed: Condvar,
}

/// All sweeps, and the memory of the trials that are running.
struct Sweeps<'a> {
    all: Vec<Sweep<'a>>,
    used: u64,
}

/// The trials of one spec.
pub struct Sweep<'a> {
    pub spec: &'a Spec,
    /// The experiment's folder.
    pub folder: PathBuf,
    /// Its trials; TPE adds to them.
    pub trials: Vec<Trial>,
    /// How each trial last left; `None`: not in this run.
    pub results: Vec<Option<Result<Ended, TrialError>>>,
    /// What waits: the trial, its memory, and whether another process has it.
    open: VecDeque<(Target, u64, bool)>,
    running: usize,
    waves: usize,
    finished: bool,
    continued: bool,
    /// Whether its end has been taken note of.
    pub closed: bool,
}

/// A trial for a worker.
pub struct Job<'a> {
    pub spec: &'a Spec,
    /// The experiment's folder.
    pub folder: PathBuf,
    /// The number of the spec.
    pub sweep: usize,
    pub trial: Trial,
    /// Which, and how far.
    pub task: Target,
    /// The memory that it is thought to take.
    pub memory: u64,
    /// Whether this run has not trained it before.
    pub first: bool,
    /// Whether to wait for another process that has it.
    pub wait: bool,
}

/// How far all is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Trials that neither wait nor run.
    pub ended: usize,
    /// Those of them that failed.
    pub failed: usize,
    /// Trials that wait or run.
    pub left: usize,
}

impl<'a> Queue<'a> {
    /// The queue of some specs, each with its folder.
    pub fn new(
        specs: impl Iterator<Item = (&'a Spec, PathBuf)>,
        options: &'a Options,
        corpora: &'a Corpora,
    ) -> Self {
        let sweep = |(spec, folder): (&'a Spec, PathBuf)| {
            let mut sweep = Sweep {
                spec,
                folder,
                trials: spec.trials.clone(),
                results: Vec::new(),
                open: VecDeque::new(),
                running: 0,
                waves: 0,
                finished: false,
                continued: false,
                closed: false,
            };
            sweep.advance(options, corpora);
            sweep
        };
        let all = specs.map(sweep).collect();
        let sweeps = Mutex::new(Sweeps { all, used: 0 });
        Self { options, corpora, sweeps, changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Sweeps<'a>> {
        self.sweeps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next trial; `None` when nothing is left, or all is to stop. Waits while what is left
    /// depends on trials that are running, or does not fit beside them into the memory.
    pub fn take(&self) -> Option<Job<'a>> {
        let mut sweeps = self.lock();
        loop {
            if self.options.stop.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(job) = sweeps.take(self.options.memory) {
                return Some(job);
            }
            if sweeps.all.iter().all(|sweep| sweep.finished) {
                self.changed.notify_all();
                return None;
            }
            let waited = self.changed.wait_timeout(sweeps, LOOK);
            sweeps = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes back a trial that has left. Says whether it was one too many: the first trials of its
    /// spec have all failed alike.
    pub fn give_back(&self, job: &Job<'a>, result: Result<Ended, TrialError>) -> Option<usize> {
        let mut sweeps = self.lock();
        sweeps.used -= job.memory;
        let sweep = &mut sweeps.all[job.sweep];
        sweep.running -= 1;
        sweep.results[job.task.trial] = Some(result);
        let hopeless = sweep.failed_alike(self.options.give_up);
        // Whoever is stopped decides nothing any more: the same command goes on from here.
        if !self.options.stop.load(Ordering::Relaxed) && !hopeless {
            sweep.advance(self.options, self.corpora);
        }
        self.changed.notify_all();
        hopeless.then_some(self.options.give_up)
    }

    /// Runs `close` if the last trial of a spec has ended, once; again if it says that it could not.
    pub fn close(&self, sweep: usize, close: impl FnOnce(&Path, &[Trial]) -> bool) {
        let mut sweeps = self.lock();
        let own = &mut sweeps.all[sweep];
        if own.closed || !own.finished || own.running > 0 || !own.open.is_empty() {
            return;
        }
        own.closed = true;
        let (folder, trials) = (own.folder.clone(), own.trials.clone());
        // The others go on meanwhile.
        drop(sweeps);
        let closed = close(&folder, &trials);
        self.lock().all[sweep].closed = closed;
    }

    /// Takes back a trial that another process has: it is waited for when all others are taken.
    pub fn put_back(&self, job: Job<'a>) {
        let mut sweeps = self.lock();
        sweeps.used -= job.memory;
        let sweep = &mut sweeps.all[job.sweep];
        sweep.running -= 1;
        sweep.open.push_back((job.task, job.memory, true));
        self.changed.notify_all();
    }

    /// How far all is.
    pub fn tally(&self) -> Tally {
        let sweeps = self.lock();
        let mut tally = Tally::default();
        for sweep in &sweeps.all {
            let left = sweep.open.len() + sweep.running;
            tally.left += left;
            tally.ended += sweep.trials.len() - left;
            tally.failed += sweep.results.iter().flatten().filter(|r| is_failed(r)).count();
        }
        tally
    }

    /// The sweeps, when all workers have left.
    pub fn into_sweeps(self) -> Vec<Sweep<'a>> {
        self.sweeps.into_inner().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl<'a> Sweeps<'a> {
    /// The first open trial that fits beside those that run. One that runs alone always fits.
    fn take(&mut self, budget: Option<u64>) -> Option<Job<'a>> {
        let (alone, used) = (self.used == 0, self.used);
        let fits =
            |need: u64| alone || budget.is_none_or(|budget| used.saturating_add(need) <= budget);
        for (number, sweep) in self.all.iter_mut().enumerate() {
            let Some(place) = sweep.open.iter().position(|(_, need, _)| fits(*need)) else {
                continue;
            };
            let (task, memory, wait) = sweep.open.remove(place)?;
            sweep.running += 1;
            self.used += memory;
            let trial = sweep.trials[task.trial].clone();
            let folder = sweep.folder.clone();
            let first = sweep.results[task.trial].is_none();
            return Some(Job {
                spec: sweep.spec,
                folder,
                sweep: number,
                trial,
                task,
                memory,
                first,
                wait,
            });
        }
        None
    }
}

impl Sweep<'_> {
    /// Begins the next wave, if the last one has ended.
    fn advance(&mut self, options: &Options, corpora: &Corpora) {
        while !self.finished && self.open.is_empty() && self.running == 0 {
            let Some(metric) = metric::of_search(&self.trials) else {
                self.finished = true;
                return;
            };
            let folder = self.folder.clone();
            let outcome =
                |trial: &Trial, until| state::result_at(&folder.join(&trial.name), &metric, until);
            let next = search::wave(self.spec, self.waves, &mut self.trials, &metric, &outcome);
            self.waves += 1;
            match next {
                Next::Wave { tasks, stopped } => self.begin(tasks, &stopped, options, corpora),
                Next::Finished if options.continue_stopped && !self.continued => {
                    self.continued = true;
                    let is_stopped = |index: &usize| {
                        let folder = self.folder.join(&self.trials[*index].name);
                        State::read(&folder).status == Status::Stopped
                    };
                    let stopped = (0..self.trials.len()).filter(is_stopped);
                    let tasks = stopped.map(|trial| Target { trial, until: None }).collect();
                    self.begin(tasks, &[], options, corpora);
                    self.finished = self.open.is_empty();
                }
                Next::Finished => {
                    self.finished = true;
                    if let Some(line) = tpe::shortfall(self.spec, &self.trials) {
                        options.screen.say(&format!("{}: {line}", self.spec.name));
                    }
                }
                Next::Waiting(_) => self.finished = true,
            }
        }
    }

    fn begin(
        &mut self,
        tasks: Vec<Target>,
        stopped: &[(usize, String)],
        options: &Options,
        corpora: &Corpora,
    ) {
        for (trial, why) in stopped {
            if let Err(error) = state::stop(&self.folder.join(&self.trials[*trial].name), why) {
                options.screen.insist(&format!("{}: {error}", self.trials[*trial].name));
            }
        }
        if let (Some((_, why)), false) = (stopped.first(), tasks.is_empty()) {
            let rows = why.split(" its ").next().unwrap_or(why);
            let (gone, left) = (stopped.len(), tasks.len());
            let line = format!("{}: {rows}: {gone} trials stopped, {left} go on", self.spec.name);
            options.screen.say(&line);
        }
        let need = |task: &Target| memory::need_of(&self.trials[task.trial], self.spec, corpora);
        self.open = tasks.iter().map(|task| (*task, need(task), false)).collect();
        self.results.resize_with(self.trials.len(), || None);
    }

    /// Whether the first `count` trials have all failed alike: with the same message, but for its
    /// numbers.
    fn failed_alike(&self, count: usize) -> bool {
        if count == 0 || self.trials.len() <= count {
            return false;
        }
        let message = |result: &Option<Result<Ended, TrialError>>| match result {
            Some(Err(error)) if result.as_ref().is_some_and(is_failed) => {
                let text = error.to_string();
                Some(text.chars().filter(|letter| letter.is_alphabetic()).collect::<String>())
            }
            _ => None,
        };
        let first = self.results.iter().take(count);
        let mut messages = first.map(message);
        let Some(Some(alike)) = messages.next() else {
            return false;
        };
        messages.all(|message| message.as_ref() == Some(&alike))
    }
}

/// Whether a trial has failed, and was not merely interrupted.
pub fn is_failed(result: &Result<Ended, TrialError>) -> bool {
    let interrupted =
        |error: &TrialError| matches!(error, TrialError::Train(TrainError::Interrupted { .. }));
    result.as_ref().is_err_and(|error| !interrupted(error))
}
