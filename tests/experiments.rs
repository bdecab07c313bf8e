//! The shipped experiments.

use samebits::kernels::{Compute, Level};
use samebits::metric::Metric;
use samebits::spec::load;
use samebits::standing::Standing;
use samebits::tasks;
use samebits::train::{Row, Session};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// No one asks to stop.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Nobody asks to stop.
static STOP: AtomicBool = AtomicBool::new(false);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All shipped specs, in the order of their names.
fn specs() -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(root().join("experiments")).sort_by_file_name();
    let paths = files.into_iter().map(|entry| entry.expect("an entry").into_path());
    let paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    assert!(paths.len() >= 26, "{paths:?}");
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
    let load = tasks::of(experiment.task).load;
    let dataset = load(&experiment.data, &[corpora]).expect("a text");
    let compute = Compute::new(Level::best(), 2);
    Some(Session::new(experiment, dataset.as_ref(), compute).expect("a session"))
}

#[test]
fn every_experiment_is_right_and_runs_on_the_text_that_ships() {
    for path in specs() {
        let spec =
            load(&path, &[]).unwrap_or_else(|errors| panic!("{errors}: {:?}", errors.problems()));
        for trial in &spec.trials {
            let experiment = &trial.experiment;
            let load = tasks::of(experiment.task).load;
            let dataset = load(&experiment.data, &[root().join("datasets")])
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let compute = Compute::single(Level::best());
            let session = Session::new(experiment, dataset.as_ref(), compute);
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
    let measures = ["perplexity", "smooth_loss", "loss", "accuracy"];
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
    let smooth = session.evaluate_row(&NEVER).expect("a row").smooth_loss.expect("smooth_loss");
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
        let decoder = session.parameters().iter().last().map(|bias| bias.values().len());
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
            losses.push(session.evaluate_row(&NEVER).expect("a row").train.mean());
        }
    }
    assert_eq!(losses.len(), 6);
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0] + 0.05), "{losses:?}");
    assert!(losses[5] < losses[0] - 0.2, "{losses:?}");
}

/// An experiment on the data that ships, before its first step.
fn on_shipped_data(name: &str, overrides: &[&str]) -> Session {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let spec = load(&root().join("experiments").join(name), &overrides).expect("a right spec");
    let experiment = &spec.trials[0].experiment;
    let load = tasks::of(experiment.task).load;
    let dataset = load(&experiment.data, &[root().join("datasets")]).expect("data");
    let compute = Compute::single(Level::best());
    Session::new(experiment, dataset.as_ref(), compute).expect("a session")
}

/// Trains to the end: all rows, and the samples after the last.
fn train(session: &mut Session) -> (Vec<Row>, Vec<String>) {
    let (mut rows, mut texts) = (Vec::new(), Vec::new());
    while !session.is_done() {
        session.step().expect("a step");
        if session.row_is_due() {
            let row = session.evaluate_row(&STOP).expect("a row");
            let samples = session.samples(&row, &STOP).expect("samples");
            texts = samples.into_iter().map(|sample| sample.text).collect();
            rows.push(row);
        }
    }
    (rows, texts)
}

/// The best value of a figure on the validation split.
fn best(rows: &[Row], metric: &Metric) -> f64 {
    let valid = rows.iter().filter_map(|row| row.valid);
    let best = valid.min_by_key(|score| Standing::of(metric, score));
    (metric.value)(&best.expect("a validation split")).expect("a figure")
}

#[test]
fn hihell_says_ihello_at_the_tutorials_losses() {
    for (name, bound) in
        [("hihell_step", 2.75 / 6.0), ("hihell_unrolled", 0.53), ("hihell_embedding", 0.03)]
    {
        let (rows, texts) = train(&mut on_shipped_data(&format!("{name}.toml"), &[]));
        let last = rows.last().expect("a row");
        assert!(last.train.mean() <= bound, "{name}: {}", last.train.mean());
        assert_eq!(texts, ["hihello"], "{name}");
    }
    let (rows, _) = train(&mut on_shipped_data("hihell_step.toml", &[]));
    let smooth = rows.last().and_then(|row| row.smooth_loss).expect("a summed loss");
    assert!(smooth <= 2.75, "{smooth}");
}

#[test]
fn binary_sums_come_out_right() {
    let mut session = on_shipped_data("binary_addition.toml", &[]);
    let (rows, _) = train(&mut session);
    assert_eq!(best(&rows, &session.metric()), 1.0);
    let test = session.finish(&STOP).expect("a test").test.expect("a test split");
    assert_eq!((test.exact_match(), test.sequences), (1.0, 1000));
}

