//! Text as tokens and their numbers.
//!
//! In reading order: [`clean()`] applies what the spec asks for, `tokens` cuts a text up, [`Interner`]
//! numbers the tokens as they come, [`Vocabulary`] by their frequency; [`Ids`] keeps the numbers,
//! [`TextSize`] says how much text they spell out. [`Asked`] reads what a trained network is given.

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
pub use prompt::Asked;
pub use size::{MANY_UNKNOWN, TextSize, percent};
pub(crate) use size::{Unknown, about_unknown, about_unread, is_utf8, share_of};
pub(crate) use tokens::for_each_token;
pub use vocabulary::{PADDING, UNKNOWN, Vocabulary};
