//! `runner check`: what it compares, what it refuses, and what it tells.

use crate::support::{Ended, Place, TINY, tale};
use std::fs;

/// A place with `tiny.toml` of one seed, `seeds.toml` of three, and their baseline.
fn recorded() -> Place {
    let place = Place::with_tiny();
    place.write("seeds.toml", "extends = 'tiny.toml'\nsweep = { seeds = 3 }\n");
    let ended = check(&place, "--update");
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("the baseline has been begun"), "{}", ended.stdout);
    place
}

fn check(place: &Place, options: &str) -> Ended {
    check_specs(place, "tiny.toml seeds.toml", options)
}

fn check_specs(place: &Place, specs: &str, options: &str) -> Ended {
    let mut command =
        place.command(&format!("check {specs} --baseline b.toml -q --threads 1 {options}"));
    command.env_remove("GITHUB_STEP_SUMMARY");
    Ended::of(command)
}

/// Multiplies every recorded value: as if the metric had been so much smaller.
fn shrink_recorded(place: &Place, factor: f64) {
    scale_recorded(place, std::iter::repeat(factor));
}

/// Multiplies each recorded value by a factor of its own.
fn scale_recorded(place: &Place, factors: impl IntoIterator<Item = f64>) {
    let mut factors = factors.into_iter();
    let text = place.read("b.toml");
    let lines = text.lines().map(|line| match line.strip_prefix("value = ") {
        Some(value) => {
            let factor = factors.next().expect("a factor a seed");
            format!("value = {:?}", value.parse::<f64>().expect("a number") * factor)
        }
        None => line.to_owned(),
    });
    let text: Vec<String> = lines.collect();
    place.write("b.toml", text.join("\n") + "\n");
}

fn assert_outcome(ended: &Ended, code: i32, says: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}{}", ended.stdout, ended.stderr);
    let all = format!("{}{}", ended.stdout, ended.stderr);
    for thing in says {
        assert!(all.contains(thing), "{thing:?} is not in: {all}");
    }
}

#[test]
fn the_same_build_passes_and_trains_nothing_again() {
    let place = recorded();
    let weights = format!("{}/model.safetensors", place.trial("results/tiny"));
    let written = |place: &Place| fs::metadata(place.path(&weights)).unwrap().modified().unwrap();
    let before = written(&place);
    for mode in ["", "--mode exact", "--mode tolerance"] {
        assert_outcome(&check(&place, mode), 0, &["pass"]);
    }
    assert_eq!(written(&place), before);
    assert_outcome(&check(&place, "--fresh --mode exact"), 0, &["the same bytes"]);
    assert_ne!(written(&place), before);
}

#[test]
fn what_another_build_left_is_trained_again() {
    let place = recorded();
    let trial = place.trial("results/tiny");
    let mut run = place.run_json(&trial);
    run["program"] = "1-2".into();
    run["result"]["valid_perplexity"] = 1.5.into();
    run.as_object_mut().expect("an object").remove("sha256");
    place.write(&format!("{trial}/run.json"), run.to_string());
    assert_outcome(&check(&place, ""), 0, &["pass"]);
    assert_ne!(place.run_json(&trial)["program"], "1-2");
}

#[test]
fn a_loss_is_a_regression_and_a_gain_is_told() {
    let place = recorded();
    shrink_recorded(&place, 1.0 / 1.02);
    let worse = check(&place, "");
    assert_outcome(&worse, 4, &["regression", "+2.00 %", "worse by 2.00 % over 3 seeds"]);
    shrink_recorded(&place, 1.02 * 1.05);
    assert_outcome(&check(&place, ""), 0, &["improved", "--update records it", "-4.76 %"]);
    assert_outcome(&check(&place, "--update"), 0, &["the baseline has been updated"]);
    assert_outcome(&check(&place, ""), 0, &["pass"]);
}

