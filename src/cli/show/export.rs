//! `runner export RUN --to pytorch|tensorboard|mlflow|wandb|trackio`.

use super::{Read, read_trial, weights_of};
use crate::cli::failure::Failure;
use crate::cli::print;
use crate::files::{make_below, make_folder};
use crate::results::export::{mlflow, pytorch, tensorboard, trackio, wandb};
use crate::runs::recorded::Recorded;
use crate::sweep::{Corpora, TrialError, roots_of};
use crate::train::RecordError;
use clap::{Args, ValueEnum, ValueHint};
use std::path::{Path, PathBuf};

/// Options of an export.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportOptions {
    /// A trial's folder or an experiment's: pytorch takes its best trial, the others all
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// The tool
    #[arg(long, value_name = "TOOL")]
    pub to: Tool,
    /// Folder to write to [default: the tool's name, in RUN]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

/// A tool that trials can be written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Tool {
    /// model.py, which rebuilds the model with torch.nn and measures it
    Pytorch,
    /// Event files: scalars, samples, hyper-parameters
    Tensorboard,
    /// A file store: an experiment with its runs
    Mlflow,
    /// Offline runs, which `wandb sync` uploads
    Wandb,
    /// import.py, which logs the runs with trackio
    Trackio,
}

/// Writes what another tool opens.
pub(in crate::cli) fn export(options: &ExportOptions) -> Result<(), Failure> {
    match options.to {
        Tool::Pytorch => to_pytorch(&options.run, options.out.as_deref()),
        tool => to_tracker(tool, &options.run, options.out.as_deref()),
    }
}

fn to_pytorch(run: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let Read { paths, record, experiment, left_out } = read_trial(run)?;
    weights_of(&paths, &record)?;
    let corpora = Corpora::default();
    let dataset = corpora
        .get(&experiment, &roots_of(&paths.spec()))
        .map_err(|error| Failure::usage(TrialError::Data(error)))?;
    if dataset.provenance.sha256 != record.data.provenance.sha256 {
        let (before, now) = (&record.data.provenance.sha256, &dataset.provenance.sha256);
        return Err(Failure::usage(TrialError::ChangedCorpus {
            folder: paths.0.display().to_string(),
            before: format!("{before:.12}"),
            now: format!("{now:.12}"),
        }));
    }
    let out = folder_for(&paths.0, "pytorch", out)?;
    pytorch::write(&paths, &record, &experiment, dataset.as_ref(), &out)
        .map_err(Failure::internal)?;
    print::answer(&format!("python {}", out.join("model.py").display()))?;
    print::ended(&left_out)
}

/// The folder that a tool's files go to: the one that was named, else one in the run.
fn folder_for(run: &Path, tool: &str, named: Option<&Path>) -> Result<PathBuf, Failure> {
    let made = match named {
        Some(named) => make_folder(named).map(|()| named.to_owned()),
        None => make_below(run, &[tool]),
    };
    made.map_err(Failure::internal)
}

/// Writes all trials at a path for a tool that keeps track of runs.
fn to_tracker(tool: Tool, run: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let trials = Recorded::all(run).map_err(Failure::usage)?;
    let name = tool.to_possible_value();
    let out = folder_for(run, name.as_ref().map_or("", |name| name.get_name()), out)?;
    let damage = Recorded::damage_of(&trials);
    print::damage(&damage);
    let trials: Vec<&Recorded> = trials.iter().filter(|trial| trial.damage.is_empty()).collect();
    let each = |write: fn(&Recorded, &Path) -> Result<PathBuf, RecordError>| {
        trials.iter().try_for_each(|trial| write(trial, &out).map(drop))
    };
    let (written, then) = match tool {
        Tool::Mlflow => (
            mlflow::write(&trials, &out),
            "MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {}",
        ),
        Tool::Wandb => (each(wandb::write), "wandb sync {}/offline-run-*"),
        Tool::Trackio => (
            trackio::write(&trials, &out),
            "python {0}/import.py && TRACKIO_DIR={0}/projects trackio show",
        ),
        Tool::Tensorboard | Tool::Pytorch => (each(tensorboard::write), "tensorboard --logdir {}"),
    };
    written.map_err(Failure::internal)?;
    let out = out.display().to_string();
    print::answer(&then.replace("{}", &out).replace("{0}", &out))?;
    print::ended(&damage)
}
