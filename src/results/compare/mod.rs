//! What differs between runs, and what that did to the metric.
//!
//! Only figures that compare are held against one another (see [`ranking`](super::ranking)): of runs
//! of one text with different tokens that is bits per byte; of other texts nothing is.

mod effects;
mod formats;

use super::best::NoRun;
use super::ranking::Key;
use super::statistics::{Effect, between, holm};
use super::summaries::{self, NoSummary, with_earlier};
use crate::files::links;
use crate::metric::{BITS_PER_BYTE, Metric};
use crate::runs::damage::Damage;
use crate::runs::find;
use crate::runs::plan::{self, PlanError};
use crate::runs::run_json::Status;
use crate::runs::summary_csv::SummaryRow;
use crate::search::all_trials;
use crate::spec::Trial;
use crate::standing::Standing;
use effects::Verdict;
use std::path::{Path, PathBuf};

/// Runs that differ in nothing but the seed.
#[derive(Clone, Debug)]
struct Group {
    /// Every key but the seed, with its value.
    settings: Vec<(&'static str, String)>,
    /// What its figures compare with.
    key: Key,
    /// The seed and the figure of each run; NaN of one that failed.
    runs: Vec<(u64, f64)>,
    /// How each run stands.
    standings: Vec<Standing>,
}

/// Runs beside one another.
#[derive(Clone, Debug)]
pub struct Comparison {
    metric: Metric,
    /// Keys that are not the same in all runs.
    keys: Vec<&'static str>,
    /// In the order of a board: the best first, if they compare.
    groups: Vec<Group>,
    /// The group that the others are held against: of several paths that of the first, of one the best.
    reference: usize,
    /// Whether bits per byte stand for figures that do not compare.
    by_bytes: bool,
}

/// Why runs cannot be compared.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CompareError {
    /// There is no run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoRun(#[from] NoRun),
    /// There is no experiment.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoSummary(#[from] NoSummary),
    /// The plan of an experiment is broken.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// Fewer than two have a result.
    #[error("there are fewer than two runs with results to compare")]
    #[diagnostic(
        code(compare::too_few),
        help("run their specs first; `runner board` says how they stand")
    )]
    TooFew,
    /// They were measured in different ways.
    #[error("runs of {first} and of {second} cannot be compared")]
    #[diagnostic(code(compare::other_metric), help("compare runs of one task"))]
    OtherMetric {
        /// A metric.
        first: String,
        /// Another.
        second: String,
    },
}

/// A run that has come to a figure or failed.
struct Run {
    trial: Trial,
    row: SummaryRow,
}

impl Run {
    /// That of a trial's folder, if it has come so far. A damaged one is added to `lost`.
    fn of(folder: &Path, lost: &mut Vec<Damage>) -> Option<Self> {
        let mut damaged = |why| lost.push(Damage { place: folder.to_owned(), why });
        let trial = match summaries::earlier(folder) {
            Ok(trial) => trial?,
            // One that has not been begun has no spec.
            Err(why) => {
                if find::is_trial(folder) {
                    damaged(why);
                }
                return None;
            }
        };
        let name = folder.file_name()?.to_string_lossy().into_owned();
        let trial = Trial { name, ..trial };
        let row = summaries::row(folder.parent().unwrap_or(Path::new("")), &trial);
        if row.status == Status::Damaged {
            damaged(row.why.clone());
        }
        (row.result.is_some() || row.status == Status::Failed).then_some(Self { trial, row })
    }

    /// A figure on the deciding split; NaN where there is none.
    fn figure(&self, metric: &Metric) -> f64 {
        let result = self.row.result.as_ref().filter(|_| self.row.status != Status::Failed);
        let value = result.and_then(|it| it.figure(&format!("{}_{}", it.split(), metric.name)));
        value.unwrap_or(f64::NAN)
    }

    fn standing(&self, metric: &Metric) -> Standing {
        let result = self.row.result.as_ref().filter(|_| self.row.status != Status::Failed);
        result.map_or(Standing::FAILED, |result| result.standing(metric))
    }

    fn key(&self, metric: &Metric) -> Key {
        let valid = self.row.result.as_ref().is_none_or(|result| result.split() == "valid");
        let column = metric.columns[usize::from(valid)].to_owned();
        let vocabulary = match *metric == BITS_PER_BYTE {
            true => String::new(),
            false => self.row.vocabulary.clone(),
        };
        Key { column, text: self.row.text.clone(), vocabulary }
    }
}

