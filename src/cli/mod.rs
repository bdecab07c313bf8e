//! The command line: [`Arguments`], and one file a subcommand, without logic of its own.

mod arguments;
mod board;
mod check;
mod compare;
mod explain;
mod export;
mod fetch;
mod init;
mod man;
mod mistaken;
mod plan;
mod print;
mod report;
mod run;
mod sample;
mod signals;
mod specs;
mod submit;
mod verify;
mod worker;

pub use arguments::{Arguments, Cluster, Command};

use crate::streams;
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

/// The exit codes of the program.
pub mod exit {
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
pub struct Failure {
    /// What to tell; none when it has been told already.
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

    /// An exit code alone.
    pub fn told(code: u8) -> Self {
        Self { report: None, code }
    }
}

/// The arguments of the process, which ends here if they are wrong or ask for help.
///
/// # Errors
/// When the first is neither a spec nor a command, and so the others mean nothing.
pub fn arguments() -> Result<Arguments, Failure> {
    Arguments::try_parse().or_else(|error| {
        let first = std::env::args_os().nth(1).unwrap_or_default();
        let unknown = error.kind() == clap::error::ErrorKind::UnknownArgument;
        match mistaken::word(first.as_ref()).filter(|_| unknown) {
            Some(failure) => Err(failure),
            None => error.exit(),
        }
    })
}

/// Runs the program: the exit code, after the errors have been told.
pub fn main(arguments: Arguments) -> ExitCode {
    dispatch(arguments).map_or_else(fail, |()| ExitCode::from(exit::DONE))
}

/// Tells an error: its exit code.
pub fn fail(Failure { report, code }: Failure) -> ExitCode {
    if let Some(report) = report {
        streams::tell_of(report.as_ref());
    }
    ExitCode::from(code)
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => run::run(&arguments.specs, &arguments.run),
        Some(Command::Plan { specs, options }) => plan::plan(&specs, &options),
        Some(Command::Board(options)) => board::board(&options),
        Some(Command::Compare(options)) => compare::compare(&options),
        Some(Command::Worker(options)) => worker::worker(&options),
        Some(Command::Submit { cluster: Cluster::Slurm(options) }) => submit::slurm(&options),
        Some(Command::Sample(options)) => sample::sample(&options),
        Some(Command::Check(options)) => check::check(&options),
        Some(Command::Verify(options)) => verify::verify(&options),
        Some(Command::Fetch { corpora, datasets, quiet }) => {
            fetch::fetch(&corpora, &datasets, quiet)
        }
        Some(Command::Report(options)) => report::report(&options),
        Some(Command::Export(options)) => export::export(&options),
        Some(Command::Init(options)) => init::init(&options),
        Some(Command::Explain { keys }) => explain::explain(&keys),
        Some(Command::Man { out }) => man::man(out.as_deref()),
        // On one line: for editors, and indented it would be four times as long.
        Some(Command::Schema) => print::json(&crate::spec::schema().to_string()),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "runner", &mut script);
            print::data(script)
        }
    }
}
