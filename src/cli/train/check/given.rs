//! What is to be checked: specs that are trained here, or figures of other programs.

use super::CheckOptions;
use crate::cli::failure::Failure;
use crate::results::gate::foreign::columns::Columns;
use crate::runs::Paths;
use crate::runs::find::trials_below;
use std::path::{Path, PathBuf};

/// Where trials leave what they are, unless it is said.
const RESULTS: &str = "results";

/// What is to be checked.
pub(super) enum Given {
    /// Experiments, whose trials stand in the folder `results`.
    Specs { specs: Vec<PathBuf>, results: PathBuf },
    /// Files, folders or patterns with figures of other programs.
    Figures(Vec<PathBuf>),
    /// A command that trains another program, and where it leaves figures: nowhere if it prints them.
    Command { command: String, figures: Vec<PathBuf> },
}

impl Given {
    /// What options say. `--results` is where the trials of specs are, or what to read where there is
    /// no spec. Specs may follow it, as in `-o results gate/`.
    pub(super) fn of(options: &CheckOptions) -> Result<Self, Failure> {
        let (later, results): (Vec<_>, Vec<_>) = options
            .results
            .iter()
            .enumerate()
            .partition(|(index, path)| *index > 0 && is_spec(path));
        let named = |(_, path): (usize, &PathBuf)| path.clone();
        let specs: Vec<PathBuf> =
            options.specs.iter().cloned().chain(later.into_iter().map(named)).collect();
        let mut results: Vec<PathBuf> = results.into_iter().map(named).collect();
        if specs.is_empty() {
            options.only_specs()?;
            results.iter().try_for_each(|path| no_trials(path))?;
            return Ok(match options.run.clone() {
                Some(command) => Self::Command { command, figures: results },
                None => Self::Figures(results),
            });
        }
        if options.run.is_some() {
            return Err(usage(
                "--run has a command in the place of specs, and specs are given",
                "leave one of them out",
            ));
        }
        let several = "several --results beside specs: it is the folder that their trials are in";
        if results.len() > 1 {
            return Err(usage(several, "figures of other programs are checked without specs"));
        }
        if options.columns != Columns::default() {
            return Err(usage(
                "columns are named for figures of other programs, and specs are given",
                "leave the specs out, or --experiment, --seed, --metric, --step, --data and --take",
            ));
        }
        Ok(Self::Specs { specs, results: results.pop().unwrap_or_else(|| RESULTS.into()) })
    }
}

impl CheckOptions {
    /// Options of training say nothing of figures that are there already.
    fn only_specs(&self) -> Result<(), Failure> {
        let resources = &self.resources;
        let given = [
            ("--set", !resources.set.is_empty()),
            ("--jobs", resources.jobs.is_some() && self.run.is_none()),
            ("--threads", resources.threads.is_some()),
            ("--memory", resources.memory.is_some()),
            ("--fresh", self.fresh),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(usage(
                &format!("{option} is for specs, and none is given"),
                "name the specs before --results, or leave it out",
            )),
            None => Ok(()),
        }
    }
}

/// Trials of this program are told apart by their specs.
fn no_trials(folder: &Path) -> Result<(), Failure> {
    // Files called run.json are of others, too.
    let is_trial = |trial: &PathBuf| Paths(trial.clone()).spec().is_file();
    if !trials_below(folder, 3).iter().any(is_trial) {
        return Ok(());
    }
    let folder = folder.display();
    Err(usage(
        &format!("{folder} holds trials of this program, and no spec is given"),
        &format!("name the specs that they are of: runner check SPEC… --results {folder}"),
    ))
}

fn usage(what: &str, help: &str) -> Failure {
    Failure::usage(miette::miette!(help = help.to_owned(), "{what}"))
}

/// Whether a path is a spec, or a folder with specs in it.
fn is_spec(path: &Path) -> bool {
    let is_toml = |path: &Path| path.extension().is_some_and(|ending| ending == "toml");
    let inside = || path.read_dir().into_iter().flatten().flatten();
    is_toml(path) || inside().any(|entry| is_toml(&entry.path()))
}
