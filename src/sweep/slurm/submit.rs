//! A plan as job arrays of Slurm.

use crate::format::{duration, plural};
use crate::search::{count, points};
use crate::spec::{Search, Spec};
use crate::sweep::cost;
use std::path::Path;

/// What a job does: the script after what is asked of Slurm.
const JOB: &str = include_str!("job.sh");
/// Seconds before the time limit at which Slurm asks a trial to save its state and leave.
const NOTICE: u64 = 120;

/// What is asked of Slurm.
#[derive(Clone, Debug)]
pub struct Request {
    /// The partition; `None`: the cluster's default.
    pub partition: Option<String>,
    /// The time limit of a trial, in minutes.
    pub minutes: u64,
    /// The memory of a trial, in mebibytes.
    pub mebibytes: u64,
    /// The cores of a trial.
    pub cpus: usize,
    /// Trials at once; `None`: as many as the cluster has room for.
    pub at_once: Option<usize>,
    /// More options of sbatch, each as `--account=x`.
    pub options: Vec<String>,
}

/// A job array: which trials, after which other array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Array {
    /// The first trial.
    pub first: usize,
    /// The last trial.
    pub last: usize,
}

impl Request {
    /// A time limit for trials that are thought to take `seconds`: half as long again and five
    /// minutes more. Who runs into it is queued again and goes on.
    pub fn minutes_for(seconds: f64) -> u64 {
        ((seconds * 1.5 / 60.0).ceil() as u64 + 5).max(10)
    }

    /// A memory limit for trials that are thought to take `bytes`: a third more, in steps of
    /// 128 MiB.
    pub fn mebibytes_for(bytes: u64) -> u64 {
        let more = bytes.saturating_add(bytes / 3) >> 20;
        more.div_ceil(128).max(2) * 128
    }
}

/// The arrays of a plan, each to be run after the one before: one for a plain sweep, one for each
/// wave of a search.
pub fn arrays(spec: &Spec) -> Vec<Array> {
    let all = Array { first: 0, last: count(spec).saturating_sub(1) };
    match &spec.search {
        Search::All => vec![all],
        Search::Halving(halving) => {
            let points = points(&spec.trials).len();
            vec![all; cost::rungs(*halving, points).len()]
        }
        Search::Tpe(tpe) => {
            let mut next = spec.trials.len();
            let mut arrays = vec![Array { first: 0, last: next.saturating_sub(1) }];
            let batch = (tpe.batch * tpe.seeds) as usize;
            while next < count(spec) {
                let end = (next + batch).min(count(spec));
                arrays.push(Array { first: next, last: end - 1 });
                next = end;
            }
            arrays
        }
    }
}

/// The script of a job array. Its trial is the array's index in the plan; asked by SIGUSR1 before
/// the time limit, the trial saves its state and leaves, and the job is queued again.
pub fn script(
    spec: &Spec,
    folder: &Path,
    digits: &str,
    runner: &Path,
    request: &Request,
    array: Array,
) -> String {
    let body = JOB
        .replace("{sha256}", digits)
        .replace("{runner}", &quoted(&runner.to_string_lossy()))
        .replace("{plan}", &quoted(&folder.join("plan.json").to_string_lossy()));
    format!("#!/bin/bash\n{}\n\n{body}", directives(spec, folder, request, array).join("\n"))
}

/// What is asked of Slurm, a line each.
fn directives(spec: &Spec, folder: &Path, request: &Request, array: Array) -> Vec<String> {
    let at_once = request.at_once.map(|count| format!("%{count}")).unwrap_or_default();
    let (hours, minutes) = (request.minutes / 60, request.minutes % 60);
    let notice = NOTICE.min(request.minutes * 60 / 2).max(1);
    let log = folder.join("slurm/%A_%a.log");
    let own = [
        format!("--job-name={}", quoted(&spec.name)),
        format!("--array={}-{}{at_once}", array.first, array.last),
    ];
    let partition = request.partition.iter().map(|partition| format!("--partition={partition}"));
    let limits = [
        format!("--time={hours:02}:{minutes:02}:00"),
        format!("--mem={}M", request.mebibytes),
        format!("--cpus-per-task={}", request.cpus),
        format!("--output={}", quoted(&log.to_string_lossy())),
        "--open-mode=append".to_owned(),
        "--requeue".to_owned(),
        format!("--signal=B:USR1@{notice}"),
    ];
    let more = request.options.iter().cloned();
    let all = own.into_iter().chain(partition).chain(limits).chain(more);
    all.map(|option| format!("#SBATCH {option}")).collect()
}

/// A word of the shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// One line about what was asked for.
pub fn describe(spec: &Spec, request: &Request) -> String {
    format!(
        "{}: {}, each with {} and {} MiB on {}",
        spec.name,
        plural(count(spec), "trial"),
        duration(request.minutes as f64 * 60.0),
        request.mebibytes,
        plural(request.cpus, "core")
    )
}
