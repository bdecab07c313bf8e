//! Figures of other programs: read from their files, in whatever format, into what the gate compares.
//!
//! [`sources`] finds the files, by a `pattern` too, with what their `names` tell, and sees which of the
//! `formats` each has. All become `records`, whose [`columns`] are named, or known by their usual names
//! (`direction`) or by a baseline's `settings`; [`gather::measure`] makes figures of them.

pub mod columns;
mod direction;
mod formats;
pub mod gather;
mod input;
mod names;
mod pattern;
mod records;
pub(super) mod settings;
pub mod sources;

/// Figures that cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{what}")]
#[diagnostic(code(check::figures))]
pub struct FiguresError {
    what: String,
    #[help]
    help: String,
}

impl FiguresError {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }

    /// The bytes of a file are not of its format, from one of them on.
    fn damaged(path: &std::path::Path, at: usize, why: &str) -> Self {
        let what = format!("{}, byte {at}: {why}", path.display());
        Self::new(what, "the file is damaged: write it again")
    }
}
