//! What is wrong with a trial.

use super::{Kind, Patient};
use crate::files::links::{self, above, name_of};
use crate::files::{self, Sync, TEMPORARY, remove, sha256, sweep_up, write_synced};
use crate::results::charts::trial::TrialCharts;
use crate::runs::checkpoint::{self, Contents};
use crate::runs::damage;
use crate::runs::lock::{self, Lock};
use crate::runs::paths::{FILES, METRICS, Paths, SAMPLES, SPEC, TIMING, WEIGHTS};
use crate::runs::plan;
use crate::runs::run_json::{Record, Status, read_if_whole};
use crate::spec;
use safetensors::SafeTensors;
use std::path::Path;

/// Looks at a trial that no process trains.
pub(super) fn examine(patient: &mut Patient<'_>) {
    let paths = Paths(patient.folder.to_owned());
    if let Err(link) = links::check(patient.folder) {
        return patient.tell(
            Kind::Damaged,
            link.to_string(),
            "put what belongs there in its place",
        );
    }
    if lock::is_held(&paths) {
        return;
    }
    leftovers(patient, &paths);
    // What is mended is mended by one process.
    let held = patient.fix.then(|| Lock::take(&paths));
    if let Some(Err(busy)) = &held {
        return patient.tell(Kind::LeftOver, busy.to_string(), "try again in a minute");
    }
    let checkpoint = checkpoints(patient, &paths);
    match read_if_whole(&paths.run()) {
        Ok(Some(record)) => {
            sums(patient, &paths, &record);
            if record.status == Status::Running {
                grown(patient, &paths);
            }
            charts(patient, &paths, &record);
        }
        // One that failed before it had a record has left nothing.
        Ok(None) if !checkpoint => {}
        Ok(None) => {
            let again = patient.again();
            patient.tell(
                Kind::Missing,
                "run.json is missing",
                format!("{again} goes on from the checkpoint and writes it"),
            );
        }
        Err(why) => {
            let again = patient.again();
            let remedy = match checkpoint {
                true => format!("{again} goes on from the checkpoint and writes it"),
                false => format!("{again} --fresh trains it again"),
            };
            patient.tell(Kind::Damaged, format!("run.json {why}"), remedy);
        }
    }
}

/// Temporary files of processes that died, and their locks.
fn leftovers(patient: &mut Patient<'_>, paths: &Paths) {
    let temporary = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.filter(|it| it.file_name().to_string_lossy().starts_with(TEMPORARY)).count()
    };
    let folders = [paths.0.clone(), paths.state()];
    let count: usize = folders.iter().map(|folder| temporary(folder)).sum();
    if count > 0 {
        let what = format!("{count} temporary, left by a process that died");
        patient.mend(Kind::LeftOver, what, || {
            folders.iter().for_each(|folder| sweep_up(folder));
            Ok("removed".to_owned())
        });
    }
    if paths.state().join("owner").exists() {
        let what = "the lock of a process that is gone".to_owned();
        patient.mend(Kind::LeftOver, what, || match Lock::take(paths) {
            Ok(_) => Ok("removed".to_owned()),
            Err(error) => Err(format!("{error}: try again in a minute")),
        });
    }
}

/// Looks at the checkpoints: whether a good one is there.
fn checkpoints(patient: &mut Patient<'_>, paths: &Paths) -> bool {
    let [last, before] = [paths.checkpoint(), paths.previous()];
    let good = [&last, &before].map(|path| checkpoint::is_good(path));
    for (path, found) in [&last, &before].into_iter().zip(good) {
        if path.exists() && !found {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let what = format!("checkpoint/{name} is damaged");
            let other = good.contains(&true);
            let again = patient.again();
            patient.mend(Kind::Damaged, what, || match other {
                true => {
                    remove(path).map_err(|error| error.to_string())?;
                    Ok("removed: the other one is good".to_owned())
                }
                false => Err(format!(
                    "no good one is left: {again} --fresh trains it again, should its files be lost"
                )),
            });
        }
    }
    good.contains(&true)
}

