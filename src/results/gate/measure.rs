//! From the folders of trials to the figures that are compared.

use super::names::names_of;
use crate::data;
use crate::runs::file::{read_regular, sha256};
use crate::runs::folder::Paths;
use crate::runs::machine::memory;
use crate::runs::metrics::number;
use crate::runs::run_json::{RunJson, Status};
use crate::spec::{self, Experiment};
use crate::sweep::statistics::Mean;
use crate::tasks;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which values are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Lower ones, as of a perplexity.
    Lower,
    /// Higher ones, as of an accuracy.
    Higher,
}

impl Direction {
    /// The word in a baseline.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
        }
    }

    /// Worse than any number.
    pub fn worst(self) -> f64 {
        match self {
            Self::Lower => f64::INFINITY,
            Self::Higher => f64::NEG_INFINITY,
        }
    }

    /// A difference as one that is positive where it got worse.
    pub fn worsening(self, difference: f64) -> f64 {
        match self {
            Self::Lower => difference,
            Self::Higher => -difference,
        }
    }
}

/// What all trials of an experiment have in common and the baseline records.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The metric's column.
    pub metric: String,
    /// Which values are better.
    pub direction: Direction,
    /// SHA-256 of the text.
    pub data_sha256: String,
    /// SHA-256 of the vocabulary.
    pub vocabulary_sha256: String,
    /// What a token is.
    pub level: String,
    /// Tokens of train, valid and test.
    pub tokens: [usize; 3],
    /// Whether no output depends on what comes after it.
    pub causal: bool,
    /// SHA-256 of the resolved spec with seed 0.
    pub spec_sha256: String,
    /// The version of this program.
    pub runner_version: String,
    /// The commit of the checkout.
    pub git_commit: Option<String>,
    /// Operating system, architecture and processor.
    pub machine: String,
    /// The SIMD level.
    pub simd: String,
}

/// What a trial left.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// The metric; infinitely bad where it is no finite number.
    pub value: f64,
    /// Why it is no finite number, if so: then nothing below is of use.
    pub lost: Option<String>,
    /// SHA-256 of `metrics.csv`.
    pub metrics_sha256: String,
    /// SHA-256 of `samples.txt`.
    pub samples_sha256: String,
    /// SHA-256 of `model.safetensors`.
    pub weights_sha256: String,
    /// A line for each row of `metrics.csv`: step, losses, and 8 digits of the row's SHA-256.
    pub rows: Vec<String>,
}

impl Figures {
    /// Those of a trial whose metric is no finite number.
    pub fn lost(direction: Direction, why: String) -> Self {
        let none = String::new;
        Self {
            value: direction.worst(),
            lost: Some(why),
            metrics_sha256: none(),
            samples_sha256: none(),
            weights_sha256: none(),
            rows: Vec::new(),
        }
    }
}

/// Which seeds have no finite number, and why; none where all have one.
pub fn lost<'a>(seeds: impl Iterator<Item = (u64, &'a Figures)>) -> Option<String> {
    let mut told: Vec<(&str, Vec<String>)> = Vec::new();
    for (seed, figures) in seeds {
        let Some(why) = &figures.lost else { continue };
        match told.iter_mut().find(|(known, _)| known == why) {
            Some((_, alike)) => alike.push(seed.to_string()),
            None => told.push((why, vec![seed.to_string()])),
        }
    }
    let told = told.iter().map(|(why, seeds)| {
        let s = if seeds.len() > 1 { "s" } else { "" };
        format!("seed{s} {}: {why}", seeds.join(", "))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// An experiment, or a point of its sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The experiment's name, and after a `/` the point of the sweep.
    pub name: String,
    /// What its trials have in common.
    pub facts: Facts,
    /// What each seed gave.
    pub seeds: BTreeMap<u64, Figures>,
    /// What to know before trusting the numbers.
    pub warnings: Vec<String>,
}

/// A trial that gave no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The experiment's name, and after a `/` the point of the sweep.
    pub name: String,
    /// Why.
    pub why: String,
}

/// One trial, as the run reports it.
pub struct Trial<'a> {
    /// The experiment's name.
    pub experiment: &'a str,
    /// The trial's name.
    pub name: &'a str,
    /// The swept keys and their values.
    pub swept: &'a [(String, String)],
    /// Its folder.
    pub folder: &'a Path,
    /// How it ended.
    pub end: End,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was trained.
    Done,
    /// Its numbers became infinite or none: here is how.
    Diverged(String),
    /// It did not come to its end, for this reason.
    Failed(String),
}

