//! What differs between runs, and what that did to the metric.

use super::board::aligned;
use super::metric;
use super::state::State;
use super::statistics::{Mean, difference};
use super::summaries::{NoSummary, all_trials};
use super::{NoRun, plan};
use crate::chart::Metric;
use crate::record::console::short;
use crate::record::folder::Paths;
use crate::record::metrics::number;
use crate::record::run_json::RunJson;
use crate::spec::{self, Experiment};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// Runs that differ in nothing but the seed.
#[derive(Clone, Debug)]
struct Group {
    /// Every key but the seed, with its value.
    settings: Vec<(&'static str, String)>,
    /// The metric of each run.
    values: Vec<f64>,
    /// The sums of the texts.
    texts: Vec<String>,
}

/// A value of a key, and the metric of all runs that have it.
type ValueRuns = (String, Vec<f64>);

/// Runs beside one another.
#[derive(Clone, Debug)]
pub struct Comparison {
    metric: Metric,
    /// Keys that are not the same in all runs.
    keys: Vec<&'static str>,
    groups: Vec<Group>,
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

impl Comparison {
    /// Compares runs: folders of trials, or of experiments with all their trials.
    ///
    /// # Errors
    /// When a path is no run, or there is nothing to compare.
    pub fn new(paths: &[PathBuf]) -> Result<Self, CompareError> {
        let mut folders = Vec::new();
        for path in paths {
            folders.extend(trials_at(path)?);
        }
        let (mut groups, mut metric): (Vec<Group>, Option<Metric>) = (Vec::new(), None);
        for folder in folders {
            let Some((experiment, value)) = result_of(&folder) else {
                continue;
            };
            let own = metric::of(&experiment);
            match metric {
                Some(first) if first.column_valid != own.column_valid => {
                    let (first, second) = (first.label.to_owned(), own.label.to_owned());
                    return Err(CompareError::OtherMetric { first, second });
                }
                _ => metric = Some(own),
            }
            let mut settings = experiment.settings();
            settings.retain(|(path, _)| *path != "seed");
            let text = text_of(&folder);
            match groups.iter_mut().find(|group| group.settings == settings) {
                Some(group) => {
                    group.values.push(value);
                    group.texts.push(text);
                }
                None => groups.push(Group { settings, values: vec![value], texts: vec![text] }),
            }
        }
        let runs: usize = groups.iter().map(|group| group.values.len()).sum();
        let Some(metric) = metric.filter(|_| runs > 1) else {
            return Err(CompareError::TooFew);
        };
        let mut keys: Vec<&'static str> = Vec::new();
        for (path, _) in groups.iter().flat_map(|group| &group.settings) {
            // An option of a choice goes with that choice: only its own values tell anything.
            let mut own = groups.iter().filter_map(|group| group.get(path));
            let first = own.next();
            if own.any(|value| Some(value) != first) && !keys.contains(path) {
                keys.push(path);
            }
        }
        Ok(Self { metric, keys, groups })
    }

    /// A warning, where the runs read different texts.
    pub fn warning(&self) -> Option<String> {
        let mut texts: Vec<&String> = self.groups.iter().flat_map(|group| &group.texts).collect();
        texts.sort();
        texts.dedup();
        (texts.len() > 1).then(|| {
            format!(
                "the runs read {} different texts: their {} does not compare",
                texts.len(),
                self.metric.label
            )
        })
    }

    /// The comparison for people.
    pub fn text(&self) -> String {
        let label = |mean: Option<Mean>| match mean {
            Some(Mean { mean, interval: Some(half), .. }) => {
                format!("{} ± {}", short(mean), short(half))
            }
            Some(Mean { mean, .. }) => short(mean),
            None => String::new(),
        };
        let first = &self.groups[0];
        let mut header = vec!["#".to_owned()];
        header.extend(self.keys.iter().map(|key| self.name(key)));
        header.extend(["runs".to_owned(), self.metric.label.to_owned(), "against #1".to_owned()]);
        let mut lines = vec![header];
        for (place, group) in self.groups.iter().enumerate() {
            let mut line = vec![(place + 1).to_string()];
            line.extend(
                self.keys
                    .iter()
                    .map(|key| group.get(key).unwrap_or("–").trim_matches('"').to_owned()),
            );
            line.extend([group.values.len().to_string(), label(Mean::of(&group.values))]);
            line.push(match place {
                0 => String::new(),
                _ => signed(&label(difference(&first.values, &group.values))),
            });
            lines.push(line);
        }
        let mut text = aligned(&lines);
        let same =
            if self.keys.is_empty() { "\nthe runs differ in nothing but the seed" } else { "" };
        text += same;
        if self.keys.len() > 1 {
            text += &format!("\n\nmean {} of all runs with a value:", self.metric.label);
            for (key, values) in self.effects() {
                text += &format!("\n{key}");
                let lines: Vec<_> = values
                    .iter()
                    .map(|(value, all)| {
                        let value = format!("  {}", value.trim_matches('"'));
                        vec![value, label(Mean::of(all)), format!("{} runs", all.len())]
                    })
                    .collect();
                text += &format!("\n{}", aligned(&lines));
            }
        }
        text
    }

