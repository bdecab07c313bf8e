//! Text as tokens and their numbers.
//!
//! In reading order: [`clean()`] applies what the spec asks for, `tokens` cuts a text up, [`Interner`]
//! numbers the tokens as they come, [`Vocabulary`] by their frequency; [`Ids`] keeps the numbers,
//! [`TextSize`] says how much text they spell out. [`Prompt`] reads what a trained network is given.

mod clean;
mod ids;
mod interner;
mod prompt;
mod size;
mod tokens;
mod vocabulary;

pub(crate) use clean::clean;
pub use ids::Ids;
pub(crate) use interner::Interner;
pub(crate) use prompt::Prompt;
pub use size::TextSize;
pub(crate) use size::{
    MANY_UNKNOWN, Unknown, about_unknown, about_unread, is_utf8, percent, share_of,
};
pub(crate) use tokens::for_each_token;
pub use vocabulary::{PADDING, UNKNOWN, Vocabulary};
