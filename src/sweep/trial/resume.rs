//! What an earlier run of a trial left, and whether it can be gone on from.

use super::context::Context;
use crate::machine::program;
use crate::runs::checkpoint::{self, Checkpoint, Identity};
use crate::runs::damage;
use crate::runs::paths::{Paths, SPEC};
use crate::runs::run_json::{ResultRecord, RunJson, Status, UnreadableRun};
use crate::sweep::error::TrialError;

/// What an earlier run left.
pub(super) enum Found {
    /// Nothing to go on from.
    Nothing,
    /// A trial that came to its end.
    Done(ResultRecord),
    /// A trial that has begun.
    Begun {
        /// Its record, if that can be read.
        record: Option<Box<RunJson>>,
        /// Its last good checkpoint.
        checkpoint: Box<Checkpoint<'static>>,
        /// Whether files are to be restored from that.
        damaged: bool,
    },
}

/// Looks into a trial's folder. `wanted` is the trial that is to be run.
///
/// # Errors
/// When what is there is not to be gone on from: another text, another version, a record that
/// cannot be read and no checkpoint.
pub(super) fn find(
    paths: &Paths,
    wanted: &Identity,
    context: &Context<'_>,
) -> Result<Found, TrialError> {
    let notice = |line: &str| context.options.screen.insist(line);
    let read = RunJson::read_if_there(&paths.run());
    if let Ok(Some(record)) = &read {
        check_corpus(&record.data.provenance.sha256, &wanted.data_sha256, paths)?;
    }
    if context.options.this_build && is_of_another_build(&read) {
        let folder = paths.0.display();
        context.options.screen.say(&format!("{folder} is of another build: training starts over"));
        return Ok(Found::Nothing);
    }
    let done = read.as_ref().ok().and_then(Option::as_ref).and_then(done);
    let changed = match &read {
        Ok(Some(record)) => changed(record, paths),
        _ => None,
    };
    if let (Some(result), None) = (&done, &changed) {
        return Ok(Found::Done(result.clone()));
    }
    let found = checkpoint::last_good(paths, &notice)?;
    let found = found.filter(|found| found.identity.spec_sha256 == wanted.spec_sha256);
    let Some(checkpoint) = found else {
        return Ok(without_checkpoint(paths, read?.and(done), changed, &notice));
    };
    check_corpus(&checkpoint.identity.data_sha256, &wanted.data_sha256, paths)?;
    check_version(&checkpoint.identity, wanted, paths, context.options.force)?;
    let damaged = changed.is_some();
    if let Some(file) = changed {
        notice(&format!("{file} is not what was written; it is restored from the checkpoint"));
    }
    if let Err(unreadable) = &read {
        notice(&format!("{unreadable}; going on from the checkpoint"));
    }
    let record = read.ok().flatten().map(Box::new);
    Ok(Found::Begun { record, checkpoint: Box::new(checkpoint), damaged })
}

/// What there is where no checkpoint is good: the result of a trial whose files have changed since, or
/// nothing.
fn without_checkpoint(
    paths: &Paths,
    done: Option<ResultRecord>,
    changed: Option<String>,
    notice: &dyn Fn(&str),
) -> Found {
    if let Some(result) = done {
        let file = changed.unwrap_or_default();
        notice(&format!("{file} is not what was written; --fresh trains it again"));
        return Found::Done(result);
    }
    if paths.checkpoint().exists() || paths.previous().exists() {
        let folder = paths.0.display();
        notice(&format!("{folder}: no good checkpoint is left; training starts over"));
    }
    Found::Nothing
}

/// Whether a record is not known to be of this build of the program.
fn is_of_another_build(read: &Result<Option<RunJson>, UnreadableRun>) -> bool {
    let this = program();
    match read {
        Ok(None) => false,
        Ok(Some(record)) => this.is_none() || record.program != this,
        Err(_) => true,
    }
}

/// The result of a trial that came to its end.
fn done(record: &RunJson) -> Option<ResultRecord> {
    record.result.clone().filter(|_| record.status == Status::Done)
}

/// A file whose bytes have changed since it was written, the spec aside, which is written anew in any case.
fn changed(record: &RunJson, paths: &Paths) -> Option<String> {
    let mut sums = record.files.clone();
    sums.remove(SPEC);
    let (name, _) = damage::of_files(&paths.0, &sums).into_iter().next()?;
    Some(paths.0.join(name).display().to_string())
}

/// A run goes on with the text it began with, or not at all.
pub fn check_corpus(before: &str, now: &str, paths: &Paths) -> Result<(), TrialError> {
    if before == now {
        return Ok(());
    }
    Err(TrialError::ChangedCorpus {
        folder: paths.0.display().to_string(),
        before: format!("{before:.8}"),
        now: format!("{now:.8}"),
    })
}

/// Another version may compute other numbers: then the two parts would not belong together.
fn check_version(
    before: &Identity,
    wanted: &Identity,
    paths: &Paths,
    force: bool,
) -> Result<(), TrialError> {
    if force || before.version == wanted.version {
        return Ok(());
    }
    Err(TrialError::OtherVersion {
        folder: paths.0.display().to_string(),
        before: before.version.clone(),
        now: wanted.version.clone(),
    })
}
