//! The command line: what a command takes and what it does in one file each, without logic of its own.

mod arguments;
mod failure;
mod help;
mod mistaken;
mod options;
mod print;
mod show;
mod signals;
mod specs;
mod train;
mod watch;

use arguments::{Arguments, Command};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use failure::{Failure, exit};
use help::{explain, fetch, init, man};
use show::{board, compare, doctor, export, report, sample};
use std::process::ExitCode;
use train::submit::Cluster;
use train::{check, plan, run, submit, verify, worker};

/// Runs the program: the exit code, after the errors have been told.
pub fn main() -> ExitCode {
    let done = |()| ExitCode::from(exit::DONE);
    arguments().and_then(dispatch).map_or_else(Failure::tell, done)
}

/// The arguments of the process, which ends here if they are wrong or ask for help.
fn arguments() -> Result<Arguments, Failure> {
    let command = Arguments::command();
    let arguments = Arguments::try_parse().or_else(|error| {
        let first = std::env::args_os().nth(1).unwrap_or_default();
        let unknown = error.kind() == ErrorKind::UnknownArgument;
        match mistaken::word(&command, first.as_ref()).filter(|_| unknown) {
            Some(failure) => Err(failure),
            None => error.exit(),
        }
    })?;
    match arguments.specs().iter().find_map(|path| mistaken::word(&command, path)) {
        Some(failure) => Err(failure),
        None => Ok(arguments),
    }
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let Some(command) = arguments.command else {
        return run::run(&arguments.specs, &arguments.run);
    };
    match command {
        Command::Plan(options) => plan::plan(&options),
        Command::Board(options) => board::board(&options),
        Command::Watch(options) => watch::watch(&options),
        Command::Compare(options) => compare::compare(&options),
        Command::Worker(options) => worker::worker(&options),
        Command::Submit { cluster: Cluster::Slurm(options) } => submit::slurm(&options),
        Command::Sample(options) => sample::sample(&options),
        Command::Check(options) => check::check(&options),
        Command::Verify(options) => verify::verify(&options),
        Command::Fetch(options) => fetch::fetch(&options),
        Command::Report(options) => report::report(&options),
        Command::Export(options) => export::export(&options),
        Command::Doctor(options) => doctor::doctor(&options),
        Command::Init(options) => init::init(&options),
        Command::Explain(options) => explain::explain(&options),
        Command::Man(options) => man::man(Arguments::command(), &options),
        Command::Completions(options) => man::completions(Arguments::command(), &options),
        // On one line: for editors, and indented it would be four times as long.
        Command::Schema => print::json(&crate::spec::schema().to_string()),
    }
}
