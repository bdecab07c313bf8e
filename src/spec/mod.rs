//! Specs: from TOML to a validated [`Experiment`].
//!
//! In the order in which a spec passes through them: [`file`] reads TOML and keeps the place of
//! every key and value; [`layer`] holds each against the table of keys ([`keys`], [`table`],
//! [`check`]); [`load`](mod@load) follows `extends` and adds `--set` ([`overrides`]); [`settle`] lays the
//! layers over one another into an [`experiment`], which [`rules`] judge as a whole; [`sweep`]
//! makes one of it for every point and seed. [`schema`](mod@schema) and [`canonical`] say the same
//! in JSON Schema and in TOML.

mod canonical;
mod check;
mod experiment;
mod file;
pub mod keys;
mod layer;
mod load;
mod overrides;
mod problem;
mod rules;
mod schema;
mod settle;
mod source;
mod suggest;
mod sweep;
pub mod table;

pub use experiment::*;
pub use load::{Spec, load};
pub use problem::{Problem, SpecErrors};
pub use rules::BIDIRECTIONAL;
pub use schema::schema;
pub use source::Place;
pub use sweep::{MAX_TRIALS, Trial};
