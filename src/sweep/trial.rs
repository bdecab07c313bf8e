//! One trial: from its resolved spec to the files of its folder.

use super::earlier::{self, Earlier};
use super::{Corpora, TrialError, close, preflight, state};
use crate::data::DatasetInfo;
use crate::kernels::Compute;
use crate::metric::Metric;
use crate::plot;
use crate::runs::Recorders;
use crate::runs::checkpoint::{Checkpoint, Identity};
use crate::runs::console::{Console, Screen};
use crate::runs::file::{Sync, failed, read_regular, sha256, sweep_up, write_synced};
use crate::runs::folder::{Folder, Paths};
use crate::runs::json::JsonLines;
use crate::runs::lock::{Lock, LockError};
use crate::runs::machine::{Machine, git_commit, memory, now, program};
use crate::runs::run_json::{ContinuedFrom, DataRecord, ResultRecord, RunJson, Status, Times};
use crate::spec::{Experiment, Trial};
use crate::tasks::{AnyDataset, Output};
use crate::train::{self, RecordError, Session, Snapshot, TrainError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// What a trial needs beside its spec.
pub struct Context<'a> {
    /// The experiment's name.
    pub experiment: &'a str,
    /// The experiment's folder.
    pub folder: &'a Path,
    /// Where the corpus may lie.
    pub roots: &'a [PathBuf],
    /// Corpora read already.
    pub corpora: &'a Corpora,
    /// What it computes with.
    pub compute: Compute,
    /// Where it is shown.
    pub screen: &'a Screen,
    /// Whether events go to standard output.
    pub json: bool,
    /// Whether an earlier run's files are to be forgotten.
    pub fresh: bool,
    /// Whether to go on from what another version of this program began.
    pub force: bool,
    /// Whether what another build of this program left counts for nothing.
    pub this_build: bool,
    /// Whether to wait for another process that has the trial.
    pub wait: bool,
    /// Asks it to save its state and leave.
    pub stop: &'a AtomicBool,
    /// Rows of `metrics.csv` after which it leaves; none: at its end.
    pub until: Option<u64>,
}

/// How a trial left.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What came of it so far.
    pub result: ResultRecord,
    /// Whether it left before its end, as it was asked to.
    pub paused: bool,
}

/// Runs a trial to its end or to the row where it is to leave, or takes the result of an earlier
/// run that came so far.
///
/// # Errors
/// When the corpus cannot be read, the training diverges, the files cannot be written, or
/// another process has the trial and is not to be waited for.
pub fn run(trial: &Trial, context: &Context<'_>) -> Result<Ended, TrialError> {
    let paths = Paths(context.folder.join(&trial.name));
    let dataset = context.corpora.get(&trial.experiment, context.roots)?;
    preflight::fits(&trial.experiment, &dataset)?;
    let lock = Arc::new(lock(trial, context, &paths)?);
    let wanted = Identity {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        spec_sha256: trial.experiment.hash(),
        data_sha256: dataset.provenance.sha256.clone(),
    };
    let earlier =
        if context.fresh { Earlier::Nothing } else { earlier::find(&paths, &wanted, context)? };
    let mut record = begin(trial, context, &dataset);
    let (folder, snapshot) = match earlier {
        Earlier::Done(result) => {
            let result = told_before(trial, context, result)?;
            return Ok(Ended { result, paused: false });
        }
        Earlier::Nothing => (Folder::create(&paths.0, wanted, Arc::clone(&lock))?, None),
        Earlier::Begun { record: before, checkpoint } => {
            let rows = checkpoint.snapshot.progress.rows;
            if let Some(result) = paused_before(before.as_deref(), rows, context.until) {
                return Ok(Ended { result, paused: true });
            }
            go_on(&mut record, before.as_deref(), &checkpoint);
            let (folder, snapshot) = Folder::resume(&paths.0, *checkpoint, Arc::clone(&lock))?;
            (folder, Some(snapshot))
        }
    };
    for folder in [&paths.0, &paths.state()] {
        sweep_up(folder);
    }
    write_synced(&paths.spec(), trial.experiment.to_toml().as_bytes(), Sync::Nothing)?;
    let started = Instant::now();
    let train = || train(trial, context, dataset.as_ref(), folder, snapshot, &mut record, &paths);
    let result = context.compute.enter(train);
    record.times.seconds += started.elapsed().as_secs_f64();
    record.times.ended = Some(now());
    match &result {
        Ok(ended) => {
            record.status = if ended.paused { Status::Stopped } else { Status::Done };
            record.result = Some(ended.result.clone());
            record.files = sums(&paths)?;
        }
        Err(TrialError::Train(TrainError::Interrupted { .. })) => {
            record.status = Status::Interrupted;
        }
        Err(error) => {
            record.status = Status::Failed;
            record.diverged = matches!(error, TrialError::Train(TrainError::Diverged { .. }));
            record.error = Some(error.to_string());
        }
    }
    // Of two errors the first is the one to tell: on a full disk the record cannot be written.
    let written = lock.check().and_then(|()| record.write(&paths.run()));
    result.and_then(|result| written.map(|()| result).map_err(TrialError::from))
}

