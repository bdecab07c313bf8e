//! How it is decided whether figures got worse: [`compare`](compare::compare) refuses what does not
//! compare and asks one of the `modes`, of which one needs [`statistics`], with several [`looks`] where
//! seeds come one after the other.

pub mod compare;
pub mod looks;
mod modes;
pub mod statistics;