/// With two seeds losses of 2 and 8 % passed, so wide is the interval of two.
#[test]
fn a_loss_that_seeds_cannot_tell_is_no_pass() {
    let place = Place::with_tiny();
    place.write("pair.toml", "extends = 'tiny.toml'\nsweep = { seeds = 2 }\n");
    let check = |options: &str| check_specs(&place, "pair.toml", options);
    let begun = check("--update");
    assert_outcome(
        &begun,
        0,
        &["2 seeds tell a loss of 2.00 % where the noise between builds is 0.18 % or less"],
    );
    assert_outcome(&check(""), 0, &["pair: pass: the same figures"]);
    scale_recorded(&place, [1.0 / 1.005, 1.0 / 1.08]);
    let says =
        ["pair: undecided: a loss of 2.00 % cannot be ruled out: with 2 seeds", "seeds would do"];
    assert_outcome(&check(""), 5, &says);
    let ended = check("--json --junit j.xml --markdown m.md");
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let pair = &json["experiments"][0];
    assert_eq!((&json["exit_code"], &pair["verdict"]), (&5.into(), &"undecided".into()));
    assert!(pair["detectable"].as_f64().is_some_and(|loss| loss > 0.1), "{pair}");
    assert!(pair["seeds_needed"].as_u64().is_some_and(|seeds| seeds > 10), "{pair}");
    let junit = quick_junit::Report::deserialize_from_str(&place.read("j.xml")).expect("JUnit");
    assert_eq!((junit.failures, junit.errors), (0, 1));
    assert!(place.read("m.md").starts_with("### 1 undecided\n"));
    // The same in another mode, and where it is not asked for.
    assert_outcome(&check("--mode tolerance"), 4, &["regression"]);
    assert_outcome(
        &check("--no-strict"),
        0,
        &["pair: warning: a loss of 2.00 % cannot be ruled out"],
    );
    let strict = place.read("b.toml");
    assert!(strict.contains("strict = true\n"), "{strict}");
    place.write("b.toml", strict.replace("strict = true\n", ""));
    let says =
        ["pair: pass: no significant loss", "`strict = true` in the baseline makes this exit"];
    assert_outcome(&check(""), 0, &says);
    assert_outcome(&check("--strict"), 5, &["undecided"]);
    // What says otherwise in the baseline holds.
    place.write("b.toml", strict.replace("strict = true\n", "strict = true\nmargin = 2.0\n"));
    assert_outcome(&check(""), 0, &["a loss of 200.00 % or more is ruled out"]);
    place.write(
        "b.toml",
        strict.replace("strict = true\n", "margin = 2.0\ntolerance.relative = 0.05\n"),
    );
    assert_outcome(&check(""), 0, &["a loss of 200.00 % or more is ruled out"]);
}

#[test]
fn in_mode_exact_the_first_step_that_differs_is_shown() {
    let place = recorded();
    assert_outcome(&check(&place, "--update --mode exact"), 0, &["recorded"]);
    let text = place.read("b.toml");
    assert!(text.contains("mode = \"exact\"") && text.contains("\"step 39, train_loss "), "{text}");
    place.write("b.toml", text.replacen("step 78, train_loss ", "step 78, train_loss 1", 1));
    let changed = check(&place, "");
    assert_outcome(&changed, 4, &["changed", "first row that differs: was step 78, train_loss 1"]);
    assert_outcome(&check(&place, "-s training.learning_rate=0.011"), 4, &["was step 39"]);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let place = recorded();
    let refused = |options: &str, says: &[&str]| {
        assert_outcome(&check(&place, options), 5, &[&["refused"], says].concat());
    };
    refused(
        "-s data.level=word -s data.batch_size=1 -s generation.prefixes=['the']",
        &["another tokenisation level: char"],
    );
    refused("-s model.bidirectional=true", &["causal was recorded, this is bidirectional"]);
    refused("-s data.lowercase=true -s data.max_vocabulary=9", &["another vocabulary"]);
    refused("-s data.valid_fraction=0.2", &["another"]);
    refused("-s data.valid_fraction=0", &["another metric: valid_perplexity was recorded"]);
    refused("-s seed=8", &["fewer seeds: of 1 recorded ones 7 is missing"]);
    assert_outcome(&check_specs(&place, "seeds.toml", "-s sweep.seeds=2"), 5, &["9 is missing"]);
    assert_outcome(
        &check_specs(&place, "tiny.toml", "--mode statistical"),
        5,
        &["at least two seeds"],
    );
    place.write("other.toml", TINY);
    assert_outcome(&check_specs(&place, "other.toml", ""), 5, &["it has no baseline"]);
    place.write("tale.txt", tale(2_100));
    assert_outcome(&check(&place, "-o elsewhere"), 5, &["another text"]);
    // The folder of results knows another text.
    assert_outcome(&check(&place, ""), 5, &["the corpus has changed"]);
}

