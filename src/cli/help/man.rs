//! `runner man` and `runner completions SHELL`.

use crate::cli::failure::Failure;
use crate::cli::print;
use crate::files::make_folder;
use clap::{Args, Command, ValueHint};
use std::path::PathBuf;

/// Options of the manual.
#[derive(Debug, Args)]
pub(in crate::cli) struct ManOptions {
    /// Write it and one for each subcommand into this folder instead
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

/// Options of completions.
#[derive(Debug, Args)]
pub(in crate::cli) struct CompletionsOptions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Prints the manual page of a command, or writes it and one a subcommand into a folder.
pub(in crate::cli) fn man(command: Command, options: &ManOptions) -> Result<(), Failure> {
    let broken = |error| Failure::internal(miette::miette!("no manual page: {error}"));
    let Some(folder) = &options.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(broken)?;
        return print::data(page);
    };
    make_folder(folder).map_err(Failure::internal)?;
    clap_mangen::generate_to(command, folder)
        .map_err(|error| Failure::internal(miette::miette!("no manual pages: {error}")))?;
    print::answer(&format!("man -l {}", folder.join("runner.1").display()))
}

/// Prints the completions of a command for a shell.
pub(in crate::cli) fn completions(
    mut command: Command,
    options: &CompletionsOptions,
) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "runner", &mut script);
    print::data(script)
}
