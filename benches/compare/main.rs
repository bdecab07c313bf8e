//! How fast training is beside PyTorch, numpy and dfdx's own operations, on this machine:
//! `cargo bench --bench compare -- --python PATH`.
//!
//! All contenders of a workload are separate processes that are started and warmed up first; then
//! they train by turns (A, B, C, A, B, C, …), a burst each, so that a slow moment of the machine
//! meets all of them. The first 0.2 s of a burst, one step at least, are not timed. A ratio is that
//! of two bursts of the same round; what is told is the median of the rounds, and their range.
//!
//! All train the same model from the same first weights on the same tokens, batch after batch with
//! the hidden state carried, in f32 on one thread: forward, backward, clipping, update. The loss
//! after the same number of steps stands beside the speeds, so that one sees that they do the same.

mod contender;
mod duel;
mod peak;
mod plain_dfdx;
mod program;
mod table;
mod worker;
mod workload;

use clap::Parser;
use std::path::PathBuf;

/// Options of the comparison.
#[derive(Debug, Parser)]
pub struct Options {
    /// The Python that has torch and numpy [default: RUNNER_PYTHON, or python3]
    #[arg(long, value_name = "PATH")]
    pub python: Option<PathBuf>,
    /// Only this workload (repeatable)
    #[arg(long, value_name = "NAME")]
    pub workload: Vec<String>,
    /// Rounds of bursts
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub rounds: usize,
    /// Length of a burst
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    pub seconds: f64,
    /// Whom to run beside ourselves
    #[arg(long, value_delimiter = ',', default_value = "torch,numpy,dfdx")]
    pub against: Vec<String>,
    /// What a burst is timed with: `wall`, or on a machine that has other things to do `cpu`, the
    /// time in which a contender had a core
    #[arg(long, value_name = "CLOCK", default_value = "wall", value_parser = ["wall", "cpu"])]
    pub clock: String,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Options {
    /// The Python of the contenders.
    fn python(&self) -> PathBuf {
        let variable = || std::env::var_os("RUNNER_PYTHON").map(PathBuf::from);
        self.python.clone().or_else(variable).unwrap_or_else(|| "python3".into())
    }

    /// Whether a part of the comparison is asked for.
    fn wants(&self, name: &str) -> bool {
        self.workload.is_empty() || self.workload.iter().any(|wanted| wanted == name)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, worker, name, kind] = &arguments[..]
        && worker == "worker"
    {
        let workload = workload::find(name).expect("a workload's name");
        return match kind.as_str() {
            "dfdx" => plain_dfdx::serve(&workload),
            kind => {
                let threads = kind.parse().expect("a number of threads");
                worker::serve_threads(&workload, threads);
            }
        };
    }
    let options = Options::parse();
    println!("{}; {} time\n", machine(), options.clock);
    duel::print(&options);
    program::print(&options);
}

/// The processor and what else it is doing.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo");
    let name = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1))
        .unwrap_or("unknown processor");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let level = samebits::kernels::Level::best().name();
    format!("{name}, {cores} cores, {level}; load average at the start {load}")
}
