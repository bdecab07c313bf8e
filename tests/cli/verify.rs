//! `runner verify`: every recorded number comes out again, and one that was changed is found.

use crate::support::{Ended, Place};
use std::fs;

/// A finished run of the tiny spec, and its folder.
fn trained() -> (Place, String) {
    let place = Place::with_tiny();
    place.train("tiny.toml");
    let trial = place.trial("results/tiny");
    (place, trial)
}

/// Asserts the exit code, and what the answer says.
fn assert_answers(ended: &Ended, code: i32, things: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}{}", ended.stdout, ended.stderr);
    for thing in things {
        assert!(ended.stdout.contains(thing), "{thing:?} is not in: {}", ended.stdout);
    }
}

#[test]
fn an_untouched_run_is_the_same_bit_for_bit() {
    let (place, trial) = trained();
    let ended = place.run(&format!("verify {trial}"));
    assert_answers(&ended, 0, &["the same, bit for bit", "2 rows"]);
    // The folder of the experiment stands for its best trial.
    let ended = place.run("verify results/tiny --threads 2 --quiet");
    assert_answers(&ended, 0, &["bit for bit"]);
}

#[test]
fn a_changed_digit_is_found_with_its_step_and_column() {
    let (place, trial) = trained();
    let path = place.path(&format!("{trial}/metrics.csv"));
    let text = fs::read_to_string(&path).expect("metrics");
    let row = text.lines().nth(2).expect("a second row");
    let step = row.split(',').nth(1).expect("its step").to_owned();
    let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
    let last = cells[4].pop().expect("a digit");
    cells[4].push(if last == '1' { '2' } else { '1' });
    fs::write(&path, text.replace(row, &cells.join(","))).expect("write");
    let ended = place.run(&format!("verify {trial} --quiet"));
    assert_answers(&ended, 4, &[&format!("step {step}: grad_norm was")]);
}

#[test]
fn a_flipped_bit_of_a_weight_is_found_with_its_name() {
    let (place, trial) = trained();
    let path = place.path(&format!("{trial}/model.safetensors"));
    let mut bytes = fs::read(&path).expect("weights");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).expect("write");
    let ended = place.run(&format!("verify {trial} --quiet"));
    assert_answers(&ended, 4, &["model.safetensors: ", "differs"]);
}

#[test]
fn changed_samples_and_results_are_found() {
    for (file, from, to) in [
        ("samples.txt", "=== epoch 1", "=== epoch 9"),
        ("run.json", "\"best_epoch\": 2", "\"best_epoch\": 1"),
    ] {
        let (place, trial) = trained();
        let path = place.path(&format!("{trial}/{file}"));
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{file}: {text}");
        fs::write(&path, without_checksum(&text.replacen(from, to, 1))).expect("write");
        assert_answers(&place.run(&format!("verify {trial} --quiet")), 4, &[file]);
    }
}

#[test]
fn what_cannot_be_compared_is_never_a_success() {
    let (place, trial) = trained();
    place.run("verify nowhere").assert_says(2, &["no run in nowhere"]);
    let spec = place.path(&format!("{trial}/spec.toml"));
    let text = fs::read_to_string(&spec).expect("the spec");
    fs::write(&spec, text.replace("seed = 7", "seed = 8")).expect("write");
    place.run(&format!("verify {trial}")).assert_says(5, &["changed since the run"]);
    fs::write(&spec, text).expect("write");
    let tale = place.read("tale.txt");
    place.write("tale.txt", format!("{tale}!"));
    place.run(&format!("verify {trial}")).assert_says(5, &["corpus has changed"]);
    place.write("tale.txt", tale);
    let run = place.path(&format!("{trial}/run.json"));
    let text = fs::read_to_string(&run).expect("run.json");
    let changed = text.replace("\"done\"", "\"interrupted\"");
    fs::write(&run, &changed).expect("write");
    place.run(&format!("verify {trial}")).assert_says(5, &["its checksum is wrong"]);
    fs::write(&run, without_checksum(&changed)).expect("write");
    place.run(&format!("verify {trial}")).assert_says(5, &["interrupted"]);
}

/// A `run.json` that someone has written anew.
fn without_checksum(text: &str) -> String {
    match text.rsplit_once(",\n  \"sha256\"") {
        Some((record, _)) => format!("{record}\n}}\n"),
        None => text.to_owned(),
    }
}
