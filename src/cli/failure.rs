//! Errors of commands, and the exit code of each: the one place that decides it.

use crate::spec::SpecErrors;
use crate::streams;
use crate::sweep::{Report, RunError, TrialError};
use crate::train::TrainError;
use std::process::ExitCode;

/// The exit codes of the program.
pub(super) mod exit {
    /// Done.
    pub const DONE: u8 = 0;
    /// An error inside.
    pub const INTERNAL: u8 = 1;
    /// A bad spec or bad usage.
    pub const USAGE: u8 = 2;
    /// A trial failed.
    pub const TRIAL: u8 = 3;
    /// A metric got worse, or recorded and present numbers differ.
    pub const DIFFERENT: u8 = 4;
    /// A comparison that cannot be made.
    pub const INCOMPARABLE: u8 = 5;
    /// Interrupted; the state is saved.
    pub const INTERRUPTED: u8 = 130;
}

/// A command's error and its exit code.
#[derive(Debug)]
pub(super) struct Failure {
    /// What to tell; `None` if it has been told already.
    pub report: Option<miette::Report>,
    /// The exit code.
    pub code: u8,
}

impl Failure {
    /// An error in what the user gave.
    pub fn usage(error: impl Into<miette::Report>) -> Self {
        Self { report: Some(error.into()), code: exit::USAGE }
    }

    /// An error of the system or of the program.
    pub fn internal(error: impl Into<miette::Report>) -> Self {
        Self { report: Some(error.into()), code: exit::INTERNAL }
    }

    /// A comparison that cannot be made.
    pub fn incomparable(error: impl Into<miette::Report>) -> Self {
        Self { report: Some(error.into()), code: exit::INCOMPARABLE }
    }

    /// An exit code alone.
    pub fn told(code: u8) -> Self {
        Self { report: None, code }
    }

    /// Tells the error: its exit code.
    pub fn tell(self) -> ExitCode {
        if let Some(report) = self.report {
            streams::tell_of(report.as_ref());
        }
        ExitCode::from(self.code)
    }
}

/// Why nothing could be run.
impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::SameName { .. } => Self::usage(error),
            RunError::Impossible(wrong) => {
                wrong.iter().for_each(tell_spec);
                Self::told(exit::USAGE)
            }
            _ => Self::internal(error),
        }
    }
}

/// Prints every problem of a spec, and how many there are.
pub(super) fn tell_spec(errors: &SpecErrors) {
    for problem in errors.problems() {
        streams::tell_of(problem);
    }
    streams::tell(errors);
}

/// The exit code of a trial's error.
pub(super) fn code_of(error: &TrialError) -> u8 {
    match error {
        TrialError::Train(TrainError::Interrupted { .. }) => exit::INTERRUPTED,
        error if error.is_of_the_system() => exit::INTERNAL,
        _ => exit::TRIAL,
    }
}

/// Fails with the first of these exit codes that a trial ended with. One that was not begun counts as
/// interrupted.
pub(super) fn judge(reports: &[Report], codes: &[u8]) -> Result<(), Failure> {
    let ended = |report: &Report| match &report.result {
        Some(Ok(_)) => exit::DONE,
        Some(Err(error)) => code_of(error),
        None => exit::INTERRUPTED,
    };
    match codes.iter().find(|code| reports.iter().any(|report| ended(report) == **code)) {
        Some(code) => Err(Failure::told(*code)),
        None => Ok(()),
    }
}
