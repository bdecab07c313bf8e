//! Train recurrent language models from a file, believe the numbers, and be told when they get
//! worse.
//!
//! The modules in the order in which a run passes through them; each knows only those before it.

pub mod random;

pub mod spec;

pub mod data;

pub mod kernels;

pub mod model;

pub mod train;

pub mod record;

pub mod chart;

pub mod sweep;

pub mod cli;
