//! What other tools open: torch, TensorBoard, pandas, polars, DuckDB. Each test says that it is
//! skipped where the tool is not there.

use crate::python::{python, run_python};
use crate::support::Place;
use crate::tasks;
use std::path::PathBuf;

/// The exported module in the real torch: the recorded perplexity, for every kind of model.
#[test]
fn pytorch_gives_the_same_perplexity() {
    let place = Place::with_tiny();
    let models = [
        "",
        "-s model.architecture='gru' -s model.embedding_size=12 -s model.tied=true -s data.eval_batch_size=3",
        "-s model.architecture='rnn' -s model.nonlinearity='relu' -s model.layers=2 -s model.embedding_size=5",
        // Its weights had no decoder, but the module did.
        "-s model.decoder=false -s model.hidden_size=21 -s model.embedding_size=4",
        "-s model.bidirectional=true -s model.layers=2 -s model.architecture='gru' -s data.eval_batch_size=3",
    ];
    for (index, model) in models.iter().enumerate() {
        place.train(&format!("tiny.toml {model} -o results{index} --quiet"));
        let out = place.run(&format!("export results{index}/tiny --to pytorch --out torch{index}"));
        out.assert_says(0, &[]);
        let script = place.read(&format!("torch{index}/model.py"));
        assert!(script.contains("torch.nn") && script.contains("load_state_dict"), "{script}");
    }
    let script = place.read("torch1/model.py");
    assert!(!place.read("torch3/model.py").contains("decoder"));
    insta::assert_snapshot!(script);
    let Some(python) = python("torch, safetensors") else { return };
    let folders: Vec<_> = (0..models.len()).map(|index| format!("torch{index}")).collect();
    torch_agrees(&place, &python, &folders);
}

/// Runs exported `model.py`s, all in one process, as torch takes seconds to load: the figures that
/// they print are the recorded ones, which are returned.
fn torch_agrees(place: &Place, python: &PathBuf, folders: &[String]) -> Vec<f64> {
    let script = format!(
        "import runpy\nfor folder in {folders:?}:\n    runpy.run_path(folder + '/model.py', run_name='__main__')"
    );
    let said = run_python(place, python, &script);
    assert_eq!(said.lines().count(), folders.len(), "{said}");
    let figure = |(folder, line): (&String, &str)| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [_, _, torch, _, ours] = words[..] else { panic!("{folder}: {line}") };
        let torch: f64 = torch.parse().expect("a number");
        let ours: f64 = ours.trim_end_matches(')').parse().expect("a number");
        assert!((torch - ours).abs() <= 2e-6 * ours.abs(), "{folder}: {line}");
        ours
    };
    folders.iter().zip(said.lines()).map(figure).collect()
}

/// Every other task's module in the real torch gives the recorded accuracy, error or loss.
#[test]
fn pytorch_gives_the_same_figure_for_every_task() {
    let place = tasks::place();
    let extra = [
        ("shallow", "tagging", "-s model.embedding_size=3 -s model.nonlinearity='relu'"),
        // Long enough that some of its sums are right.
        (
            "longer",
            "translation",
            "-s training.epochs=50 -s training.learning_rate=0.01 -s model.architecture='gru' \
             -s model.hidden_size=32 -s model.layers=1 -s model.attention=true \
             -s model.output_dropout=0.0 -s data.digits=2 -s data.examples=400",
        ),
        ("embedded", "attention", "-s model.embedding_size=5 -s model.architecture='lstm'"),
        ("classes_both", "classification", "-s model.bidirectional=true -s model.layers=2"),
        ("tags_both", "tagging", "-s model.bidirectional=true -s model.architecture='gru'"),
        (
            "longer_both",
            "translation",
            "-s training.epochs=50 -s training.learning_rate=0.01 -s model.architecture='gru' \
             -s model.hidden_size=32 -s model.layers=1 -s model.attention=true \
             -s model.output_dropout=0.0 -s data.digits=2 -s data.examples=400 \
             -s model.bidirectional=true",
        ),
    ];
    let plain = tasks::TASKS.iter().map(|(name, _)| (*name, *name, ""));
    let all: Vec<_> = plain.chain(extra).collect();
    for (name, spec, set) in &all {
        place.train(&format!("specs/{spec}.toml -s training.epochs=12 {set} -o {name} --quiet"));
        place
            .run(&format!("export {name}/{spec} --to pytorch --out torch/{name}"))
            .assert_says(0, &[]);
    }
    let scripts = ["classification", "tagging", "translation", "attention", "regression"];
    for name in scripts.into_iter().chain(["autoencoder", "skip_gram"]) {
        let script = place.read(&format!("torch/{name}/model.py"));
        let (_, script) = script.split_once('\n').expect("a title");
        insta::assert_snapshot!(format!("pytorch_{name}"), script);
    }
    let Some(python) = python("torch, safetensors") else { return };
    let folders: Vec<_> = all.iter().map(|(name, _, _)| format!("torch/{name}")).collect();
    let figures = torch_agrees(&place, &python, &folders);
    for wanted in ["longer", "longer_both"] {
        let place = all.iter().position(|(name, _, _)| *name == wanted).expect("there");
        assert!(figures[place] > 0.0, "{wanted}: nothing is right, which tests no decoder");
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

/// polars and DuckDB infer numbers as numbers, with no options.
#[test]
fn polars_and_duckdb_read_the_files() {
    let place = Place::with_tiny();
    place.train("tiny.toml -s sweep.seeds=2 --quiet");
    let trial = place.trials("results/tiny").remove(0);
    if let Some(python) = python("polars") {
        let script = format!(
            "
import polars
metrics = polars.read_csv('{trial}/metrics.csv')
summary = polars.read_csv('results/tiny/summary.csv')
assert all(kind.is_numeric() for kind in metrics.dtypes), metrics.schema
texts = [name for name, kind in summary.schema.items() if not kind.is_numeric()]
print(len(metrics), len(summary), texts, metrics['valid_loss'].min() == summary['valid_loss'][0])
"
        );
        let said = run_python(&place, &python, &script);
        assert_eq!(said.trim(), "2 2 ['trial', 'status', 'why'] True");
    }
    if let Some(python) = python("duckdb") {
        // DuckDB takes `seed=7-…` in the path for a column; that is not of the file.
        let script = format!(
            "
import duckdb
duckdb.sql(\"create table metrics as from '{trial}/metrics.csv'\")
duckdb.sql(\"create table summary as from 'results/tiny/summary.csv'\")
kinds = duckdb.sql(\"select column_name, column_type from (describe metrics) where column_name != 'seed'\").fetchall()
assert all(kind in ('BIGINT', 'DOUBLE') for _, kind in kinds), kinds
texts = duckdb.sql(\"select column_name from (describe summary) where column_type = 'VARCHAR'\").fetchall()
count = duckdb.sql('select count(*) from metrics').fetchall()[0][0]
best = duckdb.sql('select min(valid_loss) from metrics').fetchall() == duckdb.sql('select valid_loss from summary limit 1').fetchall()
print(count, [name for name, in texts], best)
"
        );
        let said = run_python(&place, &python, &script);
        assert_eq!(said.trim(), "2 ['trial', 'status', 'why'] True");
    }
}
