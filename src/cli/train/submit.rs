//! `runner submit slurm SPEC…`.

use crate::cli::failure::{Failure, exit};
use crate::cli::options::{bytes, positive};
use crate::cli::{print, specs};
use crate::files::{Sync, make_below, write_synced};
use crate::kernels::{Compute, Level};
use crate::runs::plan;
use crate::spec::Spec;
use crate::sweep::slurm::{Request, arrays, describe, script};
use crate::sweep::{Corpora, cost};
use clap::{Args, Subcommand, ValueHint};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Clusters.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Cluster {
    /// Slurm: one job array, an element a trial; with halving or TPE one array a wave
    ///
    /// Time and memory are those of `runner plan` with something to spare. Before its time limit a
    /// trial saves its state, and its job is queued again.
    Slurm(SlurmOptions),
}

/// Options of a submission to Slurm.
#[derive(Debug, Args)]
pub(in crate::cli) struct SlurmOptions {
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

/// Freezes the plans of specs and hands them to Slurm.
pub(in crate::cli) fn slurm(options: &SlurmOptions) -> Result<(), Failure> {
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
                code: exit::TRIAL,
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
