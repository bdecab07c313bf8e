//! What is wrong with the files that the trials of an experiment share.

use super::{Kind, Patient};
use crate::files::{self, TEMPORARY, write_whole};
use crate::results::{charts, summaries};
use crate::runs::lock;
use crate::runs::summary_csv::{FILE, Summary};
use crate::runs::{Paths, find};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Temporary files that are younger may be written at this moment.
const YOUNG: Duration = Duration::from_secs(60);

/// Looks at an experiment.
pub(super) fn examine(patient: &mut Patient<'_>) {
    leftovers(patient);
    let folder = patient.folder;
    let runs = find::trials_in(folder).into_iter().any(|trial| lock::is_held(&Paths(trial)));
    let summary = match summaries::anew(folder) {
        Ok(Some(anew)) => anew,
        Ok(None) => return,
        Err(error) => return patient.tell(Kind::Damaged, error.to_string(), "see its help"),
    };
    let (csv, summary) = summary;
    for lost in summary.lost.iter().filter(|lost| !lost.place.is_dir()) {
        let name = lost.place.file_name().unwrap_or_default().to_string_lossy();
        let what = format!("{name}: {}", lost.why);
        patient.tell(Kind::Damaged, what, "run its spec again: that writes it anew");
    }
    // While trials are trained it is behind them, and of damaged ones it says more than they do.
    if runs || !summary.damage().is_empty() {
        return;
    }
    let path = folder.join(FILE);
    let (kind, what) = match files::read(&path) {
        Ok(bytes) if bytes == csv => return drawn(patient, &summary),
        Ok(_) => (Kind::Damaged, format!("{FILE} is not what its trials say")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            (Kind::Missing, format!("{FILE} is missing"))
        }
        Err(error) => (Kind::Damaged, format!("{FILE} cannot be read: {error}")),
    };
    patient.mend(kind, what, || {
        write_whole(&path, &csv).map_err(|error| error.to_string())?;
        Ok("written anew from the trials".to_owned())
    });
    drawn(patient, &summary);
}

/// Looks for the charts of all trials.
fn drawn(patient: &mut Patient<'_>, summary: &Summary) {
    let lacking: Vec<PathBuf> =
        charts::all(summary).into_iter().filter(|svg| !charts::trial::is_drawn(svg)).collect();
    if lacking.is_empty() {
        return;
    }
    let names = lacking.iter().map(|svg| svg.file_name().unwrap_or_default().to_string_lossy());
    let what = format!("{} is missing or cut off", names.collect::<Vec<_>>().join(", "));
    patient.mend(Kind::Missing, what, || match charts::draw(summary) {
        Ok(_) => Ok("drawn".to_owned()),
        Err(error) => Err(error.to_string()),
    });
}

/// Temporary files of processes that died.
fn leftovers(patient: &mut Patient<'_>) {
    let is_old = |entry: &fs::DirEntry| {
        let written = entry.metadata().and_then(|file| file.modified());
        written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > YOUNG))
    };
    let entries = fs::read_dir(patient.folder).into_iter().flatten().flatten();
    let temporary = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(TEMPORARY))
        .filter(is_old);
    let paths: Vec<PathBuf> = temporary.map(|entry| entry.path()).collect();
    if paths.is_empty() {
        return;
    }
    let what = format!("{} temporary, left by a process that died", paths.len());
    patient.mend(Kind::LeftOver, what, || {
        let removed = paths.iter().try_for_each(fs::remove_file);
        removed.map_err(|error| error.to_string()).map(|()| "removed".to_owned())
    });
}
