//! The same spec, seed and text give the same bytes, whatever computes them.

use crate::support::{Ended, Place, TINY};
use samebits::kernels::Level;

/// Keys that are set beside those of `TINY`: each cell, direction, input, decoder, optimizer,
/// sampling and schedule, and sizes that are worth two threads.
const VARIANTS: [(&str, &str); 16] = [
    ("rnn_adagrad", "model.architecture='rnn' training.optimizer='adagrad'"),
    ("rnn_relu", "model.architecture='rnn' model.nonlinearity='relu' data.level='byte'"),
    ("gru_sgd", "model.architecture='gru' training.optimizer='sgd' training.momentum=0.9"),
    ("gru_both_ways", "model.architecture='gru' model.bidirectional=true model.layers=2"),
    ("lstm_both_ways", "model.bidirectional=true model.embedding_size=8"),
    ("lstm_deep", "model.layers=3 data.sampling='random'"),
    ("lstm_value", "training.clip.value=0.1 training.optimizer='adam'"),
    ("rnn_both_ways", "model.architecture='rnn' model.bidirectional=true"),
    ("embedded", "model.embedding_size=9 data.level='word' training.weight_decay=0.01"),
    ("tied", "model.embedding_size=12 model.tied=true data.level='script'"),
    ("tied_gru", "model.embedding_size=12 model.tied=true model.architecture='gru'"),
    (
        "dropout",
        "model.embedding_size=8 model.layers=2 model.dropout=0.4 \
                 model.embedding_dropout=0.2 model.output_dropout=0.3",
    ),
    ("adamw", "training.optimizer='adamw' training.schedule.kind='cosine'"),
    ("rmsprop", "training.optimizer='rmsprop' training.centered=true training.momentum=0.5"),
    ("smooth", "training.smoothing=0.99 training.evaluate_every=20 training.reduction='sum'"),
    ("wide", "model.hidden_size=128 data.batch_size=16 training.learning_rate=0.02"),
];

/// Runs every variant, as one folder of specs, and leaves results in `folder`.
fn run(place: &Place, folder: &str, level: Level, options: &str) {
    let mut command = place.command(&format!("specs -q -o {folder} {options}"));
    command.env("RUNNER_SIMD", level.name());
    let ended = Ended::of(command);
    assert_eq!(ended.code, Some(0), "{folder}: {}{}", ended.stdout, ended.stderr);
}

#[test]
fn neither_jobs_nor_threads_nor_vectors_change_a_bit() {
    let place = Place::new();
    place.write("base/tiny.toml", TINY.replace("epochs = 2", "epochs = 1"));
    for (name, keys) in VARIANTS {
        let keys = keys.split_whitespace().collect::<Vec<_>>().join("\n");
        let spec = format!("extends = '../base/tiny.toml'\n{keys}\n");
        place.write(&format!("specs/{name}.toml"), spec);
    }
    run(&place, "plain", Level::Portable, "-j 1 --threads 1");
    let mut others = vec!["threads".to_owned()];
    run(&place, "threads", Level::best(), "-j 1 --threads 2");
    // The number of a trial's threads then changes while it is trained.
    run(&place, "shared", Level::best(), "-j 2");
    others.push("shared".to_owned());
    for level in Level::available().into_iter().filter(|level| *level != Level::Portable) {
        run(&place, level.name(), level, "-j 2 --threads 1");
        others.push(level.name().to_owned());
    }
    for other in others {
        for (name, _) in VARIANTS {
            let trial = |folder: &str| place.trial(&format!("{folder}/{name}"));
            place.assert_same(&trial("plain"), &trial(&other));
        }
        for file in ["plan.json", "summary.csv"] {
            let [a, b] = ["plain", &other].map(|f| place.bytes(&format!("{f}/dropout/{file}")));
            assert!(a == b, "{file}");
        }
    }
}

#[test]
fn the_spec_of_a_run_runs_as_it_is() {
    let place = Place::with_tiny();
    place.train("tiny.toml -s model.dropout=0.2 -s model.layers=2");
    let trial = place.trial("results/tiny");
    place.write("again.toml", place.bytes(&format!("{trial}/spec.toml")));
    place.train("again.toml");
    place.assert_same(&trial, &place.trial("results/again"));
}

#[test]
fn another_seed_gives_other_numbers() {
    let place = Place::with_tiny();
    place.train("tiny.toml");
    place.train("tiny.toml -s seed=8 -o other");
    let metrics = |trial: String| place.read(&format!("{trial}/metrics.csv"));
    assert_ne!(metrics(place.trial("results/tiny")), metrics(place.trial("other/tiny")));
}

#[test]
fn a_level_that_the_machine_lacks_is_bad_usage() {
    let place = Place::with_tiny();
    let mut command = place.command("tiny.toml");
    command.env("RUNNER_SIMD", "abacus");
    Ended::of(command).assert_says(2, &["no SIMD level \"abacus\"", "portable"]);
}
