//! Recording: from the events of a run to files and to the screen.
//!
//! [`folder`] writes what a run leaves under `results/`, [`console`] draws bars or prints lines,
//! [`json`] prints events for programs; each is a [`Recorder`], and [`Recorders`] is several.
//! [`cells`] writes tables. [`checkpoint`] is what a run goes on from. [`lock`] keeps a trial to one process, [`links`] to its
//! folder. [`run_json`] is the record of one trial, [`summary`]
//! that of all trials of an experiment; [`recorded`] reads all of it back.

pub mod cells;
pub mod checkpoint;
pub mod console;
pub mod fault;
pub mod file;
pub mod folder;
pub mod json;
pub mod links;
pub mod lock;
pub mod machine;
pub mod metrics;
pub mod output;
pub mod recorded;
pub mod run_json;
pub mod summary;

pub use folder::Folder;

use crate::nn::Parameters;
use crate::train::{Event, RecordError, Recorder, TrainError};

/// Several recorders as one: each takes every event, in order.
#[derive(Default)]
pub struct Recorders<'a>(pub Vec<Box<dyn Recorder + 'a>>);

impl Recorder for Recorders<'_> {
    fn record(&mut self, event: &Event<'_>) -> Result<(), RecordError> {
        self.0.iter_mut().try_for_each(|recorder| recorder.record(event))
    }

    fn restore_best(&self, parameters: &mut Parameters) -> Result<(), TrainError> {
        self.0.iter().try_for_each(|recorder| recorder.restore_best(parameters))
    }
}
