//! Specs: from TOML to a validated [`Experiment`].
//!
//! A spec passes through these modules: `file` reads TOML and keeps the place (`source`) of every
//! key and value; `layer` holds each against the table of keys ([`keys`], [`table`], `check`);
//! `load` follows `extends` and adds `--set` (`overrides`); `settle` lays the layers over one another
//! into an `experiment`, which `rules` judge as a whole. What is `swept` gives `points`, drawn ones from
//! a `space`; `sweep` makes a `trial` of each for every seed. `schema` and `canonical` say the same in
//! JSON Schema and in TOML, and `explain` tells it to people. What is wrong anywhere becomes a
//! `problem`, and `suggest` guesses what was meant.

mod canonical;
mod check;
mod experiment;
mod explain;
mod file;
pub mod keys;
mod layer;
mod load;
mod overrides;
mod points;
mod problem;
mod rules;
mod schema;
mod settle;
mod source;
mod space;
mod suggest;
mod sweep;
mod swept;
pub mod table;
mod trial;

pub use experiment::*;
pub use explain::{explain, overview};
pub use load::{Sources, Spec, load, load_from};
pub use problem::{Problem, SpecErrors};
pub use rules::BIDIRECTIONAL;
pub use schema::schema;
pub use source::Place;
pub use space::{Dimension, Distribution, Space};
pub use sweep::{Halving, MAX_TRIALS, Search, Tpe, sets_apart};
pub use trial::Trial;
