//! The shipped experiments.

use runner::data;
use runner::kernels::{Compute, Level};
use runner::spec::load;
use runner::train::Session;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// No one asks to stop.
static NEVER: AtomicBool = AtomicBool::new(false);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All shipped specs, in the order of their names.
fn specs() -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(root().join("experiments")).sort_by_file_name();
    let paths = files.into_iter().map(|entry| entry.expect("an entry").into_path());
    let paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    assert!(paths.len() >= 14, "{paths:?}");
    paths
}

/// The folder of real corpora, if the machine has one: `RUNNER_TEST_DATA`, else `shared/data`
/// beside the checkout. Without it the tests that call this say that they are skipped.
fn real_corpora() -> Option<PathBuf> {
    let beside = || root().join("../shared/data");
    let folder = std::env::var_os("RUNNER_TEST_DATA").map_or_else(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("skipped: no real corpora in `{}` (RUNNER_TEST_DATA)", folder.display());
        return None;
    }
    Some(folder)
}

/// An experiment on a real corpus before its first step.
fn on_real_text(name: &str, overrides: &[&str]) -> Option<Session> {
    let corpora = real_corpora()?;
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let spec = load(&root().join("experiments").join(name), &overrides).expect("a right spec");
    let experiment = &spec.trials[0].experiment;
    let dataset = data::load(&experiment.data, &[corpora]).expect("a text");
    let compute = Compute::new(Level::best(), 2);
    Some(Session::new(experiment, Arc::new(dataset), compute).expect("a session"))
}

#[test]
fn every_experiment_is_right_and_runs_on_the_text_that_ships() {
    for path in specs() {
        let spec =
            load(&path, &[]).unwrap_or_else(|errors| panic!("{errors}: {:?}", errors.problems()));
        for trial in &spec.trials {
            let experiment = &trial.experiment;
            let dataset = data::load(&experiment.data, &[root().join("datasets")])
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let compute = Compute::single(Level::best());
            let session = Session::new(experiment, Arc::new(dataset), compute);
            let session = session.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(session.steps_per_epoch() > 0);
        }
        let both = spec.trials.iter().any(|trial| trial.experiment.model.bidirectional);
        assert_eq!(spec.warnings.is_empty(), !both, "{}", path.display());
    }
}

/// Whoever opens a spec learns where it comes from and what should come out.
#[test]
fn every_experiment_names_its_source_and_its_figure() {
    let sources = ["https://", "d2l.ai", "Udacity"];
    let measures = ["perplexity", "smooth_loss", "loss"];
    for path in specs() {
        let text = std::fs::read_to_string(&path).expect("text");
        let lines: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let comment = lines.join(" ");
        let has = |words: &[&str]| words.iter().any(|word| comment.contains(word));
        let figure = comment.contains(|letter: char| letter.is_ascii_digit()) && has(&measures);
        assert!(has(&sources) && figure, "{}: {comment:?}", path.display());
    }
}

/// Karpathy's own program prints 86 at iteration 1000.
#[test]
fn min_char_rnn_learns_kafka_as_the_original_does() {
    let Some(mut session) = on_real_text("min_char_rnn.toml", &["training.steps=1000"]) else {
        return;
    };
    while !session.is_done() {
        session.step().expect("a step");
    }
    let smooth = session.close_row(&NEVER).expect("a row").smooth_loss.expect("smooth_loss");
    assert!((82.0..89.0).contains(&smooth), "{smooth}");
}

#[test]
fn d2ls_experiments_have_the_books_vocabulary() {
    for name in
        ["d2l_rnn.toml", "d2l_gru.toml", "d2l_lstm.toml", "d2l_deep_lstm.toml", "d2l_bi_gru.toml"]
    {
        let Some(mut session) = on_real_text(name, &[]) else {
            return;
        };
        let decoder = session.model().parameters().pop().map(|bias| bias.numbers().len());
        assert_eq!(decoder, Some(1027), "{name}");
        assert_eq!(session.steps_per_epoch(), 8);
        let first = session.step().expect("a step");
        assert!((first.loss - 1027f64.ln()).abs() < 0.2, "{name}: {}", first.loss);
    }
}

#[test]
fn d2ls_gru_begins_to_learn_its_lyrics() {
    let Some(mut session) = on_real_text("d2l_gru.toml", &["training.epochs=6"]) else {
        return;
    };
    let mut losses = Vec::new();
    while !session.is_done() {
        session.step().expect("a step");
        if session.row_is_due() {
            losses.push(session.close_row(&NEVER).expect("a row").train.mean());
        }
    }
    assert_eq!(losses.len(), 6);
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0] + 0.05), "{losses:?}");
    assert!(losses[5] < losses[0] - 0.2, "{losses:?}");
}
