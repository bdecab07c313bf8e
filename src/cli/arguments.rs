//! The arguments, as clap reads them.

use super::export::ExportOptions;
use super::init::InitOptions;
use super::report::ReportOptions;
use crate::check::baseline::Mode;
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
    /// Write text with a trained model, to standard output
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
    /// Threads for each trial [default: the cores divided by the jobs]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
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
    /// Show no progress and no warnings, only failures
    #[arg(short, long)]
    pub quiet: bool,
    /// Print events as JSON lines on standard output: started, row, sample, finished, failed,
    /// interrupted
    #[arg(long)]
    pub json: bool,
}

/// Options of a sample.
#[derive(Debug, Args)]
pub struct SampleOptions {
    /// Folder of a trial, or of an experiment, whose best trial is then taken
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// What the text begins with [default: the spec's first prefix]
    #[arg(short, long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Tokens to write [default: the spec's, or 200]
    #[arg(short, long, value_name = "N")]
    pub length: Option<usize>,
    /// Below 1 more sober, above 1 wilder; 0: always the most likely token
    /// [default: the spec's, or 0.8]
    #[arg(
        short, long, value_name = "T", value_parser = temperature, allow_negative_numbers = true
    )]
    pub temperature: Option<f64>,
    /// Draw from the K most likely tokens only [default: the spec's, or all]
    #[arg(short = 'k', long, value_name = "K", value_parser = positive)]
    pub top_k: Option<usize>,
    /// Another seed writes another text, the same seed the same text
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// Options of the gate.
#[derive(Debug, Args)]
pub struct CheckOptions {
    /// Specs: files, or folders searched for *.toml
    #[arg(required = true, value_name = "SPEC", value_hint = ValueHint::AnyPath)]
    pub specs: Vec<PathBuf>,
    /// File of recorded figures
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: PathBuf,
    /// Record the present figures in the baseline instead of comparing
    #[arg(long)]
    pub update: bool,
    /// How it is decided [default: the baseline's mode, else statistical, with one seed tolerance]
    #[arg(long, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// How the experiments are run.
    #[command(flatten)]
    pub plan: PlanOptions,
    /// Folder to write results to, one folder an experiment
    #[arg(
        short = 'o', long, value_name = "DIR", default_value = "results",
        value_hint = ValueHint::DirPath
    )]
    pub results: PathBuf,
    /// Train everything again
    #[arg(long)]
    pub fresh: bool,
    /// Write the outcomes as JUnit XML
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
    /// Write the outcomes as Markdown (they are also added to $GITHUB_STEP_SUMMARY where that is
    /// set)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub markdown: Option<PathBuf>,
    /// Print the outcomes as JSON
    #[arg(long)]
    pub json: bool,
    /// Write the metrics as the JSON that github-action-benchmark reads (customSmallerIsBetter;
    /// those where higher is better go into FILE's name with .bigger.json)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub benchmark: Option<PathBuf>,
    /// Take past figures from this CSV file instead of the baseline's commits; --update adds to it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub history: Option<PathBuf>,
    /// Draw the metrics of past baselines and of now as SVG
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub chart: Option<PathBuf>,
    /// Show no progress
    #[arg(short, long)]
    pub quiet: bool,
}

/// Options of a verification.
#[derive(Debug, Args)]
pub struct VerifyOptions {
    /// A trial's folder, or an experiment's (its best trial)
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// Threads [default: the cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    /// Show no progress
    #[arg(short, long)]
    pub quiet: bool,
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it must be an integer of at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("it must be a number of at least 0".to_owned()),
    }
}
