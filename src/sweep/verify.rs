//! Training again, and comparing every recorded number bit for bit.

use super::corpora::Corpora;
use super::error::TrialError;
use super::options::Options;
use super::trial::resume::check_corpus;
use super::trial::{self, Context};
use crate::files::links::{above, name_of};
use crate::files::{self, failed};
use crate::kernels::Compute;
use crate::runs::Paths;
use crate::runs::metrics_csv::MetricsCsv;
use crate::runs::run_json::{RunJson, Status, UnreadableRun};
use crate::spec::{self, SpecErrors};
use crate::train::RecordError;
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

/// What came of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every recorded number came out again.
    Same {
        /// Rows of `metrics.csv`.
        rows: usize,
        /// Numbers in `model.safetensors`.
        weights: usize,
    },
    /// The first number that did not, and what differs between the two runs.
    Different {
        /// Where, and both values.
        first: String,
        /// Version, commit, machine: a line each.
        circumstances: Vec<String>,
    },
}

/// Why a run cannot be verified.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum VerifyError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unreadable(#[from] UnreadableRun),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Spec(#[from] Box<SpecErrors>),
    #[error("{} is {status}: only a run that came to its end can be verified", folder.display())]
    #[diagnostic(code(verify::unfinished), help("run its spec again to complete it"))]
    Unfinished { folder: PathBuf, status: &'static str },
    #[error("{} has been changed since the run", path.display())]
    #[diagnostic(code(verify::changed_spec), help("restore it, or run it as a new experiment"))]
    ChangedSpec { path: PathBuf },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Trial(#[from] TrialError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
}

/// Trains the run of a folder again, in a temporary folder, and compares.
///
/// # Errors
/// When the record is none or unfinished, the spec or the text has changed, or training fails.
pub fn verify(
    folder: &Path,
    roots: &[PathBuf],
    compute: Compute,
    options: &Options,
) -> Result<Verdict, VerifyError> {
    let recorded = Paths(folder.to_owned());
    let run = RunJson::read(&recorded.run())?;
    if run.status != Status::Done {
        let (folder, status) = (folder.to_owned(), run.status.name());
        return Err(VerifyError::Unfinished { folder, status });
    }
    let spec = spec::load(&recorded.spec(), &[]).map_err(Box::new)?;
    let trial = spec.trials.first().filter(|trial| trial.experiment.hash() == run.spec_sha256);
    let Some(trial) = trial else {
        return Err(VerifyError::ChangedSpec { path: recorded.spec() });
    };
    let corpora = Corpora::default();
    let dataset = corpora.get(&trial.experiment, roots).map_err(TrialError::Data)?;
    check_corpus(&run.data.provenance.sha256, &dataset.provenance.sha256, &recorded)?;
    let again = tempfile::tempdir().map_err(failed(&std::env::temp_dir()))?;
    let context = Context {
        trial,
        experiment: &name_of(&above(folder)),
        folder: again.path(),
        roots,
        corpora: &corpora,
        compute,
        options,
        fresh: true,
        wait: false,
        until: None,
    };
    trial::run(&context)?;
    compare_runs(&recorded, &run, &Paths(again.path().join(&trial.name)))
}

/// Compares what was recorded of a trial with what it left when it was trained again.
fn compare_runs(old: &Paths, recorded: &RunJson, new: &Paths) -> Result<Verdict, VerifyError> {
    let run = RunJson::read(&new.run())?;
    let different = |first| {
        let circumstances = circumstances(recorded, &run);
        Ok(Verdict::Different { first, circumstances })
    };
    match compare(old, new)? {
        Err(first) => different(first),
        Ok((rows, weights)) => match compare_results(recorded, &run) {
            Some(first) => different(first),
            None => Ok(Verdict::Same { rows, weights }),
        },
    }
}

/// Compares the files of two runs: rows and weights, or the first difference.
fn compare(old: &Paths, new: &Paths) -> Result<Result<(usize, usize), String>, RecordError> {
    let rows = match compare_metrics(old, new)? {
        Ok(rows) => rows,
        Err(first) => return Ok(Err(first)),
    };
    let weights = match compare_weights(old, new)? {
        Ok(weights) => weights,
        Err(first) => return Ok(Err(first)),
    };
    Ok(compare_samples(old, new)?.map_or(Ok((rows, weights)), Err))
}

/// Compares the results in `run.json`.
fn compare_results(old: &RunJson, new: &RunJson) -> Option<String> {
    let json = |run: &RunJson| serde_json::to_value(&run.result).unwrap_or_default();
    let (old, new) = (json(old), json(new));
    let fields = new.as_object()?;
    fields.iter().find(|(name, now)| old.get(name) != Some(now)).map(|(name, now)| {
        let before = old.get(name).unwrap_or(&serde_json::Value::Null);
        format!("run.json: {name} was {before}, now {now}")
    })
}

fn read(path: &Path) -> Result<Vec<u8>, RecordError> {
    files::read(path).map_err(failed(path))
}

/// Compares `metrics.csv` cell by cell: the number of rows, or the first difference.
fn compare_metrics(old: &Paths, new: &Paths) -> Result<Result<usize, String>, RecordError> {
    let (old, new) = (read(&old.metrics())?, read(&new.metrics())?);
    let (before, now) = (MetricsCsv::parse(&old), MetricsCsv::parse(&new));
    if let Some(first) = before.first_difference(&now) {
        return Ok(Err(first));
    }
    // What the reader passes over, such as line ends, is recorded too.
    if old != new {
        return Ok(Err("metrics.csv differs in line ends or quotes alone".to_owned()));
    }
    Ok(Ok(before.len()))
}

/// Compares `model.safetensors` number by number: how many there are, or the first difference.
fn compare_weights(old: &Paths, new: &Paths) -> Result<Result<usize, String>, RecordError> {
    let (old, new) = (read(&old.weights())?, read(&new.weights())?);
    let Ok(tensors) = SafeTensors::deserialize(&new) else {
        return Ok(Err("model.safetensors of the new run cannot be read".to_owned()));
    };
    let Ok(recorded) = SafeTensors::deserialize(&old) else {
        return Ok(Err("the recorded model.safetensors cannot be read".to_owned()));
    };
    let mut count = 0;
    let mut named = tensors.tensors();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, now) in named {
        let Ok(before) = recorded.tensor(&name) else {
            return Ok(Err(format!("the recorded model.safetensors has no {name}")));
        };
        let numbers = before.data().chunks(4).zip(now.data().chunks(4));
        if let Some(place) = numbers.clone().position(|(before, now)| before != now) {
            return Ok(Err(format!("model.safetensors: {name}, number {place}, differs")));
        }
        count += numbers.count();
    }
    if old != new {
        return Ok(Err("model.safetensors differs in its header or length".to_owned()));
    }
    Ok(Ok(count))
}