/// It was "refused", as if its figures were only missing.
#[test]
fn a_trial_that_diverges_is_a_regression() {
    let place = recorded();
    let wild = "optimizer = 'sgd'\nclip = 'none'\nlearning_rate = 1e30\n";
    let set = "-s training.optimizer=sgd -s training.clip=none -s training.learning_rate=1e30";
    for mode in ["", "--mode exact", "--mode tolerance"] {
        let ended = check(&place, &format!("{set} {mode}"));
        let says = ["2 regressed", "worse than any number: seed 7: the ", "; seed 9: the "];
        assert_outcome(&ended, 4, &says[1..]);
        assert!(ended.stdout.contains("inf"), "{}", ended.stdout);
        let markdown = format!("{set} {mode} --markdown m.md --chart c.svg --benchmark bench.json");
        check(&place, &markdown);
        assert!(place.read("m.md").contains(says[0]), "{}", place.read("m.md"));
        assert!(!place.read("c.svg").contains("NaN") && !place.read("c.svg").contains("inf"));
        assert_eq!(place.read("bench.json").trim(), "[]");
    }
    // It is never recorded, but the others are.
    let before = place.read("b.toml");
    place.write("wild.toml", format!("extends = 'tiny.toml'\n[training]\n{wild}"));
    place.write("calm.toml", "extends = 'tiny.toml'\ntraining.learning_rate = 0.02\n");
    let ended = check_specs(&place, "wild.toml calm.toml", "--update");
    assert_outcome(
        &ended,
        5,
        &["wild: refused: it is not recorded: seed 7: the ", "calm: recorded"],
    );
    let after = place.read("b.toml");
    assert!(after.starts_with(&before) && after.contains("[calm]") && !after.contains("[wild]"));
    assert_outcome(&check(&place, &format!("--update {set}")), 5, &["not recorded: seed 7: the "]);
    assert_eq!(place.read("b.toml"), after);
}

/// exp(loss) runs over at a loss of 710 nats: then the gate took the training perplexity.
#[test]
fn a_perplexity_that_runs_over_is_a_regression() {
    let place = recorded();
    // One step that leaves a loss which is large and finite.
    let set = "-s training.optimizer=sgd -s training.clip=none -s training.learning_rate=1e6 \
               -s training.steps=1";
    let ended = check_specs(&place, "tiny.toml", set);
    assert_outcome(&ended, 4, &["seed 7: its valid_perplexity is infinite or no number"]);
    assert_eq!(place.run_json(&place.trials("results/tiny")[0])["status"], "done");
    let before = place.read("b.toml");
    let ended = check_specs(&place, "tiny.toml", &format!("--update {set}"));
    assert_outcome(&ended, 5, &["not recorded: seed 7: its valid_perplexity"]);
    assert_eq!(place.read("b.toml"), before);
}

/// With a recorded nan nothing was worse, whatever it was.
#[test]
fn a_baseline_with_a_number_that_is_none_is_broken() {
    let place = recorded();
    let text = place.read("b.toml");
    let value = text.lines().find(|line| line.starts_with("value = ")).expect("a value");
    for (bad, shown) in [("nan", "NaN"), ("inf", "inf")] {
        let broken = text.replacen(value, &format!("value = {bad}"), 1);
        place.write("b.toml", &broken);
        for mode in ["", "--mode statistical", "--mode tolerance", "--mode exact", "--update"] {
            let says = format!("the baseline b.toml is broken: [tiny] seeds.7.value is {shown}");
            let ended = check(&place, &format!("{mode} -s training.learning_rate=1e-5"));
            let told = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(ended.code, Some(5), "{told}");
            assert!(told.replace(" │", "").contains(&says), "{says}: {told}");
            assert_eq!(place.read("b.toml"), broken);
        }
    }
}

#[test]
fn a_baseline_that_is_none_is_never_a_pass() {
    let place = Place::with_tiny();
    assert_outcome(
        &check_specs(&place, "tiny.toml", ""),
        5,
        &["cannot read the baseline b.toml", "--update"],
    );
    for broken in ["[tiny", "[tiny]\nmetric = 1\n", "tiny = 'x'\n", "\u{0}"] {
        place.write("b.toml", broken);
        for update in ["", "--update"] {
            let ended = check_specs(&place, "tiny.toml", update);
            assert_outcome(&ended, 5, &["the baseline b.toml is broken"]);
            assert_eq!(place.read("b.toml"), broken);
        }
    }
    place.write("b.toml", [0xff, 0xfe]);
    assert_outcome(&check_specs(&place, "tiny.toml", ""), 5, &["not UTF-8"]);
    place.write("b.toml", "");
    assert_outcome(&check_specs(&place, "tiny.toml", ""), 5, &["it has no baseline"]);
    assert_outcome(&check_specs(&place, "absent.toml", ""), 2, &["cannot read absent.toml"]);
    place.run("check tiny.toml").assert_says(2, &["--baseline"]);
    place
        .run("check . --baseline b.toml --update")
        .assert_says(2, &["the baseline b.toml lies in .", "put the baseline elsewhere"]);
}

