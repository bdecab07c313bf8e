//! Processes that die in each of their writes and at many other moments leave what a resume brings
//! to the bytes of an untouched run.
//!
//! `RUNNER_KILLS=N` kills so many times at random moments instead of a few: before a release.

use crate::support::{Ended, Place, TINY, is_filled};
use samebits::random::{Purpose, Stream};
use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

/// Kills at random moments in an ordinary run of the tests.
const KILLS: u64 = 16;

/// Every cell, both directions, and all that a state can consist of.
const SPECS: [(&str, &str); 5] = [
    ("rnn", "model.architecture = 'rnn'\ntraining.optimizer = 'adagrad'\n"),
    (
        "gru",
        "model.architecture = 'gru'\nmodel.embedding_size = 8\nmodel.layers = 2\n\
         model.dropout = 0.4\ndata.sampling = 'random'\n",
    ),
    (
        "lstm",
        "training.optimizer = 'rmsprop'\ntraining.momentum = 0.5\ntraining.smoothing = 0.99\n\
         training.schedule = { kind = 'plateau', patience = 1 }\n\
         training.early_stopping = { patience = 500 }\n",
    ),
    ("both_ways", "model.bidirectional = true\ntraining.checkpoint.seconds = 0.01\n"),
    ("tied", "model.embedding_size = 12\nmodel.tied = true\ndata.level = 'word'\n"),
];

fn kills() -> u64 {
    std::env::var("RUNNER_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

#[test]
fn a_process_that_dies_in_any_of_its_writes_loses_nothing() {
    let place = Place::in_memory();
    let spec = TINY.replace("epochs = 2", "epochs = 1\ncheckpoint = { steps = 25 }");
    place.write("tiny.toml", spec);
    place.train("tiny.toml -q -o untouched");
    let untouched = place.trial("untouched/tiny");
    let mut deaths = 0;
    for write in 1.. {
        let mut command = place.command("tiny.toml -q -j 1 --threads 1");
        command.env("RUNNER_ABORT_AT_WRITE", write.to_string());
        if Ended::of(command).code == Some(0) {
            break;
        }
        deaths += 1;
        place.train("tiny.toml -q");
        let trial = place.trial("results/tiny");
        place.assert_same(&trial, &untouched);
        assert_eq!(place.run_json(&trial)["status"], "done");
        let left = fs::read_dir(place.path(&format!("{trial}/checkpoint"))).expect("a folder");
        let names = left.map(|entry| entry.expect("an entry").file_name());
        assert!(names.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
        fs::remove_dir_all(place.path("results")).expect("removed");
    }
    assert!(deaths >= 50, "{deaths}");
}

#[test]
fn a_process_that_is_killed_at_any_moment_loses_nothing() {
    let place = Place::in_memory();
    let kills = kills();
    let base = format!(
        "{}\n[training.checkpoint]\nsteps = 7\n",
        TINY.replace("epochs = 2", &format!("steps = {}\nevaluate_every = 11", 40 * kills))
            .replace("[generation]", "[generation]\nevery = 3")
    );
    place.write("base/base.toml", base);
    for (name, keys) in SPECS {
        let spec = format!("extends = '../base/base.toml'\n{keys}");
        place.write(&format!("specs/{name}.toml"), spec);
    }
    let mut moments = Stream::new(kills, Purpose::Shuffle, 1);
    for _ in 0..kills {
        let mut command = place.command("specs -q -j 2 --threads 1");
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        sleep(Duration::from_millis(5 + moments.below(150)));
        let _ = child.kill();
        child.wait().expect("it ended");
    }
    let begun = |name: &str| {
        place
            .trials(&format!("results/{name}"))
            .iter()
            .any(|trial| is_filled(&place.path(&format!("{trial}/checkpoint/state.safetensors"))))
    };
    assert!(begun("both_ways") && begun("gru"), "it was never alive for long enough");
    place.train("specs -q");
    place.train("specs -q -o untouched");
    for (name, _) in SPECS {
        let [killed, untouched] =
            ["results", "untouched"].map(|folder| place.trial(&format!("{folder}/{name}")));
        place.assert_same(&killed, &untouched);
        let rows = |trial: &str| place.table(&format!("{trial}/timing.csv")).len();
        assert_eq!(rows(&killed), rows(&untouched));
    }
}

/// Whatever file of an interrupted trial is damaged: the run goes on to the same bytes, or says
/// what is wrong; it does not panic.
#[test]
fn a_damaged_file_heals_or_is_told() {
    let place = Place::in_memory();
    let spec = TINY.replace("epochs = 2", "epochs = 2\ncheckpoint = { steps = 10 }");
    place.write("tiny.toml", spec);
    place.train("tiny.toml -q -o untouched");
    let untouched = place.trial("untouched/tiny");
    let mut stream = Stream::new(3, Purpose::Shuffle, 2);
    let mut healed = 0;
    for turn in 0..24 {
        let mut command = place.command("tiny.toml -q -j 1 --threads 1");
        // Towards the end: there are rows, samples and two checkpoints.
        command.env("RUNNER_ABORT_AT_WRITE", (75 + stream.below(30)).to_string());
        Ended::of(command);
        let trial = place.trial("results/tiny");
        let files = ["metrics.csv", "timing.csv", "samples.txt", "model.safetensors", "run.json"]
            .into_iter()
            .chain([
                "spec.toml",
                "checkpoint/state.safetensors",
                "checkpoint/previous.safetensors",
            ]);
        let files: Vec<String> = files.map(|file| format!("{trial}/{file}")).collect();
        let file = &files[turn % files.len()];
        if !is_filled(&place.path(file)) {
            continue;
        }
        let mut bytes = place.bytes(file);
        let at = stream.below(bytes.len() as u64) as usize;
        if turn % 2 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << stream.below(8);
        }
        place.write(file, bytes);
        let ended = place.run("tiny.toml -q -j 1 --threads 1");
        ended.assert_says(0, &[]);
        place.assert_same(&trial, &untouched);
        healed += 1;
        fs::remove_dir_all(place.path("results")).expect("removed");
    }
    assert!(healed >= 20, "{healed}");
}
