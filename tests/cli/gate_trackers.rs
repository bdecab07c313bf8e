//! `runner check --results` on what other tools keep: as this program's exports write it, and where their
//! packages are there, as they do.

use crate::python::{python, run_python};
use crate::support::{Ended, Place, TINY};

fn check(place: &Place, options: &str) -> Ended {
    let mut command = place.command(&format!("check --baseline b.toml {options}"));
    command.env_remove("GITHUB_STEP_SUMMARY");
    Ended::of(command)
}

#[track_caller]
fn expect(place: &Place, options: &str, code: i32, says: &[&str]) {
    let ended = check(place, options);
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, Some(code), "{options}: {all}");
    for thing in says {
        assert!(all.contains(thing), "{options}: {thing:?} is not in: {all}");
    }
}

/// The recorded value of the first seed of the only experiment.
fn recorded(place: &Place) -> f64 {
    let text = place.read("b.toml");
    let line = text.lines().find_map(|line| line.strip_prefix("value = ")).expect("a value");
    line.parse().expect("a number")
}

/// What `runner export` writes is read back, with seeds and experiments: each figure is that of the trial.
#[test]
fn exports_of_this_program_are_read() {
    let place = Place::with_tiny();
    place.write("pair.toml", format!("{TINY}\n[sweep]\nseeds = 2\n"));
    place.train("pair.toml -q");
    let trial = &place.trials("results/pair")[0];
    let wanted = place.run_json(trial)["result"]["valid_perplexity"].as_f64().expect("a number");
    for (tool, metric) in [
        ("mlflow", "valid_perplexity"),
        ("tensorboard", "perplexity/valid"),
        ("wandb", "valid_perplexity"),
    ] {
        place.run(&format!("export results --to {tool} --out {tool}")).assert_says(0, &[]);
        std::fs::remove_file(place.path("b.toml")).ok();
        expect(&place, &format!("--results {tool} --take best --update"), 0, &["recorded"]);
        let baseline = place.read("b.toml");
        assert!(
            baseline.contains(&format!("[pair]\nstrict = true\nmetric = \"{metric}\"\n")),
            "{tool}: {baseline}"
        );
        assert!(
            baseline.contains("[pair.seeds.7]") && baseline.contains("[pair.seeds.8]"),
            "{baseline}"
        );
        // Event files have single precision.
        let near = (recorded(&place) / wanted - 1.0).abs();
        assert!(near < if tool == "tensorboard" { 1e-6 } else { 1e-15 }, "{tool}: {near}");
        expect(
            &place,
            &format!("--results {tool} --take best"),
            0,
            &["pair: pass: the same figures"],
        );
    }
}

/// The state beside the checkpoints has all that they have; of checkpoints alone the last counts.
#[test]
fn states_of_the_hugging_face_trainer_are_read() {
    let place = Place::new();
    let state = |losses: &[f64]| {
        let entry = |(step, loss): (usize, &f64)| {
            format!(
                "{{\"epoch\": {step}.0, \"step\": {step}, \"loss\": 9.0}}, {{\"epoch\": {step}.0, \"eval_loss\": {loss}, \"eval_runtime\": 0.5, \"step\": {step}}}"
            )
        };
        let entries: Vec<String> = losses.iter().enumerate().map(entry).collect();
        format!(
            "{{\"best_metric\": null, \"global_step\": 3, \"log_history\": [{}]}}",
            entries.join(", ")
        )
    };
    for seed in [1, 2, 3] {
        let last = 2.0 + f64::from(seed) / 100.0;
        let run = format!("out/bert-seed{seed}");
        place.write(&format!("{run}/checkpoint-500/trainer_state.json"), state(&[3.0]));
        place.write(&format!("{run}/checkpoint-1000/trainer_state.json"), state(&[3.0, last]));
    }
    expect(&place, "--results out --take last --update", 0, &["bert"]);
    let baseline = place.read("b.toml");
    for line in ["[bert]\n", "metric = \"eval_loss\"", "[bert.seeds.3]\nvalue = 2.03\n"] {
        assert!(baseline.contains(line), "{line} is not in: {baseline}");
    }
    for seed in [1, 2, 3] {
        let last = (2.0 + f64::from(seed) / 100.0) * 1.05;
        place.write(&format!("out/bert-seed{seed}/trainer_state.json"), state(&[3.0, last]));
    }
    expect(&place, "--results out --take last", 4, &["bert: regression: worse by 5.00 %"]);
    expect(&place, "--results out/{experiment}-seed{seed}/trainer_state.json --take last", 4, &[]);
}