/// Takes the lock, and waits for it where that is wanted.
fn lock(trial: &Trial, context: &Context<'_>, paths: &Paths) -> Result<Lock, TrialError> {
    match Lock::take(paths) {
        Err(LockError::Busy { .. }) if context.wait => {}
        taken => return Ok(taken?),
    }
    let name = display_name(trial, context);
    context.screen.say(&format!("{name}: waiting for another process that trains it"));
    let waited = Lock::wait(paths, context.stop)?;
    waited.ok_or(TrialError::Train(TrainError::Interrupted { step: 0 }))
}

/// The result of a trial that needs no training any more.
fn told_before(
    trial: &Trial,
    context: &Context<'_>,
    result: ResultRecord,
) -> Result<ResultRecord, TrialError> {
    context.screen.say(&format!("{}: done already", display_name(trial, context)));
    if context.json {
        json_lines(trial, context)
            .print("finished", serde_json::to_value(&result).unwrap_or_default())?;
    }
    Ok(result)
}

/// The result of a trial that a search let come so far and no further.
fn paused_before(before: Option<&RunJson>, rows: u64, until: Option<u64>) -> Option<ResultRecord> {
    let before = before.filter(|before| before.status == Status::Stopped)?;
    before.result.clone().filter(|_| until.is_some_and(|until| rows >= until))
}

/// SHA-256 of the files that are a function of spec, seed and text.
fn sums(paths: &Paths) -> Result<BTreeMap<String, String>, RecordError> {
    let sum = |(name, path): (&str, PathBuf)| {
        let bytes = read_regular(&path, memory()).map_err(failed(&path))?;
        Ok((name.to_owned(), sha256(&bytes)))
    };
    paths.reproducible().into_iter().map(sum).collect()
}

/// The record of a trial that begins.
fn begin(trial: &Trial, context: &Context<'_>, dataset: &DatasetInfo) -> RunJson {
    RunJson {
        status: Status::Running,
        error: None,
        diverged: false,
        stopped: None,
        experiment: context.experiment.to_owned(),
        trial: trial.name.clone(),
        spec_sha256: trial.experiment.hash(),
        warnings: [trial.experiment.warnings(), dataset.warnings.clone()].concat(),
        causal: true,
        runner_version: env!("CARGO_PKG_VERSION").to_owned(),
        program: program(),
        git_commit: git_commit(),
        machine: Machine::this(context.compute.level.name(), context.compute.threads()),
        continued_from: Vec::new(),
        times: Times { started: now(), ended: None, seconds: 0.0 },
        parameters: 0,
        data: DataRecord::new(dataset),
        result: None,
        classes: dataset.classes.clone(),
        files: BTreeMap::new(),
        vocabulary: dataset.vocabulary.clone(),
    }
}

/// Makes the record of a trial that begins one of a trial that goes on.
fn go_on(record: &mut RunJson, before: Option<&RunJson>, checkpoint: &Checkpoint<'_>) {
    if let Some(before) = before {
        record.times = Times { ended: None, ..before.times.clone() };
        record.continued_from.clone_from(&before.continued_from);
    }
    // Of a run that was killed only the checkpoint knows how long it took.
    record.times.seconds = record.times.seconds.max(checkpoint.spent.seconds);
    let version = &checkpoint.identity.version;
    if *version != record.runner_version {
        let step = checkpoint.snapshot.progress.step;
        record.continued_from.push(ContinuedFrom { runner_version: version.clone(), step });
    }
}

