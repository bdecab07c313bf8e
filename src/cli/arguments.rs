//! The arguments, as clap reads them.

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
                  4 recorded numbers differ, 5 a comparison that cannot be made, 130 interrupted (state saved).\nRUNNER_SIMD=portable|avx2|avx512|neon forces a SIMD \
                  level; NO_COLOR is honoured."
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
    /// Say what would run, and run nothing: trials, parameters, steps, memory, time, warnings
    Plan {
        /// Specs: files, or folders searched for *.toml
        #[arg(required = true, value_name = "SPEC", value_hint = ValueHint::AnyPath)]
        specs: Vec<PathBuf>,
        /// How they would be run.
        #[command(flatten)]
        options: PlanOptions,
    },
    /// Write text with a trained model
    Sample(SampleOptions),
    /// Train a run again, and compare every recorded number bit for bit
    Verify(VerifyOptions),
    /// Download corpora named in datasets/, and check their sha256
    Fetch {
        /// Names of corpora; none: list them
        #[arg(value_name = "CORPUS")]
        corpora: Vec<String>,
        /// Folder of the corpora
        #[arg(long, value_name = "DIR", default_value = "datasets", value_hint = ValueHint::DirPath)]
        datasets: PathBuf,
        /// Show no progress
        #[arg(short, long)]
        quiet: bool,
    },
    /// Print the JSON Schema of a spec, for editors
    Schema,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Options of a plan, which are those of a run that change what it costs.
#[derive(Debug, Args)]
pub struct PlanOptions {
    /// Set a key of the spec: TOML values, as -s model.hidden_size=512 (repeatable)
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Trials at once [default: the cores]
    #[arg(short, long, value_name = "N", value_parser = positive)]
    pub jobs: Option<usize>,
    /// Threads of one trial [default: the cores over the jobs]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
}

/// Options of a run.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// What it computes and with how much.
    #[command(flatten)]
    pub plan: PlanOptions,
    /// Folder of results
    #[arg(
        short = 'o', long, value_name = "DIR", default_value = "results",
        value_hint = ValueHint::DirPath
    )]
    pub results: PathBuf,
    /// Start over instead of resuming
    #[arg(long)]
    pub fresh: bool,
    /// Stop everything at the first failure
    #[arg(long)]
    pub fail_fast: bool,
    /// Show no progress
    #[arg(short, long)]
    pub quiet: bool,
    /// Print events as JSON lines on standard output
    #[arg(long)]
    pub json: bool,
}

/// Options of a sample.
#[derive(Debug, Args)]
pub struct SampleOptions {
    /// A trial's folder, or an experiment's (its best trial)
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// What the text begins with [default: the spec's first prefix]
    #[arg(short, long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Tokens to write [default: the spec's, or 200]
    #[arg(short, long, value_name = "N")]
    pub length: Option<usize>,
    /// Divides the logits; 0: always the most likely token [default: the spec's, or 0.8]
    #[arg(short, long, value_name = "T", value_parser = temperature)]
    pub temperature: Option<f64>,
    /// Draw from the K most likely tokens only
    #[arg(short = 'k', long, value_name = "K", value_parser = positive)]
    pub top_k: Option<usize>,
    /// Key of the random numbers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
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
