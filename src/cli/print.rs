//! Answers on standard output.

use super::failure::Failure;
use crate::runs::recorded::Recorded;
use crate::streams;
use clap::Args;
use std::io::{IsTerminal, Write};

/// How a table is printed.
#[derive(Debug, Args)]
pub(super) struct Format {
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Prints a command's answer for people. A reader that has gone away, as `head` does, is no error.
pub(super) fn answer(text: &str) -> Result<(), Failure> {
    put(streams::visible(text).as_bytes())
}

/// Prints JSON.
pub(super) fn json(text: &str) -> Result<(), Failure> {
    put(streams::inert_json(text).as_bytes())
}

/// Prints text or tables for other programs, as they are; what would act on a terminal is visible there.
pub(super) fn data(bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    match std::io::stdout().is_terminal() {
        true => answer(&String::from_utf8_lossy(bytes.as_ref())),
        false => put(bytes.as_ref()),
    }
}

fn put(mut text: &[u8]) -> Result<(), Failure> {
    while let Some(shorter) = text.strip_suffix(b"\n") {
        text = shorter;
    }
    let mut out = std::io::stdout().lock();
    let written = out.write_all(&[text, b"\n"].concat()).and_then(|()| out.flush());
    match written {
        Err(error) if !streams::is_answer_unread(&error) => {
            Err(Failure::internal(miette::miette!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Warns of what is wrong with the files of trials.
pub(super) fn damage(trials: &[Recorded]) {
    for trial in trials {
        for damage in &trial.damage {
            streams::tell(format_args!("warning: {}: {damage}", trial.folder.display()));
        }
    }
}

pub(super) use crate::format::{count, duration, size};