/// Compares `samples.txt`: the first line that differs.
fn compare_samples(old: &Paths, new: &Paths) -> Result<Option<String>, RecordError> {
    let (old, new) = (read(&old.samples())?, read(&new.samples())?);
    if old == new {
        return Ok(None);
    }
    let mut lines = old.split(|b| *b == b'\n').zip(new.split(|b| *b == b'\n'));
    let line = lines.position(|(old, new)| old != new).map_or(0, |line| line + 1);
    Ok(Some(format!("samples.txt differs from line {line} on")))
}

/// What differs between two runs beside their numbers.
fn circumstances(old: &RunJson, new: &RunJson) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let (before, now) = (&old.machine, &new.machine);
    let pairs = [
        ("runner version", old.runner_version.clone(), new.runner_version.clone()),
        ("git commit", text(&old.git_commit), text(&new.git_commit)),
        ("operating system", before.os.clone(), now.os.clone()),
        ("architecture", before.architecture.clone(), now.architecture.clone()),
        ("processor", text(&before.processor), text(&now.processor)),
        ("SIMD level", before.simd.clone(), now.simd.clone()),
        ("threads", before.threads.to_string(), now.threads.to_string()),
    ];
    let different = pairs.into_iter().filter(|(_, old, new)| old != new);
    different.map(|(what, old, new)| format!("{what}: was {old}, now {new}")).collect()
}
