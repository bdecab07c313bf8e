//! `[meta]`: what is said of a run, which changes nothing about it.

use crate::support::{Place, REPRODUCIBLE, TINY};
use serde_json::json;

const TAGGED: &str =
    "\n[meta]\ntags = [\"base line\", \"=1+1\"]\nnote = '''\nwhat it is for:\n\"all\"'''\n";

fn place() -> Place {
    let place = Place::with_tiny();
    place.write("tagged/tiny.toml", format!("{TINY}{TAGGED}"));
    place.write("tagged/tale.txt", place.read("tale.txt"));
    place
}

/// What is said stands in the record and the spec, and nothing else is another.
#[test]
fn tags_and_a_note_change_no_name_and_no_number() {
    let place = place();
    place.train("tiny.toml -o plain --quiet");
    place.train("tagged/tiny.toml -o tagged --quiet");
    let (plain, tagged) = (place.trial("plain/tiny"), place.trial("tagged/tiny"));
    assert_eq!(plain.replacen("plain", "tagged", 1), tagged);
    for file in REPRODUCIBLE.into_iter().filter(|file| *file != "spec.toml") {
        assert!(
            place.bytes(&format!("{plain}/{file}")) == place.bytes(&format!("{tagged}/{file}"))
        );
    }
    let spec = place.read(&format!("{plain}/spec.toml"));
    let meta =
        "\n[meta]\ntags = [\"base line\", \"=1+1\"]\nnote = \"what it is for:\\n\\\"all\\\"\"\n";
    assert_eq!(place.read(&format!("{tagged}/spec.toml")), format!("{spec}{meta}"));
    let (plain, tagged) = (place.run_json(&plain), place.run_json(&tagged));
    assert_eq!(plain["spec_sha256"], tagged["spec_sha256"]);
    assert!(plain.get("tags").is_none() && plain.get("note").is_none());
    assert_eq!(tagged["tags"], json!(["base line", "=1+1"]));
    assert_eq!(tagged["note"], "what it is for:\n\"all\"");
    let ended = place.run("compare plain/tiny tagged/tiny");
    assert!(ended.stdout.contains("the runs differ in nothing but the seed"), "{}", ended.stdout);
    place.run("verify tagged/tiny").assert_says(0, &[]);
}

/// A trial that is done is not trained again for other tags, nor for none.
#[test]
fn a_later_run_describes_a_trial_anew() {
    let place = place();
    place.train("tiny.toml -s sweep.seeds=2 --quiet");
    let trials = place.trials("results/tiny");
    let weights: Vec<_> =
        trials.iter().map(|trial| place.bytes(&format!("{trial}/model.safetensors"))).collect();
    let said = place.train("tiny.toml -s sweep.seeds=2 -s meta.tags=['x','y']").stderr;
    assert_eq!(
        (said.matches("tags changed").count(), said.matches("done already").count()),
        (1, 2)
    );
    for (trial, weights) in trials.iter().zip(weights) {
        assert_eq!(place.run_json(trial)["tags"], json!(["x", "y"]));
        assert!(
            place
                .read(&format!("{trial}/spec.toml"))
                .ends_with("\n[meta]\ntags = [\"x\", \"y\"]\n")
        );
        assert!(place.bytes(&format!("{trial}/model.safetensors")) == weights);
    }
    let said = place.train("tiny.toml -s sweep.seeds=2 -s meta.tags=['x','y']").stderr;
    assert!(!said.contains("changed") && said.contains("done already"), "{said}");
    let said =
        place.train("tiny.toml -s sweep.seeds=2 -s meta.tags=['x','y'] -s meta.note=new").stderr;
    assert!(said.contains("note changed") && !said.contains("tags changed"), "{said}");
    place.train("tiny.toml -s sweep.seeds=2");
    let run = place.run_json(&trials[0]);
    assert!(run.get("tags").is_none() && run.get("note").is_none());
}

/// The board shows tags where there are any, and finds trials by them.
#[test]
fn a_board_finds_trials_by_their_tags() {
    let place = place();
    place.train("tiny.toml --quiet");
    let header = |place: &Place| place.table("results/tiny/summary.csv")[0].join(",");
    assert!(!header(&place).contains("tags"));
    place.train("tiny.toml -s seed=8 -s meta.tags=['=1+1','wide'] --quiet");
    place.train("tiny.toml -s seed=9 -s meta.tags=['wide'] --quiet");
    assert!(header(&place).ends_with(",vocabulary,tags,why"));
    let csv = place.read("results/tiny/summary.csv");
    assert!(csv.contains(",'=1+1;wide,"), "no formula: {csv}");
    let seeds = |tags: &str| {
        let board = place.run(&format!("board --seeds --columns seed,tags --json {tags}"));
        let rows: serde_json::Value = serde_json::from_str(&board.stdout).expect("JSON");
        let mut seeds: Vec<_> =
            rows.as_array().expect("rows").iter().map(|row| row["seed"].as_u64()).collect();
        seeds.sort();
        seeds.into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(seeds(""), [7, 8, 9]);
    assert_eq!(seeds("--tag wide"), [8, 9]);
    assert_eq!(seeds("--tag wide --tag =1+1"), [8]);
    let board = place.run("board --seeds");
    assert!(board.stdout.contains("=1+1;wide"), "{}", board.stdout);
    let none = place.run("board --tag narrow");
    none.assert_says(2, &["no trial has the tag \"narrow\"", "the tags are: =1+1, wide"]);
    // A later export shows them too.
    place.run("export results --to tensorboard --out board").assert_says(0, &[]);
}
