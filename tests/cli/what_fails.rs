//! What goes wrong says so: exit codes and messages, never a panic.

use crate::support::{Ended, Place, TINY, tale};

#[test]
fn a_diverging_trial_fails_alone() {
    let place = Place::new();
    place.write(
        "sweep.toml",
        TINY.replace("learning_rate = 1e-2", "optimizer = 'sgd'\nclip = 'none'")
            + "[sweep.grid]\n'training.learning_rate' = [0.1, 1e30, 0.2]\n",
    );
    let ended = place.run("sweep.toml -j 1 --threads 1");
    ended.assert_says(
        3,
        &[
            "learning_rate=1e30",
            "failed: the gradient norm became",
            "at step",
            "(learning rate 1e30)",
            "training.clip",
        ],
    );
    assert!(ended.stdout.contains(": failed"), "{}", ended.stdout);
    let table = place.table("results/sweep/summary.csv");
    let status: Vec<&str> = table[1..].iter().map(|row| row[3].as_str()).collect();
    assert_eq!(status, ["done", "failed", "done"], "{table:?}");
    let failed = place.run_json(&format!("results/sweep/{}", table[2][0]));
    assert_eq!(failed["status"], "failed");
    assert!(failed["error"].as_str().is_some_and(|error| error.contains("at step")), "{failed}");
    place.run("sweep.toml -j 1 --threads 1 --quiet").assert_says(3, &["the gradient norm became"]);
}

#[test]
fn fail_fast_begins_no_other_trial() {
    let place = Place::new();
    place.write(
        "sweep.toml",
        TINY.replace("learning_rate = 1e-2", "optimizer = 'sgd'\nclip = 'none'")
            + "[sweep.grid]\n'training.learning_rate' = [1e30, 0.1]\n",
    );
    let ended = place.run("sweep.toml -j 1 --threads 1 --fail-fast");
    ended.assert_says(3, &["the gradient norm became"]);
    assert!(ended.stdout.contains("not begun"), "{}", ended.stdout);
}

/// Runs `tiny.toml` with another corpus.
fn with_corpus(place: &Place, corpus: &str, more: &str) -> crate::support::Ended {
    place.run(&format!("tiny.toml -j 1 --threads 1 -s data.corpus='{corpus}' {more}"))
}

#[test]
fn a_bad_corpus_is_told() {
    let place = Place::with_tiny();
    with_corpus(&place, "nowhere", "")
        .assert_says(2, &["there is no corpus `nowhere`", "datasets/", "--set:1:13"]);
    place.write("empty.txt", "");
    with_corpus(&place, "empty.txt", "").assert_says(2, &["`empty.txt` holds no text"]);
    place.write("short.txt", tale(30));
    let says = ["has 24 tokens", "needs 44", "data.batch_size = 2"];
    with_corpus(&place, "short.txt", "").assert_says(2, &says);
    place.write("folder/picture.png", "no text");
    with_corpus(&place, "folder", "").assert_says(2, &["`folder` holds no text", ".txt"]);
    place.write("cut.txt.gz", [0x1f, 0x8b, 8, 0, 0]);
    with_corpus(&place, "cut.txt.gz", "").assert_says(2, &["cannot unpack `cut.txt.gz`"]);
}

#[test]
fn a_byte_that_is_no_utf8_is_named() {
    let place = Place::with_tiny();
    let mut bytes = tale(2_000).into_bytes();
    bytes[1_234] = 0xff;
    place.write("spoilt.txt", &bytes);
    let says = ["`spoilt.txt` is not UTF-8", "byte 0xff at position 1234", "data.level = \"byte\""];
    with_corpus(&place, "spoilt.txt", "").assert_says(2, &says);
    with_corpus(&place, "spoilt.txt", "-s data.level='byte'").assert_says(0, &[]);
}

#[cfg(unix)]
#[test]
fn a_fifo_is_no_corpus() {
    let place = Place::with_tiny();
    let made = std::process::Command::new("mkfifo").arg(place.path("pipe.txt")).status();
    assert!(made.expect("mkfifo").success());
    with_corpus(&place, "pipe.txt", "").assert_says(2, &["`pipe.txt` is not a regular file"]);
}

#[test]
fn a_prefix_of_unknown_letters_is_told() {
    let place = Place::with_tiny();
    place.write("tale.txt", tale(2_000));
    let ended = place.run(
        "tiny.toml -j 1 --threads 1 -s generation.prefixes=['ß'] -s data.valid_fraction=0 \
                           -s data.test_fraction=0",
    );
    ended.assert_says(3, &["generation.prefixes", "`ß` is not in the vocabulary"]);
}

