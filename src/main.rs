//! The program: arguments in, exit code out.

use runner::cli;

fn main() -> std::process::ExitCode {
    cli::arguments().map_or_else(cli::fail, cli::main)
}
