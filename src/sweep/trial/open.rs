//! A trial's folder as training begins: new, or as an earlier run left it.

use super::charts;
use super::context::{Context, Ended};
use super::prepare::Prepared;
use super::resume::{self, Found};
use crate::data::DatasetInfo;
use crate::files::{self, Sync, sha256, sweep_up, write_synced};
use crate::machine::{Machine, git_commit, now, program};
use crate::runs::checkpoint::Checkpoint;
use crate::runs::damage::{self, Sums};
use crate::runs::lock::Lock;
use crate::runs::paths::SPEC;
use crate::runs::run_json::{ContinuedFrom, DataRecord, ResultRecord, RunJson, Status, Times};
use crate::runs::{Folder, Paths};
use crate::spec::Meta;
use crate::sweep::error::TrialError;
use crate::tasks::AnyDataset;
use crate::train::{RecordError, Snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a trial's folder says of it.
pub(super) enum Opened {
    /// An earlier run came as far as this one is to come.
    Ended(Ended),
    /// It is to be trained.
    Open(Box<Open>),
}

/// A trial that is to be trained.
pub(super) struct Open {
    /// The trial.
    pub begun: Begun,
    /// What writes its files.
    pub folder: Folder,
    /// Where it goes on, if it does.
    pub snapshot: Option<Snapshot<'static>>,
}

/// A trial that has begun.
pub(super) struct Begun {
    /// What it reads.
    pub dataset: Arc<dyn AnyDataset>,
    /// The right to write.
    pub lock: Arc<Lock>,
    /// Where its files stand.
    pub paths: Paths,
    /// What is recorded of it so far.
    pub record: RunJson,
}

/// Opens the folder of a trial.
pub(super) fn open(context: &Context<'_>, prepared: Prepared) -> Result<Opened, TrialError> {
    let Prepared { dataset, lock, identity } = prepared;
    let paths = context.paths();
    let found = match context.fresh {
        true => Found::Nothing,
        false => resume::find(&paths, &identity, context)?,
    };
    let mut record = record_of(context, dataset.as_ref());
    let (folder, snapshot) = match found {
        Found::Done(result) => {
            if let Some(record) = describe_anew(context, &paths)? {
                charts::mend(context, &paths, &record);
            }
            say_done(context, &result)?;
            return Ok(Opened::Ended(Ended { result, paused: false }));
        }
        Found::Nothing => (Folder::create(&paths.0, identity, Arc::clone(&lock))?, None),
        Found::Begun { record: mut before, checkpoint, damaged } => {
            let rows = checkpoint.snapshot.progress.rows;
            let paused = paused_before(before.as_deref(), rows, context.until);
            if let Some(result) = paused.filter(|_| !damaged) {
                describe_anew(context, &paths)?;
                return Ok(Opened::Ended(Ended { result, paused: true }));
            }
            go_on(&mut record, before.as_deref(), &checkpoint);
            if let Some(before) = &mut before {
                before.open(&paths.run())?;
            }
            let (folder, snapshot) = Folder::resume(&paths.0, *checkpoint, Arc::clone(&lock))?;
            (folder, Some(snapshot))
        }
    };
    for folder in [&paths.0, &paths.state()] {
        sweep_up(folder);
    }
    record.files = write_spec(context, &paths)?;
    let begun = Begun { dataset, lock, paths, record };
    Ok(Opened::Open(Box::new(Open { begun, folder, snapshot })))
}

/// Writes what the spec says of a trial that is not trained now into its record and its spec, where
/// that is not what they say: the record.
fn describe_anew(context: &Context<'_>, paths: &Paths) -> Result<Option<RunJson>, TrialError> {
    let Meta { tags, note } = &context.trial.experiment.meta;
    let Ok(mut record) = RunJson::read(&paths.run()) else { return Ok(None) };
    let spec = files::read(&paths.spec()).unwrap_or_default();
    let sum = record.files.get(SPEC).map(String::as_str);
    if record.tags == *tags && record.note == *note {
        if damage::of_bytes(SPEC, &spec, sum).is_some() {
            write_spec(context, paths)?;
            context.options.screen.insist(&format!("{}: written anew", paths.spec().display()));
        }
        return Ok(Some(record));
    }
    context.note(if record.tags == *tags { "note changed" } else { "tags changed" });
    record.tags.clone_from(tags);
    record.note.clone_from(note);
    record.files.remove(SPEC);
    record.write(&paths.run())?;
    record.files.extend(write_spec(context, paths)?);
    record.write(&paths.run())?;
    Ok(Some(record))
}

/// Writes the spec: its sum.
fn write_spec(context: &Context<'_>, paths: &Paths) -> Result<Sums, RecordError> {
    let text = context.trial.experiment.to_toml();
    write_synced(&paths.spec(), text.as_bytes(), Sync::Nothing)?;
    Ok(Sums::from([(SPEC.to_owned(), sha256(text.as_bytes()))]))
}

/// Says that a trial needs no training any more.
fn say_done(context: &Context<'_>, result: &ResultRecord) -> Result<(), RecordError> {
    context.say("done already");
    if context.options.json {
        let result = serde_json::to_value(result).unwrap_or_default();
        context.json_lines().print("finished", result)?;
    }
    Ok(())
}

/// The result of a trial that a search let come so far and no further.
fn paused_before(before: Option<&RunJson>, rows: u64, until: Option<u64>) -> Option<ResultRecord> {
    let before = before.filter(|before| before.status == Status::Stopped)?;
    before.result.clone().filter(|_| until.is_some_and(|until| rows >= until))
}

/// The record of a trial that begins.
fn record_of(context: &Context<'_>, dataset: &DatasetInfo) -> RunJson {
    let trial = context.trial;
    RunJson {
        status: Status::Running,
        error: None,
        diverged: false,
        stopped: None,
        experiment: context.experiment.to_owned(),
        trial: trial.name.clone(),
        spec_sha256: trial.experiment.hash(),
        tags: trial.experiment.meta.tags.clone(),
        note: trial.experiment.meta.note.clone(),
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
        files: Sums::new(),
        pictures: BTreeMap::new(),
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
