//! The arguments, as clap reads them.

use super::board::BoardOptions;
use super::check::CheckOptions;
use super::compare::CompareOptions;
use super::export::ExportOptions;
use super::init::InitOptions;
use super::report::ReportOptions;
use super::sample::SampleOptions;
use super::verify::VerifyOptions;
use clap::{Args, Parser, Subcommand, ValueHint};
use std::path::PathBuf;

/// Train recurrent language models from a file, believe the numbers, and be told when they get
/// worse.
///
/// `runner experiments/lstm_seinfeld.toml` trains what the spec describes and leaves metrics,
/// charts, samples and weights under results/lstm_seinfeld/. Run again, it goes on where it was
/// interrupted and leaves finished trials alone.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 an error inside, 2 a bad spec or bad usage, 3 a trial failed, \
                  4 a metric got worse or recorded numbers differ, 5 a comparison that cannot be made, 130 interrupted \
                  (the state is saved: the same command goes on).\nEnvironment: \
                  RUNNER_SIMD=portable|avx2|avx512|neon forces a SIMD level (the fastest is taken \
                  by itself, and all give the same numbers); NO_COLOR is honoured."
)]
pub struct Arguments {
    /// Specs to run: files, or folders searched for *.toml
    #[arg(required = true, value_name = "SPEC", value_hint = ValueHint::AnyPath)]
    pub specs: Vec<PathBuf>,

    /// How to run them.
    #[command(flatten)]
    pub run: RunOptions,

    /// Another command than running.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be done beside running.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what would run: trials, parameters, steps, memory, time, warnings
    ///
    /// Nothing is written. Time and memory come from a few real steps of each trial.
    Plan {
        /// Specs: files, or folders searched for *.toml
        #[arg(required = true, value_name = "SPEC", value_hint = ValueHint::AnyPath)]
        specs: Vec<PathBuf>,
        /// How they would be run.
        #[command(flatten)]
        options: PlanOptions,
    },
    /// Show how trials stand: a leaderboard, best first, with 95 % intervals over seeds
    ///
    /// Points of a sweep are the rows; trials that differ in nothing but the seed are one point.
    Board(BoardOptions),
    /// Show which keys differ between runs, and what that did to the metric
    Compare(CompareOptions),
    /// Train one trial of a frozen plan, as an element of a job array does
    ///
    /// On one machine: seq 0 11 | parallel -j 4 runner worker results/NAME/plan.json --index {}
    Worker(WorkerOptions),
    /// Freeze the plan of specs and hand it to a cluster
    Submit {
        /// The cluster
        #[command(subcommand)]
        cluster: Cluster,
    },
    /// Write text with a trained model, or ask it about a text, to standard output
    Sample(SampleOptions),
    /// Compare experiments with recorded figures: exit code 4 if a metric got worse, 5 if that
    /// cannot be told
    ///
    /// The experiments are run first; what this build of the program has finished already is not
    /// trained again. docs/ci.md shows the gate in several CI systems.
    Check(CheckOptions),
    /// Train a run again, and compare every recorded number bit for bit
    Verify(VerifyOptions),
    /// Download corpora and check their sha256; without a name, list what there is
    Fetch {
        /// Names of corpora; without any, they are listed
        #[arg(value_name = "CORPUS")]
        corpora: Vec<String>,
        /// Folder to put them in, one folder a corpus
        #[arg(long, value_name = "DIR", default_value = "datasets", value_hint = ValueHint::DirPath)]
        datasets: PathBuf,
        /// Show no progress
        #[arg(short, long)]
        quiet: bool,
    },
    /// Write one HTML page of what stands in results folders: tables, charts, samples
    Report(ReportOptions),
    /// Write what other tools open: a PyTorch module, or TensorBoard's event files
    Export(ExportOptions),
    /// Write a commented spec to begin with
    Init(InitOptions),
    /// Say what keys of a spec are: type, default, meaning; without a key, list all
    Explain {
        /// Keys, as model.hidden_size; tables, as training.schedule; or last names
        #[arg(value_name = "KEY")]
        keys: Vec<String>,
    },
    /// Print the manual page
    Man {
        /// Write it and one for each subcommand into this folder instead
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
    /// Print the JSON Schema of a spec, for editors that complete and check TOML
    Schema,
    /// Print a completion script for a shell
    ///
    /// For bash: runner completions bash > ~/.local/share/bash-completion/completions/runner
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Options of a plan, which are those of a run that change what it costs.
#[derive(Debug, Args)]
pub struct PlanOptions {
    /// Set a key of the spec to a TOML value, as -s model.hidden_size=512; may be repeated
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Trials to run at once [default: as many as cores]
    #[arg(short, long, value_name = "N", value_parser = positive)]
    pub jobs: Option<usize>,
    /// Threads for each trial [default: those that run share the cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    /// Memory that trials may take together, as 4G or 800M [default: what the system has left]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
}

/// Options of a run.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// What it computes and with how much.
    #[command(flatten)]
    pub plan: PlanOptions,
    /// Folder to write results to, one folder an experiment
    #[arg(
        short = 'o', long, value_name = "DIR", default_value = "results",
        value_hint = ValueHint::DirPath
    )]
    pub results: PathBuf,
    /// Start over, forgetting what earlier runs of these trials left
    #[arg(long)]
    pub fresh: bool,
    /// Go on with trials that another version of runner began; run.json then says so
    #[arg(long)]
    pub force: bool,
    /// Stop all trials at the first that fails; those stopped can be resumed
    #[arg(long)]
    pub fail_fast: bool,
    /// Try a trial that failed so many times again, from where it was last saved
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry: usize,
    /// End all when the first K trials of a spec failed alike; 0: never
    #[arg(long, value_name = "K", default_value_t = 5)]
    pub give_up: usize,
    /// When a search is over, train the trials that it stopped to their end too
    #[arg(long)]
    pub continue_stopped: bool,
    /// Show no progress and no warnings, only failures
    #[arg(short, long)]
    pub quiet: bool,
    /// Print events as JSON lines on standard output: started, row, sample, finished, failed,
    /// interrupted
    #[arg(long)]
    pub json: bool,
}

