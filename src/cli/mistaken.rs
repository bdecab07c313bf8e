//! What is given in a spec's place: a command's name with a slip in it, the folder of a run.

use super::failure::Failure;
use crate::runs::find::{is_trial, trials_below};
use crate::runs::plan;
use crate::runs::state::State;
use clap::Command;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The error for a word that is neither a file nor one of a command's; `None` for what else is given.
pub(super) fn word(command: &Command, path: &Path) -> Option<Failure> {
    let word = path.to_str()?;
    let bare = word.starts_with(char::is_alphanumeric)
        && word.chars().all(|letter| letter.is_alphanumeric() || "-_".contains(letter));
    let is_command = command.find_subcommand(word).is_some();
    if !bare || is_command || path.exists() {
        return None;
    }
    let help = match nearest(command, word) {
        Some(name) => format!("did you mean the command `runner {name}`?"),
        None => "specs are files that end in .toml; `runner --help` lists the commands".to_owned(),
    };
    Some(Failure::usage(miette::miette!(
        code = "cli::no_such_file",
        help = help,
        "there is no such file: {word}"
    )))
}

/// The subcommand whose name a word is most like, if it is like any.
fn nearest(command: &Command, word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let names = command.get_subcommands().map(|command| command.get_name().to_owned());
    let near = names.map(|name| (strsim::osa_distance(&word, &name), name));
    near.filter(|(distance, name)| *distance <= (name.len() / 3).max(1)).min().map(|(_, name)| name)
}

/// The error for a folder without specs: what it holds instead, and what can be done with it.
pub(super) fn folder(folder: &Path) -> Failure {
    let runs = trials_below(folder, 3);
    let shown = folder.display();
    let [first, ..] = runs.as_slice() else {
        return Failure::usage(miette::miette!(help = "specs end in .toml", "no spec in {shown}"));
    };
    let mut counts = BTreeMap::new();
    for run in &runs {
        *counts.entry(State::read(run).status.name()).or_insert(0) += 1;
    }
    let message = if is_trial(folder) {
        let status = counts.keys().next().copied().unwrap_or_default();
        format!("{shown} is a run, not a spec; its status is {status}")
    } else {
        let counts = counts.iter().map(|(status, count)| format!("{count} {status}"));
        let counts = counts.collect::<Vec<_>>().join(", ");
        format!("{shown} holds runs ({counts}) and no spec")
    };
    let help = format!(
        "`runner board`, `report`, `sample` and `verify` take such folders\n\
         `runner {}` goes on with what is not done\n\
         `runner {}` trains the resolved spec as an experiment of its own",
        origin(&runs).unwrap_or_else(|| PathBuf::from("SPEC")).display(),
        first.join("spec.toml").display()
    );
    Failure::usage(miette::miette!(code = "cli::is_a_run", help = help, "{message}"))
}

/// The spec that runs were made from, if they are of one experiment and it is still there.
fn origin(runs: &[PathBuf]) -> Option<PathBuf> {
    let experiment = runs.first()?.parent()?;
    let of_one = runs.iter().all(|run| run.parent() == Some(experiment));
    let (spec, _) = plan::read(experiment, None).ok().filter(|_| of_one)?;
    spec.path.is_file().then_some(spec.path)
}
