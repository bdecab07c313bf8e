//! `runner doctor`: what it finds, what it mends, and that what it mends has the bytes of before.

use crate::support::{Ended, Place, TINY};
use serde_json::Value;
use std::fs;

/// A place with two trained seeds, and their folders.
fn trained() -> (Place, Vec<String>) {
    let place = Place::in_memory();
    place.write("tiny.toml", TINY.replace("epochs = 2", "epochs = 1"));
    train(&place);
    let trials = place.trials("results/tiny");
    (place, trials)
}

fn train(place: &Place) -> Ended {
    place.train("tiny.toml -q -s sweep.seeds=2")
}

fn flip(place: &Place, file: &str) {
    let mut bytes = place.bytes(file);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    place.write(file, bytes);
}

/// Asserts the exit code of the doctor, and that it says these things.
fn doctor(place: &Place, options: &str, code: i32, says: &[&str]) {
    let ended = place.run(&format!("doctor results {options}"));
    assert_eq!(ended.code, Some(code), "{}{}", ended.stdout, ended.stderr);
    for thing in says {
        assert!(ended.stdout.contains(thing), "{thing:?} is not in: {}", ended.stdout);
    }
}

#[test]
fn every_file_comes_back_from_checkpoint_and_plan() {
    let (place, trials) = trained();
    doctor(&place, "", 0, &["2 trials: nothing is wrong"]);
    for file in ["metrics.csv", "timing.csv", "samples.txt", "model.safetensors", "spec.toml"] {
        let path = format!("{}/{file}", trials[0]);
        let whole = place.bytes(&path);
        let from =
            if file == "spec.toml" { "taken from the plan" } else { "taken from the checkpoint" };
        flip(&place, &path);
        doctor(&place, "", 1, &[&trials[0], file, "damaged", "2 trials: 1 damaged"]);
        doctor(&place, "--fix", 0, &["mended", file, from]);
        assert!(place.bytes(&path) == whole, "{file}");
        fs::remove_file(place.path(&path)).expect("removed");
        doctor(&place, "", 1, &[&format!("{file} is missing")]);
        doctor(&place, "--fix", 0, &["mended", from]);
        assert!(place.bytes(&path) == whole, "{file}");
        doctor(&place, "", 0, &["nothing is wrong"]);
    }
}

#[test]
fn what_only_a_run_can_mend_is_told() {
    let (place, trials) = trained();
    let run = format!("{}/run.json", trials[0]);
    flip(&place, &run);
    let says = "runner tiny.toml goes on from the checkpoint";
    doctor(&place, "--fix", 1, &["run.json is damaged", says]);
    fs::remove_file(place.path(&run)).expect("removed");
    doctor(&place, "--fix", 1, &["run.json is missing", says]);
    train(&place);
    doctor(&place, "", 0, &["nothing is wrong"]);
    // Without a checkpoint nothing has the bytes.
    flip(&place, &format!("{}/samples.txt", trials[0]));
    fs::remove_dir_all(place.path(&format!("{}/checkpoint", trials[0]))).expect("removed");
    doctor(&place, "--fix", 1, &["samples.txt", "runner tiny.toml --fresh trains it again"]);
    place.train("tiny.toml -q -s sweep.seeds=2 --fresh");
    let state = format!("{}/checkpoint/state.safetensors", trials[1]);
    place.write(&format!("{}/checkpoint/previous.safetensors", trials[1]), place.bytes(&state));
    flip(&place, &state);
    doctor(&place, "", 1, &["checkpoint/state.safetensors is damaged"]);
    doctor(&place, "--fix", 0, &["removed: the other one is good"]);
    flip(&place, &format!("{}/checkpoint/previous.safetensors", trials[1]));
    doctor(&place, "--fix", 1, &["previous.safetensors is damaged", "no good one is left"]);
}

