//! The arguments, as clap reads them. What a command takes stands with the command.

use super::help::explain::ExplainOptions;
use super::help::fetch::FetchOptions;
use super::help::init::InitOptions;
use super::help::man::{CompletionsOptions, ManOptions};
use super::show::board::BoardOptions;
use super::show::compare::CompareOptions;
use super::show::doctor::DoctorOptions;
use super::show::export::ExportOptions;
use super::show::report::ReportOptions;
use super::show::sample::SampleOptions;
use super::train::check::CheckOptions;
use super::train::plan::PlanOptions;
use super::train::run::RunOptions;
use super::train::submit::Cluster;
use super::train::verify::VerifyOptions;
use super::train::worker::WorkerOptions;
use super::watch::WatchOptions;
use clap::{Parser, Subcommand, ValueHint};
use std::path::PathBuf;

/// Train recurrent language models from a file, believe the numbers, and be told when they get
/// worse.
///
/// `runner experiments/lstm_seinfeld.toml` trains what the spec describes and leaves metrics,
/// charts, samples and weights under results/lstm_seinfeld/. Run again, it goes on where it was
/// interrupted and leaves finished trials alone.
#[derive(Debug, Parser)]
#[command(
    name = "runner",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 an error inside or damaged results, 2 a bad spec or bad usage, 3 a trial failed, \
                  4 a metric got worse or recorded numbers differ, 5 a comparison that cannot be made, 130 interrupted \
                  (the state is saved: the same command goes on).\nEnvironment: \
                  RUNNER_SIMD=portable|avx2|avx512|neon forces a SIMD level (the fastest is taken \
                  by itself, and all give the same numbers); NO_COLOR is honoured."
)]
pub(super) struct Arguments {
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
pub(super) enum Command {
    /// Say what would run: trials, parameters, steps, memory, time, warnings
    ///
    /// Nothing is written. Time and memory come from a few real steps of each trial.
    Plan(PlanOptions),
    /// Show how trials stand: a leaderboard, best first, with 95 % intervals over seeds
    ///
    /// Points of a sweep are the rows; trials that differ in nothing but the seed are one point.
    Board(BoardOptions),
    /// Watch trials in the terminal while they are trained: status, figures, curves, samples
    ///
    /// It reads files alone: whatever process or cluster job trains, on whatever machine, and
    /// nothing of it changes. ? lists the keys, q leaves.
    Watch(WatchOptions),
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
    /// trained again. In the place of specs, --results takes figures of other programs, and --run the
    /// command that trains one. docs/ci.md shows the gate in several CI systems.
    Check(Box<CheckOptions>),
    /// Train a run again, and compare every recorded number bit for bit
    Verify(VerifyOptions),
    /// Download corpora and check their sha256; without a name, list what there is
    Fetch(FetchOptions),
    /// Write one HTML page of what stands in results folders: tables, charts, samples
    Report(ReportOptions),
    /// Write what other tools open: a PyTorch module, or TensorBoard's event files
    Export(ExportOptions),
    /// Say what in results folders is damaged, missing or left over, and mend it
    ///
    /// The exit code is 1 if something is damaged or missing that was not mended. What is mended comes
    /// from checkpoints and plans, whose sums are checked; nothing is trained.
    Doctor(DoctorOptions),
    /// Write a commented spec to begin with
    Init(InitOptions),
    /// Say what keys of a spec are: type, default, meaning; without a key, list all
    Explain(ExplainOptions),
    /// Print the manual page
    Man(ManOptions),
    /// Print the JSON Schema of a spec, for editors that complete and check TOML
    Schema,
    /// Print a completion script for a shell
    ///
    /// For bash: runner completions bash > ~/.local/share/bash-completion/completions/runner
    Completions(CompletionsOptions),
}

impl Arguments {
    /// The paths that are given as specs.
    pub fn specs(&self) -> &[PathBuf] {
        match &self.command {
            None => &self.specs,
            Some(Command::Plan(options)) => &options.specs,
            Some(Command::Check(options)) => &options.specs,
            Some(Command::Submit { cluster: Cluster::Slurm(options) }) => &options.specs,
            Some(_) => &[],
        }
    }
}