/// Trains, and draws the chart.
fn train(
    trial: &Trial,
    context: &Context<'_>,
    dataset: &dyn AnyDataset,
    folder: Folder,
    snapshot: Option<Snapshot<'static>>,
    record: &mut RunJson,
    paths: &Paths,
) -> Result<Ended, TrialError> {
    // Memory of its own: what the charts take later does not stand beside it.
    let compute = context.compute.afresh();
    let mut session = Session::new(&trial.experiment, dataset, compute)?;
    if let Some(snapshot) = &snapshot {
        session.restore(snapshot)?;
    }
    record.parameters = session.parameters().count();
    record.causal = is_causal(&trial.experiment, &session)?;
    record.write(&paths.run())?;
    state::forget_failure(&paths.0);
    let name = display_name(trial, context);
    context.screen.say(&format!("{name}: training on {}", dataset.provenance.description));
    for warning in &dataset.warnings {
        context.screen.say(&format!("{name}: warning: {warning}"));
    }
    for note in &dataset.notes {
        context.screen.say(&format!("{name}: {note}"));
    }
    if session.progress().step > 0 {
        context.screen.say(&format!("{name}: going on after step {}", session.progress().step));
    }
    let mut recorders =
        Recorders(vec![Box::new(folder), Box::new(Console::new(context.screen, name.clone()))]);
    if context.json {
        recorders.0.push(Box::new(json_lines(trial, context)));
    }
    let trained = train::run_until(&mut session, &mut recorders, context.stop, context.until);
    let so_far = session.so_far();
    let metric = session.metric();
    // The bitmap of a chart takes as much memory as a small model: not both at once.
    drop(session);
    let outputs = trained.as_ref().map_or(&[][..], |finished| &finished.outputs);
    draw(trial, context, dataset, paths, (metric, outputs));
    match trained {
        Ok(finished) => Ok(Ended { result: ResultRecord::new(&finished), paused: false }),
        Err(TrainError::Paused { .. }) => {
            Ok(Ended { result: ResultRecord::new(&so_far), paused: true })
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the model does not see what it must predict. One that should not and does is not trained.
fn is_causal(experiment: &Experiment, session: &Session) -> Result<bool, TrainError> {
    match session.first_leak()? {
        Some(place) if !experiment.model.bidirectional => Err(TrainError::Leak { place }),
        leak => Ok(leak.is_none()),
    }
}

/// Draws the trial's charts. One that cannot be drawn is told and does no harm.
fn draw(
    trial: &Trial,
    context: &Context<'_>,
    dataset: &DatasetInfo,
    paths: &Paths,
    (metric, outputs): (Metric, &[Output]),
) {
    if !std::fs::metadata(paths.metrics()).is_ok_and(|file| file.len() > 0) {
        return;
    }
    // Without the advice: "datasets/seinfeld (shipped sample: 131 KB; …" ends at the semicolon.
    let text = match dataset.provenance.description.split_once(';') {
        Some((text, _)) => format!("{text})"),
        None => dataset.provenance.description.clone(),
    };
    let mut title = close::title(context.experiment, &trial.experiment, &text);
    let unknown = dataset.unknown.map_or(0.0, |[_, valid, _]| valid);
    title.warning = title.warning.or_else(|| close::about_unknown(unknown));
    let curves = plot::trial(&paths.metrics(), &paths.0, &metric, &title);
    let pictures = outputs.iter().filter_map(|output| {
        let picture = output.picture?;
        Some(plot::picture(&paths.0.join(&output.file), &paths.0, picture, &title))
    });
    for error in std::iter::once(curves).chain(pictures).filter_map(Result::err) {
        let name = display_name(trial, context);
        context.screen.insist(&format!("{name}: no chart: {error}"));
    }
}

fn json_lines(trial: &Trial, context: &Context<'_>) -> JsonLines {
    JsonLines { trial: (context.experiment.to_owned(), trial.name.clone()) }
}

/// How a trial is called on the screen: by its experiment, and by what tells it from the others.
fn display_name(trial: &Trial, context: &Context<'_>) -> String {
    let name = trial.name.rsplit_once('-').map_or(trial.name.as_str(), |(name, _)| name);
    format!("{} {name}", context.experiment)
}
