//! The commands beside running, and the help.

use crate::support::{Place, TINY};
use serde_json::Value;

/// A text with the numbers that depend on the machine and the moment taken out.
fn steady(text: &str) -> String {
    let timed = |line: &str| ["    time ", "    memory "].iter().any(|head| line.starts_with(head));
    let lines = text.lines().map(|line| match line.split_once("about ") {
        Some((head, _)) if timed(line) || line.contains("  about ") || line.contains("at once") => {
            format!("{head}about …")
        }
        // The column is as wide as the widest time.
        _ => match line.strip_suffix("memory") {
            Some(head) if head.contains("  time ") => format!("{}  memory", head.trim_end()),
            _ => line.to_owned(),
        },
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_plan_says_what_would_run_and_runs_nothing() {
    let place = Place::with_tiny();
    place.write(
        "both.toml",
        "extends = 'tiny.toml'\nmodel.bidirectional = true\n\
        [sweep.grid]\n'model.hidden_size' = [128, 6]\n",
    );
    let ended = place.run("plan tiny.toml both.toml -j 2 --threads 1");
    ended.assert_says(0, &["cannot be compared"]);
    insta::assert_snapshot!(steady(&ended.stdout));
    assert!(!place.path("results").exists());
}

#[test]
fn a_plan_tells_what_cannot_run() {
    let place = Place::with_tiny();
    place.write("lost.toml", TINY.replace("tale.txt", "lost.txt"));
    let ended = place.run("plan tiny.toml lost.toml");
    ended.assert_says(2, &["there is no corpus `lost.txt`", "lost.toml:4:10", "1 problem"]);
    assert_eq!(ended.stderr.matches("there is no corpus").count(), 1, "{}", ended.stderr);
    assert!(ended.stdout.contains("cannot run"), "{}", ended.stdout);
    assert!(ended.stdout.contains("parameters"), "{}", ended.stdout);
    place.run("plan nowhere.toml").assert_says(2, &["cannot read nowhere.toml"]);
}

/// A place with a trained model, whose text is all training text: no `<unk>`.
fn trained() -> (Place, String) {
    let place = Place::with_tiny();
    place.train("tiny.toml -q -s data.valid_fraction=0 -s data.test_fraction=0");
    let trial = place.trial("results/tiny");
    (place, trial)
}

#[test]
fn a_sample_depends_on_its_seed_alone() {
    let (place, trial) = trained();
    let sample = |options: &str| {
        let ended = place.run(&format!("sample {trial} {options}"));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        ended.stdout
    };
    let text = sample("--length 300");
    assert_eq!(text, sample("--length 300"));
    assert_ne!(text, sample("--length 300 --seed 1"));
    assert!(text.starts_with("the "), "{text}");
    assert!((300..=305).contains(&text.len()), "{}", text.len());
    assert!(sample("-l 300 --prefix lamp").starts_with("lamp"));
    let greedy = sample("-l 50 --temperature 0");
    assert_eq!(greedy, sample("-l 50 --temperature 0 --seed 5"));
    assert_eq!(greedy, sample("-l 50 --top-k 1 --seed 9"));
    assert_ne!(greedy, sample("-l 50 --temperature 3"));
    assert_eq!(sample("-l 0"), "the \n");
}

#[test]
fn a_sample_is_the_one_of_training() {
    let (place, trial) = trained();
    place.train(&format!("{trial}/spec.toml -q -s generation.temperature=0"));
    let samples = place.read(&format!("{}/samples.txt", place.trial("results/spec")));
    let text = place.run("sample results/spec").stdout;
    assert!(samples.ends_with(&format!("\n{}\n\n", text.trim_end())), "{samples} {text}");
}

#[test]
fn an_experiments_sample_is_its_best_trials() {
    let place = Place::with_tiny();
    place.write("sweep.toml", format!("{TINY}[sweep.grid]\n'training.epochs' = [1, 6]\n"));
    place.train("sweep.toml -q");
    let table = place.table("results/sweep/summary.csv");
    let best = format!("results/sweep/{}", table[2][0]);
    let [of_all, of_best, of_other] =
        ["results/sweep".to_owned(), best, format!("results/sweep/{}", table[1][0])]
            .map(|run| place.run(&format!("sample {run} -l 60")).stdout);
    assert_eq!(of_all, of_best);
    assert_ne!(of_all, of_other);
}

#[test]
fn a_sample_that_cannot_be_is_told() {
    let (place, trial) = trained();
    let sample = |rest: &str| place.run(&format!("sample {rest}"));
    sample(&format!("{trial} --prefix größe")).assert_says(2, &["`ö` is not in the vocabulary"]);
    sample("nowhere").assert_says(2, &["no run in nowhere"]);
    sample("tale.txt").assert_says(2, &["no run in tale.txt"]);
    sample("").assert_says(2, &["<RUN>"]);
    sample(&format!("{trial} -t -1")).assert_says(2, &["it must be a number of at least 0"]);
    sample(&format!("{trial} -k 0")).assert_says(2, &["it must be an integer of at least 1"]);
    let weights = format!("{trial}/model.safetensors");
    let bytes = place.bytes(&weights);
    place.write(&weights, &bytes[..bytes.len() - 4]);
    sample(&trial).assert_says(1, &["model.safetensors is not what the trial wrote"]);
    std::fs::remove_file(place.path(&weights)).expect("removed");
    sample(&trial).assert_says(2, &["cannot read", "model.safetensors", "have been removed"]);
}

#[test]
fn the_schema_accepts_every_shipped_experiment() {
    let place = Place::new();
    let ended = place.run("schema");
    assert_eq!(ended.code, Some(0));
    let schema: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments");
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(folder) {
        let path = entry.expect("an entry").into_path();
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        let spec: Value = toml::from_str(&text).expect("TOML");
        let errors: Vec<String> = validator.iter_errors(&spec).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        seen += 1;
    }
    assert!(seen >= 14, "{seen}");
    assert!(!validator.is_valid(&serde_json::json!({"data": {"corpus": 1}})));
}

#[test]
fn completions_know_the_options() {
    let place = Place::new();
    for (shell, mark) in
        [("bash", "complete -F"), ("zsh", "#compdef runner"), ("fish", "complete -c runner")]
    {
        let ended = place.run(&format!("completions {shell}"));
        assert_eq!(ended.code, Some(0), "{shell}");
        for word in [mark, "fail-fast", "sample", "top-k"] {
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
    }
    place.run("completions tcsh").assert_says(2, &["possible values: bash"]);
}

#[test]
fn fetch_without_names_lists_corpora() {
    let place = Place::new();
    let ended = place.run("fetch");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for name in ["kafka", "jaychou", "ptb", "tinyshakespeare", "licence:"] {
        assert!(ended.stdout.contains(name), "{name}");
    }
    place.run("fetch kafak").assert_says(2, &["no corpus \"kafak\"", "kafka"]);
    assert!(!place.path("datasets").exists());
}

#[test]
#[cfg(not(feature = "fetch"))]
fn a_program_without_downloads_says_how_to_have_them() {
    let place = Place::new();
    place.run("fetch kafka").assert_says(1, &["built without downloads", "--features fetch"]);
    assert!(!place.path("datasets/kafka").exists());
}

#[test]
#[cfg(not(feature = "watch"))]
fn a_program_without_watch_says_how_to_have_it() {
    Place::new().run("watch").assert_says(1, &["built without `runner watch`", "--features watch"]);
}

#[test]
fn help_stays_as_it_is() {
    let place = Place::new();
    let mut whole = String::new();
    for command in ["", "plan", "check", "sample", "verify", "fetch", "schema", "completions"] {
        let ended = place.run(&format!("{command} --help"));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        whole += &format!("$ runner {command} --help\n{}\n", ended.stdout);
    }
    insta::assert_snapshot!(whole);
    let version = place.run("--version").stdout;
    assert_eq!(version, concat!("runner ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// A reader that has gone away, as `head` does, is no error.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::Stdio;
    let mut child = Place::new()
        .command("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ended");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
