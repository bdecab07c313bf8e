//! Corpora, read once for all trials that use them alike.

use crate::data::DataError;
use crate::runs::find::is_trial;
use crate::runs::plan;
use crate::spec::{Data, Experiment, Task};
use crate::tasks::{self, AnyDataset};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The folders in which a spec's corpus may lie: that of the spec, `datasets/` here, and `datasets/`
/// beside the folder that the spec lies in. The spec that a trial has left runs as it is: its text lies
/// where the spec of the plan found it.
pub fn roots_of(spec: &Path) -> Vec<PathBuf> {
    let mut roots = around(spec);
    let planned = spec.parent().filter(|folder| is_trial(folder)).and_then(Path::parent);
    if let Some(Ok(Some(plan))) = planned.map(|folder| plan::read_if_there(folder, &mut Vec::new()))
    {
        for root in around(&plan.path) {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
    }
    roots
}

fn around(spec: &Path) -> Vec<PathBuf> {
    let folder = spec.parent().unwrap_or_else(|| Path::new(""));
    let here = PathBuf::from("datasets");
    let beside = folder.join("..").join("datasets");
    let same =
        here.canonicalize().is_ok_and(|here| beside.canonicalize().is_ok_and(|it| it == here));
    let mut roots = vec![folder.to_owned(), here];
    roots.extend((!same).then_some(beside));
    roots
}

/// Data sets that were read already. Trials that differ in the model, or in how batches are cut,
/// share one.
#[derive(Default)]
pub struct Corpora {
    read: Mutex<Vec<Shelf>>,
}

/// One data set, or the one who reads it just now.
type Slot = Arc<Mutex<Option<Result<Arc<dyn AnyDataset>, Arc<DataError>>>>>;

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
    ) -> Result<Arc<dyn AnyDataset>, Arc<DataError>> {
        let (task, data) = (tasks::of(experiment.task), &experiment.data);
        let shared = (task.shared)(data);
        match self.read_once(experiment.task, &shared, roots) {
            // The error in terms of the batches that are asked for.
            Err(_) if shared != *data => (task.load)(data, roots).map_err(Arc::new),
            Err(error) => Err(error),
            Ok(dataset) => {
                (task.check)(data, &dataset).map_err(Arc::new)?;
                Ok(dataset)
            }
        }
    }

    /// The data set of exactly these keys.
    fn read_once(
        &self,
        task: Task,
        data: &Data,
        roots: &[PathBuf],
    ) -> Result<Arc<dyn AnyDataset>, Arc<DataError>> {
        let slot = self.slot(task, data, roots);
        // Whoever holds the lock reads; the others wait for that one corpus alone.
        let mut found = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let load = || (tasks::of(task).load)(data, roots).map_err(Arc::new);
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
