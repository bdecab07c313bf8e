//! What people look at and what their editors open: explain, init, man, report.

use crate::support::{Place, TINY};
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
    for (name, _) in runner::bundle::experiments() {
        let place = Place::new();
        let ended = place.run(&format!("init {name}"));
        ended.assert_says(0, &[]);
        let file = place.path(&format!("{name}.toml"));
        let spec = runner::spec::load(&file, &[]);
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

/// A page of a sweep, and one of hostile text: whole, and nothing in it leaves its place.
#[test]
fn a_report_is_one_page_that_needs_nothing_else() {
    let place = Place::new();
    let grid = "[sweep.grid]\n\"model.hidden_size\" = [4, 6]\n";
    place.write("sweep.toml", TINY.to_owned() + grid);
    place.train("sweep.toml --quiet");
    let ended = place.run("report results --out page.html");
    ended.assert_says(0, &[]);
    assert!(ended.stdout.starts_with("page.html: 2 trials, "), "{}", ended.stdout);
    let page = place.read("page.html");
    for part in [
        "id=\"board\"",
        "hidden size</button>",
        "Beside its neighbours",
        "Samples from",
        "<svg",
        "perplexity",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let outside = page.replace("http://www.w3.org", "");
    assert!(
        !outside.contains("http://") && !outside.contains("https://") && !page.contains("src=\"//")
    );
    assert!(page.len() < 500_000, "{}", page.len());
    let trial = place.trials("results/sweep").remove(0);
    let samples = "=== epoch 1, step 1, prefix \"<script>alert(1)</script>\"\n</pre><script>alert(2)</script>\n\n";
    place.write(&format!("{trial}/samples.txt"), samples);
    place.run("report results --out hostile.html").assert_says(0, &[]);
    assert!(!place.read("hostile.html").contains("<script>alert"));
    place.run("report nowhere").assert_says(2, &["no trial in nowhere"]);
}

/// What is wrong with the files of one trial is told, and does not hide the others.
#[test]
fn a_damaged_trial_is_shown_as_damaged() {
    let place = Place::new();
    let grid = "[sweep.grid]\n\"model.hidden_size\" = [4, 6, 8]\n";
    place.write("sweep.toml", TINY.to_owned() + grid);
    place.train("sweep.toml --quiet");
    let trials = place.trials("results/sweep");
    place.write(&format!("{}/run.json", trials[0]), "{ \"status\": \"do");
    let metrics = place.read(&format!("{}/metrics.csv", trials[1]));
    place.write(&format!("{}/metrics.csv", trials[1]), metrics.replacen("1,", "one,", 1));
    let ended = place.run("report results --out page.html");
    ended.assert_says(0, &["run.json is damaged", "metrics.csv is not what the trial wrote"]);
    let page = place.read("page.html");
    assert!(page.contains("3 trials: ") && page.contains("2 damaged"), "{page}");
    assert_eq!(page.matches("data-status=\"damaged\"").count(), 2);
    assert!(page.contains("run.json is damaged: EOF while parsing"), "{page}");
    let ended = place.run("export results --to tensorboard --out board");
    ended.assert_says(0, &["run.json is damaged"]);
    assert_eq!(place.trials("board/sweep").len(), 1, "what is whole is exported");
}

/// `--watch` serves the page and says when files change.
#[test]
fn a_watched_report_follows_the_files() {
    use std::io::{BufRead, BufReader, Read, Write};
    let place = Place::with_tiny();
    place.train("tiny.toml --quiet");
    let mut command = place.command("report results --watch --port 0");
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().expect("it runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let address =
        line.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
    let ask = |path: &str, host: &str| {
        let mut stream = std::net::TcpStream::connect(&address).expect("connected");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    };
    let page = ask("/", &address);
    let stamp = ask("/stamp", &address);
    let trial = place.trial("results/tiny");
    place.write(&format!("{trial}/samples.txt"), "=== epoch 9, step 9\nnew\n");
    let (changed, page_now) = (ask("/stamp", &address), ask("/", &address));
    let foreign = ask("/", "example.org");
    let other = ask("/etc/passwd", &address);
    child.kill().expect("ended");
    let _ = child.wait();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("data-stamp=\""), "{page}");
    assert!(stamp.starts_with("HTTP/1.1 200") && stamp != changed, "{stamp} {changed}");
    assert!(page_now.contains("epoch 9, step 9"));
    assert!(foreign.starts_with("HTTP/1.1 403") && other.starts_with("HTTP/1.1 404"));
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