#[test]
fn the_wave_is_foreseen() {
    let mut session = on_shipped_data("sine_rnn.toml", &[]);
    train(&mut session);
    let test = session.finish(&STOP).expect("a test").test.expect("a test split");
    assert!(test.mean() <= 0.01, "{}", test.mean());
}

#[test]
fn digits_are_restored_better_than_by_their_mean() {
    let shipped = on_shipped_data("autoencoder.toml", &["training.epochs=40"]);
    for mut session in [shipped].into_iter().chain(on_real_text("autoencoder.toml", &[])) {
        train(&mut session);
        let finished = session.finish(&STOP).expect("a test");
        let of_mean = finished.figures.iter().find(|(name, _)| name == "test_mse_of_mean");
        let of_mean = of_mean.expect("the mean's error").1;
        let found = finished.test.expect("a test split").mean();
        assert!(found <= 0.5 * of_mean, "{found} {of_mean}");
    }
}

/// Reviews out of templates are easy; names of twenty a language are not.
#[test]
fn classifiers_learn_the_data_that_ships() {
    for (name, set, bound) in [
        ("imdb_simple_rnn.toml", &["training.epochs=5", "data.batch_size=16"][..], 0.75),
        ("sentiment_lstm.toml", &["training.epochs=4", "model.hidden_size=64"], 0.75),
        ("names_rnn.toml", &[], 0.3),
    ] {
        let mut session = on_shipped_data(name, set);
        let (rows, _) = train(&mut session);
        let found = best(&rows, &session.metric());
        assert!(found >= bound, "{name}: {found}");
    }
}

#[test]
fn names_are_told_apart() {
    let Some(mut session) = on_real_text("names_rnn.toml", &["training.epochs=4"]) else {
        return;
    };
    train(&mut session);
    let finished = session.finish(&STOP).expect("a test");
    let accuracy = finished.test.expect("a test split").accuracy();
    assert!(accuracy >= 0.75, "{accuracy}");
    assert!(finished.figures.iter().any(|(name, _)| name == "test_macro_accuracy"));
}

/// Words of three kinds, and others of their kinds: their nearest neighbours should be of these.
const KINDS: [(&[&str], &[&str]); 3] = [
    (&["two", "three", "four", "five", "six", "seven", "eight"], &["one", "nine", "zero", "ten"]),
    (
        &["red", "blue", "green", "yellow", "black", "white"],
        &[
            "brown", "pink", "orange", "purple", "gold", "silver", "dark", "bright", "pale",
            "colour", "color", "colored", "coloured", "grey", "gray", "colors",
        ],
    ),
    (
        &["france", "germany", "italy", "spain", "england", "russia", "japan", "china"],
        &[
            "britain",
            "austria",
            "hungary",
            "poland",
            "portugal",
            "sweden",
            "norway",
            "denmark",
            "india",
            "korea",
            "greece",
            "egypt",
            "netherlands",
            "switzerland",
            "belgium",
            "ireland",
            "scotland",
            "ukraine",
            "finland",
            "canada",
            "australia",
            "mexico",
            "brazil",
            "israel",
            "turkey",
            "iran",
            "iraq",
            "america",
            "europe",
            "africa",
            "asia",
            "kingdom",
            "romania",
            "bulgaria",
            "wales",
            "taiwan",
            "cambodia",
            "malaysia",
            "vietnam",
            "catalonia",
        ],
    ),
];

#[test]
fn words_have_neighbours_of_their_kind() {
    let Some(mut session) = on_real_text("word2vec.toml", &["training.epochs=4"]) else {
        return;
    };
    train(&mut session);
    let outputs = session.finish(&STOP).expect("an end").outputs;
    let table = outputs.iter().find(|output| output.file == "neighbours.csv").expect("neighbours");
    let samebits::tasks::Content::Table(rows) = &table.content else { panic!("no table") };
    let (mut found, mut own) = (0, 0);
    for (asked, more) in KINDS {
        for row in rows.iter().filter(|row| asked.contains(&row[0].as_str())) {
            found += 3;
            let near = [&row[1], &row[3], &row[5]];
            own += near
                .iter()
                .filter(|word| asked.contains(&word.as_str()) || more.contains(&word.as_str()))
                .count();
        }
    }
    assert!(found >= 30 && own as f64 >= 0.6 * f64::from(found), "{own} of {found}");
}
