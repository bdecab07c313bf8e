//! Corpora, read once for all trials that use them alike.

use crate::data::{self, DataError, Dataset};
use crate::spec::{Data, Experiment, Sampling, Task};
use crate::task;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The folders in which a spec's corpus may lie: `datasets/` here, and `datasets/` beside the
/// folder that the spec lies in.
pub fn roots_of(spec: &Path) -> Vec<PathBuf> {
    let here = PathBuf::from("datasets");
    let beside = spec.parent().unwrap_or_else(|| Path::new("")).join("..").join("datasets");
    let same = || Some(here.canonicalize().ok()? == beside.canonicalize().ok()?);
    if same().unwrap_or(false) { vec![here] } else { vec![here, beside] }
}

/// Data sets that were read already. Trials that differ in the model, or in how batches are cut,
/// share one.
#[derive(Default)]
pub struct Corpora {
    read: Mutex<Vec<Shelf>>,
}

/// One data set, or the one who reads it just now.
type Slot = Arc<Mutex<Option<Result<Arc<Dataset>, Arc<DataError>>>>>;

/// What of a spec's data decides about the text and its tokens.
fn text_of(data: &Data) -> Data {
    let sampling = Sampling::Consecutive;
    Data { batch_size: 1, sequence_length: 1, eval_batch_size: 1, sampling, ..data.clone() }
}

struct Shelf {
    task: Task,
    data: Data,
    roots: Vec<PathBuf>,
    slot: Slot,
}

impl Corpora {
    /// The data set of an experiment, read if no one has read it yet.
    ///
    /// # Errors
    /// When it cannot be read; the same error for all who ask.
    pub fn get(
        &self,
        experiment: &Experiment,
        roots: &[PathBuf],
    ) -> Result<Arc<Dataset>, Arc<DataError>> {
        let (task, data) = (experiment.task, &experiment.data);
        // Only a language model's batches are cut from a text that does not depend on their size.
        if task != Task::LanguageModel {
            return self.read_once(task, data, roots);
        }
        let dataset = self.read_once(task, &text_of(data), roots);
        let Ok(text) = &dataset else {
            // The error in terms of the batches that are asked for.
            return data::load(data, roots).map(Arc::new).map_err(Arc::new);
        };
        data::check_batches(data, text.train.len()).map_err(Arc::new)?;
        dataset
    }

    /// The data set of exactly these keys.
    fn read_once(
        &self,
        task: Task,
        data: &Data,
        roots: &[PathBuf],
    ) -> Result<Arc<Dataset>, Arc<DataError>> {
        let slot = self.slot(task, data, roots);
        // Whoever holds the lock reads; the others wait for that one corpus alone.
        let mut found = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let load = || (task::of(task).load)(data, roots).map(Arc::new).map_err(Arc::new);
        found.get_or_insert_with(load).clone()
    }

    fn slot(&self, task: Task, data: &Data, roots: &[PathBuf]) -> Slot {
        let mut shelves = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |s: &&Shelf| s.task == task && s.data == *data && s.roots == roots;
        if let Some(shelf) = shelves.iter().find(same) {
            return Arc::clone(&shelf.slot);
        }
        let slot = Slot::default();
        let (data, roots) = (data.clone(), roots.to_vec());
        shelves.push(Shelf { task, data, roots, slot: Arc::clone(&slot) });
        slot
    }
}
