//! `runner check --run`: another program, trained seed by seed until it is clear what comes of it.
#![cfg(unix)]

use crate::support::{Ended, Place};
use crate::what_is_interrupted::kill;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A program that prints the figure in its seed's line of `values`, and keeps which seeds it was run with.
const TRAIN: &str = r#"
echo "$1" >> ran
printf 'epoch 1\n{"val_loss": %s}\n' "$(sed -n "${1}p" values)"
"#;

/// What ten seeds give: between builds there is noise, which changes the order of these.
const VALUES: [f64; 10] = [2.0, 2.1, 1.9, 2.05, 1.95, 2.02, 1.98, 2.03, 1.97, 2.01];
/// Noise of 1 %.
const NOISE: [f64; 10] = [0.4, -0.9, 1.2, -0.3, 0.8, -1.4, 0.1, 0.9, -1.1, 0.5];

fn place() -> Place {
    let place = Place::new();
    place.write("train.sh", TRAIN);
    values(&place, 0.0, 0.0);
    place
}

/// Lets the program be worse by a loss, with so much of the noise.
fn values(place: &Place, loss: f64, noise: f64) {
    let value = |(value, drawn): (f64, f64)| {
        format!("{:?}\n", value * (1.0 + loss + noise * drawn / 100.0))
    };
    let text: String = VALUES.into_iter().zip(NOISE).map(value).collect();
    place.write("values", text);
}

fn run(place: &Place, command: &str, options: &str) -> Ended {
    std::fs::remove_file(place.path("ran")).ok();
    let mut check = place.command(&format!("check --baseline b.toml {options}"));
    check.arg("--run").arg(command).env_remove("GITHUB_STEP_SUMMARY");
    Ended::of(check)
}

const COMMAND: &str = "sh train.sh {seed}";

#[track_caller]
fn expect(ended: &Ended, code: i32, says: &[&str]) {
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, Some(code), "{all}");
    let flat =
        |text: &str| text.split_whitespace().filter(|it| *it != "│").collect::<Vec<_>>().join(" ");
    for thing in says {
        assert!(flat(&all).contains(thing), "{thing:?} is not in: {all}");
    }
}

#[test]
fn seeds_are_trained_until_it_is_clear() {
    let place = place();
    expect(&run(&place, COMMAND, ""), 5, &["cannot read the baseline"]);
    place.write("b.toml", "");
    expect(&run(&place, COMMAND, ""), 2, &["the baseline has no seeds", "--seeds 10"]);
    let says = ["train: recorded: the baseline has been begun: 10 seeds tell a loss of 2.00 %"];
    expect(&run(&place, COMMAND, "--seeds 10 --update"), 0, &says);
    let ran = || place.read("ran").lines().count();
    assert_eq!(ran(), 10);
    // What computes the same is told by two of them.
    let says = ["seed 2: done", "train: pass: the same figures (clear after 2 of 10 seeds)"];
    expect(&run(&place, COMMAND, ""), 0, &says);
    assert_eq!(place.read("ran"), "1\n2\n");
    // Of four at once, four.
    expect(&run(&place, COMMAND, "-j 4 -q"), 0, &["clear after 4 of 10 seeds"]);
    assert_eq!(ran(), 4);
    let says = ["train: pass: the same figures"];
    let all = run(&place, COMMAND, "--all-seeds");
    expect(&all, 0, &says);
    assert!(ran() == 10 && !all.stdout.contains("clear after"), "{}", all.stdout);
    // Noise of 1 %, without a loss and with a large one.
    values(&place, 0.0, 1.0);
    expect(&run(&place, COMMAND, ""), 0, &["a loss of 2.00 % or more is ruled out (clear after"]);
    assert!((3..10).contains(&ran()), "{}", ran());
    values(&place, 0.05, 1.0);
    expect(&run(&place, COMMAND, ""), 4, &["regression: worse by", "(clear after"]);
    assert!((3..7).contains(&ran()), "{}", ran());
    // So much noise that all seeds tell nothing.
    values(&place, 0.0, 9.0);
    let says = ["undecided: a loss of 2.00 % cannot be ruled out: with 10 seeds", "seeds would do"];
    expect(&run(&place, COMMAND, ""), 5, &says);
    assert_eq!(ran(), 10);
}

#[test]
fn other_modes_need_every_seed_but_a_diverged_one_is_clear() {
    let place = place();
    expect(&run(&place, COMMAND, "--seeds 4 --update --name lm"), 0, &["lm: recorded"]);
    for mode in ["exact", "tolerance"] {
        let options = format!("--mode {mode} --name lm");
        expect(&run(&place, COMMAND, &options), 0, &["lm: pass"]);
        assert_eq!(place.read("ran").lines().count(), 4);
    }
    place.write("values", "2\nNaN\n1\n1\n");
    let says = ["worse than any number: seed 2: its val_loss is no number"];
    expect(&run(&place, COMMAND, "--name lm"), 4, &says);
    assert_eq!(place.read("ran"), "1\n2\n");
}

#[test]
fn figures_are_read_from_the_files_of_each_seed() {
    let place = place();
    place.write(
        "write.sh",
        "mkdir -p out/gru/$1; sh train.sh $1 | tail -1 > out/gru/$1/metrics.json",
    );
    let command = "sh write.sh {seed}";
    let files = "--results out/{experiment}/{seed}/metrics.json";
    expect(&run(&place, command, &format!("--seeds 3 --update {files}")), 0, &["gru: recorded"]);
    expect(&run(&place, command, "--results out/gru/{seed}"), 0, &["gru: pass"]);
    // Without the command the same figures are those that it has left.
    let left = place.run("check --baseline b.toml --results out/{experiment}/{seed}/metrics.json");
    expect(&left, 0, &["gru: pass: the same figures"]);
    let says = ["seed 1: the command has not written out/gru/1/metrics.json"];
    expect(&run(&place, "true {seed}", files), 2, &says);
    expect(&run(&place, "true {seed}", "--results no/{seed}.csv"), 2, &["no figures in no/1.csv"]);
    // One file that grows.
    place.write(
        "grow.sh",
        "test -f all.csv || echo model,seed,val_loss > all.csv; echo gru,$1,2.$1 >> all.csv",
    );
    expect(
        &run(&place, "sh grow.sh {seed}", "--results all.csv --update --seeds 3"),
        0,
        &["gru: recorded"],
    );
    assert!(
        place.read("b.toml").contains("[gru.seeds.3]\nvalue = 2.3\n"),
        "{}",
        place.read("b.toml")
    );
}

#[test]
fn a_command_that_fails_or_prints_nothing_is_an_error() {
    let place = place();
    let options = "--seeds 3 --update";
    let says =
        ["seed 1: the command of --run ended with exit status: 7", "standard error: out of memory"];
    expect(&run(&place, "echo out of memory >&2; exit 7 # {seed}", options), 3, &says);
    let says = ["seed 1: the command printed no figures", "JSON object"];
    expect(&run(&place, "echo {seed}", options), 2, &says);
    expect(&run(&place, "sh train.sh 1", options), 2, &["does not take the seed"]);
    assert!(!place.path("b.toml").exists());
}

#[test]
fn an_interrupt_reaches_the_command() {
    let place = place();
    let mut command = place.command("check --baseline b.toml --seeds 2 --update --run");
    command.arg("touch began; sleep 60; echo {seed}; touch ended");
    let mut child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().expect("it runs");
    let begun = Instant::now();
    while !place.path("began").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(&child, "-INT");
    let ended = child.wait().expect("it ends");
    assert_eq!(ended.code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(50) && !place.path("ended").exists());
}
