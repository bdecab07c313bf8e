//! The program: arguments in, exit code out.

use clap::Parser;
use runner::cli;

fn main() -> std::process::ExitCode {
    cli::main(cli::Arguments::parse())
}
