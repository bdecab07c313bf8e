//! `runner explain [KEY…]`.

use super::{Failure, print};
use crate::spec;

/// Says what keys of a spec are; without any, lists all.
///
/// # Errors
/// When there is no such key.
pub fn explain(keys: &[String]) -> Result<(), Failure> {
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
