//! What people look at and what their editors open: explain, init, man.

use crate::support::Place;
use std::process::Command;

#[test]
fn a_key_is_explained() {
    let place = Place::new();
    let ended = place.run("explain model.hidden_size lr");
    ended.assert_says(0, &[]);
    insta::assert_snapshot!(ended.stdout);
    place
        .run("explain model.hiden_size")
        .assert_says(2, &["no key `model.hiden_size`", "did you mean"]);
    let all = place.run("explain").stdout;
    assert!(all.contains("[training.schedule]") && all.contains("hidden_size"), "{all}");
}

/// The program alone, in an empty folder: spec, schema and text come out of it, and train.
#[test]
fn a_new_spec_runs_in_an_empty_folder() {
    let place = Place::new();
    let ended = place.run("init language_model mine.toml");
    ended.assert_says(0, &[]);
    assert!(ended.stdout.contains("runner mine.toml"), "{}", ended.stdout);
    let spec = place.read("mine.toml");
    assert!(spec.starts_with("#:schema ./runner.schema.json\n"), "{spec}");
    assert!(place.path("runner.schema.json").is_file());
    place.train(
        "mine.toml -s training.steps=2 -s model.hidden_size=4 -s model.embedding_size=4 --quiet",
    );
    place.run("init language_model mine.toml").assert_says(2, &["mine.toml is there already"]);
    place
        .run("init banana")
        .assert_says(2, &["no task and no shipped experiment", "lstm_seinfeld"]);
    place.run("init").assert_says(2, &["what shall the spec be of?"]);
    let shown = place.run("init d2l_gru -").stdout;
    assert!(shown.contains("A character-level GRU on lyrics."), "{shown}");
    assert!(!place.path("d2l_gru.toml").exists());
}

#[test]
fn every_shipped_experiment_can_be_begun_with() {
    for (name, _) in samebits::bundle::experiments() {
        let place = Place::new();
        let ended = place.run(&format!("init {name}"));
        ended.assert_says(0, &[]);
        let file = place.path(&format!("{name}.toml"));
        let spec = samebits::spec::load(&file, &[]);
        assert!(spec.is_ok(), "{name}: {:?}", spec.err().map(|errors| errors.to_string()));
    }
}

/// What the terminal's questions make, with answers from a pipe.
#[test]
fn questions_are_asked_until_the_answers_are_right() {
    use assert_cmd::Command;
    let place = Place::new();
    let answers = "\ntale.txt\nbanana\nchar\ngru\n1_0\n3\n";
    let mut command = Command::from_std(place.command("init - asked.toml"));
    let output = command.write_stdin(answers).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("one of byte, char, word, script"), "{said}");
    let spec = place.read("asked.toml");
    for line in
        ["corpus          = \"tale.txt\"", "architecture   = \"gru\"", "hidden_size    = 10"]
    {
        assert!(spec.contains(line), "{line}: {spec}");
    }
    place.train("asked.toml -s training.steps=2 --quiet");
}

#[test]
fn manual_pages_name_every_subcommand() {
    let place = Place::new();
    let page = place.run("man").stdout;
    for word in [".TH runner 1", "runner\\-report", "runner\\-export", "\\-\\-jobs"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    place.run("man --out man").assert_says(0, &[]);
    assert!(place.read("man/runner-report.1").contains("\\-\\-watch"));
}

/// Taplo, which editors use, accepts a new spec by the schema beside it, and no misspelt key.
#[test]
fn taplo_validates_a_spec() {
    let taplo = std::env::var_os("RUNNER_TAPLO").unwrap_or_else(|| "taplo".into());
    if Command::new(&taplo).arg("--version").output().is_err() {
        return eprintln!("skipped: there is no taplo (set RUNNER_TAPLO)");
    }
    let place = Place::new();
    place.run("init language_model right.toml").assert_says(0, &[]);
    place.write("wrong.toml", place.read("right.toml").replace("hidden_size", "hiden_size"));
    let lint = |file: &str| {
        let mut command = Command::new(&taplo);
        let output = command.current_dir(place.path("")).args(["lint", file]).output();
        let output = output.expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (right, said) = lint("right.toml");
    assert!(right && !said.contains("WARN"), "{said}");
    let (wrong, said) = lint("wrong.toml");
    assert!(!wrong && said.contains("hiden_size"), "{said}");
}
