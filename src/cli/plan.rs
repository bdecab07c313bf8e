//! `runner plan SPEC…`.

use super::arguments::PlanOptions;
use super::{Failure, exit, print, specs};
use crate::kernels::{Compute, Level};
use crate::record::machine::cores;
use crate::spec::{Spec, Task, Trial};
use crate::sweep::{self, Corpora, Estimate};
use crate::{data::Dataset, model};
use std::path::PathBuf;
use std::sync::Arc;

/// Says what would run.
///
/// # Errors
/// When a spec is wrong, or a trial could not be begun.
pub fn plan(paths: &[PathBuf], options: &PlanOptions) -> Result<(), Failure> {
    let level = Level::from_environment().map_err(Failure::usage)?;
    let specs = specs::load(paths, &options.set)?;
    specs::warn(&specs);
    let trials: usize = specs.iter().map(|spec| spec.trials.len()).sum();
    let jobs = options.jobs.unwrap_or_else(cores).min(trials).max(1);
    let threads = options.threads.unwrap_or_else(|| cores() / jobs).max(1);
    let compute = Compute::new(level, threads);
    let corpora = Corpora::default();
    let (mut seconds, mut failed) = (0.0, false);
    for spec in &specs {
        print::answer(&format!("{} ({})", spec.name, spec.path.display()))?;
        for trial in &spec.trials {
            match describe(spec, trial, &corpora, &compute) {
                Ok((text, estimate)) => {
                    print::answer(&text)?;
                    seconds += estimate.seconds;
                }
                Err(report) => {
                    failed = true;
                    print::answer(&format!("  {}: cannot run", trial.name))?;
                    eprintln!("{report:?}");
                }
            }
        }
    }
    let whole = print::duration(seconds / jobs as f64);
    let noun = if trials == 1 { "trial" } else { "trials" };
    let each = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
    print::answer(&format!("{trials} {noun}, {jobs} at once with {each} each: about {whole}"))?;
    if failed { Err(Failure::told(exit::TRIAL)) } else { Ok(()) }
}

/// A trial's part of the answer.
fn describe(
    spec: &Spec,
    trial: &Trial,
    corpora: &Corpora,
    compute: &Compute,
) -> Result<(String, Estimate), miette::Report> {
    let experiment = &trial.experiment;
    let roots = sweep::roots_of(&spec.path);
    let dataset = corpora
        .get(experiment, &roots)
        .map_err(|error| miette::Report::new(sweep::TrialError::Data(error)))?;
    let estimate = sweep::estimate(experiment, &dataset, compute.clone())?;
    let mut lines = vec![format!("  {}", trial.name)];
    lines.push(format!("    text        {}", dataset.provenance.description));
    lines.push(format!("    {:<11} {}", dataset.unit(), sizes(&dataset)));
    for (index, layer) in estimate.model.iter().enumerate() {
        let head = if index == 0 { "model" } else { "" };
        lines.push(format!("    {head:<12}{layer}"));
    }
    if experiment.task == Task::LanguageModel {
        let known = model::table::is_known(&experiment.model);
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
    for warning in experiment.warnings() {
        lines.push(format!("    warning     {warning}"));
    }
    Ok((lines.join("\n"), estimate))
}

/// The sizes of the splits and of the vocabulary.
fn sizes(dataset: &Arc<Dataset>) -> String {
    let [train, valid, test] = dataset.sizes().map(|size| print::count(size as u64));
    let mut text = format!("{train} train, {valid} valid, {test} test");
    for (what, size) in
        [("vocabulary", dataset.vocabulary.len()), ("classes", dataset.classes().len())]
    {
        if size > 0 {
            text += &format!("; {what} {}", print::count(size as u64));
        }
    }
    text
}
