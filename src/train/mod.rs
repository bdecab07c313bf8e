//! Training: [`run`] is the loop, on one screen; a [`Session`] is what it loops over.
//!
//! What happens is told as a stream of [`Event`]s to a [`Recorder`]; nothing here knows files or
//! terminals. All that the future of a run depends on is in a [`Snapshot`], so that a run
//! continued from one gives the same bytes as one that was never interrupted.

mod event;
mod optimizer;
mod progress;
mod schedule;
mod session;

pub use event::{Event, Finished, Recorder, Row, Sample, Started, StepReport};
pub use optimizer::{Optimizer, clip, gradient_norm};
pub use progress::{Progress, Snapshot, SnapshotError};
pub use session::Session;

use crate::model::{BeginError, ModelError, weights};
use std::sync::atomic::{AtomicBool, Ordering};

/// Why a trial ended before its end.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum TrainError {
    /// The model could not compute.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] ModelError),
    /// The loss or the gradient is no number any more.
    #[error(
        "the loss became {loss:.3e} at step {step} (learning rate {learning_rate:e}, \
         gradient norm {grad_norm:.3e})"
    )]
    #[diagnostic(
        code(train::diverged),
        help("a smaller `training.learning_rate` or a `training.clip` keeps the steps small")
    )]
    Diverged {
        /// The step, from 1.
        step: u64,
        /// Mean loss of the step, nats a token.
        loss: f64,
        /// The step's learning rate.
        learning_rate: f64,
        /// L2 norm of all gradients before clipping.
        grad_norm: f64,
    },
    /// Spec and data do not fit together.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Begin(#[from] BeginError),
    /// Weights could not be written or read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Weights(#[from] weights::WeightsError),
    /// A recorder failed: a full disk, a folder that vanished.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
    /// The user or the system asked to stop; the state was saved.
    #[error("interrupted after step {step}; the state is saved")]
    #[diagnostic(code(train::interrupted), help("the same command goes on from there"))]
    Interrupted {
        /// Steps done.
        step: u64,
    },
}

/// What a recorder could not do.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot write {path}: {source}")]
#[diagnostic(
    code(record::write),
    help("make room on the disk, or choose another folder with --results")
)]
pub struct RecordError {
    /// The file.
    pub path: String,
    /// Why.
    pub source: std::io::Error,
}

/// Trains a session to its end. `stop` asks it to save its state and leave after the step at hand.
///
/// # Errors
/// When the loss is no number any more, when memory or disk run out, or when `stop` was set.
pub fn run(
    session: &mut Session,
    recorder: &mut dyn Recorder,
    stop: &AtomicBool,
) -> Result<Finished, TrainError> {
    recorder.record(&Event::Started(&session.started()))?;
    while !session.is_done() {
        let report = session.step()?;
        recorder.record(&Event::Step(&report))?;
        if session.row_is_due() {
            let row = session.close_row()?;
            recorder.record(&Event::Row(&row))?;
            if row.is_best {
                recorder.record(&Event::Best { row: &row, network: session.model() })?;
            }
            for sample in session.samples(&row)? {
                recorder.record(&Event::Sample(&sample))?;
            }
            recorder.record(&Event::Checkpoint(&session.snapshot()))?;
        }
        if stop.load(Ordering::Relaxed) && !session.is_done() {
            recorder.record(&Event::Checkpoint(&session.snapshot()))?;
            return Err(TrainError::Interrupted { step: session.progress().step });
        }
    }
    let finished = session.finish(recorder.best_weights()?)?;
    for output in &finished.outputs {
        recorder.record(&Event::Output(output))?;
    }
    recorder.record(&Event::Finished(&finished))?;
    Ok(finished)
}