/// A point or an experiment that nobody trains any more is never compared again.
#[test]
fn what_is_not_compared_any_more_is_told() {
    let place = recorded();
    place.write(
        "sizes.toml",
        "extends = 'tiny.toml'\nsweep.grid = { 'model.hidden_size' = [3, 4] }\n",
    );
    let check = |options: &str| check_specs(&place, "sizes.toml", options);
    assert_outcome(&check("--update"), 0, &["sizes/hidden_size=3", "sizes/hidden_size=4"]);
    // Experiments of another job.
    let note = "in the baseline, but none of these specs: seeds, tiny (--all refuses that)";
    assert_outcome(&check("--markdown m.md"), 0, &[note]);
    assert!(place.read("m.md").ends_with(&format!("\n\n{note}\n")), "{}", place.read("m.md"));
    let json: serde_json::Value = serde_json::from_str(&check("--json").stdout).expect("JSON");
    assert_eq!(json["not_measured"], serde_json::json!(["seeds", "tiny"]));
    assert_outcome(&check("--all"), 5, &["seeds: refused: it was recorded, and is none of these"]);
    let all = check_specs(&place, "tiny.toml seeds.toml sizes.toml", "--all");
    assert_outcome(&all, 0, &["sizes/hidden_size=4: pass"]);
    // A point of the sweep.
    let fewer = "-s sweep.grid.model.hidden_size=[4]";
    assert_outcome(
        &check(fewer),
        5,
        &["sizes/hidden_size=3: refused: it was recorded, and no trial of its experiment gives it"],
    );
    assert_outcome(&check(&format!("--update {fewer}")), 0, &["sizes/hidden_size=3: removed: "]);
    let left = place.read("b.toml");
    assert!(
        !left.contains("size=3") && left.contains("size=4") && left.contains("[tiny]"),
        "{left}"
    );
    assert_outcome(&check(fewer), 0, &["pass"]);
    // Seeds that nobody recorded.
    let more = check_specs(&place, "seeds.toml", "-s sweep.seeds=5");
    assert_outcome(&more, 0, &["seeds: warning: not recorded and not compared: seeds 10, 11"]);
}

#[test]
fn every_form_of_the_outcome_is_written() {
    let place = recorded();
    shrink_recorded(&place, 0.9);
    let options = "check tiny.toml seeds.toml --baseline b.toml -q --threads 1 --json --junit out/j.xml \
                   --markdown m.md --benchmark bench.json --chart chart.svg --history h.csv --fresh";
    fs::create_dir(place.path("out")).expect("made");
    place.write("summary.md", "before\n");
    let mut command = place.command(options);
    command.env("GITHUB_STEP_SUMMARY", place.path("summary.md"));
    let ended = Ended::of(command);
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(json["exit_code"], 4);
    assert_eq!(json["experiments"][0]["verdict"], "regression");
    assert_eq!(json["experiments"][1]["mode"], "statistical");
    let junit = quick_junit::Report::deserialize_from_str(&place.read("out/j.xml")).expect("JUnit");
    assert_eq!((junit.tests, junit.failures, junit.errors), (2, 2, 0));
    let markdown = place.read("m.md");
    assert!(markdown.starts_with("### 2 regressed\n"), "{markdown}");
    assert_eq!(place.read("summary.md"), format!("before\n{markdown}"));
    let bench: serde_json::Value = serde_json::from_str(&place.read("bench.json")).expect("JSON");
    assert_eq!(bench[0]["unit"], "valid_perplexity");
    assert!(bench[1]["value"].is_number() && bench[1]["range"].is_string());
    assert!(place.read("chart.svg").contains("<polyline"));
    assert!(!place.path("h.csv").exists());
    check(&place, "--update --history h.csv");
    check(&place, "--update --history h.csv");
    assert_eq!(place.table("h.csv").len(), 5);
}

/// A baseline under version control has its history there.
#[test]
fn past_baselines_come_from_git() {
    let place = recorded();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(place.path("")).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        assert!(command.args(arguments).output().expect("git").status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    for factor in [1.0, 0.9, 1.3] {
        shrink_recorded(&place, factor);
        git(&["add", "b.toml"]);
        git(&["commit", "-q", "-m", "baseline", "--allow-empty"]);
    }
    check(&place, "--markdown m.md --chart chart.svg");
    let markdown = place.read("m.md");
    // Three commits, the first and last two of which differ, and now.
    assert!(markdown.lines().any(|line| line.ends_with(" | ▄▁█▄ |")), "{markdown}");
}

/// Held-out text that was trained on makes a metric too good.
#[test]
fn held_out_text_in_the_training_text_is_told() {
    let place = Place::with_tiny();
    let text: String = (0..4_000u32)
        .map(|i| {
            char::from(
                b'a' + (samebits::random::Stream::new(5, samebits::random::Purpose::Shuffle, 0)
                    .at(u64::from(i))
                    % 26) as u8,
            )
        })
        .collect();
    place.write("tale.txt", format!("{text}{}", &text[..400]));
    let options = "--update -s data.test_fraction=0 -s generation=none";
    let ended = check_specs(&place, "tiny.toml", options);
    assert_outcome(
        &ended,
        0,
        &["of the validation text stands in the training text word for word"],
    );
    place.write("tale.txt", text);
    let ended = check_specs(&place, "tiny.toml", &format!("{options} --fresh"));
    assert!(!ended.stdout.contains("word for word"), "{}", ended.stdout);
}
