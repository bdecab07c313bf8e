//! `runner man`.

use super::{Arguments, Failure, print};
use crate::files::make_folder;
use clap::CommandFactory;
use std::path::Path;

/// Prints the manual page, or writes it and one a subcommand into a folder.
///
/// # Errors
/// When the folder cannot be written to.
pub fn man(folder: Option<&Path>) -> Result<(), Failure> {
    let command = Arguments::command();
    let Some(folder) = folder else {
        return print::data(page(command)?);
    };
    make_folder(folder).map_err(Failure::internal)?;
    clap_mangen::generate_to(command, folder)
        .map_err(|error| Failure::internal(miette::miette!("no manual pages: {error}")))?;
    print::answer(&format!("man -l {}", folder.join("runner.1").display()))
}

fn page(command: clap::Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::internal(miette::miette!("no manual page: {error}")))?;
    Ok(page)
}
