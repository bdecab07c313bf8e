//! Says what came of a check, on standard output and in all files that are asked for.

use super::CheckOptions;
use crate::cli::failure::Failure;
use crate::cli::print;
use crate::files::write_whole;
use crate::results::gate::history::{self, History};
use crate::results::gate::outcome::Outcome;
use crate::results::gate::report::{self, junit};
use std::io::Write;
use std::path::Path;

/// Says it on standard output and in all files that are asked for.
pub(super) fn tell(
    outcomes: &[Outcome],
    elsewhere: &[String],
    code: u8,
    options: &CheckOptions,
) -> Result<(), Failure> {
    let history = match &options.history {
        Some(path) => History::of_csv(path).map_err(|why| unusable(path, &why))?,
        None => History::of_commits(&options.baseline),
    };
    if let (Some(path), true) = (&options.history, options.update) {
        history::append(path, outcomes).map_err(|why| unusable(path, &why))?;
    }
    let history = history.and_now(outcomes);
    let write = |path: &Path, text: &str| write_whole(path, text.as_bytes());
    if let Some(path) = &options.junit {
        let text = junit::junit(outcomes).map_err(|error| miette::miette!("JUnit: {error}"));
        write(path, &text.map_err(Failure::internal)?).map_err(Failure::internal)?;
    }
    let markdown = report::markdown(outcomes, elsewhere, &history);
    if let Some(path) = &options.markdown {
        write(path, &markdown).map_err(Failure::internal)?;
    }
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        append(Path::new(&path), &markdown)?;
    }
    if let Some(path) = &options.chart {
        write(path, &history.svg()).map_err(Failure::internal)?;
    }
    if let Some(path) = &options.benchmark {
        write_benchmarks(path, outcomes)?;
    }
    if options.json {
        let text = serde_json::to_string_pretty(&report::json(outcomes, elsewhere, code));
        return print::json(&text.map_err(|error| Failure::internal(miette::miette!("{error}")))?);
    }
    print::answer(&report::text(outcomes, elsewhere))
}

/// A history that cannot be used.
fn unusable(path: &Path, why: &str) -> Failure {
    Failure::internal(miette::miette!("the history {}: {why}", path.display()))
}

/// Other steps of a job write their summaries into the same file.
fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        Failure::internal(miette::miette!("cannot write {}: {error}", path.display()))
    })
}

/// Metrics where lower is better go into the file; those where higher is better, which the same
/// tool reads apart, into one beside it.
fn write_benchmarks(path: &Path, outcomes: &[Outcome]) -> Result<(), Failure> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!("{stem}.bigger.json"));
    for (path, lower) in [(path, true), (beside.as_path(), false)] {
        let entries = report::benchmark(outcomes, lower);
        if lower || entries.as_array().is_some_and(|entries| !entries.is_empty()) {
            let text = format!("{entries:#}\n");
            write_whole(path, text.as_bytes()).map_err(Failure::internal)?;
        }
    }
    Ok(())
}
