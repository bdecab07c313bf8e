//! What people look at and what their tools open: explain, init, man, export, report.

use crate::support::{Place, TINY};
use std::path::PathBuf;
use std::process::Command;

/// A Python that can import a module: that of `RUNNER_PYTHON`, else `python3`. None: the test
/// says that it is skipped.
fn python(module: &str) -> Option<PathBuf> {
    let python = std::env::var_os("RUNNER_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let mut import = Command::new(&python);
    import.args(["-c", &format!("import {module}")]);
    if import.output().is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("skipped: {} has no {module} (set RUNNER_PYTHON)", python.display());
    None
}

/// Runs a Python script in a place, and expects it to work: what it printed.
fn run_python(place: &Place, python: &PathBuf, script: &str) -> String {
    place.write("script.py", script);
    let mut command = Command::new(python);
    command.current_dir(place.path("")).arg("script.py").env("OMP_NUM_THREADS", "1");
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

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

/// The exported module in the real torch: the recorded perplexity, for every kind of model.
#[test]
fn pytorch_gives_the_same_perplexity() {
    let place = Place::with_tiny();
    let models = [
        "",
        "-s model.architecture='gru' -s model.embedding_size=12 -s model.tied=true -s data.eval_batch_size=3",
        "-s model.architecture='rnn' -s model.nonlinearity='relu' -s model.layers=2 -s model.embedding_size=5",
    ];
    for (index, model) in models.iter().enumerate() {
        place.train(&format!("tiny.toml {model} -o results{index} --quiet"));
        let out = place.run(&format!("export results{index}/tiny --to pytorch --out torch{index}"));
        out.assert_says(0, &[]);
        let script = place.read(&format!("torch{index}/model.py"));
        assert!(script.contains("torch.nn") && script.contains("load_state_dict"), "{script}");
    }
    let script = place.read("torch1/model.py");
    insta::assert_snapshot!(
        script.replace(&place.trials("results1/tiny")[0]["results1/".len()..], "TRIAL")
    );
    let Some(python) = python("torch, safetensors") else { return };
    for index in 0..models.len() {
        let script =
            format!("import runpy; runpy.run_path('torch{index}/model.py', run_name='__main__')");
        let said = run_python(&place, &python, &script);
        let words: Vec<_> = said.split_whitespace().collect();
        let [_, _, torch, _, ours] = words[..] else { panic!("{said}") };
        let torch: f64 = torch.parse().expect("a number");
        let ours: f64 = ours.trim_end_matches(')').parse().expect("a number");
        assert!((torch / ours - 1.0).abs() < 2e-6, "{said}");
    }
}

/// TensorBoard's own reader finds scalars, samples and hyper-parameters.
#[test]
fn tensorboard_reads_the_events() {
    let place = Place::with_tiny();
    place.train("tiny.toml --quiet");
    let ended = place.run("export results --to tensorboard --out board");
    ended.assert_says(0, &[]);
    let trial = place.trial("results/tiny");
    let folder = place.trial("board/tiny");
    let first = place.table(&format!("{trial}/metrics.csv"));
    let Some(python) = python("tensorboard") else { return };
    let said = run_python(&place, &python, &format!("
import json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
events = EventAccumulator({folder:?}, size_guidance={{'tensors': 0}}).Reload()
scalars = {{tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}}
texts = {{tag: [t.tensor_proto.string_val[0].decode() for t in events.Tensors(tag)]
         for tag in events.Tags()['tensors'] if tag.startswith('samples')}}
content = events.summary_metadata['_hparams_/session_start_info'].plugin_data.content
start = metadata.parse_session_start_info_plugin_data(content)
hparams = {{k: (v.number_value if v.HasField('number_value') else v.string_value) for k, v in start.hparams.items()}}
content = events.summary_metadata['_hparams_/session_end_info'].plugin_data.content
status = metadata.parse_session_end_info_plugin_data(content).status
experiment = metadata.parse_experiment_plugin_data(events.summary_metadata['_hparams_/experiment'].plugin_data.content)
metrics = [m.name.tag for m in experiment.metric_infos]
print(json.dumps([scalars, texts, hparams, status, metrics]))
"));
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let column = first[0].iter().position(|name| name == "valid_perplexity").expect("a column");
    let scalars = &said[0]["perplexity/valid"];
    assert_eq!(scalars.as_array().map(Vec::len), Some(2), "{said}");
    let recorded: f64 = first[1][column].parse().expect("a number");
    let read = scalars[0][1].as_f64().expect("a number");
    assert!((read / recorded - 1.0).abs() < 1e-6, "{read} {recorded}");
    assert_eq!(scalars[0][0].to_string(), first[1][1], "the step");
    let texts = said[1]["samples/the "].as_array().expect("samples");
    assert!(texts.len() == 2 && texts[0].as_str().is_some_and(|text| text.contains("the ")));
    assert_eq!(said[2]["model.hidden_size"], 12.0);
    assert_eq!(said[2]["model.architecture"], "lstm");
    assert_eq!(said[3], 1, "the session ended with success");
    assert!(said[4].as_array().is_some_and(|tags| tags.contains(&"perplexity/valid".into())));
}

/// pandas reads both files with no options, numbers as numbers.
#[test]
fn pandas_reads_the_files() {
    let place = Place::with_tiny();
    place.train("tiny.toml -s sweep.seeds=2 --quiet");
    let trial = place.trials("results/tiny").remove(0);
    let Some(python) = python("pandas") else { return };
    let said = run_python(
        &place,
        &python,
        &format!(
            "
import pandas
metrics = pandas.read_csv('{trial}/metrics.csv')
summary = pandas.read_csv('results/tiny/summary.csv')
numbers = metrics.select_dtypes('number').columns
assert list(numbers) == list(metrics.columns), metrics.dtypes
assert metrics.notna().all().all() and summary.drop(columns='why').notna().all().all(), summary
print(len(metrics), len(summary), metrics.valid_loss.min() == summary.valid_loss[0])
"
        ),
    );
    assert_eq!(said.trim(), "2 2 True");
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