/// A broken record is an error and no end; one that is being written is not there yet.
#[test]
fn damaged_event_files_are_told() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q");
    place.run("export results --to tensorboard --out tb").assert_says(0, &[]);
    let folder = place.trial("tb/tiny");
    let mut files = std::fs::read_dir(place.path(&folder)).expect("a folder");
    let name = files.next().expect("a file").expect("an entry").file_name();
    let file = format!("{folder}/{}", name.to_string_lossy());
    expect(&place, "--results tb --update --take best", 0, &[]);
    let bytes = place.bytes(&file);
    place.write(&file, &bytes[..bytes.len() - 3]);
    expect(&place, "--results tb --take best", 0, &["pass"]);
    let mut broken = bytes.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    place.write(&file, &broken);
    expect(&place, "--results tb --take best", 2, &["the file is damaged"]);
}

/// What MLflow's client, TensorBoard's writer in both of its forms and W&B offline leave.
#[test]
fn mlflow_writes_what_is_read() {
    let place = Place::new();
    let Some(python) = python("mlflow") else { return };
    run_python(
        &place,
        &python,
        "
import os
os.environ['MLFLOW_ALLOW_FILE_STORE'] = 'true'
import mlflow
mlflow.set_tracking_uri('file:' + os.path.abspath('runs'))
mlflow.set_experiment('my: lm')
for seed in (1, 2, 3):
    with mlflow.start_run():
        mlflow.log_params({'seed': seed, 'rate': 0.1})
        for value in (3.0, 2.0 + seed / 64):
            mlflow.log_metric('val/loss', value)
",
    );
    let says = ["my: lm", "val/loss"];
    expect(&place, "--results runs --update --take last", 0, &says);
    assert!(place.read("b.toml").contains("[\"my: lm\".seeds.3]\nvalue = 2.046875\n"));
}

#[test]
fn tensorboard_writes_what_is_read() {
    let place = Place::new();
    let Some(python) = python("tensorboard.summary.writer") else { return };
    run_python(
        &place,
        &python,
        "
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter
for seed in (1, 2, 3):
    writer = EventFileWriter(f'tb/gru/seed{seed}')
    for value in (3.0, 2.0 + seed / 64):
        simple = Summary(value=[Summary.Value(tag='loss/val', simple_value=value)])
        writer.add_event(Event(step=0, summary=simple))
        writer.add_event(Event(step=0, summary=scalar_pb('accuracy/val', 1 / value)))
    writer.close()
",
    );
    let metrics = "--metric loss/val --metric accuracy/val";
    expect(
        &place,
        &format!("--results tb {metrics} --update --take last"),
        0,
        &["gru/accuracy/val"],
    );
    assert!(
        place.read("b.toml").contains("[gru.seeds.3]\nvalue = 2.046875\n"),
        "{}",
        place.read("b.toml")
    );
    expect(&place, "--results tb", 0, &["gru: pass", "gru/accuracy/val: pass"]);
}

#[test]
fn wandb_writes_what_is_read() {
    let place = Place::new();
    let Some(python) = python("wandb.sdk") else { return };
    run_python(&place, &python, "
import os
os.environ.update(WANDB_MODE='offline', WANDB_SILENT='true')
import wandb
for seed in (1, 2):
    run = wandb.init(project='texts', group='lstm', config={'seed': seed}, settings=wandb.Settings(console='off'))
    for value in (3.0, 2.0 + seed / 64):
        run.log({'val': {'loss': value}})
    run.finish()
");
    expect(&place, "--results wandb --update", 0, &["lstm"]);
    assert!(
        place.read("b.toml").contains("[lstm.seeds.2]\nvalue = 2.03125\n"),
        "{}",
        place.read("b.toml")
    );
}
