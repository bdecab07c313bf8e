//! All that the future of a run depends on.

use crate::metric::Score;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The scalars of a run's state. Every number reads back exactly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    /// Training tokens predicted.
    pub tokens: u64,
    /// Rows of `metrics.csv` written.
    pub rows: u64,
    /// Steps done when the last row was written: one that was interrupted is still to come.
    pub row_step: u64,
    /// The last step's learning rate.
    pub learning_rate: f64,
    /// Score since the last row.
    pub score: Score,
    /// Sum of the gradient norms since the last row.
    pub grad_norms: f64,
    /// The last step's gradient norm.
    #[serde(default)]
    pub grad_norm: f64,
    /// Steps since the last row.
    pub steps_in_row: u64,
    /// The running mean of the summed loss of a sequence.
    pub smooth_loss: Option<f64>,
    /// State of the plateau schedule.
    pub plateau: Plateau,
    /// The best row so far.
    pub best: Option<Best>,
    /// Rows since early stopping last saw progress.
    pub rows_without_progress: u64,
    /// What early stopping measures progress from, smaller being better.
    pub reference: Option<f64>,
    /// Whether early stopping has ended the run.
    pub stopped_early: bool,
}

/// State of the plateau schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    /// What the learning rate is multiplied with.
    pub factor: f64,
    /// The best of what it watches, smaller being better.
    pub best: Option<f64>,
    /// Rows without progress.
    pub bad: u64,
}

impl Default for Plateau {
    fn default() -> Self {
        Self { factor: 1.0, best: None, bad: 0 }
    }
}

/// The best row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Its epoch.
    pub epoch: u64,
    /// Its step.
    pub step: u64,
    /// Its training score.
    pub train: Score,
    /// Its validation score.
    pub valid: Option<Score>,
}

impl Best {
    /// What decided that it is the best.
    pub fn deciding(&self) -> Score {
        self.valid.unwrap_or(self.train)
    }
}

/// The whole state of a run: what a checkpoint holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot<'a> {
    /// The scalars.
    pub progress: Progress,
    /// Weights, optimizer state and hidden state, each with its name and numbers.
    pub tensors: Vec<(String, Cow<'a, [f32]>)>,
}

/// A snapshot that does not fit the run.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the checkpoint does not fit the model: {what}")]
#[diagnostic(help("start over with --fresh"))]
pub struct SnapshotError {
    /// What is missing or of another size.
    pub what: String,
}

impl Snapshot<'_> {
    /// The numbers of a name.
    ///
    /// # Errors
    /// When there are none, or not `len` of them.
    pub fn find(&self, name: &str, len: usize) -> Result<&[f32], SnapshotError> {
        let found = self.tensors.iter().find(|(known, _)| known == name);
        let error = |what| SnapshotError { what };
        let (_, numbers) = found.ok_or_else(|| error(format!("it has no {name}")))?;
        if numbers.len() != len {
            let what = format!("{name} has {} numbers, not {len}", numbers.len());
            return Err(error(what));
        }
        Ok(numbers)
    }
}
