//! A run that is stopped or killed goes on, and ends with the bytes of one that was not.

use crate::support::{Ended, Place, is_filled};
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
checkpoint = { steps = 100 }
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
training.checkpoint = { steps = 70 }
"#;

pub fn place() -> Place {
    let place = Place::new();
    place.write("long.toml", LONG);
    place.write("intricate.toml", format!("extends = 'long.toml'\n{INTRICATE}"));
    place
}

/// Starts the program, and waits until it has made its first row and checkpoint.
pub fn begin(place: &Place, arguments: &str, experiment: &str) -> Child {
    begin_as(place, place.command(&format!("{arguments} -j 1 --threads 1")), experiment)
}

/// Starts a command, and waits until the program in it has made its first row and checkpoint.
pub fn begin_as(place: &Place, mut command: Command, experiment: &str) -> Child {
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

pub fn kill(child: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(status.expect("kill").success());
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

/// Trains until there are two checkpoints, and kills; again if that came between the moments when the
/// last one has become the one before and when the new one has its place.
fn killed() -> (Place, String) {
    loop {
        let place = place();
        let mut child = begin(&place, "long.toml", "results/long");
        let trial = place.trial("results/long");
        let checkpoint = |name: &str| place.path(&format!("{trial}/checkpoint/{name}.safetensors"));
        while !is_filled(&checkpoint("previous")) {
            sleep(Duration::from_millis(2));
        }
        child.kill().expect("killed");
        child.wait().expect("it ended");
        if is_filled(&checkpoint("state")) {
            return (place, trial);
        }
    }
}

/// Goes on with what was damaged, and compares with an untouched run.
fn assert_heals(place: &Place, trial: &str, says: &[&str]) {
    place.run("long.toml -q -j 1 --threads 1").assert_says(0, says);
    place.train("long.toml -q -o untouched");
    place.assert_same(trial, &place.trial("untouched/long"));
}

#[test]
fn of_two_checkpoints_the_last_good_one_is_taken() {
    let (place, trial) = killed();
    let file = format!("{trial}/checkpoint/state.safetensors");
    let bytes = place.bytes(&file);
    place.write(&file, &bytes[..bytes.len() / 2]);
    let says = ["state.safetensors: the checkpoint cannot be used: it is damaged or cut off"];
    assert_heals(&place, &trial, &says);
}

#[test]
fn without_a_good_checkpoint_training_starts_over() {
    let (place, trial) = killed();
    for name in ["state", "previous"] {
        let file = format!("{trial}/checkpoint/{name}.safetensors");
        let mut bytes = place.bytes(&file);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        place.write(&file, bytes);
    }
    assert_heals(&place, &trial, &["no good checkpoint is left; training starts over"]);
}

/// A resumed file was filled up with zero bytes to the length that the checkpoint knew.
#[test]
fn rows_lost_from_under_a_checkpoint_come_back() {
    let (place, trial) = killed();
    place.write(&format!("{trial}/metrics.csv"), "epoch,step\n");
    fs::remove_file(place.path(&format!("{trial}/samples.txt"))).expect("removed");
    fs::remove_file(place.path(&format!("{trial}/model.safetensors"))).expect("removed");
    assert_heals(&place, &trial, &[]);
}

/// A link in the place of a result was followed, and what it led to overwritten.
#[test]
fn results_are_never_written_through_links() {
    let (place, trial) = killed();
    place.write("precious", "precious");
    for name in ["metrics.csv", "samples.txt", "model.safetensors", "checkpoint/lock"] {
        let path = place.path(&format!("{trial}/{name}"));
        fs::remove_file(&path).expect("removed");
        std::os::unix::fs::symlink(place.path("precious"), &path).expect("linked");
        place.run("long.toml -q -j 1 --threads 1").assert_says(1, &["is a symbolic link"]);
        assert_eq!(place.read("precious"), "precious");
        fs::remove_file(&path).expect("removed");
    }
    assert_heals(&place, &trial, &[]);
}

/// A trial whose `run.json` could not be read was trained anew, and its weights were gone.
#[test]
fn an_unreadable_record_is_made_anew_from_the_checkpoint() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q -o untouched");
    place.train("tiny.toml -q");
    let trial = place.trial("results/tiny");
    let record = format!("{trial}/run.json");
    let changed = place.read(&record).replace("\"seconds\": 0.", "\"seconds\": 1.");
    for text in [changed.as_str(), "{}", ""] {
        place.write(&record, text);
        place.run("tiny.toml").assert_says(0, &["cannot read", "run.json", "the checkpoint"]);
        assert_eq!(place.run_json(&trial)["status"], "done");
        place.assert_same(&trial, &place.trial("untouched/tiny"));
    }
    fs::remove_dir_all(place.path(&format!("{trial}/checkpoint"))).expect("removed");
    place.write(&record, "{}");
    place.run("tiny.toml").assert_says(3, &["cannot read", "run.json", "--fresh"]);
    assert!(is_filled(&place.path(&format!("{trial}/model.safetensors"))));
    place.train("tiny.toml --fresh");
}

#[test]
fn a_changed_file_of_a_finished_trial_is_restored_or_told() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q -o untouched");
    place.train("tiny.toml -q");
    let trial = place.trial("results/tiny");
    for name in ["metrics.csv", "samples.txt", "model.safetensors"] {
        let file = format!("{trial}/{name}");
        let mut bytes = place.bytes(&file);
        let last = bytes.len() - 3;
        bytes[last] ^= 2;
        place.write(&file, bytes);
        place.run("tiny.toml").assert_says(0, &[name, "restored from the checkpoint"]);
        place.assert_same(&trial, &place.trial("untouched/tiny"));
    }
    for name in ["state", "previous"] {
        let file = format!("{trial}/checkpoint/{name}.safetensors");
        let _ = fs::remove_file(place.path(&file));
    }
    place.write(&format!("{trial}/samples.txt"), "my own");
    place.run("tiny.toml").assert_says(0, &["samples.txt is not what was written", "--fresh"]);
    assert_eq!(place.read(&format!("{trial}/samples.txt")), "my own");
}

