//! What tools that keep track of runs open: MLflow, W&B, Trackio. Each test says that the tool is
//! skipped where it is not there.

use crate::python::{python, run_python};
use crate::support::{Ended, Place, TINY};
use serde_json::json;
use std::path::PathBuf;

/// A sweep of two points with two seeds, with words that would act where they are not data.
fn swept() -> Place {
    let place = Place::with_tiny();
    let spec = format!(
        "{TINY}\n[meta]\ntags = [\"base: line\", \"'#\"]\nnote = \"\"\"\nwhat: \"it\"\n# is <b>for</b>\"\"\"\n\
         [sweep]\nseeds = 2\n[sweep.grid]\n\"model.hidden_size\" = [8, 12]\n"
    );
    place.write("a: #b.toml", spec);
    let mut command = place.command("-o results -j 1 --threads 1 --quiet");
    command.arg("a: #b.toml");
    assert_eq!(Ended::of(command).code, Some(0));
    place
}

/// The recorded validation losses of a trial with their steps.
fn losses(place: &Place, trial: &str) -> Vec<(u64, f64)> {
    let table = place.table(&format!("{trial}/metrics.csv"));
    let column = |name: &str| table[0].iter().position(|own| own == name).expect("a column");
    let (step, loss) = (column("step"), column("valid_loss"));
    let row = |row: &Vec<String>| {
        (row[step].parse().expect("a step"), row[loss].parse().expect("a loss"))
    };
    table[1..].iter().map(row).collect()
}

/// MLflow's own client finds experiment, runs, parameters, every row and tags, and its own migration
/// takes the store.
#[test]
fn mlflow_opens_the_store() {
    let place = swept();
    let said = place.run("export results --to mlflow --out store");
    said.assert_says(0, &[]);
    assert!(said.stdout.contains("mlflow ui --backend-store-uri store"), "{}", said.stdout);
    let before = tree(&place, "store");
    place.run("export results --to mlflow --out store").assert_says(0, &[]);
    assert_eq!(before, tree(&place, "store"), "a second export is the same");
    let Some(python) = python("mlflow") else { return };
    let said = run_python(&place, &python, "
import json, os, subprocess, sys
os.environ['MLFLOW_ALLOW_FILE_STORE'] = 'true'
from mlflow.tracking import MlflowClient
def read(uri):
    client = MlflowClient(tracking_uri=uri)
    experiments = [e for e in client.search_experiments() if e.name != 'Default']
    runs = client.search_runs([e.experiment_id for e in experiments])
    history = lambda run: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, 'valid_loss')]
    return [[e.name for e in experiments], {r.info.run_name: [
        r.info.status, r.data.params, history(r), r.data.tags, r.data.metrics,
    ] for r in runs}]
files = read('file:' + os.path.abspath('store'))
database = 'sqlite:///' + os.path.abspath('migrated.db')
subprocess.run([sys.executable, '-m', 'mlflow', 'migrate-filestore', '--source', 'store', '--target', database],
    check=True, stdout=subprocess.DEVNULL)
assert read(database)[1].keys() == files[1].keys()
print(json.dumps(files))
");
    let said: serde_json::Value = serde_json::from_str(said.trim()).expect("JSON");
    assert_eq!(said[0], json!(["a_ #b"]));
    let trials = place.trials("results/a_ #b");
    assert_eq!(said[1].as_object().map(serde_json::Map::len), Some(4));
    for trial in &trials {
        let name = trial.rsplit('/').next().expect("a name");
        let run = &said[1][name];
        assert_eq!(run[0], "FINISHED");
        assert_eq!(run[1]["model.architecture"], "lstm");
        let (size, _) = name.split_once(',').expect("a swept value");
        assert_eq!(run[1]["model.hidden_size"], size.trim_start_matches("hidden_size="));
        assert_eq!(run[2], json!(losses(&place, trial)));
        assert_eq!(run[3]["group"], size);
        assert_eq!(run[3]["tags"], "base: line,'#");
        assert_eq!(run[3]["mlflow.note.content"], "    what: \"it\"\n    # is <b>for</b>\n");
        let best = &place.run_json(trial)["result"]["test_loss"];
        assert_eq!(&run[4]["test_loss"], best);
    }
}

/// Every file below a folder with its bytes, in the order of their paths.
fn tree(place: &Place, folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = walkdir::WalkDir::new(place.path(folder)).sort_by_file_name();
    let files = files.into_iter().map(|entry| entry.expect("an entry").into_path());
    files
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).expect("read")))
        .collect()
}