    /// The comparison as JSON.
    pub fn json(&self) -> String {
        let mean = |mean: Option<Mean>| match mean {
            Some(mean) => {
                json!({ "mean": mean.mean, "interval": mean.interval, "runs": mean.count })
            }
            None => Json::Null,
        };
        let first = &self.groups[0];
        let group = |group: &Group| {
            let keys = self.keys.iter().map(|key| ((*key).to_owned(), json!(group.get(key))));
            json!({
                "keys": keys.collect::<serde_json::Map<_, _>>(),
                "values": group.values,
                "metric": mean(Mean::of(&group.values)),
                "difference": mean(difference(&first.values, &group.values)),
            })
        };
        let effects = self.effects().into_iter().map(|(key, values)| {
            let values = values
                .into_iter()
                .map(|(value, all)| json!({ "value": value, "metric": mean(Mean::of(&all)) }));
            (key.to_owned(), Json::Array(values.collect()))
        });
        let all = json!({
            "metric": self.metric.label,
            "lower_is_better": self.metric.lower_is_better,
            "groups": self.groups.iter().map(group).collect::<Vec<_>>(),
            "effects": effects.collect::<serde_json::Map<_, _>>(),
        });
        serde_json::to_string_pretty(&all).unwrap_or_default()
    }

    /// The comparison as CSV: a row a group.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header: Vec<&str> = self.keys.clone();
        header.extend(["runs", "mean", "interval", "difference", "difference_interval"]);
        let cell = |value: Option<f64>| value.map(number).unwrap_or_default();
        // Into memory: nothing can fail.
        let _ = writer.write_record(&header);
        for group in &self.groups {
            let mut row: Vec<String> = self
                .keys
                .iter()
                .map(|key| group.get(key).unwrap_or("").trim_matches('"').to_owned())
                .collect();
            let (mean, against) =
                (Mean::of(&group.values), difference(&self.groups[0].values, &group.values));
            row.push(group.values.len().to_string());
            row.extend([cell(mean.map(|m| m.mean)), cell(mean.and_then(|m| m.interval))]);
            row.extend([cell(against.map(|m| m.mean)), cell(against.and_then(|m| m.interval))]);
            let _ = writer.write_record(&row);
        }
        String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
    }

    /// For each key, the one that did most first: its values with the metric of all runs that
    /// have it.
    fn effects(&self) -> Vec<(&'static str, Vec<ValueRuns>)> {
        let mut effects: Vec<_> = self.keys.iter().map(|key| (*key, self.values_of(key))).collect();
        let spread = |values: &[ValueRuns]| {
            let means = || values.iter().filter_map(|(_, all)| Some(Mean::of(all)?.mean));
            means().fold(f64::NEG_INFINITY, f64::max) - means().fold(f64::INFINITY, f64::min)
        };
        effects.sort_by(|a, b| spread(&b.1).total_cmp(&spread(&a.1)));
        effects
    }

    fn values_of(&self, key: &str) -> Vec<ValueRuns> {
        let mut values: Vec<ValueRuns> = Vec::new();
        for group in &self.groups {
            let value = group.get(key).unwrap_or("–").to_owned();
            match values.iter_mut().find(|(other, _)| *other == value) {
                Some((_, all)) => all.extend(&group.values),
                None => values.push((value, group.values.clone())),
            }
        }
        values
    }

    /// The last part of a key's path, where that is clear.
    fn name(&self, key: &str) -> String {
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
        let clear = self.keys.iter().filter(|other| last(other) == last(key)).count() == 1;
        if clear { last(key) } else { key.to_owned() }
    }
}

impl Group {
    fn get(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(path, _)| *path == key).map(|(_, value)| value.as_str())
    }
}

/// A difference with its sign.
fn signed(text: &str) -> String {
    if text.starts_with('-') { text.to_owned() } else { format!("+{text}") }
}

/// The folders of the trials at a path.
fn trials_at(path: &Path) -> Result<Vec<PathBuf>, CompareError> {
    if path.join("run.json").is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if let Ok((spec, folder)) = plan::read(path, None) {
        let trials = all_trials(&spec, &folder);
        return Ok(trials.iter().map(|trial| folder.join(&trial.name)).collect());
    }
    let trials = walkdir::WalkDir::new(path).min_depth(2).max_depth(2).sort_by_file_name();
    let records = trials.into_iter().flatten().filter(|entry| entry.file_name() == "run.json");
    let folders: Vec<PathBuf> =
        records.filter_map(|entry| entry.path().parent().map(Path::to_owned)).collect();
    if folders.is_empty() { Err(NoRun(path.to_owned()).into()) } else { Ok(folders) }
}

/// A trial's resolved spec and its value of the metric.
fn result_of(folder: &Path) -> Option<(Experiment, f64)> {
    let result = State::read(folder).result?;
    let spec = spec::load(&Paths(folder.to_owned()).spec(), &[]).ok()?;
    let experiment = spec.trials.into_iter().next()?.experiment;
    Some((experiment, metric::of_result(&result)))
}

/// The sum of a trial's text.
fn text_of(folder: &Path) -> String {
    let run = RunJson::read(&Paths(folder.to_owned()).run());
    run.map(|run| run.data.provenance.sha256).unwrap_or_default()
}