/// Makes the checkpoints of a killed run those of another version of the program.
fn by_another_version(place: &Place, trial: &str) {
    use samebits::runs::Paths;
    use samebits::runs::checkpoint::{from_bytes, save};
    let paths = Paths(place.path(trial));
    let mut checkpoint = from_bytes(&fs::read(paths.checkpoint()).expect("read")).expect("good");
    checkpoint.identity.version = "0.0.1".to_owned();
    save(&checkpoint, &paths).expect("saved");
}

#[test]
fn what_another_version_began_is_refused_or_forced() {
    let (place, trial) = killed();
    by_another_version(&place, &trial);
    let says = ["was begun by runner 0.0.1", "whose numbers may differ", "--force"];
    place.run("long.toml -j 1 --threads 1").assert_says(3, &says);
    place.train("long.toml -q --force");
    let run = place.run_json(&trial);
    assert_eq!(run["continued_from"][0]["runner_version"], "0.0.1", "{run}");
    assert!(run["continued_from"][0]["step"].as_u64().is_some_and(|step| step >= 100), "{run}");
    place.train("long.toml -q");
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
    second.assert_says(0, &["waiting for another process", "done already"]);
    assert!(first.success());
    place.train("long.toml -q -o untouched");
    place.assert_same(&place.trial("results/long"), &place.trial("untouched/long"));
}

/// The second takes what the first has not begun.
#[test]
fn two_processes_share_the_trials_of_a_sweep() {
    let place = place();
    place.write("sweep.toml", "extends = 'long.toml'\ntraining.steps = 300\nsweep.seeds = 4\n");
    let mut child = begin(&place, "sweep.toml", "results/sweep");
    let second = place.run("sweep.toml -j 1 --threads 1");
    second.assert_says(0, &["epoch"]);
    assert!(child.wait().expect("it ended").success());
    place.train("sweep.toml -q -o untouched");
    for (one, other) in place.trials("results/sweep").iter().zip(place.trials("untouched/sweep")) {
        place.assert_same(one, &other);
    }
}

/// A clock that was set back between two runs makes no trial end before it began.
#[test]
fn clocks_that_jump_do_no_harm() {
    let place = Place::with_tiny();
    let mut command = place.command("tiny.toml -q -j 1 --threads 1 -s training.checkpoint.steps=5");
    command.env("RUNNER_ABORT_AT_WRITE", "80");
    Ended::of(command);
    let trial = place.trial("results/tiny");
    let mut record = place.run_json(&trial);
    assert_eq!(record["status"], "running");
    record.as_object_mut().expect("an object").remove("sha256");
    record["times"]["started"] = "2999-01-01T00:00:00Z".into();
    place.write(&format!("{trial}/run.json"), record.to_string());
    place.train("tiny.toml -q -s training.checkpoint.steps=5");
    let times = &place.run_json(&trial)["times"];
    assert_eq!(times["started"], "2999-01-01T00:00:00Z");
    assert!(times["ended"].as_str() >= times["started"].as_str(), "{times}");
}
