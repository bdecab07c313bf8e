//! The trials of a spec: one for each point of its sweep and each seed.

mod plan;
mod points;
mod search;
mod space;
mod trial;

pub use plan::{MAX_TRIALS, sets_apart};
pub(super) use plan::{Plan, add, plan};
pub use search::{Search, Tpe};
pub use space::{Dimension, Space};
pub use trial::Trial;
