//! `runner check SPEC… --baseline FILE`.

use crate::cli::failure::{Failure, exit, judge};
use crate::cli::options::Running;
use crate::cli::{print, specs};
use crate::files::write_whole;
use crate::results::gate::baseline::{Baseline, BaselineError};
use crate::results::gate::compare::{compare, missing};
use crate::results::gate::entry::{Asked, Mode};
use crate::results::gate::history::{self, History};
use crate::results::gate::measure::{Measured, Unfinished, measure};
use crate::results::gate::outcome::{Outcome, Verdict};
use crate::results::gate::report::{self, junit};
use crate::results::gate::trained::{End, Trained};
use crate::sweep::{self, Options, Report, TrialError};
use crate::train::TrainError;
use clap::{Args, ValueHint};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of the gate.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckOptions {
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
    /// Exit with 5 where a loss can be neither told nor ruled out [default: as the baseline says]
    #[arg(long, overrides_with = "no_strict")]
    pub strict: bool,
    /// Warn only, where a loss can be neither told nor ruled out
    #[arg(long, overrides_with = "strict")]
    pub no_strict: bool,
    /// Exit with 5 where the baseline has experiments that are none of SPEC
    #[arg(long, conflicts_with = "update")]
    pub all: bool,
    /// How the experiments are run.
    #[command(flatten)]
    pub running: Running,
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

impl CheckOptions {
    /// What is asked for in place of what the baseline says.
    fn asked(&self) -> Asked {
        let strict = (self.strict || self.no_strict).then_some(self.strict);
        Asked { mode: self.mode, strict }
    }
}

/// Runs experiments, or takes their finished results, and compares them with a baseline.
pub(in crate::cli) fn check(options: &CheckOptions) -> Result<(), Failure> {
    apart(options)?;
    let mut baseline = read(options).map_err(Failure::incomparable)?;
    let specs = specs::load(&options.specs, &options.running.resources.set)?;
    let running = options.running.options(options.quiet, 0)?;
    let running = Options { fresh: options.fresh, this_build: true, ..running };
    let reports = sweep::run(&specs, &running).map_err(Failure::from)?;
    // A run that was interrupted or that the system broke decides nothing.
    judge(&reports, &[exit::INTERNAL, exit::INTERRUPTED])?;
    let mut outcomes = decide(&reports, &mut baseline, options);
    let elsewhere = add_missing(&mut outcomes, &reports, &mut baseline, options);
    let code = code_of(&outcomes);
    if options.update {
        baseline.write().map_err(Failure::internal)?;
    }
    tell(&outcomes, &elsewhere, code, options)?;
    if code == exit::DONE { Ok(()) } else { Err(Failure::told(code)) }
}

/// A baseline among the specs would be taken for one of them.
fn apart(options: &CheckOptions) -> Result<(), Failure> {
    let Some(baseline) = options.baseline.parent() else { return Ok(()) };
    let real = |path: &Path| match path.as_os_str().is_empty() {
        true => Path::new(".").canonicalize(),
        false => path.canonicalize(),
    };
    let Ok(folder) = real(baseline) else { return Ok(()) };
    let holds =
        |spec: &&PathBuf| spec.is_dir() && real(spec).is_ok_and(|spec| folder.starts_with(spec));
    let Some(spec) = options.specs.iter().find(holds) else { return Ok(()) };
    let help = "put the baseline elsewhere, as beside that folder";
    let (file, spec) = (options.baseline.display(), spec.display());
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
fn decide(reports: &[Report], baseline: &mut Baseline, options: &CheckOptions) -> Vec<Outcome> {
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
    let asked = options.asked();
    let decide = |measured| match measured {
        Err(Unfinished { name, why }) => Outcome::refused(&name, why),
        Ok(measured) if options.update => record(&measured, baseline, asked),
        Ok(measured) => match baseline.entries.get(&measured.name) {
            Some(entry) => compare(&measured, entry, asked),
            None => Outcome::refused(
                &measured.name,
                "it has no baseline: --update records the present figures",
            ),
        },
    };
    measure(&trials).into_iter().map(decide).collect()
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
fn record(measured: &Measured, baseline: &mut Baseline, asked: Asked) -> Outcome {
    if let Some(why) = measured.lost() {
        return Outcome::refused(&measured.name, format!("it is not recorded: {why}"));
    }
    let outcome = Outcome::recorded(measured, baseline.entries.get(&measured.name), asked);
    baseline.record(measured, asked);
    outcome
}

/// Adds what was recorded and is not measured any more, which an update takes out of the baseline.
/// Returns the names of experiments that are none of these, which an update leaves as they are.
fn add_missing(
    outcomes: &mut Vec<Outcome>,
    reports: &[Report],
    baseline: &mut Baseline,
    options: &CheckOptions,
) -> Vec<String> {
    let experiments = reports.iter().map(|report| report.experiment.as_str()).collect();
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

/// Says it on standard output and in all files that are asked for.
fn tell(
    outcomes: &[Outcome],
    elsewhere: &[String],
    code: u8,
    options: &CheckOptions,
) -> Result<(), Failure> {
    let history = match &options.history {
        Some(path) => History::of_csv(path).map_err(|why| unusable(path, &why))?,
        None => History::of_commits(&options.baseline),
    };
    if let (Some(path), true) = (&options.history, options.update) {
        history::append(path, outcomes).map_err(|why| unusable(path, &why))?;
    }
    let history = history.and_now(outcomes);
    let write = |path: &Path, text: &str| write_whole(path, text.as_bytes());
    if let Some(path) = &options.junit {
        let text = junit::junit(outcomes).map_err(|error| miette::miette!("JUnit: {error}"));
        write(path, &text.map_err(Failure::internal)?).map_err(Failure::internal)?;
    }
    let markdown = report::markdown(outcomes, elsewhere, &history);
    if let Some(path) = &options.markdown {
        write(path, &markdown).map_err(Failure::internal)?;
    }
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        append(Path::new(&path), &markdown)?;
    }
    if let Some(path) = &options.chart {
        write(path, &history.svg()).map_err(Failure::internal)?;
    }
    if let Some(path) = &options.benchmark {
        write_benchmarks(path, outcomes)?;
    }
    if options.json {
        let text = serde_json::to_string_pretty(&report::json(outcomes, elsewhere, code));
        return print::json(&text.map_err(|error| Failure::internal(miette::miette!("{error}")))?);
    }
    print::answer(&report::text(outcomes, elsewhere))
}

/// A history that cannot be used.
fn unusable(path: &Path, why: &str) -> Failure {
    Failure::internal(miette::miette!("the history {}: {why}", path.display()))
}

/// Other steps of a job write their summaries into the same file.
fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        Failure::internal(miette::miette!("cannot write {}: {error}", path.display()))
    })
}

/// Metrics where lower is better go into the file; those where higher is better, which the same
/// tool reads apart, into one beside it.
fn write_benchmarks(path: &Path, outcomes: &[Outcome]) -> Result<(), Failure> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!("{stem}.bigger.json"));
    for (path, lower) in [(path, true), (beside.as_path(), false)] {
        let entries = report::benchmark(outcomes, lower);
        if lower || entries.as_array().is_some_and(|entries| !entries.is_empty()) {
            let text = format!("{entries:#}\n");
            write_whole(path, text.as_bytes()).map_err(Failure::internal)?;
        }
    }
    Ok(())
}
