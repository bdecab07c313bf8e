//! `runner check SPEC… --baseline FILE`, or `--results FILE…` in the place of specs.

mod command;
mod given;
mod tell;

use crate::cli::failure::{Failure, exit, judge};
use crate::cli::options::{Resources, positive};
use crate::cli::specs;
use crate::results::gate::baseline::{Baseline, BaselineError};
use crate::results::gate::decide::compare::{compare, missing};
use crate::results::gate::decide::looks::Looks;
use crate::results::gate::entry::{Asked, Mode};
use crate::results::gate::foreign::columns::Columns;
use crate::results::gate::foreign::gather;
use crate::results::gate::foreign::sources::Reading;
use crate::results::gate::measured::{Measured, Unfinished};
use crate::results::gate::outcome::{Outcome, Verdict};
use crate::results::gate::trials::measure;
use crate::results::gate::trials::trained::{End, Trained};
use crate::sweep::{self, Options, Report, TrialError};
use crate::train::TrainError;
use clap::{Args, ValueHint};
use given::Given;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Options of the gate.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckOptions {
    /// Specs: files, or folders searched for *.toml
    #[arg(
        required_unless_present_any = ["results", "run"], value_name = "SPEC", value_hint = ValueHint::AnyPath
    )]
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
    /// Exit with 5 where a loss can be neither told nor ruled out [default: as the baseline says]
    #[arg(long, overrides_with = "no_strict")]
    pub strict: bool,
    /// Warn only, where a loss can be neither told nor ruled out
    #[arg(long, overrides_with = "strict")]
    pub no_strict: bool,
    /// Exit with 5 where the baseline has experiments that are none of SPEC
    #[arg(long, conflicts_with = "update")]
    pub all: bool,
    /// With SPEC, folder to write results to [default: results]; without, figures of other programs:
    /// files, folders or patterns such as 'runs/{experiment}/seed{seed}.csv'
    #[arg(
        short = 'o', long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath
    )]
    pub results: Vec<PathBuf>,
    /// Command that trains another program with {seed}, as 'python train.py --seed {seed}': run for each
    /// seed of the baseline, one after the other unless --jobs says more. Its figures are what --results
    /// names, with {seed}, or the last JSON object that it prints
    #[arg(long, value_name = "COMMAND", conflicts_with = "specs")]
    pub run: Option<String>,
    /// With --run, run the seeds 1 to N in place of the baseline's
    #[arg(long, value_name = "N", value_parser = positive, requires = "run")]
    pub seeds: Option<usize>,
    /// With --run, run every seed even where the answer is clear
    #[arg(long, requires = "run")]
    pub all_seeds: bool,
    /// Name of the experiment where figures do not tell it [default: as their path or the script]
    #[arg(long, value_name = "NAME", conflicts_with = "specs")]
    pub name: Option<String>,
    /// With how much the experiments are run.
    #[command(flatten)]
    pub resources: Resources,
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
    /// What the columns of figures mean.
    #[command(flatten)]
    pub columns: Columns,
}

impl CheckOptions {
    /// What is asked for in place of what the baseline says.
    fn asked(&self) -> Asked {
        let strict = (self.strict || self.no_strict).then_some(self.strict);
        Asked { mode: self.mode, strict }
    }
}

/// What was found, and the experiments that were looked at.
struct Found {
    measured: Vec<Result<Measured, Unfinished>>,
    experiments: BTreeSet<String>,
    /// How it was looked at seeds that came one after the other.
    looks: Option<Looks>,
}

/// Runs experiments, or takes finished results, and compares them with a baseline.
pub(in crate::cli) fn check(options: &CheckOptions) -> Result<(), Failure> {
    let given = Given::of(options)?;
    if let Given::Specs { specs, .. } = &given {
        apart(specs, &options.baseline)?;
    }
    let mut baseline = read(options).map_err(Failure::incomparable)?;
    let found = match &given {
        Given::Specs { specs, results } => train(specs, results, options)?,
        Given::Figures(paths) => gather(paths, &baseline, options)?,
        Given::Command { command, figures } => command::run(command, figures, &baseline, options)?,
    };
    let mut outcomes = decide(&found, &mut baseline, options);
    let elsewhere = add_missing(&mut outcomes, &found.experiments, &mut baseline, options);
    let code = code_of(&outcomes);
    if options.update {
        baseline.name_columns(&options.columns);
        baseline.write().map_err(Failure::internal)?;
    }
    tell::tell(&outcomes, &elsewhere, code, options)?;
    if code == exit::DONE { Ok(()) } else { Err(Failure::told(code)) }
}

/// Runs experiments, or takes what this build has finished.
fn train(specs: &[PathBuf], results: &Path, options: &CheckOptions) -> Result<Found, Failure> {
    let specs = specs::load(specs, &options.resources.set)?;
    let running = options.resources.options(results, options.quiet, 0)?;
    let running = Options { fresh: options.fresh, this_build: true, ..running };
    let reports = sweep::run(&specs, &running).map_err(Failure::from)?;
    // A run that was interrupted or that the system broke decides nothing.
    judge(&reports, &[exit::INTERNAL, exit::INTERRUPTED])?;
    let trials: Vec<Trained<'_>> = reports
        .iter()
        .map(|report| Trained {
            experiment: &report.experiment,
            name: &report.trial,
            swept: &report.swept,
            folder: &report.folder,
            end: end_of(report),
        })
        .collect();
    let experiments = reports.iter().map(|report| report.experiment.clone()).collect();
    Ok(Found { measured: measure(&trials), experiments, looks: None })
}

