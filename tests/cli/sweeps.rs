//! Sweeps: what is run, in which order, what stops it, and that the result is always the same.

use crate::support::{Ended, Place, REPRODUCIBLE, TINY};
use std::time::{Duration, Instant};

/// Grid, zip, explicit points, a condition, seeds and halving.
const ALL: &str = r#"
extends = "tiny.toml"
[training]
epochs = 4
evaluate_every = 15
[sweep]
seeds = 2
[sweep.grid]
"model.hidden_size" = [6, 12]
[[sweep.zip]]
"training.optimizer" = ["sgd", "adam"]
"training.learning_rate" = [1.0, 1e-2]
[[sweep.points]]
"model.architecture" = "gru"
"training.learning_rate" = 3e-2
[[sweep.points]]
"model.hidden_size" = 6
"training.optimizer" = "adam"
"training.learning_rate" = 1e-2
[[sweep.skip_if]]
"model.hidden_size" = { min = 12 }
"training.optimizer" = "sgd"
[sweep.halving]
first = 1
factor = 2
"#;

const TPE: &str = r#"
extends = "tiny.toml"
[training]
epochs = 1
[sweep]
seeds = 2
[sweep.random]
trials = 7
"training.learning_rate" = { log_uniform = [1e-4, 1e-1] }
"model.hidden_size" = { log_integer = [4, 16] }
"model.architecture" = { choice = ["rnn", "gru"] }
[sweep.tpe]
startup = 3
at_once = 2
"#;

fn place(spec: &str) -> Place {
    let place = Place::with_tiny();
    place.write("sweep.toml", spec);
    place
}

/// All that a sweep leaves which may depend on nothing but the spec.
fn left(place: &Place, results: &str) -> Vec<(String, Vec<u8>)> {
    let experiment = format!("{results}/sweep");
    let mut files: Vec<(String, Vec<u8>)> = ["summary.csv", "plan.json", "perplexity.svg"]
        .iter()
        .map(|name| ((*name).to_owned(), place.bytes(&format!("{experiment}/{name}"))))
        .collect();
    for trial in place.trials(&experiment) {
        if place.path(&format!("{trial}/metrics.csv")).exists() {
            for name in REPRODUCIBLE {
                let path = format!("{trial}/{name}");
                files.push((path.replacen(results, "", 1), place.bytes(&path)));
            }
        }
    }
    let board = place.run(&format!("board {experiment} --csv"));
    files.push(("board".to_owned(), board.stdout.into_bytes()));
    files
}

fn assert_same(a: &[(String, Vec<u8>)], b: &[(String, Vec<u8>)]) {
    let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(a), names(b));
    for ((name, one), (_, other)) in a.iter().zip(b) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(one == other, "{name}:\n{}\n{}", text(one), text(other));
    }
}

#[test]
fn the_points_are_grid_and_zip_and_points_without_what_is_skipped() {
    let place = place(ALL);
    let ended = place.train("sweep.toml -q");
    let table = place.table("results/sweep/summary.csv");
    let column = |name: &str| table[0].iter().position(|own| own == name).expect("a column");
    let swept: Vec<Vec<&str>> = table[1..]
        .iter()
        .step_by(2)
        .map(|row| row[2..column("status")].iter().map(String::as_str).collect())
        .collect();
    assert_eq!(
        swept,
        [
            ["6", "sgd", "1.0", "lstm"],
            ["6", "adam", "0.01", "lstm"],
            ["12", "adam", "0.01", "lstm"],
            ["12", "adam", "0.03", "gru"],
        ]
    );
    assert_eq!(ended.stdout.lines().count(), 8);
    place.run("plan sweep.toml").assert_says(0, &["1 point of the sweep is the same as another"]);
    let status: Vec<&str> = table[1..].iter().map(|row| row[column("status")].as_str()).collect();
    assert_eq!(status.iter().filter(|status| **status == "done").count(), 2, "{status:?}");
    assert_eq!(status.iter().filter(|status| **status == "stopped").count(), 6, "{status:?}");
    let why = &table[1..].iter().find(|row| row[column("status")] == "stopped").expect("one")
        [column("why")];
    assert!(why.starts_with("halving: after ") && why.contains(" of "), "{why}");
}

#[test]
fn every_way_to_run_a_sweep_leaves_the_same() {
    for spec in [ALL, TPE] {
        let place = place(spec);
        place.train("sweep.toml -q -o one");
        let one = left(&place, "one");
        let ended = place.run("sweep.toml -q -o two -j 2 --threads 1");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_same(&one, &left(&place, "two"));
        killed(&place);
        assert_same(&one, &left(&place, "killed"));
        workers(&place);
        assert_same(&one, &left(&place, "workers"));
        // In little memory the trials run one after the other, or alone.
        let ended = place.run("sweep.toml -q -o narrow -j 2 --threads 1 --memory 1M");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_same(&one, &left(&place, "narrow"));
    }
}

