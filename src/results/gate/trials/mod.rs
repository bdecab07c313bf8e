//! From the folders of trials to the figures that are compared.
//!
//! [`measure`] collects them under the names that [`trained`] gives; [`overlap`] looks for held-out
//! text in the training text.

pub mod overlap;
pub mod trained;

use super::measured::{Facts, Figures, Measured, Sums, Unfinished};
use crate::data;
use crate::files::{self, sha256};
use crate::metric::Direction;
use crate::runs::Paths;
use crate::runs::damage;
use crate::runs::metrics_csv::MetricsCsv;
use crate::runs::run_json::{RunJson, Status};
use crate::spec::{self, Experiment};
use crate::tasks;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use trained::{End, Trained, names_of};

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
        take: None,
        data_sha256: Some(run.data.provenance.sha256.clone()),
        vocabulary_sha256: Some(run.vocabulary.hash()),
        level: Some(experiment.data.level.name().to_owned()),
        tokens: Some(run.data.tokens),
        causal: Some(run.causal),
        spec_sha256: Some(Experiment { seed: 0, ..experiment.clone() }.hash()),
        runner_version: run.runner_version.clone(),
        git_commit: run.git_commit.clone(),
        machine: Some(format!("{} {}, {processor}", machine.os, machine.architecture)),
        simd: Some(machine.simd.clone()),
    }
}

fn figures(paths: &Paths, value: f64) -> std::io::Result<Figures> {
    let metrics = files::read(&paths.metrics())?;
    Ok(Figures {
        value,
        lost: None,
        rows: MetricsCsv::parse(&metrics).digests(),
        sums: Some(Sums {
            metrics: sha256(&metrics),
            samples: sha256(&files::read(&paths.samples())?),
            weights: sha256(&files::read(&paths.weights())?),
        }),
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
    let mut roots = Vec::new();
    if data.named().is_some() {
        let above = files.first().into_iter().flat_map(|file| file.ancestors().skip(1));
        roots = above.map(Path::to_owned).collect();
    } else if let [file] = files {
        data.corpus = Some(file.display().to_string());
    } else if let Some(folder) = files.first().and_then(|file| file.parent()) {
        data.corpus = Some(folder.display().to_string());
    }
    let found = data::load(&data, &roots).map_or_else(
        |error| vec![format!("held-out text was not held against training text: {error}")],
        |dataset| overlap::warnings(&dataset),
    );
    known.push((experiment.data.clone(), found.clone()));
    found
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
}
