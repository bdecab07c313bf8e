//! Train recurrent language models from a file, believe the numbers, and be told when they get
//! worse.
//!
//! `runner experiments/lstm_seinfeld.toml` passes through these modules from top to bottom, and
//! each knows only those before it:
//!
//! | module | what it does |
//! | --- | --- |
//! | [`random`] | draws random numbers that depend on nothing but a key |
//! | `platform` | does what each operating system does in its own way |
//! | `format` | writes numbers, times and tables as a person reads them |
//! | `machine` | knows the machine and the moment |
//! | `shell` | runs commands of people |
//! | `files` | reads and writes files that are whole or not there, in folders that are no links |
//! | [`streams`] | writes to standard error, which may go away |
//! | [`spec`] | reads a spec and what it extends, says all that is wrong with it, and makes one validated [`spec::Experiment`] a trial |
//! | [`data`] | finds a corpus, cuts it into tokens and splits, and deals out batches of token ids |
//! | [`kernels`] | computes forward and backward on slices of `f32`, with one fixed order of every sum |
//! | [`metric`] | makes the figures that a task is judged by out of sums over its predictions |
//! | [`standing`] | puts results in order, the one place that does |
//! | [`nn`] | puts the kernels on dfdx's tape as layers whose axes stand in their types |
//! | [`tasks`] | says of each task what it reads, what learns, what it is judged by |
//! | [`train`] | is the training loop, and tells what happens as a stream of [`train::Event`]s |
//! | [`runs`] | turns events into files and lines on the screen, and reads them back |
//! | `search` | decides which trials of a sweep go on, and which are added |
//! | [`plot`] | draws `metrics.csv` as SVG and PNG |
//! | `results` | puts results in order, compares them, holds them against recorded ones, makes one page of them, and writes them in the formats of other tools |
//! | `sweep` | hands the trials of all specs to workers, and resumes what was interrupted |
//! | [`bundle`] | holds the shipped experiments and texts |
//! | [`cli`] | reads arguments, and turns errors into messages and exit codes |
//!
//! `docs/architecture.md` follows one run through them.
//!
//! # Example
//!
//! A spec of one key, and the experiment that its defaults make of it:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("small.toml");
//! std::fs::write(&path, "data.corpus = 'kafka'\n")?;
//!
//! let spec = samebits::spec::load(&path, &["model.hidden_size=64".to_owned()])?;
//! let resolved = spec.trials[0].experiment.to_toml();
//! println!("{resolved}");
//!
//! assert_eq!(spec.name, "small");
//! assert!(resolved.contains("hidden_size = 64\n"));
//! assert!(resolved.contains("optimizer = \"adam\"\n"));
//! # Ok(())
//! # }
//! ```
//!
//! A mistake is an error that says where it stands and what would be right:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("small.toml");
//! # std::fs::write(&path, "data.corpus = 'kafka'\n")?;
//! let wrong = samebits::spec::load(&path, &["model.hiden_size=64".to_owned()]);
//! let problems = wrong.expect_err("there is no such key");
//! assert_eq!(problems.problems()[0].to_string(), "unknown key `hiden_size` in [model]");
//! # Ok(())
//! # }
//! ```

// What people read is written by `streams` and `cli::print`, which outlive those who read.
#![warn(clippy::print_stderr, clippy::print_stdout)]

pub use samebits_kernels::random;

pub(crate) mod platform;

pub mod streams;

pub(crate) mod format;

pub(crate) mod machine;

pub(crate) mod shell;

pub(crate) mod files;

pub mod spec;

pub mod data;

pub use samebits_kernels as kernels;

pub mod metric;

pub mod standing;

pub mod nn;

pub mod tasks;

pub mod train;

pub mod runs;

pub(crate) mod search;

pub mod plot;

pub(crate) mod results;

pub(crate) mod sweep;

pub mod bundle;

pub mod cli;
