//! Contenders as the coordinator sees them: resident processes that train in bursts.

use crate::workload::Workload;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that trains one workload.
pub struct Contender {
    pub name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// Mean loss of the last quarter of the warm-up.
    pub loss: f64,
    /// Tokens a second of each burst so far.
    pub speeds: Vec<f64>,
}

impl Contender {
    /// Starts a process and waits until it is warm; none if it ends before that, as it does where
    /// Python or a package is missing.
    pub fn start(name: &str, command: &mut Command) -> Option<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take()?);
        let mut contender =
            Self { name: name.into(), child, input, output, loss: f64::NAN, speeds: Vec::new() };
        let line = contender.line()?;
        contender.loss = line.split_whitespace().nth(2)?.parse().ok()?;
        Some(contender)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).ok()?;
        (read > 0).then_some(line)
    }

    /// One burst: tokens a second.
    pub fn burst(&mut self, seconds: f64) -> Option<f64> {
        writeln!(self.input.as_mut()?, "go {seconds}").ok()?;
        let line = self.line()?;
        let numbers: Vec<f64> =
            line.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let [_steps, spent, tokens, _loss] = numbers[..] else {
            return None;
        };
        let speed = tokens / spent;
        self.speeds.push(speed);
        Some(speed)
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

/// A process with one thread for every library that might take more.
pub fn single_threaded(program: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in
        ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"]
    {
        command.env(variable, "1");
    }
    command
}

/// This program as a worker.
pub fn own(workload: &Workload, kind: &str) -> Command {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("compare"));
    let mut command = single_threaded(&program);
    command.args(["worker", workload.name, kind]);
    command
}

/// A script of this folder with a workload as its argument.
pub fn python(python: &Path, script: &str, workload: &serde_json::Value) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare");
    let mut command = single_threaded(python);
    command.arg(folder.join(script)).arg(workload.to_string());
    command
}