/// W&B's own messages are in the log, framed as its own reader wants it.
#[test]
fn wandb_reads_the_offline_runs() {
    let place = swept();
    let said = place.run("export results --to wandb --out runs");
    said.assert_says(0, &[]);
    assert!(said.stdout.contains("wandb sync runs/offline-run-*"), "{}", said.stdout);
    assert_eq!(place.trials("runs").len(), 4);
    let Some(python) = python("wandb.proto.wandb_internal_pb2") else { return };
    let said = run_python(&place, &python, "
import glob, json, struct, zlib
from wandb.proto.wandb_internal_pb2 import Record
def records(path):
    data = open(path, 'rb').read()
    assert data[:7] == b':W&B\\xe1\\xbe\\x00'
    at, whole = 7, b''
    while at < len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        crc, length, kind = struct.unpack('<IHB', data[at:at + 7])
        part = data[at + 7:at + 7 + length]
        assert crc == zlib.crc32(part, zlib.crc32(bytes([kind])))
        at, whole = at + 7 + length, whole + part
        if kind in (1, 4):
            yield whole
            whole = b''
def own_reader(path):
    try:
        from wandb.sdk.internal.datastore import DataStore
    except ImportError:
        return None
    store = DataStore()
    store.open_for_scan(path)
    return list(iter(store.scan_data, None))
runs = {}
for path in glob.glob('runs/*/run-*.wandb'):
    raw = list(records(path))
    assert own_reader(path) in (None, raw)
    said = [Record.FromString(bytes) for bytes in raw]
    assert [record.num for record in said] == list(range(1, len(said) + 1))
    kinds = [record.WhichOneof('record_type') for record in said]
    run = said[kinds.index('run')].run
    value = lambda items: {i.key or i.nested_key[0]: json.loads(i.value_json) for i in items}
    history = [value(record.history.item) for record in said if record.WhichOneof('record_type') == 'history']
    runs[run.display_name] = [kinds, run.project, run.run_group, list(run.tags), run.notes, value(run.config.update),
        [(row['_step'], row['valid_loss']) for row in history], value(said[kinds.index('summary')].summary.update),
        said[-1].exit.exit_code]
print(json.dumps(runs))
");
    let said: serde_json::Value = serde_json::from_str(said.trim()).expect("JSON");
    for trial in &place.trials("results/a_ #b") {
        let name = trial.rsplit('/').next().expect("a name");
        let run = &said[name];
        assert_eq!(run[0], json!(["header", "run", "history", "history", "summary", "exit"]));
        let (size, _) = name.split_once(',').expect("a swept value");
        assert_eq!((&run[1], &run[2]), (&json!("a_ _b"), &json!(size)));
        assert_eq!(run[3], json!(["base: line", "'#"]));
        assert_eq!(run[4], "what: \"it\"\n# is <b>for</b>");
        assert_eq!(run[5]["training.clip.norm"], 5.0);
        assert_eq!(
            json!(size.trim_start_matches("hidden_size=").parse::<u64>().ok()),
            run[5]["model.hidden_size"]
        );
        assert_eq!(run[6], json!(losses(&place, trial)));
        assert_eq!(run[7]["test_loss"], place.run_json(trial)["result"]["test_loss"]);
        assert_eq!(run[8], 0);
    }
}

/// Trackio's own functions log the runs, and its own reader finds them.
#[test]
fn trackio_logs_the_runs() {
    let place = swept();
    let said = place.run("export results --to trackio --out tracked");
    said.assert_says(0, &[]);
    assert!(said.stdout.contains("python tracked/import.py"), "{}", said.stdout);
    assert!(!place.read("tracked/import.py").contains("a_ #b"), "texts of runs are no code");
    let runs: serde_json::Value =
        serde_json::from_str(&place.read("tracked/runs.json")).expect("JSON");
    let trials = place.trials("results/a_ #b");
    assert_eq!(runs.as_array().map(Vec::len), Some(4));
    for (trial, run) in trials.iter().zip(runs.as_array().expect("runs")) {
        assert_eq!(run["config"]["tags"], json!(["base: line", "'#"]));
        let row =
            |row: &serde_json::Value| (row["step"].as_u64(), row["figures"]["valid_loss"].as_f64());
        let rows: Vec<_> = run["rows"].as_array().expect("rows").iter().map(row).collect();
        let wanted: Vec<_> = losses(&place, trial)
            .into_iter()
            .map(|(step, loss)| (Some(step), Some(loss)))
            .collect();
        assert_eq!(rows, wanted);
    }
    let Some(python) = python("trackio") else { return };
    let said = run_python(
        &place,
        &python,
        "
import contextlib, json, os, runpy, subprocess, sys
with contextlib.redirect_stdout(sys.stderr):
    runpy.run_path('tracked/import.py')
    # A second time takes the place of the first.
    runpy.run_path('tracked/import.py')
import trackio
program = os.path.join(os.path.dirname(sys.executable), 'trackio')
def losses(name):
    ask = ['get', 'metric', '--project', 'a_ #b', '--run', name, '--metric', 'valid_loss', '--json']
    said = subprocess.run([program, *ask], check=True, stdout=subprocess.PIPE).stdout
    return [(it['step'], it['value']) for it in json.loads(said)['values']]
runs = trackio.Api().runs('a_ #b')
print(json.dumps({run.name: [run.config, losses(run.name)] for run in runs}))
",
    );
    let said: serde_json::Value = serde_json::from_str(said.trim()).expect("JSON");
    assert_eq!(said.as_object().map(serde_json::Map::len), Some(4), "{said}");
    for trial in &trials {
        let run = &said[trial.rsplit('/').next().expect("a name")];
        assert_eq!(run[0]["note"], "what: \"it\"\n# is <b>for</b>");
        assert_eq!(run[0]["model.architecture"], "lstm");
        assert_eq!(run[1], json!(losses(&place, trial)));
    }
}
