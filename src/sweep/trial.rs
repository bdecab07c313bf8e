//! One trial: from its resolved spec to the files of its folder.

use super::{Corpora, TrialError, close};
use crate::chart;
use crate::data::Dataset;
use crate::kernels::Compute;
use crate::metric::Metric;
use crate::model::{self, Output};
use crate::record::Recorders;
use crate::record::console::{Console, Screen};
use crate::record::file::write_whole;
use crate::record::folder::{Folder, Paths};
use crate::record::json::JsonLines;
use crate::record::lock::Lock;
use crate::record::machine::{Machine, git_commit, now};
use crate::record::run_json::{DataRecord, ResultRecord, RunJson, Status, Times};
use crate::spec::Trial;
use crate::train::{self, Session, Snapshot, TrainError};
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
    /// Asks it to save its state and leave.
    pub stop: &'a AtomicBool,
}

/// Runs a trial to its end, or takes the result of an earlier run that came to its end.
///
/// # Errors
/// When the corpus cannot be read, the training diverges, or the files cannot be written.
pub fn run(trial: &Trial, context: &Context<'_>) -> Result<ResultRecord, TrialError> {
    let paths = Paths(context.folder.join(&trial.name));
    let dataset = context.corpora.get(&trial.experiment, context.roots)?;
    let _lock = Lock::take(&paths)?;
    let earlier = if context.fresh { None } else { RunJson::read_if_there(&paths.run())? };
    if let Some(earlier) = &earlier {
        check_corpus(earlier, &dataset, &paths)?;
        if earlier.status == Status::Done
            && let Some(result) = &earlier.result
        {
            context.screen.say(&format!("{}: done already", display_name(trial, context)));
            if context.json {
                json_lines(trial, context)
                    .print("finished", serde_json::to_value(result).unwrap_or_default())?;
            }
            return Ok(result.clone());
        }
    }
    let resumed = match earlier {
        Some(_) => Folder::resume(&paths.0)?,
        None => None,
    };
    let (folder, snapshot) = match resumed {
        Some((folder, snapshot)) => (folder, Some(snapshot)),
        None => (Folder::create(&paths.0)?, None),
    };
    let mut record = begin(trial, context, &dataset, earlier.as_ref());
    write_whole(&paths.spec(), trial.experiment.to_toml().as_bytes())?;
    let started = Instant::now();
    let result = train(trial, context, &dataset, folder, snapshot, &mut record, &paths);
    record.times.seconds += started.elapsed().as_secs_f64();
    record.times.ended = Some(now());
    match &result {
        Ok(result) => {
            record.status = Status::Done;
            record.result = Some(result.clone());
        }
        Err(TrialError::Train(TrainError::Interrupted { .. })) => {
            record.status = Status::Interrupted;
        }
        Err(error) => {
            record.status = Status::Failed;
            record.error = Some(error.to_string());
        }
    }
    record.write(&paths.run())?;
    result
}

/// A run goes on with the text it began with, or not at all.
pub(super) fn check_corpus(
    earlier: &RunJson,
    dataset: &Dataset,
    paths: &Paths,
) -> Result<(), TrialError> {
    let (before, now) = (&earlier.data.provenance.sha256, &dataset.provenance.sha256);
    if before == now {
        return Ok(());
    }
    let short = |sum: &str| sum.chars().take(8).collect();
    Err(TrialError::ChangedCorpus {
        folder: paths.0.display().to_string(),
        before: short(before),
        now: short(now),
    })
}

/// The record of a trial that begins or goes on.
fn begin(
    trial: &Trial,
    context: &Context<'_>,
    dataset: &Dataset,
    earlier: Option<&RunJson>,
) -> RunJson {
    RunJson {
        status: Status::Running,
        error: None,
        experiment: context.experiment.to_owned(),
        trial: trial.name.clone(),
        spec_sha256: trial.experiment.hash(),
        warnings: trial.experiment.warnings(),
        runner_version: env!("CARGO_PKG_VERSION").to_owned(),
        git_commit: git_commit(),
        machine: Machine::this(context.compute.level.name(), context.compute.threads()),
        times: Times {
            started: earlier.map_or_else(now, |earlier| earlier.times.started.clone()),
            ended: None,
            seconds: earlier.map_or(0.0, |earlier| earlier.times.seconds),
        },
        parameters: 0,
        data: DataRecord::new(dataset),
        result: None,
        classes: dataset.classes().to_vec(),
        vocabulary: dataset.vocabulary.clone(),
    }
}

/// Trains, and draws the chart.
fn train(
    trial: &Trial,
    context: &Context<'_>,
    dataset: &Arc<Dataset>,
    folder: Folder,
    snapshot: Option<Snapshot<'static>>,
    record: &mut RunJson,
    paths: &Paths,
) -> Result<ResultRecord, TrialError> {
    let compute = context.compute.clone();
    let mut session = Session::new(&trial.experiment, Arc::clone(dataset), compute)?;
    if let Some(snapshot) = &snapshot {
        session.restore(snapshot)?;
    }
    record.parameters = model::parameter_count(session.model());
    record.write(&paths.run())?;
    let name = display_name(trial, context);
    context.screen.say(&format!("{name}: training on {}", dataset.provenance.description));
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
    let trained = train::run(&mut session, &mut recorders, context.stop);
    let metric = session.metric();
    // The bitmap of a chart takes as much memory as a small model: not both at once.
    drop(session);
    let outputs = trained.as_ref().map_or(&[][..], |finished| &finished.outputs);
    draw(trial, context, dataset, paths, (metric, outputs));
    Ok(ResultRecord::new(&trained?))
}

/// Draws the trial's charts. One that cannot be drawn is told and does no harm.
fn draw(
    trial: &Trial,
    context: &Context<'_>,
    dataset: &Dataset,
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
    let title = close::title(context.experiment, &trial.experiment, &text);
    let curves = chart::trial(&paths.metrics(), &paths.0, &chart::Metric::from(&metric), &title);
    let pictures = outputs.iter().filter_map(|output| {
        let picture = output.picture?;
        Some(chart::picture(&paths.0.join(&output.file), &paths.0, picture, &title))
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