/// Collects the figures of trials, in their order; those of one point of a sweep together.
pub fn measure(trials: &[Trial<'_>]) -> Vec<Result<Measured, Unfinished>> {
    let mut all: Vec<Result<Measured, Unfinished>> = Vec::new();
    let mut overlaps: Vec<(spec::Data, Vec<String>)> = Vec::new();
    for (trial, name) in trials.iter().zip(names_of(trials)) {
        let found = all.iter_mut().find(|known| match known {
            Ok(measured) => measured.name == name,
            Err(unfinished) => unfinished.name == name,
        });
        match (read(trial, &mut overlaps), found) {
            (_, Some(Err(_))) => {}
            (Err(why), Some(known)) => *known = Err(Unfinished { name, why }),
            (Err(why), None) => all.push(Err(Unfinished { name, why })),
            (Ok((_, seed, figures, _)), Some(Ok(known))) => {
                known.seeds.insert(seed, figures);
            }
            (Ok((facts, seed, figures, warnings)), None) => {
                let seeds = BTreeMap::from([(seed, figures)]);
                all.push(Ok(Measured { name, facts, seeds, warnings }));
            }
        }
    }
    all
}

type Read = (Facts, u64, Figures, Vec<String>);

fn read(trial: &Trial<'_>, overlaps: &mut Vec<(spec::Data, Vec<String>)>) -> Result<Read, String> {
    if let End::Failed(why) = &trial.end {
        return Err(why.clone());
    }
    let paths = Paths(trial.folder.to_owned());
    let run = RunJson::read(&paths.run()).map_err(|error| error.to_string())?;
    let spec = spec::load(&paths.spec(), &[]).map_err(|error| error.to_string())?;
    let experiment = &spec.trials.first().ok_or("it has no spec")?.experiment;
    let metric = tasks::metrics(experiment).deciding;
    let direction = if metric.lower_is_better { Direction::Lower } else { Direction::Higher };
    let split = match &run.result {
        Some(result) => result.split(),
        None if run.data.tokens[1] > 0 => "valid",
        None => "train",
    };
    let column = format!("{split}_{}", metric.name);
    let figures = match (&trial.end, &run.result) {
        (End::Diverged(why), _) => Figures::lost(direction, why.clone()),
        _ if run.status == Status::Stopped => {
            return Err("the search of its sweep stopped it before its end".to_owned());
        }
        _ if run.status != Status::Done => return Err(format!("it is {}", run.status.name())),
        (_, None) => return Err("it has no result".to_owned()),
        (_, Some(result)) => match result.figure(&column).filter(|value| value.is_finite()) {
            Some(value) => figures(&paths, value).map_err(|error| error.to_string())?,
            None => Figures::lost(direction, format!("its {column} is infinite or no number")),
        },
    };
    let facts = facts(&run, experiment, column, direction);
    let mut warnings = run.warnings.clone();
    warnings.extend(overlap_of(experiment, &run, overlaps));
    Ok((facts, experiment.seed, figures, warnings))
}

fn facts(run: &RunJson, experiment: &Experiment, metric: String, direction: Direction) -> Facts {
    let machine = &run.machine;
    let processor = machine.processor.as_deref().unwrap_or("unknown processor");
    Facts {
        metric,
        direction,
        data_sha256: run.data.provenance.sha256.clone(),
        vocabulary_sha256: run.vocabulary.hash(),
        level: experiment.data.level.name().to_owned(),
        tokens: run.data.tokens,
        causal: run.causal,
        spec_sha256: Experiment { seed: 0, ..experiment.clone() }.hash(),
        runner_version: run.runner_version.clone(),
        git_commit: run.git_commit.clone(),
        machine: format!("{} {}, {processor}", machine.os, machine.architecture),
        simd: machine.simd.clone(),
    }
}

fn figures(paths: &Paths, value: f64) -> std::io::Result<Figures> {
    let read = |path: PathBuf| read_regular(&path, memory());
    let metrics = read(paths.metrics())?;
    Ok(Figures {
        value,
        lost: None,
        rows: rows(&metrics),
        metrics_sha256: sha256(&metrics),
        samples_sha256: sha256(&read(paths.samples())?),
        weights_sha256: sha256(&read(paths.weights())?),
    })
}

/// A line for each row of `metrics.csv`.
fn rows(metrics: &[u8]) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(metrics);
    let header = reader.headers().cloned().unwrap_or_default();
    let column = |row: &csv::StringRecord, name: &str| {
        let place = header.iter().position(|column| column == name)?;
        row.get(place).filter(|cell| !cell.is_empty()).map(str::to_owned)
    };
    let line = |row: csv::StringRecord| {
        let step = column(&row, "step").unwrap_or_default();
        let losses = ["train_loss", "valid_loss"]
            .iter()
            .filter_map(|name| Some(format!(", {name} {}", column(&row, name)?)));
        let all: Vec<&str> = row.iter().collect();
        let sum = sha256(all.join(",").as_bytes());
        format!("step {step}{}, row {:.8}", losses.collect::<String>(), sum)
    };
    reader.records().flatten().map(line).collect()
}

