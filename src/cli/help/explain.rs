//! `runner explain [KEY…]`.

use crate::cli::failure::Failure;
use crate::cli::print;
use crate::spec;
use clap::Args;

/// Options of an explanation.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExplainOptions {
    /// Keys, as model.hidden_size; tables, as training.schedule; or last names
    #[arg(value_name = "KEY")]
    pub keys: Vec<String>,
}

/// Says what keys of a spec are; without any, lists all.
pub(in crate::cli) fn explain(ExplainOptions { keys }: &ExplainOptions) -> Result<(), Failure> {
    if keys.is_empty() {
        return print::answer(&spec::overview());
    }
    let mut texts = Vec::new();
    for key in keys {
        match spec::explain(key) {
            Ok(text) => texts.push(text),
            Err(guess) => {
                let help = guess.unwrap_or_else(|| "`runner explain` lists all keys".to_owned());
                return Err(Failure::usage(miette::miette!(help = help, "no key `{key}`")));
            }
        }
    }
    print::answer(&texts.join("\n\n"))
}
