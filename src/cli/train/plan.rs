//! `runner plan SPEC…`.

use crate::cli::failure::{Failure, exit};
use crate::cli::options::Resources;
use crate::cli::{print, specs};
use crate::data::DatasetInfo;
use crate::format::{aligned, plural};
use crate::kernels::{Compute, Level};
use crate::machine::cores;
use crate::search::{count, points};
use crate::spec::{Search, Spec, Task, Trial};
use crate::streams;
use crate::sweep::cost::{self, Cost, Estimate, Piece};
use crate::sweep::{self, Corpora, TrialError, memory};
use crate::tasks::language_model;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Options of a plan.
#[derive(Debug, Args)]
pub(in crate::cli) struct PlanOptions {
    /// Specs: files, or folders searched for *.toml
    #[arg(required = true, value_name = "SPEC", value_hint = ValueHint::AnyPath)]
    pub specs: Vec<PathBuf>,
    /// How they would be run.
    #[command(flatten)]
    pub resources: Resources,
}

/// Says what would run.
pub(in crate::cli) fn plan(PlanOptions { specs, resources }: &PlanOptions) -> Result<(), Failure> {
    let level = Level::from_environment().map_err(Failure::usage)?;
    let specs = specs::load(specs, &resources.set)?;
    specs::warn(&specs);
    let trials: usize = specs.iter().map(count).sum();
    let jobs = resources.jobs.unwrap_or_else(cores).min(trials).max(1);
    let threads = resources.threads.unwrap_or_else(|| cores() / jobs).max(1);
    let compute = Compute::new(level, threads);
    let budget = resources.memory.or_else(memory::available);
    let corpora = Corpora::default();
    // What keeps a run from beginning is told as a run tells it, once the rest is planned.
    let runnable = sweep::check(&specs, &corpora);
    let (mut failed, mut whole) = (false, Piece { seconds: 0.0, memory: 0 });
    let mut too_large = Vec::new();
    for spec in &specs {
        print::answer(&format!("{} ({})", spec.name, spec.path.display()))?;
        let costs = cost::costs(spec, &corpora, &compute);
        let piece = |(trial, cost): (&Trial, &Cost)| Piece {
            seconds: cost.as_ref().map_or(0.0, |estimate| estimate.seconds),
            memory: memory::need_of(trial, spec, &corpora),
        };
        let pieces: Vec<Piece> = spec.trials.iter().zip(&costs).map(piece).collect();
        for (trial, Piece { memory, .. }) in spec.trials.iter().zip(&pieces) {
            if budget.is_some_and(|budget| *memory > budget) {
                let size = print::size(*memory);
                too_large.push(format!("{}/{} needs {size}", spec.name, trial.name));
            }
        }
        failed |= tell(spec, &costs, &corpora)?;
        for wave in cost::waves(spec, &costs, &pieces) {
            let wave = cost::schedule(&wave, jobs, budget);
            whole.seconds += wave.seconds;
            whole.memory = whole.memory.max(wave.memory);
        }
    }
    let (all, each) = (plural(trials, "trial"), plural(threads, "thread"));
    let (time, peak) = (print::duration(whole.seconds), print::size(whole.memory));
    print::answer(&format!(
        "{all}, {jobs} at once with {each} each: about {time}, at most {peak}"
    ))?;
    warn_of_memory(budget, &too_large);
    runnable.map_err(Failure::from)?;
    if failed { Err(Failure::told(exit::TRIAL)) } else { Ok(()) }
}

/// Says that some trials do not fit into memory.
fn warn_of_memory(budget: Option<u64>, too_large: &[String]) {
    if let (Some(budget), Some(first)) = (budget, too_large.first()) {
        let left = print::size(budget);
        streams::tell(format_args!(
            "warning: {} of them do not fit into the {left} of memory that are left\n  \
             the first: {first}; a smaller model, batch or sequence length needs less",
            too_large.len()
        ));
    }
}

