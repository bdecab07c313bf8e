//! The keys of a sweep, which say how experiments are made rather than what one is.

use super::training::MANY;
use crate::spec::keys::Range;
use crate::spec::keys::define::{integer, number, table};

table! {
    /// One trial per point and seed; absent: one trial.
    #[derive(Default)]
    pub struct SweepOptions at "sweep" {
        /// So many trials of each point, with seed, seed + 1 and so on.
        seeds: u64 = integer(1, 10_000).or(1);
    }
}

table! {
    /// Points drawn at random: keys of the spec, each with its distribution, as
    /// `{ log_uniform = [1e-4, 1e-1] }`; uniform, log_uniform, integer, log_integer or choice.
    /// Multiplies with the grid.
    #[derive(Default)]
    pub struct RandomOptions at "sweep.random" {
        /// So many points are drawn.
        trials: u64 = integer(1, 100_000).or(20);
        /// The key of the draws.
        seed: u64 = integer(0, i64::MAX as u64).or(42);
    }
}

table! {
    /// Successive halving: after the first rows only the best part of the points goes on, after
    /// `factor` times as many rows the best part of those, and so on.
    #[derive(Copy, Default, Eq)]
    pub struct Halving at "sweep.halving" {
        /// Rows of metrics.csv (epochs, unless evaluate_every is set) before the first choice.
        first: u64 = integer(1, MANY).or(1);
        /// One in so many points goes on, to so many times the rows.
        factor: u64 = integer(2, 1000).or(3);
    }
}

table! {
    /// Tree-structured Parzen estimator: later points of `[sweep.random]` are drawn where earlier
    /// ones were good.
    #[derive(Default)]
    pub struct TpeOptions at "sweep.tpe" {
        /// Points drawn at random before the first that is chosen.
        startup: u64 = integer(1, 100_000).or(10);
        /// Points chosen at once, and run side by side.
        at_once: u64 = integer(1, 100_000).or(4);
        /// Values drawn for a key, of which the most promising is taken.
        candidates: u64 = integer(1, 100_000).or(24);
        /// The part of the points so far that counts as good.
        gamma: f64 = number(Range::SHRINKING).or(0.15);
    }
}