/// What of the held-out text stands in the training text; looked at once for each text.
fn overlap_of(
    experiment: &Experiment,
    run: &RunJson,
    known: &mut Vec<(spec::Data, Vec<String>)>,
) -> Vec<String> {
    if let Some((_, found)) = known.iter().find(|(data, _)| *data == experiment.data) {
        return found.clone();
    }
    // The files that the run read, wherever they were found.
    let mut data = experiment.data.clone();
    if let [file] = run.data.provenance.files.as_slice() {
        data.corpus = file.display().to_string();
    } else if let Some(folder) = run.data.provenance.files.first().and_then(|file| file.parent()) {
        data.corpus = folder.display().to_string();
    }
    let found = data::load(&data, &[]).map_or_else(
        |error| vec![format!("held-out text was not held against training text: {error}")],
        |dataset| super::overlap::warnings(&dataset),
    );
    known.push((experiment.data.clone(), found.clone()));
    found
}

impl Measured {
    /// The mean of the metric over the seeds.
    pub fn mean(&self) -> f64 {
        mean(self.seeds.values().map(|figures| figures.value))
    }

    /// Which seeds have no finite number, and why; none where all have one.
    pub fn lost(&self) -> Option<String> {
        lost(self.seeds.iter().map(|(seed, figures)| (*seed, figures)))
    }

    /// The mean as text.
    pub fn mean_text(&self) -> String {
        number(self.mean())
    }
}

/// The mean of some values.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    Mean::of(&values).map_or(f64::NAN, |mean| mean.mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_that_were_lost_alike_are_told_together() {
        let lost_by = |why: &str| Figures::lost(Direction::Lower, why.to_owned());
        let fine = Figures { value: 1.0, lost: None, ..lost_by("") };
        let all =
            [(1, lost_by("no")), (2, fine.clone()), (3, lost_by("never")), (4, lost_by("no"))];
        let told = lost(all.iter().map(|(seed, figures)| (*seed, figures)));
        assert_eq!(told.as_deref(), Some("seeds 1, 4: no; seed 3: never"));
        assert_eq!(lost([(2, &fine)].into_iter()), None);
    }

    #[test]
    fn a_row_is_told_by_its_step_and_losses() {
        let rows = rows(b"epoch,step,train_loss,valid_loss\n1,10,2.5,\n2,20,2.25,2.75\n");
        assert_eq!(rows.len(), 2);
        assert!(rows[0].starts_with("step 10, train_loss 2.5, row "), "{}", rows[0]);
        assert!(rows[1].starts_with("step 20, train_loss 2.25, valid_loss 2.75, row "));
        assert_ne!(rows[0][rows[0].len() - 8..], rows[1][rows[1].len() - 8..]);
    }
}