#[test]
fn a_corpus_that_changed_is_told() {
    let place = Place::with_tiny();
    place.train("tiny.toml");
    place.write("tale.txt", tale(1_900));
    place.run("tiny.toml").assert_says(3, &["the corpus has changed since", "--fresh"]);
    place.train("tiny.toml --fresh");
}

#[test]
fn results_that_cannot_be_written_are_told() {
    let place = Place::with_tiny();
    place.write("occupied", "a file");
    place.run("tiny.toml -o occupied").assert_says(1, &["cannot write occupied", "--results"]);
    assert_eq!(place.read("occupied"), "a file");
    place.train("tiny.toml");
    let trial = place.trial("results/tiny");
    std::fs::remove_dir_all(place.path(&trial)).expect("removed");
    place.write(&trial, "a file");
    place.run("tiny.toml").assert_says(1, &["cannot write", &trial]);
}

/// As root every folder can be written to, and there is nothing to test.
#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with_tiny();
    place.write("locked/file", "");
    let permit =
        |mode| std::fs::set_permissions(place.path("locked"), PermissionsExt::from_mode(mode));
    permit(0o555).expect("locked");
    if std::fs::write(place.path("locked/probe"), "").is_err() {
        let ended = place.run("tiny.toml -o locked");
        ended.assert_says(1, &["cannot write locked/tiny: Permission denied"]);
    }
    permit(0o755).expect("unlocked");
}

/// With a bad corpus among several specs, nothing runs, and each corpus is told once.
#[test]
fn a_bad_corpus_is_found_before_anything_runs() {
    let place = Place::with_tiny();
    place.write("lost.toml", TINY.replace("tale.txt", "lost.txt") + "[sweep]\nseeds = 3\n");
    let ended = place.run("tiny.toml lost.toml");
    ended.assert_says(2, &["there is no corpus `lost.txt`", "lost.toml:4:10", "1 problem"]);
    assert_eq!(ended.stderr.matches("there is no corpus").count(), 1, "{}", ended.stderr);
    assert!(!place.path("results").exists());
}

/// What vanishes under a running training is told with exit code 1, and the rest can be read.
#[test]
fn a_folder_that_vanishes_is_told() {
    let place = Place::with_tiny();
    let long = TINY.replace("epochs = 2", "epochs = 2000\ncheckpoint = { steps = 20 }");
    place.write("long.toml", long);
    let command = place.command("long.toml -q -j 1 --threads 1");
    let child = std::thread::spawn(move || Ended::of(command));
    let folder = place.path("results/long");
    let since = std::time::Instant::now();
    while since.elapsed().as_secs() < 30 {
        let trials = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        if trials.into_iter().any(|trial| trial.path().join("model.safetensors").exists()) {
            break;
        }
    }
    while std::fs::remove_dir_all(&folder).is_err() {}
    child.join().expect("it ended").assert_says(1, &["cannot write", "results/long"]);
}

#[test]
fn bad_usage_has_exit_code_2() {
    let place = Place::with_tiny();
    place.write("wrong.toml", TINY.replace("hidden_size", "hiden_size"));
    place.run("wrong.toml").assert_says(2, &["hiden_size", "did you mean", "hidden_size"]);
    assert!(!place.path("results").exists());
    place.run("absent.toml").assert_says(2, &["cannot read absent.toml"]);
    place.run("tiny.toml -s model.hiden_size=3").assert_says(2, &["hiden_size", "hidden_size"]);
    place.run("tiny.toml wrong.toml").assert_says(2, &["hiden_size"]);
    place.run("--nope").assert_says(2, &["unexpected argument '--nope'"]);
    place.run("tiny.toml -j 0").assert_says(2, &["--jobs", "at least 1"]);
    place.run("tiny.toml --threads none").assert_says(2, &["--threads", "at least 1"]);
    place.run("").assert_says(2, &["Usage: runner"]);
}

#[test]
fn two_specs_of_one_name_are_bad_usage() {
    let place = Place::with_tiny();
    place.write("other/tiny.toml", TINY);
    let says = ["tiny.toml and other/tiny.toml are both named tiny"];
    place.run("tiny.toml other/tiny.toml").assert_says(2, &says);
    place.run("plan tiny.toml other/tiny.toml").assert_says(2, &says);
    assert!(!place.path("results").exists());
}
