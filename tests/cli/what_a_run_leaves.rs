//! The files of a run, their columns, and what a second run makes of them.

use crate::support::{Place, TINY, is_filled};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

#[test]
fn a_run_leaves_every_file() {
    let place = Place::with_tiny();
    let ended = place.train("tiny.toml");
    let trial = place.trial("results/tiny");
    let of_all = ["plan.json", "summary.csv", "perplexity.svg", "perplexity.png"];
    let of_one = [
        "spec.toml",
        "metrics.csv",
        "timing.csv",
        "samples.txt",
        "perplexity.svg",
        "perplexity.png",
        "model.safetensors",
        "checkpoint",
        "run.json",
    ];
    let of_all = of_all.map(|file| format!("results/tiny/{file}"));
    for file in of_all.into_iter().chain(of_one.map(|file| format!("{trial}/{file}"))) {
        assert!(is_filled(&place.path(&file)), "{file}");
    }
    assert!(ended.stdout.starts_with(&format!("{trial}: train perplexity ")), "{}", ended.stdout);
    let run = place.run_json(&trial);
    assert_eq!(run["status"], "done");
    assert_eq!(
        run["result"]["steps"],
        place.table(&format!("{trial}/metrics.csv"))[2][1].parse::<u64>().expect("a step")
    );
    assert_eq!(run["data"]["sha256"].as_str().map(str::len), Some(64));
    let tokens = run["vocabulary"]["tokens"].as_array().expect("tokens");
    assert_eq!(run["data"]["vocabulary_size"], tokens.len());
    for key in ["runner_version", "machine", "parameters", "times", "git_commit", "warnings"] {
        assert!(run.get(key).is_some(), "{key}");
    }
    let plan: serde_json::Value =
        serde_json::from_str(&place.read("results/tiny/plan.json")).expect("JSON");
    assert_eq!(plan["trials"][0]["spec_toml"], place.read(&format!("{trial}/spec.toml")));
    assert_eq!(plan["trials"][0]["spec_sha256"], run["spec_sha256"]);
    for folder in [Path::new("results/tiny"), Path::new(&trial)] {
        let left: Vec<_> = fs::read_dir(place.path(&folder.display().to_string()))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .filter(|name| name.to_string_lossy().starts_with('.'))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn columns_stay_as_they_are() {
    let place = Place::with_tiny();
    place.write(
        "words.toml",
        "extends = 'tiny.toml'\ndata.level = 'word'\ntraining.smoothing = 0.9\n\
         sweep.grid = { 'seed' = [1, 2] }\n",
    );
    place.train("tiny.toml words.toml");
    let header = |file: &str| place.table(file)[0].join(",");
    let of_tiny = place.trial("results/tiny");
    let of_words = place.trials("results/words").remove(0);
    let headers = [
        header(&format!("{of_tiny}/metrics.csv")),
        header(&format!("{of_tiny}/timing.csv")),
        header("results/tiny/summary.csv"),
        header(&format!("{of_words}/metrics.csv")),
        header("results/words/summary.csv"),
    ];
    insta::assert_snapshot!(headers.join("\n\n"));
    for row in &place.table(&format!("{of_tiny}/metrics.csv"))[1..] {
        assert!(row.iter().all(|cell| cell.parse::<f64>().is_ok()), "{row:?}");
    }
    let samples = place.read(&format!("{of_tiny}/samples.txt"));
    assert!(samples.starts_with("=== epoch 1, step 39, prefix \"the \"\nthe "), "{samples}");
    assert_eq!(samples.matches("=== epoch").count(), 2);
}

#[test]
fn perplexity_is_the_exponential_of_the_loss() {
    let place = Place::with_tiny();
    place.train("tiny.toml");
    let table = place.table(&format!("{}/metrics.csv", place.trial("results/tiny")));
    let column = |row: &[String], name: &str| -> f64 {
        let place = table[0].iter().position(|column| column == name).expect(name);
        row[place].parse().expect("a number")
    };
    for row in &table[1..] {
        for split in ["train", "valid"] {
            let loss = column(row, &format!("{split}_loss"));
            let perplexity = column(row, &format!("{split}_perplexity"));
            let bits = column(row, &format!("{split}_bits_per_character"));
            assert!((perplexity / loss.exp() - 1.0).abs() < 1e-12);
            assert!((bits * 2f64.ln() / loss - 1.0).abs() < 1e-12);
        }
    }
}

/// Every file below a folder, with its bytes and the moment of its last change.
fn state(folder: &Path) -> Vec<(String, Vec<u8>, SystemTime)> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let files = files.map(|entry| entry.expect("an entry")).filter(|e| e.file_type().is_file());
    files
        .map(|entry| {
            let changed = entry.metadata().expect("metadata").modified().expect("a moment");
            let bytes = fs::read(entry.path()).expect("read");
            (entry.path().display().to_string(), bytes, changed)
        })
        .collect()
}

#[test]
fn a_finished_trial_is_left_alone() {
    let place = Place::with_tiny();
    let first = place.train("tiny.toml");
    let trial = place.trial("results/tiny");
    let before = state(&place.path(&trial));
    let second = place.train("tiny.toml");
    assert!(second.stderr.contains("done already"), "{}", second.stderr);
    assert_eq!(first.stdout, second.stdout);
    assert!(state(&place.path(&trial)) == before);
}

#[test]
fn fresh_starts_over() {
    let place = Place::with_tiny();
    place.train("tiny.toml -o one");
    place.train("tiny.toml");
    let trial = place.trial("results/tiny");
    let started = |json: serde_json::Value| json["times"]["seconds"].as_f64().expect("seconds");
    let before = started(place.run_json(&trial));
    place.write(&format!("{trial}/metrics.csv"), "spoilt");
    let again = place.train("tiny.toml --fresh");
    assert!(!again.stderr.contains("done already"), "{}", again.stderr);
    assert_ne!(started(place.run_json(&trial)), before);
    place.assert_same(&trial, &place.trial("one/tiny"));
}

#[test]
fn set_changes_the_trial() {
    let place = Place::with_tiny();
    place.train("tiny.toml");
    place.train("tiny.toml -s model.hidden_size=5 --set training.epochs=1");
    let trials = place.trials("results/tiny");
    assert_eq!(trials.len(), 2, "{trials:?}");
    let specs: Vec<String> = trials.iter().map(|t| place.read(&format!("{t}/spec.toml"))).collect();
    assert_eq!(specs.iter().filter(|spec| spec.contains("hidden_size = 5\n")).count(), 1);
    assert_eq!(specs.iter().filter(|spec| spec.contains("hidden_size = 12\n")).count(), 1);
}

#[test]
fn a_sweep_has_a_row_for_every_trial() {
    let place = Place::with_tiny();
    place.write(
        "sweep.toml",
        format!(
            "{TINY}[sweep]\nseeds = 2\n[sweep.grid]\n\
        'model.hidden_size' = [4, 6]\n'model.architecture' = ['rnn', 'gru']\n"
        ),
    );
    place.train("sweep.toml -s training.epochs=1");
    let table = place.table("results/sweep/summary.csv");
    assert_eq!(
        table[0][..5],
        ["trial", "seed", "model.hidden_size", "model.architecture", "status"]
    );
    let points: Vec<String> = table[1..].iter().map(|row| row[1..5].join(" ")).collect();
    assert_eq!(
        points,
        [
            "7 4 rnn done",
            "8 4 rnn done",
            "7 4 gru done",
            "8 4 gru done",
            "7 6 rnn done",
            "8 6 rnn done",
            "7 6 gru done",
            "8 6 gru done",
        ]
    );
    let named: Vec<String> =
        table[1..].iter().map(|row| format!("results/sweep/{}", row[0])).collect();
    let mut sorted = named.clone();
    sorted.sort();
    assert_eq!(sorted, place.trials("results/sweep"));
    assert!(named[0].starts_with("results/sweep/hidden_size=4"), "{}", named[0]);
}

#[test]
fn json_prints_events_and_nothing_else() {
    let place = Place::with_tiny();
    let ended = place.train("tiny.toml --json");
    let lines: Vec<serde_json::Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(events, ["started", "row", "sample", "row", "sample", "finished"]);
    assert_eq!(lines[1]["epoch"], 1);
    assert!(lines[1]["valid_perplexity"].is_number());
    assert!(lines.iter().all(|line| line["experiment"] == "tiny" && line["trial"].is_string()));
}

/// A trial that was finished earlier, or failed, had no event, and whoever read them waited on.
#[test]
fn json_has_an_end_for_every_trial() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q");
    let events = |ended: &str| {
        let lines = ended.lines();
        let lines = lines.map(|line| serde_json::from_str(line).expect("JSON"));
        lines.collect::<Vec<serde_json::Value>>()
    };
    let again = events(&place.train("tiny.toml -q --json").stdout);
    assert_eq!(again.len(), 1);
    assert_eq!(again[0]["event"], "finished");
    assert!(again[0]["valid_perplexity"].is_number());
    let far = "optimizer = 'sgd'\nclip = 'none'\nlearning_rate = 1e30";
    place.write("far.toml", TINY.replace("learning_rate = 1e-2", far));
    let failed = events(&place.run("far.toml -q --json").stdout);
    let failed = failed.last().expect("an event");
    assert_eq!(failed["event"], "failed");
    let error = failed["error"].as_str().expect("an error");
    assert!(error.contains("the gradient norm became"), "{error}");
}

