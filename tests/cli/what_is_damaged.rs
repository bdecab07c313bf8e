//! Each file of a trial, with a bit that has changed and cut off, read by every command: which notice, with
//! which exit code, and that a rerun brings the same bytes back.

use crate::support::{Ended, Place, TINY};
use std::fs;

const SEEDS: &str = "tiny.toml -q -s sweep.seeds=3";

/// Files of a trial, and the exit codes of the commands of [`codes`] once they are damaged.
const FILES: [(&str, [i32; 7]); 6] = [
    ("run.json", [1, 1, 5, 1, 1, 1, 1]),
    ("spec.toml", [1, 1, 5, 1, 1, 1, 1]),
    ("metrics.csv", [0, 0, 0, 1, 1, 0, 0]),
    ("timing.csv", [0, 0, 0, 1, 1, 0, 0]),
    ("samples.txt", [0, 0, 0, 1, 1, 0, 0]),
    ("model.safetensors", [0, 0, 0, 0, 0, 1, 1]),
];

/// Damages a file in one of two ways.
fn damage(place: &Place, file: &str, cut: bool) {
    let mut bytes = place.bytes(file);
    let middle = bytes.len() / 2;
    if cut {
        bytes.truncate(middle);
    } else {
        bytes[middle] ^= 1;
    }
    place.write(file, bytes);
}

/// The commands that read results, some of which do not use the damaged file.
fn commands(trials: &[String]) -> [String; 7] {
    let (first, second) = (&trials[0], &trials[1]);
    [
        "board results --trials".to_owned(),
        "compare results/tiny".to_owned(),
        format!("compare {first} {second}"),
        "report results --out page.html".to_owned(),
        "export results --to tensorboard --out board".to_owned(),
        format!("sample {first}"),
        format!("export {first} --to pytorch --out torch"),
    ]
}

#[test]
fn every_command_checks_what_it_uses() {
    let place = Place::in_memory();
    place.write("tiny.toml", TINY.replace("epochs = 2", "epochs = 1"));
    place.train(SEEDS);
    let trials = place.trials("results/tiny");
    for (file, codes) in FILES {
        let path = format!("{}/{file}", trials[0]);
        let whole = place.bytes(&path);
        for cut in [false, true] {
            damage(&place, &path, cut);
            for (command, code) in commands(&trials).iter().zip(codes) {
                let ended = place.run(command);
                let says = if code == 0 { vec![] } else { vec![trials[0].as_str(), file] };
                ended.assert_says(code, &says);
                if command.starts_with("board") {
                    assert!(ended.stdout.contains(" done"), "{}", ended.stdout);
                    assert_eq!(code == 1, ended.stdout.contains(" damaged"), "{}", ended.stdout);
                }
            }
            let said = if file == "run.json" { "going on from the checkpoint" } else { file };
            place.train(SEEDS).assert_says(0, &[said]);
            if file != "timing.csv" && file != "run.json" {
                assert!(place.bytes(&path) == whole, "{file} came back otherwise");
            }
            place.train(SEEDS).assert_says(0, &[]);
            place.run("board results").assert_says(0, &[]);
        }
    }
}

/// What is left of a damaged record is not taken for figures, and the rest of a point is not hidden.
#[test]
fn a_damaged_seed_is_left_out_and_told() {
    let place = Place::in_memory();
    place.write("tiny.toml", TINY.replace("epochs = 2", "epochs = 1"));
    place.train(SEEDS);
    let board = || place.run("board results --json");
    let json =
        |ended: &Ended| serde_json::from_str::<serde_json::Value>(&ended.stdout).expect("JSON");
    let trials = place.trials("results/tiny");
    let record = place.read(&format!("{}/run.json", trials[0]));
    let forged = record.replacen("\"valid_perplexity\": ", "\"valid_perplexity\": 0", 1);
    assert_ne!(record, forged);
    place.write(&format!("{}/run.json", trials[0]), forged.replace(": 0", ": 1"));
    let ended = board();
    ended.assert_says(1, &[&trials[0], "run.json is damaged", "runner doctor --fix"]);
    assert_eq!(json(&ended)[0]["status"], "2 done, 1 damaged");
    let two: f64 = trials[1..]
        .iter()
        .map(|trial| place.run_json(trial)["result"]["valid_perplexity"].as_f64().expect("one"))
        .sum();
    let mean = json(&ended)[0]["valid_perplexity"].as_f64().expect("a mean");
    assert!((mean - two / 2.0).abs() < 1e-9, "{mean}, {two}");
    // Without the plan the summary is read, which has figures of the trial from before.
    fs::remove_file(place.path("results/tiny/plan.json")).expect("removed");
    let ended = board();
    ended.assert_says(1, &[&trials[0], "run.json is damaged"]);
    assert_eq!(json(&ended)[0]["valid_perplexity"].as_f64(), Some(mean));
}