/// Compares all files with the sums of the record.
fn sums(patient: &mut Patient<'_>, paths: &Paths, record: &Record) {
    let mut wrong: Vec<_> = damage::of_files(&paths.0, &record.files)
        .into_iter()
        .map(|(name, why)| (Kind::Damaged, name, why))
        .collect();
    let gone = record
        .files
        .keys()
        .filter(|name| links::is_name(name) && paths.0.join(name).symlink_metadata().is_err());
    wrong.extend(gone.map(|name| (Kind::Missing, name.clone(), format!("{name} is missing"))));
    // Only where it is needed: it reads the plan, which may be long.
    let again = if wrong.is_empty() { String::new() } else { patient.again() };
    for (kind, name, why) in wrong {
        let sum = &record.files[&name];
        patient.mend(kind, why, || {
            let (bytes, from) = kept(paths, &name, sum).ok_or_else(|| {
                format!("nothing has these bytes any more: {again} --fresh trains it again")
            })?;
            write_synced(&paths.0.join(&name), &bytes, Sync::All).map_err(|it| it.to_string())?;
            Ok(format!("taken from the {from}"))
        });
    }
    if record.status != Status::Running {
        let has = |name: &&&str| !record.files.contains_key(**name) && paths.0.join(name).exists();
        let unknown: Vec<&str> = FILES.iter().filter(has).copied().collect();
        if !unknown.is_empty() {
            let what = format!("the sums of {} are not recorded", unknown.join(", "));
            patient.tell(Kind::Unchecked, what, "an earlier version wrote it");
        }
    }
}

/// The bytes of a file that have this sum, and what has them.
fn kept(paths: &Paths, name: &str, sum: &str) -> Option<(Vec<u8>, &'static str)> {
    if name == SPEC {
        let (plan, _) = plan::read(&above(&paths.0), None).ok()?;
        let own = plan.trials.into_iter().find(|trial| trial.name == name_of(&paths.0))?;
        let bytes = own.experiment.to_toml().into_bytes();
        return (sha256(&bytes) == sum).then_some((bytes, "plan"));
    }
    let found = checkpoint::last_good(paths, &|_| {}).ok()??;
    let (_, contents) = found.files.into_iter().find(|(known, _)| known == name)?;
    let Contents::Bytes(bytes) = contents else { return None };
    (sha256(&bytes) == sum).then(|| (bytes.into_owned(), "checkpoint"))
}

/// Compares the files of a trial that was killed with what they were at its last checkpoint: they have
/// only grown since.
fn grown(patient: &mut Patient<'_>, paths: &Paths) {
    let Ok(Some(checkpoint)) = checkpoint::last_good(paths, &|_| {}) else { return };
    for (name, contents) in checkpoint.files {
        let Contents::Bytes(before) = contents else { continue };
        let now = files::read(&paths.0.join(&name)).unwrap_or_default();
        let fine = match name.as_str() {
            METRICS | TIMING | SAMPLES => now.starts_with(&before),
            WEIGHTS => now == *before || SafeTensors::deserialize(&now).is_ok(),
            _ => true,
        };
        if !fine {
            let remedy = format!("{} takes it from the checkpoint", patient.again());
            patient.tell(Kind::Damaged, format!("{name} is not what its checkpoint says"), remedy);
        }
    }
}

/// Charts that are not there, or cut off.
fn charts(patient: &mut Patient<'_>, paths: &Paths, record: &Record) {
    let Ok(spec) = spec::load(&paths.spec(), &[]) else { return };
    let Some(trial) = spec.trials.into_iter().next() else { return };
    let name = name_of(&above(&paths.0));
    let charts = TrialCharts::new(paths, &name, &trial.experiment, &record.data, &record.pictures);
    for chart in charts.missing() {
        let what = format!("{} is missing or cut off", name_of(&chart));
        patient.mend(Kind::Missing, what, || match charts.mend().1.into_iter().next() {
            None => Ok("drawn".to_owned()),
            Some(error) => Err(error.to_string()),
        });
    }
}