/// A spec's part of the answer: its only trial in full, or the first in full and a table of all.
/// Says whether a trial could not be begun.
fn tell(spec: &Spec, costs: &[Cost], corpora: &Corpora) -> Result<bool, Failure> {
    let mut failed = false;
    let mut told = Vec::new();
    for (trial, cost) in spec.trials.iter().zip(costs) {
        let Err(error) = cost else { continue };
        failed = true;
        print::answer(&format!("  {}: cannot run", trial.name))?;
        let by_run = matches!(**error, TrialError::Data(_) | TrialError::TooLarge(_));
        // Of many trials that fail for one reason the reason is told once.
        if !by_run && !told.contains(&error.to_string()) {
            told.push(error.to_string());
            let help = miette::Diagnostic::help(error.as_ref()).map(|help| help.to_string());
            let help = help.map(|help| format!("\n  help: {help}")).unwrap_or_default();
            streams::tell(format_args!("{}: {error}{help}", trial.name));
        }
    }
    let able = spec.trials.iter().zip(costs).filter_map(|(t, c)| Some((t, c.as_ref().ok()?)));
    let able: Vec<(&Trial, &Estimate)> = able.collect();
    if let Some((trial, estimate)) = able.first() {
        print::answer(&describe(spec, trial, estimate, corpora)?)?;
    }
    if spec.trials.len() < 2 {
        return Ok(failed);
    }
    let titles = ["trial", "parameters", "steps", "time", "memory"];
    let mut lines = vec![titles.map(str::to_owned).to_vec()];
    lines.extend(able.iter().map(|(trial, estimate)| {
        vec![
            trial.name.clone(),
            print::count(estimate.parameters as u64),
            print::count(estimate.steps),
            format!("about {}", print::duration(estimate.seconds)),
            estimate.peak_memory.map(|m| format!("about {}", print::size(m))).unwrap_or_default(),
        ]
    }));
    let table = aligned(&lines).replace('\n', "\n  ");
    print::answer(&format!("  {table}"))?;
    if let Some(line) = searched(spec) {
        print::answer(&line)?;
    }
    Ok(failed)
}

/// What a search makes of the trials.
fn searched(spec: &Spec) -> Option<String> {
    match &spec.search {
        Search::All => None,
        Search::Halving(halving) => {
            let mut rows = halving.first;
            let part = |alive| match alive {
                ..=1 => "the best to its end".to_owned(),
                _ => {
                    let part = format!("{alive} points to row {rows}");
                    rows = rows.saturating_mul(halving.factor);
                    part
                }
            };
            let rungs = cost::rungs(*halving, points(&spec.trials).len());
            let parts: Vec<String> = rungs.into_iter().map(part).collect();
            Some(format!("  halving: {}", parts.join(", then ")))
        }
        Search::Tpe(tpe) => Some(format!(
            "  tpe: {} points at random, then {} more, {} at a time",
            tpe.startup,
            tpe.chosen(),
            tpe.batch
        )),
    }
}

/// A trial's part of the answer.
fn describe(
    spec: &Spec,
    trial: &Trial,
    estimate: &Estimate,
    corpora: &Corpora,
) -> Result<String, Failure> {
    let experiment = &trial.experiment;
    let roots = sweep::roots_of(&spec.path);
    let dataset = corpora
        .get(experiment, &roots)
        .map_err(|error| Failure::internal(sweep::TrialError::Data(error)))?;
    let mut lines = vec![format!("  {}", trial.name)];
    lines.push(format!("    text        {}", dataset.provenance.description));
    lines.push(format!("    {:<11} {}", dataset.unit, sizes(&dataset)));
    for (index, layer) in estimate.model.iter().enumerate() {
        let head = if index == 0 { "model" } else { "" };
        lines.push(format!("    {head:<12}{layer}"));
    }
    if experiment.task == Task::LanguageModel {
        let known = language_model::sizes::is_known(&experiment.model);
        let shapes = if known { "compile time" } else { "run time" };
        lines.push(format!("    shapes      known at {shapes}"));
    }
    lines.push(format!("    parameters  {}", print::count(estimate.parameters as u64)));
    lines.push(format!(
        "    steps       {} ({} an epoch)",
        print::count(estimate.steps),
        print::count(estimate.steps_per_epoch)
    ));
    lines.push(format!("    time        about {}", print::duration(estimate.seconds)));
    if let Some(memory) = estimate.peak_memory {
        lines.push(format!("    memory      about {} at the peak", print::size(memory)));
    }
    for note in &dataset.notes {
        lines.push(format!("    note        {note}"));
    }
    for warning in experiment.warnings().iter().chain(&dataset.warnings) {
        lines.push(format!("    warning     {warning}"));
    }
    Ok(lines.join("\n"))
}

/// The sizes of the splits and of the vocabulary.
fn sizes(dataset: &DatasetInfo) -> String {
    let [train, valid, test] = dataset.sizes.map(|size| print::count(size as u64));
    let mut text = format!("{train} train, {valid} valid, {test} test");
    for (what, size) in
        [("vocabulary", dataset.vocabulary.len()), ("classes", dataset.classes.len())]
    {
        if size > 0 {
            text += &format!("; {what} {}", print::count(size as u64));
        }
    }
    text
}