/// Runs the sweep, killed ten times on its way.
fn killed(place: &Place) {
    for kill in 0..10 {
        let mut command = place.command("sweep.toml -q -o killed -j 2 --threads 1");
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(15 + 12 * kill));
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
    let ended = place.run("sweep.toml -q -o killed -j 2 --threads 1");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// Runs the sweep trial by trial, backwards, until no trial has anything to do.
fn workers(place: &Place) {
    let ended = place.run("submit slurm sweep.toml -o workers --time 1 --memory 1G --no-submit");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let trials = if place.read("sweep.toml").contains("tpe") { 14 } else { 8 };
    for _pass in 0..6 {
        for index in (0..trials).rev() {
            let ended = place.run(&format!("worker workers/sweep/plan.json -i {index} -q"));
            assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
        }
    }
    place.run(&format!("worker workers/sweep -i {trials}")).assert_says(2, &["has no trial"]);
}

#[test]
fn what_is_done_is_not_run_again() {
    let place = place(ALL);
    place.train("sweep.toml -q");
    let before = left(&place, "results");
    let times = |place: &Place| -> Vec<String> {
        let trials = place.trials("results/sweep");
        trials.iter().map(|trial| place.read(&format!("{trial}/timing.csv"))).collect()
    };
    let timing = times(&place);
    assert_eq!(place.run("sweep.toml -q -j 2 --threads 1").code, Some(0));
    assert_eq!(timing, times(&place));
    assert_same(&before, &left(&place, "results"));
}

#[test]
fn stopped_trials_can_be_continued() {
    let place = place(ALL);
    place.train("sweep.toml -q");
    place.train("sweep.toml -q --continue-stopped");
    let board = place.run("board results/sweep --csv --trials").stdout;
    assert_eq!(board.matches(",done,").count(), 8, "{board}");
    // What was decided stays decided.
    place.train("sweep.toml -q");
    assert_eq!(board, place.run("board results/sweep --csv --trials").stdout);
}

#[test]
fn tpe_runs_as_many_points_as_it_is_told() {
    let place = place(TPE);
    place.train("sweep.toml -q");
    let table = place.table("results/sweep/summary.csv");
    assert_eq!(table.len(), 1 + 14, "{table:?}");
    let rate = table[0].iter().position(|name| name.ends_with("learning_rate")).expect("a column");
    for row in &table[1..] {
        let rate: f64 = row[rate].parse().expect("a number");
        assert!((1e-4..=1e-1).contains(&rate), "{row:?}");
    }
    // Seeds are no part of the search: each point has both.
    let seeds: Vec<&str> = table[1..].iter().map(|row| row[1].as_str()).collect();
    assert!(seeds.chunks(2).all(|pair| pair == ["7", "8"]), "{seeds:?}");
}

#[cfg(unix)]
#[test]
fn a_spec_that_is_edited_while_it_runs_changes_nothing() {
    let place = place(&ALL.replace("epochs = 4", "epochs = 12"));
    place.train("sweep.toml -q -o calm");
    let mut command = place.command("sweep.toml -q -o edited -j 1 --threads 1");
    command.stdout(std::process::Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let since = Instant::now();
    while !place.path("edited/sweep/plan.json").exists() && since.elapsed().as_secs() < 60 {
        std::thread::sleep(Duration::from_millis(2));
    }
    place.write("sweep.toml", TINY);
    place.write("tiny.toml", "nonsense");
    assert!(child.wait().expect("ended").success());
    assert_same(&left(&place, "calm"), &left(&place, "edited"));
}

#[test]
fn a_plan_that_has_changed_is_kept_for_those_who_work_on_it() {
    let place = place(ALL);
    let freeze = "submit slurm sweep.toml --time 1 --memory 1G --no-submit";
    assert_eq!(place.run(freeze).code, Some(0));
    let first = place.bytes("results/sweep/plan.json");
    place.write("sweep.toml", ALL.replace("[6, 12]", "[7, 12]"));
    assert_eq!(place.run(freeze).code, Some(0));
    assert_ne!(first, place.bytes("results/sweep/plan.json"));
    let kept: Vec<String> = std::fs::read_dir(place.path("results/sweep"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("plan-"))
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(first, place.bytes(&format!("results/sweep/{}", kept[0])));
    let digits = &kept[0]["plan-".len()..][..8];
    place.run(&format!("worker results/sweep -i 0 -q --sha256 {digits}")).assert_says(0, &[]);
    let trials = place.trials("results/sweep").join(" ");
    assert!(trials.contains("hidden_size=6,"), "{trials}");
    place.run("worker results/sweep -i 0 --sha256 00000000").assert_says(2, &["another plan"]);
}

/// Its learning rate is multiplied by ten from the third epoch on, which a ReLU network without
/// clipping does not survive.
const FAILS: &str = r#"
extends = "tiny.toml"
generation = "none"
[model]
architecture = "rnn"
nonlinearity = "relu"
[training]
epochs = 6
optimizer = "sgd"
learning_rate = 1.0
clip = "none"
schedule = { kind = "exponential", gamma = 10, after = 2 }
[sweep.grid]
"training.schedule.gamma" = [1.0, 10.0, 0.9]
"#;

#[test]
fn a_trial_that_fails_on_its_third_epoch_is_told_and_the_others_run() {
    let place = place(FAILS);
    let ended = place.run("sweep.toml -j 1 --threads 1 --retry 2");
    ended.assert_says(3, &["failed: the loss became", "not retried: it would fail alike"]);
    let table = place.table("results/sweep/summary.csv");
    let status: Vec<&str> = table[1..].iter().map(|row| row[3].as_str()).collect();
    assert_eq!(status, ["done", "failed", "done"]);
    assert!(table[2].last().is_some_and(|why| why.contains("the loss became")), "{table:?}");
    let rows = place.table(&format!("results/sweep/{}/metrics.csv", table[2][0])).len() - 1;
    assert!((2..6).contains(&rows), "{rows} rows");
    let board = place.run("board results/sweep");
    assert!(board.stdout.contains("1 failed") && board.stdout.contains("the loss became"));
    // Again: the others are left alone, this one fails alike.
    let again = place.run("sweep.toml -j 1 --threads 1");
    again.assert_says(3, &["done already", "failed: the loss became"]);
    let ended = place.run("sweep.toml -j 1 --threads 1 -o fast --fail-fast");
    assert_eq!(ended.stdout.matches("not begun").count(), 1, "{}", ended.stdout);
}

#[test]
fn a_failure_that_may_go_away_is_retried() {
    let place = place("extends = 'tiny.toml'\n");
    place.train("sweep.toml -q");
    let trial = place.trial("results/sweep");
    std::fs::remove_dir_all(place.path(&trial)).expect("removed");
    place.write(&trial, "a file");
    let ended = place.run("sweep.toml --retry 2");
    assert_ne!(ended.code, Some(0));
    for says in ["cannot write", "retrying (1 retries left)", "retrying (0 retries left)"] {
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
    }
}

#[test]
fn trials_that_fail_alike_end_the_sweep() {
    let grid = "[sweep.grid]\n'model.hidden_size' = [4, 5, 6, 7, 8, 9, 10, 11]\n";
    let place = place(&format!(
        "extends = 'tiny.toml'\ngeneration = 'none'\n[training]\noptimizer = 'sgd'\n\
         learning_rate = 1e30\nclip = 'none'\n{grid}"
    ));
    let ended = place.run("sweep.toml -j 1");
    ended.assert_says(3, &["the first 5 trials failed alike: giving up"]);
    assert_eq!(ended.stdout.matches("not begun").count(), 3, "{}", ended.stdout);
    let ended = place.run("sweep.toml -j 1 --give-up 0");
    assert_eq!(ended.stdout.matches(": failed").count(), 8, "{}", ended.stdout);
    let board = place.run("board");
    assert!(board.stdout.contains(": failed"), "{}", board.stdout);
}

#[test]
fn a_board_sorts_and_filters() {
    let place = place(ALL);
    place.train("sweep.toml -q");
    let lines = |options: &str| -> Vec<String> {
        let ended = place.run(&format!("board results/sweep {options}"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout.lines().map(str::to_owned).collect()
    };
    insta::assert_snapshot!(lines("").join("\n"));
    assert_eq!(lines("--csv").len(), 5);
    assert_eq!(lines("--csv --trials").len(), 9);
    assert_eq!(lines("--csv -n 2").len(), 3);
    assert_eq!(lines("--csv -f optimizer=sgd").len(), 2);
    assert_eq!(lines("--csv -f model.hidden_size>=12 -f status=stopped").len(), 2);
    let sizes = |options: &str| -> Vec<String> {
        let cell = |line: &String| line.split(',').nth(1).unwrap_or_default().to_owned();
        lines(options)[1..].iter().map(cell).collect()
    };
    assert_eq!(sizes("--csv -s hidden_size"), ["6", "6", "12", "12"]);
    assert_eq!(sizes("--csv -s -hidden_size"), ["12", "12", "6", "6"]);
    let json = lines("--json").join("\n");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(4));
    assert!(json[0]["valid_perplexity"].is_number() && json[0]["seeds"] == 2);
    place.run("board results/sweep -s nothing").assert_says(2, &["no column", "model.hidden_size"]);
    place.run("board nowhere").assert_says(2, &["no experiment in nowhere"]);
}

/// An older summary was shown in its place, as if nothing were wrong.
#[test]
fn a_broken_plan_says_where() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q -s sweep.seeds=2");
    let plan = place.read("results/tiny/plan.json");
    place.write("results/tiny/plan.json", plan.replacen(',', "", 1));
    for command in ["board results", "compare results/tiny", "sample results/tiny"] {
        place.run(command).assert_says(1, &["results/tiny/plan.json", "at line 3 column 3"]);
    }
}

#[test]
fn a_board_and_charts_come_from_csv_alone() {
    let place = place(ALL);
    place.train("sweep.toml -q");
    let (board, chart) = (place.run("board").stdout, place.bytes("results/sweep/perplexity.svg"));
    let charts = ["perplexity", "perplexity_by_key", "perplexity_parallel"];
    std::fs::remove_file(place.path("results/sweep/plan.json")).expect("removed");
    for trial in place.trials("results/sweep") {
        std::fs::remove_file(place.path(&format!("{trial}/run.json"))).expect("removed");
    }
    for name in charts {
        std::fs::remove_file(place.path(&format!("results/sweep/{name}.svg"))).expect("removed");
        std::fs::remove_file(place.path(&format!("results/sweep/{name}.png"))).expect("removed");
    }
    assert_eq!(board, place.run("board --charts").stdout);
    assert_eq!(chart, place.bytes("results/sweep/perplexity.svg"));
    for name in charts {
        assert!(place.path(&format!("results/sweep/{name}.png")).exists(), "{name}");
    }
}

#[test]
fn a_comparison_says_what_differs_and_what_it_did() {
    let place = place(
        "extends = 'tiny.toml'\n[sweep]\nseeds = 3\n[sweep.grid]\n'model.hidden_size' = [2, 12]\n\
         'training.learning_rate' = [1e-3, 1e-2]\n",
    );
    place.train("sweep.toml -q");
    let ended = place.run("compare results/sweep");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    insta::assert_snapshot!(ended.stdout);
    let json = place.run("compare results/sweep --json").stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["groups"].as_array().map(Vec::len), Some(4));
    assert_eq!(json["groups"][0]["metric"]["runs"], 3);
    assert_eq!(json["effects"].as_array().map(Vec::len), Some(2));
    let trials = place.trials("results/sweep");
    let ended = place.run(&format!("compare {} {}", trials[0], trials[3]));
    assert!(ended.stdout.contains("hidden_size") || ended.stdout.contains("learning_rate"));
    place.run(&format!("compare {}", trials[0])).assert_says(5, &["fewer than two runs"]);
    place.run("compare nowhere").assert_says(2, &["no run in nowhere"]);
}

#[test]
fn a_plan_says_what_a_search_costs_and_what_does_not_fit() {
    let place = place(ALL);
    let ended = place.run("plan sweep.toml -j 2 --threads 1");
    let says = "halving: 4 points to row 1, then 2 points to row 2, then the best to its end";
    assert!(ended.stdout.contains(says), "{}", ended.stdout);
    let ended = place.run("plan sweep.toml -j 2 --threads 1 --memory 1M");
    ended.assert_says(0, &["8 of them do not fit into the 1 MB of memory"]);
    place.write("sweep.toml", TPE);
    let ended = place.run("plan sweep.toml");
    let says = "tpe: 3 points at random, then 4 more, 2 at a time";
    assert!(ended.stdout.contains(says), "{}", ended.stdout);
    assert!(ended.stdout.contains("14 trials"), "{}", ended.stdout);
}

/// A quiet line about all trials, wherever there is more than one.
#[test]
fn the_whole_is_told_while_it_runs() {
    let place = place(ALL);
    let ended = place.run("sweep.toml -j 1 --threads 1");
    let whole: Vec<&str> = ended.stderr.lines().filter(|l| l.contains(" of 8 trials")).collect();
    // One seed of two is no point yet.
    assert!(whole[0].starts_with("1 of 8 trials, "), "{whole:?}");
    assert!(whole[1].starts_with("2 of 8 trials, best mean "), "{whole:?}");
    assert!(whole[0].contains(" left") || whole[0].contains("almost done"), "{whole:?}");
    assert!(ended.stderr.contains("halving: after 1 row: 4 trials stopped, 4 go on"));
    let one = Ended { ..place.run("tiny.toml -j 1 --threads 1") };
    assert!(!one.stderr.contains(" of 1 trial"), "{}", one.stderr);
}
