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
///
/// # Errors
/// When standard output cannot be written to.
pub(super) fn answer(text: &str) -> Result<(), Failure> {
    put(streams::visible(text).as_bytes())
}

/// Prints JSON.
///
/// # Errors
/// As [`answer`].
pub(super) fn json(text: &str) -> Result<(), Failure> {
    put(streams::inert_json(text).as_bytes())
}

/// Prints text or tables for other programs, as they are; what would act on a terminal is visible there.
///
/// # Errors
/// As [`answer`].
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

pub(super) use crate::runs::console::duration;

/// Bytes as a person says them.
pub(super) fn size(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => format!("{:.2} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.0} KB", b / 1e3),
    }
}

/// A count with a comma between thousands.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_can_read_it() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(duration(0.0123), "12 ms");
        assert_eq!(duration(75.0), "1 min 15 s");
        assert_eq!(duration(7380.0), "2 h 03 min");
        assert_eq!(size(52_000_000), "52 MB");
    }
}
