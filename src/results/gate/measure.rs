//! From the folders of trials to the figures that are compared.

use super::trained::{End, Trained, names_of};
use crate::data;
use crate::files::{self, sha256};
use crate::metric::Direction;
use crate::results::statistics::Mean;
use crate::runs::Paths;
use crate::runs::damage;
use crate::runs::metrics_csv::MetricsCsv;
use crate::runs::run_json::{RunJson, Status};
use crate::spec::{self, Experiment};
use crate::tasks;
use std::collections::BTreeMap;
use std::path::PathBuf;

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

/// Which seeds have no finite number, and why; `None` if all have one.
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

/// Collects the figures of trials, in their order; those of one point of a sweep together.
pub fn measure(trials: &[Trained<'_>]) -> Vec<Result<Measured, Unfinished>> {
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

fn read(
    trial: &Trained<'_>,
    overlaps: &mut Vec<(spec::Data, Vec<String>)>,
) -> Result<Read, String> {
    if let End::Failed(why) = &trial.end {
        return Err(why.clone());
    }
    let paths = Paths(trial.folder.to_owned());
    let run = RunJson::read(&paths.run()).map_err(|error| error.to_string())?;
    if let Some((_, why)) = damage::of_files(trial.folder, &run.files).into_iter().next() {
        return Err(format!("{}: {why} (`runner doctor --fix` mends it)", trial.folder.display()));
    }
    let spec = spec::load(&paths.spec(), &[]).map_err(|error| error.to_string())?;
    let experiment = &spec.trials.first().ok_or("it has no spec")?.experiment;
    let metric = tasks::metrics(experiment).deciding;
    let direction = metric.direction;
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
    warnings.extend(overlap_of(experiment, &run.data.provenance.files, overlaps));
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
    let metrics = files::read(&paths.metrics())?;
    Ok(Figures {
        value,
        lost: None,
        rows: MetricsCsv::parse(&metrics).digests(),
        metrics_sha256: sha256(&metrics),
        samples_sha256: sha256(&files::read(&paths.samples())?),
        weights_sha256: sha256(&files::read(&paths.weights())?),
    })
}

/// What of the held-out text stands in the training text; looked at once for each text. Examples that
/// are made up have no text.
fn overlap_of(
    experiment: &Experiment,
    files: &[PathBuf],
    known: &mut Vec<(spec::Data, Vec<String>)>,
) -> Vec<String> {
    if let Some((_, found)) = known.iter().find(|(data, _)| *data == experiment.data) {
        return found.clone();
    }
    if experiment.data.source != spec::Source::Corpus {
        return Vec::new();
    }
    // The files that the run read, wherever they were found.
    let mut data = experiment.data.clone();
    if let [file] = files {
        data.corpus = file.display().to_string();
    } else if let Some(folder) = files.first().and_then(|file| file.parent()) {
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

    /// Which seeds have no finite number, and why; `None` if all have one.
    pub fn lost(&self) -> Option<String> {
        lost(self.seeds.iter().map(|(seed, figures)| (*seed, figures)))
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
    fn a_generated_corpus_has_no_text_to_hold_against() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let warnings = |keys: &str| {
            std::fs::write(&path, keys).unwrap();
            let experiment = spec::load(&path, &[]).unwrap().trials[0].experiment.clone();
            overlap_of(&experiment, &[], &mut Vec::new())
        };
        let generated = "task = 'translation'\ndata.source = 'addition'\n";
        assert_eq!(warnings(generated), Vec::<String>::new());
        assert_eq!(warnings("data.corpus = 'nowhere'\n").len(), 1);
    }

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
}
