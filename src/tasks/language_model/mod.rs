//! The task `language_model`: the next token of a text.

mod generate;
mod leak;
mod network;
pub mod sizes;

pub use generate::{Draw, Generator};
pub use network::{LanguageModel, begin, build, build_unsized, metrics};
