//! The program as its users meet it: arguments and files in; files, text and exit codes out.

mod asked;
mod browser;
#[cfg(unix)]
mod cluster;
mod commands;
mod corpora;
mod doctor;
mod driver;
mod elsewhere;
mod escapes;
mod exports;
mod gate;
mod gate_figures;
mod gate_run;
mod gate_trackers;
mod hostile;
mod look;
mod meta;
mod mistaken;
mod module;
mod python;
mod report;
mod same_bytes;
#[cfg(unix)]
mod signals;
mod support;
mod sweeps;
mod tasks;
mod tpe;
mod trackers;
mod unseen;
mod verify;
#[cfg(unix)]
#[cfg(feature = "watch")]
mod watched;
mod what_a_run_leaves;
mod what_fails;
#[cfg(unix)]
mod what_goes_away;
#[cfg(unix)]
mod what_is_damaged;
mod what_is_interrupted;
#[cfg(unix)]
mod what_is_killed;
mod what_is_said;
mod what_is_told;
