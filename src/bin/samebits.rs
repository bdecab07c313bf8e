//! `runner` under the name of its package, so that `uvx samebits` and `cargo install samebits` give a
//! command of that name too.

fn main() -> std::process::ExitCode {
    samebits::cli::main()
}
