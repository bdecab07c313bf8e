//! The file store of MLflow: a folder for each experiment, in it one for each run, in these a file for
//! each parameter, and for each metric one with a line `timestamp value step` each time it was logged.

use crate::results::gate::foreign::FiguresError;
use crate::results::gate::foreign::input::text_of;
use crate::results::gate::foreign::records::{Place, Record};
use std::path::{Path, PathBuf};

/// What an experiment and a run are described in.
pub(in crate::results::gate::foreign) const DESCRIPTION: &str = "meta.yaml";
const METRICS: &str = "metrics";

/// Whether a file describes a run, and not an experiment.
pub(in crate::results::gate::foreign) fn is_run(description: &Path) -> bool {
    description.with_file_name(METRICS).is_dir()
}

/// The records of a run: one each time that a metric was logged.
pub(in crate::results::gate::foreign) fn records(
    description: &Path,
) -> Result<Vec<Record>, FiguresError> {
    let folder = description.parent().unwrap_or(Path::new("."));
    let own = text_of(description)?;
    if field(&own, "lifecycle_stage") == Some("deleted") {
        return Ok(Vec::new());
    }
    let above = folder.parent().map(|experiment| experiment.join(DESCRIPTION));
    let above = above.filter(|path| path.is_file()).map(|path| text_of(&path)).transpose()?;
    let experiment = above.as_deref().and_then(|text| field(text, "name")).unwrap_or_default();
    let mut run = Record::new(Place::of(folder.display().to_string()))
        .with("experiment", experiment)
        .with("run_name", field(&own, "run_name").unwrap_or_default());
    for (name, path) in files(&folder.join("params"))? {
        run = run.with(&name, text_of(&path)?.trim_end_matches('\n'));
    }
    let mut all = vec![run.clone()];
    for (name, path) in files(&folder.join(METRICS))? {
        let text = text_of(&path)?;
        let place = Place::of(path.display().to_string());
        for (number, line) in (1..).zip(text.lines()) {
            let place = place.line(number);
            let [_, value, ..] = line.split(' ').collect::<Vec<_>>()[..] else {
                return Err(FiguresError::new(
                    format!("{place}: {line:?} is no line of a metric: timestamp value step"),
                    "this is not MLflow's file store: name another folder with --results",
                ));
            };
            // A run that names no steps has all at step 0: they stand in their order.
            let record = Record { place, ..run.clone() }.with(&name, value);
            all.push(record.with("step", number));
        }
    }
    Ok(all)
}

/// The files below a folder by their names, which may have slashes.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, FiguresError> {
    let mut all = Vec::new();
    if !folder.is_dir() {
        return Ok(all);
    }
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            FiguresError::new(format!("cannot read {}: {error}", folder.display()), "")
        })?;
        if entry.file_type().is_file() {
            let path = entry.into_path();
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            all.push((name.replace('\\', "/"), path));
        }
    }
    Ok(all)
}

/// The value of a key at the top of a description, which MLflow writes a line each.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    let value = line.trim();
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    Some(quoted('\'').or_else(|| quoted('"')).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_description_are_read() {
        let text = "artifact_uri: a\nname: 'my: run'\nrun_name: plain\nsource_name: ''\n";
        assert_eq!(field(text, "name"), Some("my: run"));
        assert_eq!(field(text, "run_name"), Some("plain"));
        assert_eq!((field(text, "source_name"), field(text, "no")), (Some(""), None));
    }
}
