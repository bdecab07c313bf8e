//! How trials stand while they are trained, by whatever process on whatever machine: read again and
//! again from the files alone.
//!
//! [`trial`] keeps what is known of a trial and reads what has changed of its files; [`experiment`]
//! puts the trials of a folder in order; [`reader`] goes from trial to trial, at each refresh for a
//! bounded time; [`detail`] reads curves and samples of those that are looked at; [`live`] does all this
//! in a thread of its own.

mod detail;
mod experiment;
mod live;
mod reader;
mod stamp;
mod trial;

pub use detail::{Curve, Detail};
pub use experiment::{Experiment, Group, Point};
pub use live::{Live, Update};
pub use reader::Snapshot;
pub use trial::{Figures, Trial};
