//! Training: [`run`] is the loop, on one screen; a [`Session`] is what it loops over.
//!
//! What happens goes as a stream of [`Event`]s to a [`Recorder`]; nothing here knows files or
//! terminals. All that the future of a run depends on is in a [`Snapshot`], so that a run
//! continued from one gives the same bytes as one that was never interrupted.

mod checkpoint_timer;
mod event;
mod optimizer;
mod progress;
mod rows;
mod schedule;
mod session;

pub use event::{Event, Finished, Recorder, Row, Sample, Started, StepReport};
pub use optimizer::{Optimizer, clip, gradient_norm};
pub use progress::{Progress, Snapshot, SnapshotError};
pub use session::Session;

pub use crate::files::RecordError;

use crate::data::Split;
use crate::nn::{BeginError, ModelError, weights};
use checkpoint_timer::CheckpointTimer;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why a trial ended before its end.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum TrainError {
    /// The model could not compute.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] ModelError),
    /// The loss or the gradient is no number any more.
    #[error("{} at step {step} (learning rate {learning_rate:e})", lost(*split, *loss, *grad_norm))]
    #[diagnostic(
        code(train::diverged),
        help("a smaller `training.learning_rate` or a `training.clip` keeps the steps small")
    )]
    Diverged {
        /// What was read: a step's batch, or a split after that step.
        split: Split,
        /// The step, from 1.
        step: u64,
        /// Mean loss of the step or the split, nats a token.
        loss: f64,
        /// The step's learning rate.
        learning_rate: f64,
        /// L2 norm of all gradients before clipping; of an evaluation that of the last step.
        grad_norm: f64,
    },
    /// The model sees what it must predict, though it should not.
    #[error("an output depends on the input {place} steps into the text, which comes after it")]
    #[diagnostic(
        code(train::leak),
        help("this is a mistake of runner itself: please report it with the spec")
    )]
    Leak {
        /// The step, from 1.
        place: usize,
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
    /// It came to the row up to which it was to be trained; the state was saved.
    #[error("paused after row {rows}; the state is saved")]
    #[diagnostic(code(train::paused), help("it can be continued from there"))]
    Paused {
        /// Rows of `metrics.csv`.
        rows: u64,
    },
    /// The best weights could not be read back.
    #[error("cannot read {path}: {source}")]
    #[diagnostic(
        code(train::unread),
        help("the same command goes on from the last checkpoint, which has these weights too")
    )]
    Unread { path: String, source: std::io::Error },
    /// The user or the system asked to stop; the state was saved.
    #[error("interrupted after step {step}; the state is saved")]
    #[diagnostic(code(train::interrupted), help("the same command goes on from there"))]
    Interrupted { step: u64 },
}

/// What is no number any more: the gradient may be so before the loss is.
fn lost(split: Split, loss: f64, grad_norm: f64) -> String {
    let what = match split {
        Split::Train => "loss",
        Split::Valid => "validation loss",
        Split::Test => "test loss",
    };
    match loss.is_finite() {
        true => format!("the gradient norm became {grad_norm:.3e} with a {what} of {loss:.3e}"),
        false => format!("the {what} became {loss:.3e}, with a gradient norm of {grad_norm:.3e},"),
    }
}

/// Trains a session to its end. `stop` asks it to save its state and leave after the step at hand;
/// an evaluation is given up, and made when the run goes on.
///
/// # Errors
/// When the loss is no number any more, when memory or disk run out, or when `stop` was set.
pub fn run(
    session: &mut Session,
    recorder: &mut dyn Recorder,
    stop: &AtomicBool,
) -> Result<Finished, TrainError> {
    run_until(session, recorder, stop, None)
}

/// [`run`], but after `rows` rows it saves its state and leaves with [`TrainError::Paused`],
/// unless it has come to its end.
///
/// # Errors
/// As [`run`], and when it pauses.
pub fn run_until(
    session: &mut Session,
    recorder: &mut dyn Recorder,
    stop: &AtomicBool,
    rows: Option<u64>,
) -> Result<Finished, TrainError> {
    recorder.record(&Event::Started(&session.started()))?;
    let mut timer = CheckpointTimer::new(session.checkpoint());
    loop {
        if session.row_is_due() {
            match session.end_row(stop) {
                Err(TrainError::Interrupted { .. }) => {}
                ended => record_row(&ended?, session, recorder)?,
            }
        }
        let ended = session.is_done() && !session.row_is_due();
        let leave = stop.load(Ordering::Relaxed) && !ended;
        let closed = !ended && !session.row_is_due();
        let pause = closed && rows.is_some_and(|rows| session.progress().rows >= rows);
        if ended || leave || pause || timer.is_due(session.progress().step) {
            timer.time(session.progress().step, || {
                recorder.record(&Event::Checkpoint(&session.snapshot()))
            })?;
        }
        if leave {
            return Err(session.interrupted());
        }
        if pause {
            return Err(TrainError::Paused { rows: session.progress().rows });
        }
        if ended {
            break;
        }
        let report = session.step()?;
        recorder.record(&Event::Step(&report))?;
    }
    session.release();
    recorder.restore_best(session.parameters_mut())?;
    let finished = session.finish(stop)?;
    for output in &finished.outputs {
        recorder.record(&Event::Output(output))?;
    }
    recorder.record(&Event::Finished(&finished))?;
    Ok(finished)
}

/// Records a row and what comes with it.
fn record_row(
    (row, samples): &(Row, Vec<Sample>),
    session: &Session,
    recorder: &mut dyn Recorder,
) -> Result<(), RecordError> {
    recorder.record(&Event::Row(row))?;
    if row.is_best {
        recorder.record(&Event::Best { row, parameters: session.parameters() })?;
    }
    samples.iter().try_for_each(|sample| recorder.record(&Event::Sample(sample)))
}
