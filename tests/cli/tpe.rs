//! A search over a space of few points.

use crate::support::Place;

/// Three points of one trial each, and a budget of eight.
const FEW: &str = r#"
extends = "tiny.toml"
training.epochs = 1
[sweep.random]
trials = 8
"model.hidden_size" = { choice = [4, 5, 6] }
[sweep.tpe]
startup = 2
at_once = 2
"#;

const SAID: &str = "few: all 3 points of the space are tried, fewer than the 8 asked for";

fn place() -> Place {
    let place = Place::with_tiny();
    place.write("few.toml", FEW);
    place
}

/// It ended without a word, with points that had not been tried.
#[test]
fn a_search_that_has_tried_all_says_so() {
    let place = place();
    for _again in 0..2 {
        let ended = place.train("few.toml");
        assert_eq!(ended.stderr.matches(SAID).count(), 1, "{}", ended.stderr);
    }
    let board = place.run("board results/few --csv").stdout;
    assert_eq!(board.matches(",done").count(), 3, "{board}");
    assert_eq!(place.train("few.toml -q").stderr, "");
}

/// Trial by trial the points are the same, and it is said once.
#[test]
fn workers_end_where_nothing_is_left() {
    let place = place();
    place.train("few.toml -q");
    let ended = place.run("submit slurm few.toml -o workers --time 1 --memory 1G --no-submit");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut said = 0;
    for index in 0..8 {
        let ended = place.run(&format!("worker workers/few/plan.json -i {index} --threads 1"));
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
        said += ended.stderr.matches(SAID).count();
        let over = ended.stdout.contains("all 3 points of the space are tried");
        assert_eq!(over, index >= 3, "{index}: {}", ended.stdout);
    }
    assert_eq!(said, 1);
    let summary = |results: &str| place.read(&format!("{results}/few/summary.csv"));
    assert_eq!(summary("results"), summary("workers"));
}