#[test]
fn files_of_an_experiment_are_looked_at() {
    let (place, _) = trained();
    let summary = place.bytes("results/tiny/summary.csv");
    flip(&place, "results/tiny/summary.csv");
    doctor(&place, "", 1, &["summary.csv is not what its trials say"]);
    doctor(&place, "--fix", 0, &["written anew from the trials"]);
    assert!(place.bytes("results/tiny/summary.csv") == summary);
    flip(&place, "results/tiny/plan.json");
    doctor(&place, "--fix", 1, &["plan.json: it is damaged", "run its spec again"]);
    train(&place);
    doctor(&place, "", 0, &["nothing is wrong"]);
    place.run("doctor nowhere").assert_says(2, &["no experiment in nowhere"]);
}

/// A full disk costs charts: the doctor draws them, and so does a run of what is done already.
#[test]
fn charts_are_drawn_again() {
    let place = Place::in_memory();
    place.write(
        "wave.toml",
        "task = 'regression'\nmodel.hidden_size = 4\ntraining.epochs = 1\n\
         data = { source = 'sine', examples = 200, batch_size = 4, sequence_length = 10 }\n",
    );
    place.train("wave.toml -q");
    let trial = place.trial("results/wave");
    let all = |file: &str| [format!("{trial}/{file}"), format!("results/wave/{file}")];
    for file in ["mse.svg", "mse.png", "wave.svg", "wave.png"] {
        for path in all(file).into_iter().filter(|path| place.path(path).exists()) {
            let (whole, svg) = (place.bytes(&path), file.replace(".png", ".svg"));
            place.write(&path, &whole[..whole.len() / 2]);
            doctor(&place, "", 1, &[&format!("{svg} is missing or cut off")]);
            doctor(&place, "--fix", 0, &["mended", "drawn"]);
            assert!(place.bytes(&path) == whole, "{path}");
            fs::remove_file(place.path(&path)).expect("removed");
            let ended = place.train("wave.toml -q");
            if path.starts_with(&trial) {
                ended.assert_says(
                    0,
                    &[&format!("{trial}/{svg} was missing or cut off: drawn again")],
                );
            }
            assert!(place.bytes(&path) == whole, "{path}");
            place.train("wave.toml -q").assert_says(0, &[]);
            doctor(&place, "", 0, &["nothing is wrong"]);
        }
    }
}

#[test]
fn what_dead_processes_left_is_told_and_removed() {
    let place = Place::in_memory();
    place.write("tiny.toml", TINY.replace("epochs = 2", "epochs = 2\ncheckpoint = { steps = 10 }"));
    let mut command = place.command("tiny.toml -q -j 1 --threads 1");
    command.env("RUNNER_ABORT_AT_WRITE", "90");
    Ended::of(command);
    let trial = place.trial("results/tiny");
    place.write(&format!("{trial}/.new-abc"), "half");
    doctor(&place, "", 1, &["left over", "the lock of a process that is gone", "summary.csv"]);
    doctor(&place, "--fix", 0, &["removed"]);
    assert!(!place.path(&format!("{trial}/.new-abc")).exists());
    assert!(!place.path(&format!("{trial}/checkpoint/owner")).exists());
    doctor(&place, "", 0, &["nothing is wrong"]);
    // Killed as it was, it has no sums: but its rows have only grown since the checkpoint.
    let metrics = place.read(&format!("{trial}/metrics.csv"));
    let changed = metrics.replacen("\n1,", "\n2,", 1);
    assert_ne!(metrics, changed);
    place.write(&format!("{trial}/metrics.csv"), changed);
    doctor(&place, "", 1, &["metrics.csv is not what its checkpoint says"]);
    place.train("tiny.toml -q");
    doctor(&place, "", 0, &["nothing is wrong"]);
}

/// Results of an earlier version have no sums: they are taken as they are, and the doctor says so.
#[test]
fn results_without_sums_are_read_and_told() {
    let (place, trials) = trained();
    let mut record = place.run_json(&trials[0]);
    let fields = record.as_object_mut().expect("an object");
    fields.remove("sha256");
    fields.remove("files");
    place.write(&format!("{}/run.json", trials[0]), record.to_string());
    place.run("board results").assert_says(0, &[]);
    place.run("report results --out page.html").assert_says(0, &[]);
    doctor(&place, "", 0, &["unchecked", "spec.toml, metrics.csv", "an earlier version wrote it"]);
    let json = place.run("doctor results --json").stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["trials"], &json["findings"][0]["kind"]), (&2.into(), &"unchecked".into()));
}