impl Comparison {
    /// Compares runs: folders of trials, or of experiments with all their trials. What is damaged is left
    /// out, and added to `lost`.
    ///
    /// # Errors
    /// When a path is no run, or there is nothing to compare.
    pub fn new(paths: &[PathBuf], lost: &mut Vec<Damage>) -> Result<Self, CompareError> {
        let mut folders = Vec::new();
        for path in paths {
            folders.extend(trials_at(path, lost)?);
        }
        for folder in &folders {
            links::check(folder).map_err(NoRun::from)?;
        }
        let runs: Vec<Run> = folders.iter().filter_map(|folder| Run::of(folder, lost)).collect();
        if runs.len() < 2 {
            return Err(CompareError::TooFew);
        }
        let own = runs[0].row.metrics.deciding;
        let keys: Vec<Key> = runs.iter().map(|run| run.key(&own)).collect();
        let differ = keys.iter().any(|key| *key != keys[0]);
        let by_bytes = differ && has_bytes(&runs);
        if let Some(run) = runs.iter().find(|run| run.row.metrics.deciding != own && !by_bytes) {
            let second = run.row.metrics.deciding.label.to_owned();
            return Err(CompareError::OtherMetric { first: own.label.to_owned(), second });
        }
        let metric = if by_bytes { BITS_PER_BYTE } else { own };
        let mut groups = grouped(&runs, &metric);
        let first = groups[0].settings.clone();
        if groups.iter().all(|group| group.key == groups[0].key) {
            groups.sort_by_key(|group| Standing::mean(&group.standings));
        }
        let is_first = |group: &Group| paths.len() > 1 && group.settings == first;
        let reference = groups.iter().position(is_first).unwrap_or(0);
        let mut keys: Vec<&'static str> = Vec::new();
        for (path, _) in groups.iter().flat_map(|group| &group.settings) {
            // An option of a choice goes with that choice: only its own values tell anything.
            let mut own = groups.iter().filter_map(|group| group.get(path));
            let first = own.next();
            if own.any(|value| Some(value) != first) && !keys.contains(path) {
                keys.push(path);
            }
        }
        Ok(Self { metric, keys, groups, reference, by_bytes })
    }

    /// A warning, where figures do not compare.
    pub fn warning(&self) -> Option<String> {
        let label = self.metric.label;
        if self.by_bytes {
            return Some(
                "the runs have different tokens: their perplexities do not compare, bits per byte do"
                    .to_owned(),
            );
        }
        let mut texts: Vec<&String> = self.groups.iter().map(|group| &group.key.text).collect();
        texts.sort();
        texts.dedup();
        if texts.len() > 1 {
            let texts = texts.len();
            return Some(format!(
                "the runs read {texts} different texts: their {label} does not compare"
            ));
        }
        let all_alike = self.groups.iter().all(|group| group.key == self.groups[0].key);
        (!all_alike).then(|| {
            format!("the runs have different tokens or splits: their {label} does not compare")
        })
    }

    /// The difference of each group from the reference, and whether it is one, in the light of all that
    /// are looked at. There is none of the reference itself, nor of figures that do not compare.
    fn differences(&self) -> Vec<(Option<Effect>, Verdict)> {
        let reference = &self.groups[self.reference];
        let of = |(place, group): (usize, &Group)| {
            let compares = place != self.reference && group.key == reference.key;
            compares.then(|| between(&reference.runs, &group.runs))?
        };
        let effects: Vec<_> = self.groups.iter().enumerate().map(of).collect();
        let p: Vec<_> = effects.iter().map(|effect| effect.and_then(|it| it.p)).collect();
        let verdict = |(effect, p)| (effect, Verdict::of(effect, p, self.metric.direction));
        effects.into_iter().zip(holm(&p)).map(verdict).collect()
    }
}

impl Group {
    fn get(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(path, _)| *path == key).map(|(_, value)| value.as_str())
    }

    fn values(&self) -> Vec<f64> {
        self.runs.iter().map(|(_, value)| *value).collect()
    }
}

/// Whether all runs are of one text and have bits per byte.
fn has_bytes(runs: &[Run]) -> bool {
    let text = &runs[0].row.text;
    let has = |run: &Run| run.row.status == Status::Failed || !run.figure(&BITS_PER_BYTE).is_nan();
    !text.is_empty() && runs.iter().all(|run| run.row.text == *text && has(run))
}

/// Runs that differ in nothing but the seed, together.
fn grouped(runs: &[Run], metric: &Metric) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for run in runs {
        let mut settings = run.trial.experiment.settings();
        settings.retain(|(path, _)| *path != "seed");
        let (key, own) = (run.key(metric), (run.row.seed, run.figure(metric)));
        let same = |group: &Group| group.settings == settings && group.key == key;
        let place = groups.iter().position(same).unwrap_or(groups.len());
        if place == groups.len() {
            groups.push(Group { settings, key, runs: Vec::new(), standings: Vec::new() });
        }
        groups[place].runs.push(own);
        groups[place].standings.push(run.standing(metric));
    }
    groups
}

/// The folders of the trials at a path.
fn trials_at(path: &Path, lost: &mut Vec<Damage>) -> Result<Vec<PathBuf>, CompareError> {
    if find::is_trial(path) {
        return Ok(vec![path.to_owned()]);
    }
    if let Some(spec) = plan::read_if_there(path, lost)? {
        let trials = with_earlier(path, all_trials(&spec, path), lost);
        return Ok(trials.iter().map(|trial| path.join(&trial.name)).collect());
    }
    let folders = find::trials_below(path, 2);
    if folders.is_empty() { Err(NoRun::Nothing(path.to_owned()).into()) } else { Ok(folders) }
}