/// Trials of earlier plans, whose settings stand nowhere but in their specs.
#[test]
fn a_trial_without_settings_is_told() {
    let place = Place::in_memory();
    place.write("tiny.toml", TINY.replace("epochs = 2", "epochs = 1"));
    place.train("tiny.toml -q");
    let earlier = place.trial("results/tiny");
    place.train("tiny.toml -q -s seed=8");
    damage(&place, &format!("{earlier}/spec.toml"), true);
    for command in ["board results", "report results --out page.html"] {
        place.run(command).assert_says(1, &[&earlier, "spec.toml is not what the trial wrote"]);
    }
    place.run("compare results/tiny").assert_says(5, &[&earlier, "spec.toml"]);
}

#[test]
fn a_damaged_plan_is_told_and_hides_no_trial() {
    let place = Place::in_memory();
    place.write("tiny.toml", TINY.replace("epochs = 2", "epochs = 1"));
    place.train(SEEDS);
    let whole = place.bytes("results/tiny/plan.json");
    for cut in [false, true] {
        damage(&place, "results/tiny/plan.json", cut);
        for command in ["board results", "compare results/tiny", "sample results/tiny"] {
            let ended = place.run(command);
            ended.assert_says(1, &["results/tiny/plan.json: it is damaged"]);
            assert!(!ended.stdout.is_empty(), "{command}");
        }
        place.train(SEEDS);
        assert!(place.bytes("results/tiny/plan.json") == whole);
        place.run("board results").assert_says(0, &[]);
    }
    assert!(!fs::read_dir(place.path("results/tiny")).expect("a folder").any(|entry| {
        entry.expect("an entry").file_name().to_string_lossy().starts_with("plan-")
    }));
}

/// The gate trains what it can again, and decides nothing by what it cannot.
#[test]
fn a_gate_is_not_passed_by_damaged_files() {
    let place = Place::in_memory();
    place.write("tiny.toml", TINY.replace("epochs = 2", "epochs = 1"));
    let check = |more: &str| {
        place.run(&format!("check tiny.toml --baseline b/base.toml -q -j 1 --threads 1{more}"))
    };
    fs::create_dir(place.path("b")).expect("made");
    check(" --update").assert_says(0, &[]);
    let trial = place.trial("results/tiny");
    for file in ["run.json", "metrics.csv", "model.safetensors", "spec.toml"] {
        damage(&place, &format!("{trial}/{file}"), true);
        check("").assert_says(0, &[]);
        place.run("report results --out page.html").assert_says(0, &[]);
    }
    damage(&place, &format!("{trial}/samples.txt"), false);
    fs::remove_dir_all(place.path(&format!("{trial}/checkpoint"))).expect("removed");
    let ended = check("");
    ended.assert_says(5, &["samples.txt"]);
    assert!(ended.stdout.contains("samples.txt is not what the trial wrote"), "{}", ended.stdout);
}

/// What a task leaves beside its weights.
#[test]
fn tables_of_tasks_are_checked_and_come_back() {
    let place = Place::in_memory();
    place.write(
        "wave.toml",
        "task = 'regression'\ndata = { source = 'sine', examples = 200, batch_size = 4, sequence_length = 10 }\n\
         model.hidden_size = 4\ntraining.epochs = 1\n",
    );
    place.train("wave.toml -q");
    let trial = place.trial("results/wave");
    for file in ["predictions.csv", "wave.csv"] {
        let path = format!("{trial}/{file}");
        let whole = place.bytes(&path);
        damage(&place, &path, false);
        place.run("report results --out page.html").assert_says(1, &[&trial, file]);
        place.run("board results").assert_says(0, &[]);
        place.train("wave.toml -q").assert_says(0, &[file]);
        assert!(place.bytes(&path) == whole);
        place.run("report results --out page.html").assert_says(0, &[]);
    }
}

/// An interrupted trial has sums too; one that was killed is checked by what its rows are.
#[test]
fn what_was_interrupted_is_checked() {
    let place = Place::in_memory();
    place.write(
        "tiny.toml",
        TINY.replace("[generation]", "[training.checkpoint]\nsteps = 5\n[generation]"),
    );
    place.train("tiny.toml -q -o untouched");
    let mut command = place.command("tiny.toml -q -j 1 --threads 1 -s training.epochs=2");
    command.env("RUNNER_ABORT_AT_WRITE", "80");
    Ended::of(command);
    let trial = place.trial("results/tiny");
    assert_eq!(place.run_json(&trial)["status"], "running");
    place.run("board results").assert_says(0, &[]);
    place.run("report results --out page.html").assert_says(0, &[]);
    damage(&place, &format!("{trial}/spec.toml"), false);
    place.run("board results").assert_says(1, &[&trial, "spec.toml"]);
    place.train("tiny.toml -q");
    place.assert_same(&trial, &place.trial("untouched/tiny"));
    place.run("board results").assert_says(0, &[]);
}
