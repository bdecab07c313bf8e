//! `runner watch [PATH…]`.
//!
//! [`app`] is what a person looks at and what keys do to it; [`lines`] makes the lines of the list, and
//! [`view`] draws all: the list ([`list`]) and what is selected ([`detail`], [`chart`]). [`watching`] does
//! so in turns with what is read in `results::watch`. All of it is the feature `watch`: a first run does
//! without the library that draws.

#[cfg(feature = "watch")]
mod app;
#[cfg(feature = "watch")]
mod chart;
#[cfg(feature = "watch")]
mod detail;
#[cfg(feature = "watch")]
mod figures;
#[cfg(feature = "watch")]
mod lines;
#[cfg(feature = "watch")]
mod list;
#[cfg(test)]
#[cfg(feature = "watch")]
mod tests;
#[cfg(feature = "watch")]
mod theme;
#[cfg(feature = "watch")]
mod view;
#[cfg(feature = "watch")]
mod watching;

use clap::{Args, ValueHint};
use std::path::PathBuf;
#[cfg(feature = "watch")]
pub(super) use watching::watch;

/// Options of watching.
#[derive(Debug, Args)]
pub(super) struct WatchOptions {
    /// Folders of results, or of experiments under them
    #[arg(value_name = "PATH", default_value = "results", value_hint = ValueHint::DirPath)]
    pub paths: Vec<PathBuf>,
}

/// Says how to have it.
#[cfg(not(feature = "watch"))]
pub(super) fn watch(_: &WatchOptions) -> Result<(), super::failure::Failure> {
    Err(super::failure::Failure::internal(miette::miette!(
        code = "watch::without",
        help = "build it with `--features watch`; `runner board` prints how trials stand",
        "this program was built without `runner watch`"
    )))
}
