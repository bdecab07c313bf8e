//! Answers on standard output.

use super::Failure;
use crate::record::recorded::Recorded;
use crate::streams;
use clap::Args;
use std::io::Write;

/// How a table is printed.
#[derive(Debug, Args)]
pub struct Format {
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Prints a command's answer. A reader that has gone away, as `head` does, is no error.
///
/// # Errors
/// When standard output cannot be written to.
pub fn answer(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Prints an answer that need not be UTF-8.
///
/// # Errors
/// When standard output cannot be written to.
pub fn bytes(mut text: &[u8]) -> Result<(), Failure> {
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
pub fn damage(trials: &[Recorded]) {
    for trial in trials {
        for damage in &trial.damage {
            streams::tell(format_args!("warning: {}: {damage}", trial.folder.display()));
        }
    }
}

pub use crate::record::console::duration;

/// Bytes as a person says them.
pub fn size(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => format!("{:.2} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.0} KB", b / 1e3),
    }
}

/// A count with a comma between thousands.
pub fn count(value: u64) -> String {
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
