//! The threads of a sweep. No result depends on how many a trial has: so those that are left when
//! trials end help the others.

use crate::kernels::{Compute, Level};
use crate::machine::cores;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Threads for some trials at once.
pub struct SharedThreads {
    jobs: usize,
    pool: Arc<ThreadPool>,
    /// Threads of each trial, as many for all.
    share: Arc<AtomicUsize>,
    /// What the running trials share; `None` if each has a number of threads of its own.
    shared: Option<usize>,
    /// Trials that run. Locked while the share is set: of two that begin at once, the one that
    /// counted both sets it last.
    running: Mutex<usize>,
}

impl SharedThreads {
    /// For `jobs` trials at once with `threads` threads each; `None`: those that run share the cores.
    pub fn new(jobs: usize, threads: Option<usize>) -> Result<Self, ThreadPoolBuildError> {
        let (helpers, shared) = match threads {
            Some(threads) => (jobs * (threads.max(1) - 1), None),
            None => (cores() - 1, Some(cores())),
        };
        // Whoever waits for a trial to begin helps no one: the helpers are threads beside.
        let pool = ThreadPoolBuilder::new().num_threads(jobs + helpers).build()?;
        let share = Arc::new(AtomicUsize::new(threads.unwrap_or(1).max(1)));
        Ok(Self { jobs, pool: Arc::new(pool), share, shared, running: Mutex::new(0) })
    }

    /// Does some work on as many threads as there are trials at once.
    pub fn work(&self, work: impl Fn() + Sync) {
        self.pool.broadcast(|thread| {
            if thread.index() < self.jobs {
                work();
            }
        });
    }

    /// Runs a trial: the threads are shared anew when it begins and when it ends.
    pub fn run<R>(&self, level: Level, trial: impl FnOnce(&Compute) -> R) -> R {
        self.share_among(|running| running + 1);
        let ended =
            trial(&Compute::sharing(level, Arc::clone(&self.pool), Arc::clone(&self.share)));
        self.share_among(|running| running - 1);
        ended
    }

    /// Shares the cores out anew among the trials that run now.
    fn share_among(&self, count: impl Fn(usize) -> usize) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = count(*running);
        if let Some(cores) = self.shared {
            self.share.store((cores / (*running).max(1)).max(1), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_trials_share_the_cores() {
        let mut pool = SharedThreads::new(3, None).unwrap();
        pool.shared = Some(8);
        let threads = pool.run(Level::Portable, |first| {
            let alone = first.threads();
            let three = pool.run(Level::Portable, |second| {
                pool.run(Level::Portable, |_| [first.threads(), second.threads()])
            });
            (alone, three, first.threads())
        });
        assert_eq!(threads, (8, [2, 2], 8));
    }

    #[test]
    fn trials_that_begin_at_once_have_no_more_than_the_cores() {
        let mut pool = SharedThreads::new(4, None).unwrap();
        pool.shared = Some(8);
        let together = std::sync::Barrier::new(4);
        pool.work(|| {
            for _ in 0..500 {
                together.wait();
                pool.run(Level::Portable, |compute| {
                    together.wait();
                    assert_eq!(compute.threads(), 2);
                    together.wait();
                });
            }
        });
    }

    #[test]
    fn as_many_threads_as_it_was_said() {
        let pool = SharedThreads::new(2, Some(3)).unwrap();
        let both = pool.run(Level::Portable, |first| {
            pool.run(Level::Portable, |second| [first.threads(), second.threads()])
        });
        assert_eq!(both, [3, 3]);
    }

    #[test]
    fn as_many_workers_as_trials_at_once() {
        let pool = SharedThreads::new(3, Some(2)).unwrap();
        let workers = AtomicUsize::new(0);
        pool.work(|| {
            workers.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(workers.into_inner(), 3);
    }
}
