//! Options that several commands have, and what their values may be.

use super::failure::Failure;
use super::signals::listen;
use crate::kernels::Level;
use crate::runs::screen::Screen;
use crate::sweep;
use clap::{Args, ValueHint};
use std::path::{Path, PathBuf};

/// What a run computes, and with how much.
#[derive(Debug, Args)]
pub(super) struct Resources {
    /// Set a key of the spec to a TOML value, as -s model.hidden_size=512; may be repeated
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Trials to run at once [default: as many as cores]
    #[arg(short, long, value_name = "N", value_parser = positive)]
    pub jobs: Option<usize>,
    /// Threads for each trial [default: those that run share the cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    /// Memory that trials may take together, as 4G or 800M [default: what the system has left]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
}

/// Where a run leaves its results, and with how much it computes them.
#[derive(Debug, Args)]
pub(super) struct Running {
    #[command(flatten)]
    pub resources: Resources,
    /// Folder to write results to, one folder an experiment
    #[arg(
        short = 'o', long, value_name = "DIR", default_value = "results",
        value_hint = ValueHint::DirPath
    )]
    pub results: PathBuf,
}

impl Running {
    /// What a run of `trials` trials is told, and from here on a signal asks it to stop.
    pub fn options(&self, quiet: bool, trials: usize) -> Result<sweep::Options, Failure> {
        self.resources.options(&self.results, quiet, trials)
    }
}

impl Resources {
    /// The same for a run that leaves its results in `results`.
    pub fn options(
        &self,
        results: &Path,
        quiet: bool,
        trials: usize,
    ) -> Result<sweep::Options, Failure> {
        Ok(sweep::Options {
            jobs: self.jobs,
            threads: self.threads,
            memory: self.memory.or_else(sweep::memory::available),
            results: results.to_owned(),
            screen: Screen::new(quiet, trials),
            level: Level::from_environment().map_err(Failure::usage)?,
            stop: listen()?,
            ..sweep::Options::default()
        })
    }
}

/// An integer of at least 1.
pub(super) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it must be an integer of at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

/// A size such as 800M or 4G.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "it must be a size such as 800M or 4G".to_owned();
    let upper = text.trim().to_ascii_uppercase();
    let upper = upper.trim_end_matches('B').trim_end_matches('I');
    let (number, unit) = match upper.char_indices().last() {
        Some((end, 'K')) => (&upper[..end], 10),
        Some((end, 'M')) => (&upper[..end], 20),
        Some((end, 'G')) => (&upper[..end], 30),
        Some((end, 'T')) => (&upper[..end], 40),
        _ => (upper, 0),
    };
    match number.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 1e9 => {
            Ok((number * f64::from(1u32 << 10).powi(unit / 10)) as u64)
        }
        _ if unit == 0 => upper.parse().map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// A number of at least 0.
pub(super) fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("it must be a number of at least 0".to_owned()),
    }
}
