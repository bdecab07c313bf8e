//! A run that is stopped or killed goes on, and ends with the bytes of one that was not.

use crate::support::{Place, is_filled};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A spec that trains for a second or two, with a row every 100 steps.
const LONG: &str = r#"
seed = 3
[data]
corpus = "tale.txt"
level = "char"
batch_size = 8
sequence_length = 20
valid_fraction = 0.1
test_fraction = 0.1
[model]
architecture = "lstm"
hidden_size = 48
[training]
steps = 2000
evaluate_every = 100
smoothing = 0.99
[generation]
prefixes = ["the "]
every = 3
length = 30
"#;

/// What else the future can depend on: order of windows, masks, more of the optimizer's state,
/// and what schedule and early stopping remember.
const INTRICATE: &str = r#"
data.sampling = "random"
model.architecture = "gru"
model.embedding_size = 16
model.layers = 2
model.dropout = 0.3
training.optimizer = "rmsprop"
training.centered = true
training.momentum = 0.5
training.schedule = { kind = "plateau", factor = 0.5, patience = 1, threshold = 0.02 }
training.early_stopping = { patience = 200 }
training.steps = 1000
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("long.toml", LONG);
    place.write("intricate.toml", format!("extends = 'long.toml'\n{INTRICATE}"));
    place
}

