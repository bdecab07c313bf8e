//! The training itself, from an open folder to what came of it.

use super::charts;
use super::context::{Context, Ended};
use super::open::{Begun, Open};
use crate::machine::now;
use crate::runs::run_json::ResultRecord;
use crate::runs::screen::Console;
use crate::runs::{Folder, Recorders, state};
use crate::spec::Experiment;
use crate::sweep::error::TrialError;
use crate::train::{self, Session, Snapshot, TrainError};
use std::time::Instant;

/// A trial that was trained as far as it came.
pub(super) struct Trained {
    /// The trial.
    pub begun: Begun,
    /// The names of what its task left beside its weights.
    pub outputs: Vec<String>,
    /// How it left.
    pub result: Result<Ended, TrialError>,
}

/// Trains a trial, and draws its charts.
pub(super) fn train(context: &Context<'_>, open: Open) -> Trained {
    let Open { mut begun, folder, snapshot } = open;
    let started = Instant::now();
    let mut outputs = Vec::new();
    let result = context.compute.enter(|| {
        let session = session(context, &mut begun, snapshot.as_ref())?;
        run(context, &mut begun, folder, session, &mut outputs)
    });
    begun.record.times.seconds += started.elapsed().as_secs_f64();
    // A clock that was set back does not make it end before it began.
    begun.record.times.ended = Some(now().max(begun.record.times.started.clone()));
    Trained { begun, outputs, result }
}

/// What is trained. From here on the trial has a record.
fn session(
    context: &Context<'_>,
    Begun { dataset, paths, record, .. }: &mut Begun,
    snapshot: Option<&Snapshot<'static>>,
) -> Result<Session, TrialError> {
    let experiment = &context.trial.experiment;
    // Memory of its own: what the charts take later does not stand beside it.
    let compute = context.compute.afresh();
    let mut session = Session::new(experiment, dataset.as_ref(), compute)?;
    if let Some(snapshot) = snapshot {
        session.restore(snapshot)?;
    }
    record.parameters = session.parameters().count();
    record.causal = is_causal(experiment, &session)?;
    record.write(&paths.run())?;
    state::forget_failure(&paths.0);
    context.note(&format!("training on {}", dataset.provenance.description));
    for warning in &dataset.warnings {
        context.note(&format!("warning: {warning}"));
    }
    for note in &dataset.notes {
        context.note(note);
    }
    if session.progress().step > 0 {
        context.say(&format!("going on after step {}", session.progress().step));
    }
    Ok(session)
}

/// Whether the model does not see what it must predict. One that should not and does is not trained.
fn is_causal(experiment: &Experiment, session: &Session) -> Result<bool, TrainError> {
    match session.first_leak()? {
        Some(place) if !experiment.model.bidirectional => Err(TrainError::Leak { place }),
        leak => Ok(leak.is_none()),
    }
}

/// Trains to the end, or to where the trial is to leave. The names of the files that its task leaves are
/// added to `left`.
fn run(
    context: &Context<'_>,
    begun: &mut Begun,
    folder: Folder,
    mut session: Session,
    left: &mut Vec<String>,
) -> Result<Ended, TrialError> {
    let console = Console::new(&context.options.screen, context.display_name());
    let mut recorders = Recorders(vec![Box::new(folder), Box::new(console)]);
    if context.options.json {
        recorders.0.push(Box::new(context.json_lines()));
    }
    let trained =
        train::run_until(&mut session, &mut recorders, &context.options.stop, context.until);
    let so_far = session.so_far();
    // The bitmap of a chart takes as much memory as a small model: not both at once.
    drop(session);
    let outputs = trained.as_ref().map_or(&[][..], |finished| &finished.outputs);
    left.extend(outputs.iter().map(|output| output.file.clone()));
    let pictures = outputs.iter().filter_map(|output| Some((output.file.clone(), output.picture?)));
    begun.record.pictures = pictures.collect();
    charts::draw(context, begun);
    match trained {
        Ok(finished) => Ok(Ended { result: ResultRecord::new(&finished), paused: false }),
        Err(TrainError::Paused { .. }) => {
            Ok(Ended { result: ResultRecord::new(&so_far), paused: true })
        }
        Err(error) => Err(error.into()),
    }
}