#[test]
fn quiet_says_nothing() {
    let place = Place::with_tiny();
    let ended = place.train("tiny.toml --quiet -s model.bidirectional=true");
    assert_eq!(ended.stderr, "");
    assert_eq!(place.train("tiny.toml --quiet").stderr, "");
}

/// Its perplexity is no one else's: it has read what it predicts.
#[test]
fn a_bidirectional_model_warns_everywhere() {
    let place = Place::with_tiny();
    let ended = place.train("tiny.toml -s model.bidirectional=true");
    ended.assert_says(0, &["cannot be compared"]);
    let trial = place.trial("results/tiny");
    let warning = place.run_json(&trial)["warnings"][0].as_str().expect("a warning").to_owned();
    assert!(warning.contains("cannot be compared"), "{warning}");
    for chart in [format!("{trial}/perplexity.svg"), "results/tiny/perplexity.svg".to_owned()] {
        assert!(place.read(&chart).contains("cannot be compared"), "{chart}");
    }
    place.train("tiny.toml -o one_way");
    assert!(!place.read("one_way/tiny/perplexity.svg").contains("cannot be compared"));
}

#[test]
fn a_folder_stands_for_the_specs_in_it() {
    let place = Place::new();
    place.write("specs/b.toml", TINY);
    place.write("specs/deeper/a.toml", TINY);
    place.write("specs/notes.txt", "no spec");
    let ended = place.train("specs -s training.epochs=1");
    let lines: Vec<&str> = ended.stdout.lines().map(|line| &line[..9]).collect();
    assert_eq!(lines.len(), 2, "{}", ended.stdout);
    assert!(place.path("results/a").is_dir() && place.path("results/b").is_dir());
    place.write("bare/notes.txt", "no spec");
    place.run("bare").assert_says(2, &["no spec in bare"]);
}
