//! Answers on standard output.

use super::failure::{Failure, exit};
use crate::runs::damage::Damage;
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

/// Warns of what is damaged and left out, and says how it comes back.
pub(super) fn damage(damage: &[Damage]) {
    for Damage { place, why } in damage {
        streams::tell(format_args!("warning: {}: {why}", place.display()));
    }
    if let [first, ..] = damage {
        let place = first.place.display();
        streams::tell(format_args!(
            "what is damaged is left out: `runner doctor --fix {place}` mends it or says how it comes back"
        ));
    }
}

/// The end of a command that has left out what is damaged: its answer is not whole.
pub(super) fn ended(damage: &[Damage]) -> Result<(), Failure> {
    if damage.is_empty() { Ok(()) } else { Err(Failure::told(exit::INTERNAL)) }
}

pub(super) use crate::format::{count, duration, size};
