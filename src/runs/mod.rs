//! What trials leave in a folder of results: one file here for each of theirs, which writes it and
//! reads it back.
//!
//! Of a trial: `metrics_csv`, `run_json`, [`checkpoint`] and `lock`, below the paths of
//! [`Paths`]; `state` says from them how it stands, `recorded` reads all of them, `damage`
//! tells whether they are what it wrote. Of an experiment:
//! `plan` and `summary_csv`; `find` says where trials stand. `folder` writes a trial's files as it is trained, and
//! `screen` shows it: both are [`Recorder`](crate::train::Recorder)s of its events.

pub mod checkpoint;
pub(crate) mod damage;
pub(crate) mod find;
pub(crate) mod folder;
pub(crate) mod lock;
pub(crate) mod metrics_csv;
pub(crate) mod paths;
pub(crate) mod plan;
pub(crate) mod recorded;
mod recorders;
pub(crate) mod run_json;
pub(crate) mod samples_txt;
pub(crate) mod screen;
pub(crate) mod state;
pub(crate) mod summary_csv;

pub(crate) use folder::Folder;
pub use paths::Paths;
pub(crate) use recorders::Recorders;
