//! Our own contenders: this program, called as a worker.

use crate::workload::Workload;
use samebits::kernels::{Compute, Level};
use samebits::tasks::Loaded;
use samebits::tasks::language_model::LanguageModel;
use samebits::train::Session;
use std::io::{BufRead, Write};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Something that trains.
pub trait Training {
    /// Makes one step: the mean loss a token.
    fn step(&mut self) -> f64;
}

impl Training for Session {
    fn step(&mut self) -> f64 {
        // The session adds losses up until a row is closed; none is here.
        let before = self.progress().score;
        Session::step(self).expect("a step of training");
        let after = self.progress().score;
        (after.sum - before.sum) / (after.count - before.count) as f64
    }
}

/// A session of `runner` on one thread.
pub fn session(workload: &Workload) -> Session {
    session_with(workload, Compute::single(level()))
}

/// Serves with a session of `runner` on `threads` threads.
pub fn serve_threads(workload: &Workload, threads: usize) {
    let compute = Compute::new(level(), threads);
    compute.clone().enter(|| serve(workload, &mut session_with(workload, compute)));
}

fn session_with(workload: &Workload, compute: Compute) -> Session {
    let dataset = Loaded::<LanguageModel>(Arc::new(workload.dataset()));
    Session::new(&workload.experiment(), &dataset, compute).expect("a session")
}

fn level() -> Level {
    Level::from_environment().expect("RUNNER_SIMD names a level")
}

/// Warms up, then answers the coordinator until its end: to `go SECONDS` on standard input with
/// `steps seconds tokens loss`.
pub fn serve(workload: &Workload, training: &mut dyn Training) {
    let losses: Vec<f64> = (0..workload.warm_up).map(|_| training.step()).collect();
    let last = &losses[losses.len() - losses.len() / 4..];
    let mean = last.iter().sum::<f64>() / last.len() as f64;
    answer(&format!("ready {} {mean}", workload.warm_up));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let seconds: f64 = line
            .split_whitespace()
            .nth(1)
            .and_then(|word| word.parse().ok())
            .expect("`go SECONDS`");
        // Not timed: caches and clock come back after the pause.
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(200) {
            training.step();
        }
        let (mut steps, mut loss) = (0, 0.0);
        let (start, begun) = (Instant::now(), clock());
        while start.elapsed().as_secs_f64() < seconds || steps < 2 {
            loss += training.step();
            steps += 1;
        }
        let spent = clock() - begun;
        let tokens = steps * workload.tokens_per_step();
        answer(&format!("{steps} {spent} {tokens} {}", loss / steps as f64));
    }
}

/// Seconds, since whenever: of the wall, or with `COMPARE_CLOCK=cpu` those in which this thread
/// had a core.
fn clock() -> f64 {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let wall = BEGIN.elapsed().as_secs_f64();
    if std::env::var_os("COMPARE_CLOCK").is_none_or(|clock| clock != "cpu") {
        return wall;
    }
    let text = std::fs::read_to_string("/proc/thread-self/schedstat");
    let spent = text.ok().and_then(|text| {
        let nanoseconds: f64 = text.split(' ').next()?.parse().ok()?;
        Some(nanoseconds / 1e9)
    });
    spent.expect("the kernel's count of this thread's time")
}

fn answer(line: &str) {
    // When the coordinator is gone, the input ends too.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