/// Reads figures of other programs.
fn gather(
    paths: &[PathBuf],
    baseline: &Baseline,
    options: &CheckOptions,
) -> Result<Found, Failure> {
    let columns = options.columns.clone().or(&baseline.columns);
    let reading = Reading { columns: &columns, name: options.name.as_deref(), script: None };
    let told = reading.read(paths).map_err(Failure::usage)?;
    let (measured, experiments) =
        gather::measure(&told, &columns, &baseline.entries).map_err(Failure::usage)?;
    Ok(Found { measured, experiments, looks: None })
}

/// A baseline among the specs would be taken for one of them.
fn apart(specs: &[PathBuf], file: &Path) -> Result<(), Failure> {
    let Some(folder) = file.parent() else { return Ok(()) };
    let real = |path: &Path| match path.as_os_str().is_empty() {
        true => Path::new(".").canonicalize(),
        false => path.canonicalize(),
    };
    let Ok(folder) = real(folder) else { return Ok(()) };
    let holds =
        |spec: &&PathBuf| spec.is_dir() && real(spec).is_ok_and(|spec| folder.starts_with(spec));
    let Some(spec) = specs.iter().find(holds) else { return Ok(()) };
    let help = "put the baseline elsewhere, as beside that folder";
    let (file, spec) = (file.display(), spec.display());
    Err(Failure::usage(miette::miette!(
        help = help,
        "the baseline {file} lies in {spec}, all of whose *.toml are specs"
    )))
}

fn read(options: &CheckOptions) -> Result<Baseline, BaselineError> {
    match options.update {
        true => Baseline::read_or_begin(&options.baseline),
        false => Baseline::read(&options.baseline),
    }
}

/// Compares all that was measured, or records it.
fn decide(found: &Found, baseline: &mut Baseline, options: &CheckOptions) -> Vec<Outcome> {
    let asked = options.asked();
    let decide = |measured: &Result<Measured, Unfinished>| match measured {
        Err(Unfinished { name, why }) => Outcome::refused(name, why.as_str()),
        Ok(measured) if options.update => record(measured, baseline, asked, found.looks.as_ref()),
        Ok(measured) => match baseline.entries.get(&measured.name) {
            Some(entry) => compare(measured, entry, asked, found.looks.as_ref()),
            None => Outcome::refused(
                &measured.name,
                "it has no baseline: --update records the present figures",
            ),
        },
    };
    found.measured.iter().map(decide).collect()
}

/// How a trial ended.
fn end_of(report: &Report) -> End {
    match &report.result {
        Some(Err(TrialError::Train(diverged @ TrainError::Diverged { .. }))) => {
            End::Diverged(diverged.to_string())
        }
        Some(Err(error)) => End::Failed(format!("it did not finish: {error}")),
        _ => End::Done,
    }
}

/// Records an experiment all of whose seeds gave a number.
fn record(
    measured: &Measured,
    baseline: &mut Baseline,
    asked: Asked,
    looks: Option<&Looks>,
) -> Outcome {
    if let Some(why) = measured.lost() {
        return Outcome::refused(&measured.name, format!("it is not recorded: {why}"));
    }
    let outcome = Outcome::recorded(measured, baseline.entries.get(&measured.name), asked, looks);
    baseline.record(measured, asked);
    outcome
}

/// Adds what was recorded and is not measured any more, which an update takes out of the baseline.
/// Returns the names of experiments that are none of these, which an update leaves as they are.
fn add_missing(
    outcomes: &mut Vec<Outcome>,
    experiments: &BTreeSet<String>,
    baseline: &mut Baseline,
    options: &CheckOptions,
) -> Vec<String> {
    let experiments = experiments.iter().map(String::as_str).collect();
    let (mut missing, elsewhere) = missing(&baseline.entries, outcomes, &experiments, options.all);
    for outcome in missing.iter_mut().filter(|_| options.update) {
        baseline.remove(&outcome.name);
        outcome.verdict = Verdict::Removed;
        outcome.reason = "no trial of its experiment gives it any more".to_owned();
    }
    outcomes.extend(missing);
    if options.update { Vec::new() } else { elsewhere }
}

/// The worst that came of any experiment.
fn code_of(outcomes: &[Outcome]) -> u8 {
    let any = |verdicts: &[Verdict]| outcomes.iter().any(|o| verdicts.contains(&o.verdict));
    if any(&[Verdict::Regression, Verdict::Changed]) {
        exit::DIFFERENT
    } else if any(&[Verdict::Undecided, Verdict::Refused]) || outcomes.is_empty() {
        exit::INCOMPARABLE
    } else {
        exit::DONE
    }
}
