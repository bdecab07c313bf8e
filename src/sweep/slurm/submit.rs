//! A plan as job arrays of Slurm.

use crate::format::{duration, plural};
use crate::search::{count, points};
use crate::spec::{Search, Spec};
use crate::sweep::cost;
use std::fmt::Write;
use std::path::Path;

/// Seconds before the time limit at which Slurm asks a trial to save its state and leave.
const NOTICE: u64 = 120;

/// What is asked of Slurm.
#[derive(Clone, Debug)]
pub struct Request {
    /// The partition; none: the cluster's default.
    pub partition: Option<String>,
    /// The time limit of a trial, in minutes.
    pub minutes: u64,
    /// The memory of a trial, in mebibytes.
    pub mebibytes: u64,
    /// The cores of a trial.
    pub cpus: usize,
    /// Trials at once; none: as many as the cluster has room for.
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
    /// A time limit for trials that are thought to take so long: half as long again and five
    /// minutes more. Who runs into it is queued again and goes on.
    pub fn minutes_for(seconds: f64) -> u64 {
        ((seconds * 1.5 / 60.0).ceil() as u64 + 5).max(10)
    }

    /// A memory limit for trials that are thought to take so much: a third more, in steps of
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
    let mut lines = vec![
        "#!/bin/bash".to_owned(),
        format!("#SBATCH --job-name={}", quoted(&spec.name)),
        format!(
            "#SBATCH --array={}-{}{}",
            array.first,
            array.last,
            request.at_once.map(|count| format!("%{count}")).unwrap_or_default()
        ),
    ];
    if let Some(partition) = &request.partition {
        lines.push(format!("#SBATCH --partition={partition}"));
    }
    let (hours, minutes) = (request.minutes / 60, request.minutes % 60);
    let notice = NOTICE.min(request.minutes * 60 / 2).max(1);
    lines.extend([
        format!("#SBATCH --time={hours:02}:{minutes:02}:00"),
        format!("#SBATCH --mem={}M", request.mebibytes),
        format!("#SBATCH --cpus-per-task={}", request.cpus),
        format!("#SBATCH --output={}", quoted(&folder.join("slurm/%A_%a.log").to_string_lossy())),
        "#SBATCH --open-mode=append".to_owned(),
        "#SBATCH --requeue".to_owned(),
        format!("#SBATCH --signal=B:USR1@{notice}"),
    ]);
    lines.extend(request.options.iter().map(|option| format!("#SBATCH {option}")));
    let mut text = lines.join("\n");
    let (runner, plan) = (runner.to_string_lossy(), folder.join("plan.json"));
    let _ = write!(
        text,
        r#"

# One trial of the plan; written by runner submit.
{} worker {} --sha256 {digits} --index "$SLURM_ARRAY_TASK_ID" \
    --threads "${{SLURM_CPUS_PER_TASK:-1}}" &
trial=$!
late=0
# Slurm gives notice of the time limit to this shell: the trial saves its state and leaves.
trap 'late=1; kill -USR1 $trial' USR1
trap 'kill -TERM $trial' TERM INT
# A signal ends a wait, but not the trial.
while kill -0 $trial 2>/dev/null; do
    wait $trial
done
wait $trial
code=$?
if [ $late -eq 1 ] && [ $code -eq 130 ]; then
    echo "queued again: the trial goes on where it was"
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
fi
exit $code
"#,
        quoted(&runner),
        quoted(&plan.to_string_lossy()),
    );
    text
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
