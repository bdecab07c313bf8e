//! `runner submit slurm SPEC…`.

use super::arguments::SlurmOptions;
use super::{Failure, print, specs};
use crate::files::{Sync, make_below, write_synced};
use crate::kernels::{Compute, Level};
use crate::runs::plan;
use crate::spec::Spec;
use crate::sweep::slurm::{Request, arrays, describe, script};
use crate::sweep::{Corpora, cost};
use std::path::Path;
use std::process::Command;

/// Freezes the plans of specs and hands them to Slurm.
///
/// # Errors
/// When a spec is wrong, a trial cannot run, or sbatch refuses.
pub fn slurm(options: &SlurmOptions) -> Result<(), Failure> {
    let level = Level::from_environment().map_err(Failure::usage)?;
    let specs = specs::load(&options.specs, &options.set)?;
    specs::warn(&specs);
    let runner = std::env::current_exe()
        .map_err(|error| Failure::internal(miette::miette!("where is runner? {error}")))?;
    for spec in &specs {
        let request = request(spec, options, level)?;
        let folder = options.results.join(&spec.name);
        let arrays = arrays(spec);
        if options.dry_run {
            let digits = plan::digits_of(spec).map_err(Failure::internal)?;
            for array in arrays {
                print::data(script(spec, &folder, &digits, &runner, &request, array))?;
            }
            continue;
        }
        let scripts =
            make_below(&options.results, &[&spec.name, "slurm"]).map_err(Failure::internal)?;
        let digits = plan::freeze(spec, &folder).map_err(Failure::internal)?;
        print::answer(&describe(spec, &request))?;
        let mut before: Option<String> = None;
        for (number, array) in arrays.into_iter().enumerate() {
            let text = script(spec, &folder, &digits, &runner, &request, array);
            let path = scripts.join(format!("wave-{number}.sh"));
            write_synced(&path, text.as_bytes(), Sync::All).map_err(Failure::internal)?;
            if options.no_submit {
                print::answer(&format!("written: {}", path.display()))?;
                continue;
            }
            let job = submit(&path, before.as_deref())?;
            print::answer(&format!("job {job}: trials {} to {}", array.first, array.last))?;
            before = Some(job);
        }
    }
    Ok(())
}

/// What is asked for: what the options say, and for the rest what the trials are thought to cost.
fn request(spec: &Spec, options: &SlurmOptions, level: Level) -> Result<Request, Failure> {
    let (mut minutes, mut memory) =
        (options.time.map(|t| t as u64), options.memory.map(|m| m >> 20));
    if minutes.is_none() || memory.is_none() {
        let (mut seconds, mut bytes) = (0.0_f64, 0);
        let compute = Compute::new(level, options.cpus);
        for found in cost::costs(spec, &Corpora::default(), &compute) {
            let estimate = found.map_err(|error| Failure {
                report: Some(miette::miette!("{}: {error}", spec.name)),
                code: super::exit::TRIAL,
            })?;
            seconds = seconds.max(estimate.seconds);
            bytes = bytes.max(estimate.peak_memory.unwrap_or(1 << 30));
        }
        minutes = minutes.or(Some(Request::minutes_for(seconds)));
        memory = memory.or(Some(Request::mebibytes_for(bytes)));
    }
    Ok(Request {
        partition: options.partition.clone(),
        minutes: minutes.unwrap_or(60),
        mebibytes: memory.unwrap_or(1024).max(1),
        cpus: options.cpus,
        at_once: options.jobs,
        options: options.option.clone(),
    })
}

/// Submits a script, after another job if there is one: the number of the job.
fn submit(script: &Path, after: Option<&str>) -> Result<String, Failure> {
    let mut command = Command::new("sbatch");
    command.arg("--parsable");
    if let Some(job) = after {
        command.arg(format!("--dependency=afterany:{job}"));
    }
    let help = "is Slurm installed here? --dry-run prints the script, for another machine";
    let output = command.arg(script).output().map_err(|error| {
        Failure::usage(miette::miette!(help = help, "cannot run sbatch: {error}"))
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        let said = text(&output.stderr);
        return Err(Failure::internal(miette::miette!(
            help = format!("the script is {}", script.display()),
            "sbatch refuses: {said}"
        )));
    }
    // --parsable prints the number, and after a semicolon the cluster's name.
    let answer = text(&output.stdout);
    Ok(answer.split(';').next().unwrap_or_default().to_owned())
}