/// Starts the program, and waits until it has made its first row and checkpoint.
fn begin(place: &Place, arguments: &str, experiment: &str) -> Child {
    let mut command = place.command(&format!("{arguments} -j 1 --threads 1"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let since = Instant::now();
    while !has_checkpoint(place, experiment) {
        if since.elapsed() > Duration::from_secs(60) {
            let _ = child.kill();
            let said = child.wait_with_output().expect("it ended");
            panic!("no checkpoint after a minute: {}", String::from_utf8_lossy(&said.stderr));
        }
        sleep(Duration::from_millis(2));
    }
    child
}

fn has_checkpoint(place: &Place, experiment: &str) -> bool {
    let trials = fs::read_dir(place.path(experiment));
    let mut trials = trials.into_iter().flatten().flatten().map(|entry| entry.path());
    trials.any(|trial| is_filled(&trial.join("checkpoint/state.safetensors")))
}

fn kill(child: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(status.expect("kill").success());
}

/// Interrupts a run of `name` by a signal, lets it go on, and compares it with an untouched one.
fn interrupt(name: &str, signal: &str) {
    let place = place();
    let child = begin(&place, &format!("{name}.toml"), &format!("results/{name}"));
    kill(&child, signal);
    let output = child.wait_with_output().expect("it ended");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted after step"), "{said}");
    let trial = place.trial(&format!("results/{name}"));
    assert_eq!(place.run_json(&trial)["status"], "interrupted");
    let summary = place.table(&format!("results/{name}/summary.csv"));
    assert!(summary[1].contains(&"interrupted".to_owned()), "{summary:?}");
    let ended = place.train(&format!("{name}.toml"));
    assert!(ended.stderr.contains("going on after step"), "{}", ended.stderr);
    assert_eq!(place.run_json(&trial)["status"], "done");
    place.train(&format!("{name}.toml -q -o untouched"));
    place.assert_same(&trial, &place.trial(&format!("untouched/{name}")));
}

#[test]
fn sigint_saves_and_the_run_goes_on() {
    interrupt("long", "-INT");
}

#[test]
fn sigterm_saves_and_the_run_goes_on() {
    interrupt("intricate", "-TERM");
}

#[test]
fn a_run_killed_at_any_moment_goes_on() {
    let place = place();
    for milliseconds in [0, 35, 80, 130] {
        let mut child = begin(&place, "intricate.toml", "results/intricate");
        sleep(Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().expect("it ended");
    }
    place.train("intricate.toml -q");
    place.train("intricate.toml -q -o untouched");
    let trial = place.trial("results/intricate");
    place.assert_same(&trial, &place.trial("untouched/intricate"));
}

/// A process can die between a row and the checkpoint after it, in the middle of a line.
#[test]
fn rows_past_the_checkpoint_are_taken_back() {
    let place = place();
    let mut child = begin(&place, "long.toml", "results/long");
    child.kill().expect("killed");
    child.wait().expect("it ended");
    let trial = place.trial("results/long");
    assert_eq!(place.run_json(&trial)["status"], "running");
    for file in ["metrics.csv", "samples.txt", "timing.csv"] {
        let mut bytes = place.bytes(&format!("{trial}/{file}"));
        bytes.extend_from_slice(b"9,900,1\n10,10");
        place.write(&format!("{trial}/{file}"), bytes);
    }
    place.write(&format!("{trial}/model.safetensors"), "torn");
    place.train("long.toml -q");
    place.train("long.toml -q -o untouched");
    place.assert_same(&trial, &place.trial("untouched/long"));
    let rows = |folder: &str| place.table(&format!("{folder}/timing.csv")).len();
    assert_eq!(rows(&trial), rows(&place.trial("untouched/long")));
}

#[test]
fn a_run_killed_before_its_first_checkpoint_starts_over() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q");
    let trial = place.trial("results/tiny");
    fs::remove_dir_all(place.path(&format!("{trial}/checkpoint"))).expect("removed");
    let mut run = place.run_json(&trial);
    run["status"] = "running".into();
    run["result"] = serde_json::Value::Null;
    place.write(&format!("{trial}/run.json"), run.to_string());
    place.train("tiny.toml -q");
    place.train("tiny.toml -q -o untouched");
    place.assert_same(&trial, &place.trial("untouched/tiny"));
}

#[test]
fn a_damaged_checkpoint_is_told() {
    let place = place();
    let mut child = begin(&place, "long.toml", "results/long");
    child.kill().expect("killed");
    child.wait().expect("it ended");
    let file = format!("{}/checkpoint/state.safetensors", place.trial("results/long"));
    let bytes = place.bytes(&file);
    place.write(&file, &bytes[..bytes.len() / 2]);
    let ended = place.run("long.toml -j 1 --threads 1");
    ended.assert_says(3, &["the checkpoint cannot be used", "--fresh"]);
}

/// A resumed file was filled up with zero bytes to the length that the checkpoint knew.
#[test]
fn rows_lost_from_under_a_checkpoint_are_told() {
    let place = place();
    let mut child = begin(&place, "long.toml", "results/long");
    child.kill().expect("killed");
    child.wait().expect("it ended");
    let file = format!("{}/metrics.csv", place.trial("results/long"));
    place.write(&file, "epoch,step\n");
    let ended = place.run("long.toml -j 1 --threads 1");
    ended.assert_says(3, &["metrics.csv is shorter than when the checkpoint was made", "--fresh"]);
    assert_eq!(place.read(&file), "epoch,step\n");
}

/// A trial whose `run.json` could not be read was trained anew, and its weights were gone.
#[test]
fn an_unreadable_record_is_told_and_nothing_thrown_away() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q");
    let trial = place.trial("results/tiny");
    let weights = place.bytes(&format!("{trial}/model.safetensors"));
    place.write(&format!("{trial}/run.json"), "{}");
    place.run("tiny.toml").assert_says(3, &["cannot read", "run.json", "--fresh"]);
    assert!(place.bytes(&format!("{trial}/model.safetensors")) == weights);
    place.train("tiny.toml --fresh");
}

/// Killed between the last checkpoint and the end, it only has to be closed.
#[test]
fn a_run_killed_after_its_last_step_ends() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q -o untouched");
    place.train("tiny.toml -q");
    let trial = place.trial("results/tiny");
    let mut run = place.run_json(&trial);
    let result = run["result"].take();
    run["status"] = "running".into();
    place.write(&format!("{trial}/run.json"), run.to_string());
    place.train("tiny.toml -q");
    place.assert_same(&trial, &place.trial("untouched/tiny"));
    assert_eq!(place.run_json(&trial)["result"], result);
}

/// Both wrote their rows into one `metrics.csv`, and both said that all was well.
#[test]
fn two_processes_do_not_mix_their_rows() {
    let place = place();
    let mut child = begin(&place, "long.toml", "results/long");
    let second = place.run("long.toml -j 1 --threads 1");
    let first = child.wait().expect("it ended");
    second.assert_says(3, &["another process is training in results/long/"]);
    assert!(first.success());
    place.train("long.toml -q -o untouched");
    place.assert_same(&place.trial("results/long"), &place.trial("untouched/long"));
}
