//! How much memory trials take, and how much there is.

use super::corpora::{Corpora, roots_of};
use crate::nn::AnyCell;
use crate::spec::{Experiment, Optimizer, Spec, Trial};
use crate::tasks;
use std::path::Path;

/// What a trial takes whatever its size: threads, files, and the bitmap of its chart.
const FIXED: u64 = 40 << 20;

/// The memory that a trial takes at its peak in bytes, beside its corpus: an estimate from its
/// sizes, rather above than below.
///
/// Parameters P count with gradient, optimizer state, the copies that dfdx and a checkpoint hold;
/// activations with T × B rows of each layer's gates, states and their gradients.
pub fn need(experiment: &Experiment, vocabulary: usize) -> u64 {
    let model = &experiment.model;
    let slots = match experiment.training.optimizer {
        Optimizer::Sgd { momentum, .. } => u64::from(momentum != 0.0),
        Optimizer::Adagrad { .. } => 1,
        Optimizer::Adam { .. } | Optimizer::Adamw { .. } => 2,
        Optimizer::Rmsprop { momentum, centered, .. } => {
            1 + u64::from(momentum != 0.0) + u64::from(centered)
        }
    };
    let rows = rows(experiment);
    let states =
        model.layers as u64 * model.hidden_size as u64 * experiment.model.directions() as u64 * 3;
    // Gates and their gradients, and beside them embeddings and states.
    let kept = kept(experiment).saturating_mul(2);
    let beside = rows.saturating_mul(model.embedding_size as u64 + states);
    let logits = 128 * vocabulary as u64 * 2;
    let numbers = parameters(experiment, vocabulary)
        .saturating_mul(4 + slots)
        .saturating_add(kept)
        .saturating_add(beside)
        .saturating_add(logits);
    FIXED.saturating_add(numbers.saturating_mul(4))
}

/// [`need`] of a trial of a spec. One whose corpus cannot be read takes what its sizes say.
pub fn need_of(trial: &Trial, spec: &Spec, corpora: &Corpora) -> u64 {
    let dataset = corpora.get(&trial.experiment, &roots_of(&spec.path));
    need(&trial.experiment, dataset.map_or(0, |dataset| dataset.vocabulary.len()))
}

/// Trainable numbers of a network, without those that depend on the width of the data alone.
pub fn parameters(experiment: &Experiment, vocabulary: usize) -> u64 {
    (tasks::of(experiment.task).parameters)(&experiment.model, vocabulary as u64)
}

/// Time steps of a batch together: texts are as long as `data.max_length` lets them be.
fn rows(experiment: &Experiment) -> u64 {
    let data = &experiment.data;
    let steps = data.max_length.unwrap_or(data.sequence_length);
    (steps as u64).saturating_mul(data.batch_size as u64)
}

/// Numbers that one batch keeps for the way back: the gates of every layer, direction and time step.
pub fn kept(experiment: &Experiment) -> u64 {
    let model = &experiment.model;
    if !tasks::of(experiment.task).recurrent {
        return 0;
    }
    let gates = AnyCell::of(model).gates() as u64
        * experiment.model.directions() as u64
        * model.hidden_size as u64;
    rows(experiment).saturating_mul(gates * model.layers as u64)
}

/// The memory that trials may take together: what the system has left, within the limits of the
/// control group, less a tenth. `None` if the system does not say.
pub fn available() -> Option<u64> {
    let left = [system(), control_group()].into_iter().flatten().min()?;
    Some(left / 10 * 9)
}

fn system() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// The limit of the process's control group (version 2), and of those around it, less what is
/// used of it.
fn control_group() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = text.lines().find_map(|line| line.strip_prefix("0::"))?;
    let number = |path: &Path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let left = |folder: &Path| {
        let limit = number(&folder.join("memory.max"))?;
        Some(limit.saturating_sub(number(&folder.join("memory.current")).unwrap_or(0)))
    };
    let root = Path::new("/sys/fs/cgroup");
    let folder = root.join(own.trim_start_matches('/'));
    folder.ancestors().take_while(|folder| folder.starts_with(root)).filter_map(left).min()
}