/// Options of a worker.
#[derive(Debug, Args)]
pub struct WorkerOptions {
    /// A plan.json, or the folder that it lies in
    #[arg(value_name = "PLAN", value_hint = ValueHint::AnyPath)]
    pub plan: PathBuf,
    /// The trial's place in the plan, counted from 0
    #[arg(short, long, value_name = "I")]
    pub index: usize,
    /// First 8 digits of the plan's sha256: work on that plan, be there a newer one by now
    #[arg(long, value_name = "DIGITS")]
    pub sha256: Option<String>,
    /// Threads [default: the cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    /// Try a trial that failed so many times again, from where it was last saved
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry: usize,
    /// Show no progress and no warnings, only failures
    #[arg(short, long)]
    pub quiet: bool,
    /// Print events as JSON lines on standard output
    #[arg(long)]
    pub json: bool,
}

/// Clusters.
#[derive(Debug, Subcommand)]
pub enum Cluster {
    /// Slurm: one job array, an element a trial; with halving or TPE one array a wave
    ///
    /// Time and memory are those of `runner plan` with something to spare. Before its time limit a
    /// trial saves its state, and its job is queued again.
    Slurm(SlurmOptions),
}

/// Options of a submission to Slurm.
#[derive(Debug, Args)]
pub struct SlurmOptions {
    /// Specs: files, or folders searched for *.toml
    #[arg(required = true, value_name = "SPEC", value_hint = ValueHint::AnyPath)]
    pub specs: Vec<PathBuf>,
    /// Set a key of the spec to a TOML value; may be repeated
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Folder to write results to: all nodes must see it
    #[arg(
        short = 'o', long, value_name = "DIR", default_value = "results",
        value_hint = ValueHint::DirPath
    )]
    pub results: PathBuf,
    /// The partition [default: the cluster's]
    #[arg(short, long, value_name = "NAME")]
    pub partition: Option<String>,
    /// Time limit of a trial, in minutes [default: from the plan]
    #[arg(short, long, value_name = "MINUTES", value_parser = positive)]
    pub time: Option<usize>,
    /// Memory of a trial, as 800M or 4G [default: from the plan]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
    /// Cores of a trial
    #[arg(long, value_name = "N", value_parser = positive, default_value_t = 1)]
    pub cpus: usize,
    /// Trials at once [default: as many as the cluster has room for]
    #[arg(short, long, value_name = "N", value_parser = positive)]
    pub jobs: Option<usize>,
    /// One more option of sbatch, as --option=--account=x; may be repeated
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub option: Vec<String>,
    /// Print the script, and neither write nor submit anything
    #[arg(long)]
    pub dry_run: bool,
    /// Write plan and scripts, and submit nothing: for `runner worker` by other means
    #[arg(long, conflicts_with = "dry_run")]
    pub no_submit: bool,
}

pub(super) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it must be an integer of at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "it must be a size such as 800M or 4G".to_owned();
    let upper = text.trim().to_ascii_uppercase();
    let upper = upper.trim_end_matches('B').trim_end_matches('I');
    let (number, unit) = match upper.char_indices().last() {
        Some((end, 'K')) => (&upper[..end], 10),
        Some((end, 'M')) => (&upper[..end], 20),
        Some((end, 'G')) => (&upper[..end], 30),
        Some((end, 'T')) => (&upper[..end], 40),
        _ => (upper, 0),
    };
    match number.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 1e9 => {
            Ok((number * f64::from(1u32 << 10).powi(unit / 10)) as u64)
        }
        _ if unit == 0 => upper.parse().map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

pub(super) fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("it must be a number of at least 0".to_owned()),
    }
}
