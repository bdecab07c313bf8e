//! What can be known to go wrong before anything runs: a corpus that cannot be read, a model that
//! no memory here holds.

use super::corpora::{Corpora, roots_of};
use super::memory;
use crate::data::{DataError, DatasetInfo};
use crate::machine;
use crate::spec::{Experiment, Search, Spec, SpecErrors};

/// A model that is larger than the memory of this machine.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("this model takes at least {} GB in training, and this machine has {} GB", gigabytes(*needed), gigabytes(*available))]
#[diagnostic(
    code(sweep::too_large),
    help("a smaller `model.hidden_size`, fewer `model.layers` or smaller batches take less")
)]
pub struct TooLarge {
    needed: u64,
    available: u64,
}

fn gigabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000_000)
}

/// Reads the corpora of all trials, and holds their models against the memory of this machine.
///
/// # Errors
/// All that is wrong, each problem at its place in a spec.
pub fn check(specs: &[Spec], corpora: &Corpora) -> Result<(), Vec<SpecErrors>> {
    let mut wrong = Vec::new();
    for spec in specs {
        let roots = roots_of(&spec.path);
        let mut told: Vec<String> = Vec::new();
        let mut problems = Vec::new();
        if let (true, Some(apart)) = (spec.search != Search::All, other_texts(spec, corpora)) {
            problems.push(spec.problem("data.level", &apart));
        }
        for trial in &spec.trials {
            match corpora.get(&trial.experiment, &roots) {
                Err(error) if told.contains(&error.to_string()) => {}
                Err(error) => {
                    problems.push(spec.problem(place_of(&error), error.as_ref()));
                    told.push(error.to_string());
                }
                Ok(dataset) => {
                    if let Err(large) = fits(&trial.experiment, &dataset) {
                        problems.push(spec.problem("model.hidden_size", &large));
                    }
                }
            }
        }
        if let Some(errors) = spec.errors(problems) {
            wrong.push(errors);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// A search over trials whose deciding figures are of different texts.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("a search cannot put these trials in order: they are judged by {0} different texts")]
#[diagnostic(
    code(sweep::other_texts),
    help(
        "a text that is cut by `data.valid_fraction` is cut where a token begins, which is another \
         place at every level: give the corpus a valid.txt, or sweep without a search"
    )
)]
pub struct OtherTexts(usize);

/// Whether the trials of a spec are judged by different texts, as far as these can be read.
pub fn other_texts(spec: &Spec, corpora: &Corpora) -> Option<OtherTexts> {
    let roots = roots_of(&spec.path);
    let mut texts: Vec<String> = Vec::new();
    for trial in &spec.trials {
        let Ok(dataset) = corpora.get(&trial.experiment, &roots) else { continue };
        let [train, valid, _] = &dataset.text_ids;
        let text = if valid.is_empty() { train } else { valid };
        if !texts.contains(text) {
            texts.push(text.clone());
        }
    }
    (texts.len() > 1).then_some(OtherTexts(texts.len()))
}

/// The key to blame for a corpus that cannot be used.
fn place_of(error: &DataError) -> &'static str {
    match error {
        DataError::TrainTooShort { .. } => "data.batch_size",
        DataError::SplitTooShort { split, .. } if *split == "test" => "data.test_fraction",
        DataError::SplitTooShort { .. } => "data.valid_fraction",
        DataError::NoFile { split, .. }
        | DataError::Path { split, .. }
        | DataError::Shared { second: split, .. } => match *split {
            "valid" => "data.valid",
            "test" => "data.test",
            _ => "data.train",
        },
        _ => "data.corpus",
    }
}

/// Whether a model can be trained in the memory of this machine. What is counted is less than
/// what is needed, so that no model is refused that could be trained.
pub fn fits(experiment: &Experiment, dataset: &DatasetInfo) -> Result<(), TooLarge> {
    let (needed, available) =
        (least_memory(experiment, dataset.vocabulary.len()), machine::memory());
    if needed <= available { Ok(()) } else { Err(TooLarge { needed, available }) }
}

/// Bytes of weights and gradients, and of what one batch keeps for the way back.
fn least_memory(experiment: &Experiment, vocabulary: usize) -> u64 {
    let weights = memory::parameters(experiment, vocabulary).saturating_mul(2);
    weights.saturating_add(memory::kept(experiment)).saturating_mul(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment(overrides: &[&str]) -> Experiment {
        let files = vec![("a.toml".to_owned(), "data.corpus = 'x'\n".to_owned())];
        let set = overrides.iter().map(|text| (*text).to_owned()).collect();
        let sources = crate::spec::Sources { files, set };
        let spec = crate::spec::load_from("a.toml".as_ref(), &sources).unwrap();
        spec.trials[0].experiment.clone()
    }

    #[test]
    fn the_largest_sizes_do_not_overflow() {
        let largest = [
            "model.hidden_size=65536",
            "model.layers=64",
            "model.bidirectional=true",
            "data.batch_size=1000000",
            "data.sequence_length=1000000",
        ];
        assert!(least_memory(&experiment(&largest), 100_000_000) > 1 << 60);
    }

    #[test]
    fn no_more_is_counted_than_a_model_has() {
        use crate::kernels::{Compute, Level};
        for keys in [
            &["model.layers=3", "model.hidden_size=9"][..],
            &["model.architecture=gru", "model.embedding_size=7", "model.bidirectional=true"],
            &["model.architecture=rnn", "model.hidden_size=20"],
            &["model.tied=true", "model.embedding_size=8", "model.hidden_size=8"],
        ] {
            let mut experiment = experiment(keys);
            experiment.data.batch_size = 0;
            let compute = Compute::single(Level::best());
            let model = crate::tasks::language_model::build(compute, &experiment.model, 11, 1);
            let weights = 8 * model.parameters.count() as u64;
            let counted = least_memory(&experiment, 11);
            assert!(counted <= weights && 2 * counted > weights, "{counted} of {weights}");
        }
    }
}
