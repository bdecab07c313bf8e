//! Results from elsewhere: what their files say is data. It is not executed, and decides no path; and
//! no link leads a run or a page out of them.

use crate::support::{Ended, Place, TINY};
use serde_json::Value;
use std::collections::BTreeSet;

/// Texts that end a string, a line or a path, or act on whoever prints them.
fn hostile(place: &Place) -> Vec<String> {
    let outside = place.path("PWNED").display().to_string();
    [
        "\"; import os; os.system('touch PWNED') #",
        "x\"\"\"\nimport os\nos.system(\"touch PWNED\")\n\"\"\"",
        "x'''\\\nopen('PWNED', 'w')\n'''",
        "{__import__('os').system('touch PWNED')}",
        "../../../../PWNED",
        "/",
        outside.as_str(),
        "\u{1b}]0;PWNED\u{7}\u{1b}[31m\u{9b}31m\r\u{8}\u{202e}\u{2066}\u{200f}",
        "a\u{0}b",
        "=cmd|' /C touch PWNED'!A0",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["long ".repeat(20_000)])
    .collect()
}

/// The places of all texts in a JSON value; of a long list, those of its first two.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| texts(value, &format!("{at}/{key}"), found));
        }
        Value::Array(values) => {
            let values = values.iter().take(2).enumerate();
            values.for_each(|(index, value)| texts(value, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// All files and folders of a place. The name of an event file has the moment of the start.
fn everything(place: &Place) -> BTreeSet<String> {
    let entries = walkdir::WalkDir::new(place.path("")).into_iter();
    let paths = entries.map(|entry| entry.expect("an entry").path().display().to_string());
    paths
        .map(|path| match path.split_once("/events.out.tfevents.") {
            Some((folder, _)) => format!("{folder}/events"),
            None => path,
        })
        .collect()
}

/// What the commands that read a trial's files are called with: all but `verify`, which trains.
fn readers(trial: &str) -> [String; 6] {
    [
        "board deep/results --trials".to_owned(),
        "compare deep/results/tiny".to_owned(),
        "report deep/results --out deep/page.html".to_owned(),
        "export deep/results --to tensorboard".to_owned(),
        format!("sample {trial} --length 5"),
        format!("export {trial} --to pytorch"),
    ]
}

/// The commands do what they did, or end in an error; and no file is where it should not be.
fn assert_inert(place: &Place, commands: &[String], wanted: &BTreeSet<String>, what: &str) {
    for arguments in commands {
        let Ended { code, stdout, stderr } = place.run(arguments);
        assert!(code.is_some_and(|code| code <= 5), "{arguments}, {what}: {stdout}{stderr}");
        assert!(!stderr.contains("panicked"), "{arguments}, {what}: {stderr}");
    }
    let found = everything(place);
    let odd: Vec<_> = found.symmetric_difference(wanted).collect();
    assert!(odd.is_empty(), "{what}: {odd:?}");
}

#[test]
fn a_record_from_elsewhere_writes_no_code_and_no_path() {
    let place = Place::in_memory();
    place.write("tiny.toml", TINY);
    place.train("tiny.toml -q -o deep/results -s sweep.seeds=2");
    let trial = place.trials("deep/results/tiny").remove(0);
    let mut record = place.run_json(&trial);
    let fields = record.as_object_mut().expect("a table");
    fields.remove("sha256");
    for field in ["error", "stopped", "git_commit"] {
        fields.insert(field.to_owned(), "x".into());
    }
    fields["warnings"] = vec!["x"].into();
    fields["data"]["notes"] = vec!["x"].into();
    let readers = readers(&trial);
    for arguments in &readers {
        place.run(arguments).assert_says(0, &[]);
    }
    let (wanted, model) = (everything(&place), place.read(&format!("{trial}/pytorch/model.py")));
    let mut fields = Vec::new();
    texts(&record, "", &mut fields);
    assert!(fields.len() > 30, "{fields:?}");
    // Without a sum it is taken as it is.
    let write = |record: &Value| place.write(&format!("{trial}/run.json"), record.to_string());
    for value in hostile(&place) {
        let shown: String = value.chars().take(20).collect();
        for field in &fields {
            let mut forged = record.clone();
            *forged.pointer_mut(field).expect("a field") = value.clone().into();
            write(&forged);
            assert_inert(&place, &readers, &wanted, &format!("{field}: {shown:?}"));
            let exported = place.read(&format!("{trial}/pytorch/model.py"));
            assert_eq!(exported, model, "{field}: {shown:?}");
        }
        // All at once of what does not keep a run from being trained again.
        let mut forged = record.clone();
        for field in ["/experiment", "/trial", "/runner_version", "/git_commit", "/machine/os"] {
            *forged.pointer_mut(field).expect("a field") = value.clone().into();
        }
        write(&forged);
        assert_inert(&place, &[format!("verify {trial} -q")], &wanted, &shown);
    }
}

#[test]
fn exported_names_are_those_of_the_folders() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q");
    let trial = place.trial("results/tiny");
    let mut record = place.run_json(&trial);
    let fields = record.as_object_mut().expect("a table");
    fields.remove("sha256");
    for field in ["experiment", "trial", "runner_version"] {
        fields.insert(field.to_owned(), "/x/../\"y".into());
    }
    place.write(&format!("{trial}/run.json"), record.to_string());
    place.run("export results --to tensorboard --out board").assert_says(0, &[]);
    let name = &trial["results/tiny/".len()..];
    assert_eq!(place.trial("board/tiny"), format!("board/tiny/{name}"));
    place.run("export results/tiny --to pytorch --out torch").assert_says(0, &[]);
    let said: Value = serde_json::from_str(&place.read("torch/trial.json")).expect("JSON");
    let wanted =
        serde_json::json!({"experiment": "tiny", "trial": name, "runner_version": "/x/../\"y"});
    assert_eq!(said, wanted);
    place.run("report results --out page.html").assert_says(0, &[]);
    assert!(place.read("page.html").contains(&format!("spec.toml of {name}")));
    // An experiment without its plan: the summary says under which names its trials stand.
    std::fs::remove_file(place.path("results/tiny/plan.json")).expect("removed");
    let summary = place.read("results/tiny/summary.csv");
    place.run("sample results/tiny").assert_says(0, &[]);
    for forged in ["../tiny", "/", ".."] {
        place.write(
            "results/tiny/summary.csv",
            summary.replace(&format!("\n{name},"), &format!("\n{forged},")),
        );
        place.run("board results/tiny").assert_says(2, &["is the name of no trial"]);
        place.run("sample results/tiny").assert_says(2, &[]);
    }
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// Commands that would go through a link in a trial's folder.
    const THROUGH: [&str; 6] = [
        "board results",
        "compare results/tiny",
        "report results --out page.html",
        "sample results/tiny",
        "export results --to tensorboard",
        "verify results/tiny -q",
    ];

    const LINK: &str = "is a symbolic link that does not stay in";

    /// A finished trial, and a folder of someone else's.
    fn place() -> (Place, String) {
        let place = Place::with_tiny();
        place.train("tiny.toml -q");
        place.write("victim/metrics.csv", "precious");
        place.write("victim/.new-draft", "draft");
        let trial = place.trial("results/tiny");
        (place, trial)
    }

    fn assert_untouched(place: &Place) {
        let entries = fs::read_dir(place.path("victim")).expect("a folder");
        let names: BTreeSet<_> = entries.map(|entry| entry.expect("it").file_name()).collect();
        assert_eq!(names, BTreeSet::from([".new-draft", "metrics.csv"].map(Into::into)));
        let [metrics, draft] = ["metrics.csv", ".new-draft"].map(|it| format!("victim/{it}"));
        assert_eq!(place.read(&metrics) + &place.read(&draft), "preciousdraft");
    }

    #[test]
    fn a_trial_that_is_a_link_is_neither_written_nor_read() {
        let (place, trial) = place();
        fs::rename(place.path(&trial), place.path("kept")).expect("moved");
        symlink(place.path("victim"), place.path(&trial)).expect("linked");
        for arguments in ["", "--fresh", "--force"] {
            place.run(&format!("tiny.toml --threads 1 {arguments}")).assert_says(1, &[LINK]);
            assert_untouched(&place);
        }
        place.run("worker results/tiny --index 0").assert_says(1, &[LINK]);
        assert_untouched(&place);
        // Nor one to a whole trial.
        fs::remove_file(place.path(&trial)).expect("removed");
        symlink(place.path("kept"), place.path(&trial)).expect("linked");
        for arguments in THROUGH {
            place.run(arguments).assert_says(2, &[LINK]);
        }
        for slash in ["", "/"] {
            place.run(&format!("export {trial}{slash} --to pytorch")).assert_says(2, &[LINK]);
        }
        assert!(!place.path("kept/pytorch").exists());
    }

    #[test]
    fn links_in_a_trial_do_not_lead_out_of_it() {
        let (place, trial) = place();
        for name in ["checkpoint", "metrics.csv", "run.json", "samples.txt", "perplexity.svg"] {
            let (path, aside) = (place.path(&format!("{trial}/{name}")), place.path("aside"));
            fs::rename(&path, &aside).expect("moved");
            let target = if name == "checkpoint" { "victim" } else { "victim/metrics.csv" };
            symlink(place.path(target), &path).expect("linked");
            place.run("tiny.toml -q --threads 1").assert_says(1, &[LINK, name]);
            for arguments in THROUGH {
                place.run(arguments).assert_says(2, &[LINK, name]);
            }
            assert_untouched(&place);
            fs::remove_file(&path).expect("removed");
            fs::rename(&aside, &path).expect("moved");
        }
        place.train("tiny.toml -q");
        symlink("metrics.csv", place.path(&format!("{trial}/rows.csv"))).expect("linked");
        place.run("verify results/tiny -q").assert_says(0, &[]);
    }

    #[test]
    fn exports_stay_in_the_run_or_where_they_are_wanted() {
        let (place, trial) = place();
        symlink(place.path("victim"), place.path(&format!("{trial}/pytorch"))).expect("linked");
        place.run(&format!("export {trial} --to pytorch")).assert_says(2, &[LINK]);
        fs::remove_file(place.path(&format!("{trial}/pytorch"))).expect("removed");
        symlink(place.path("victim"), place.path("results/tensorboard")).expect("linked");
        place.run("export results --to tensorboard").assert_says(1, &[LINK]);
        assert_untouched(&place);
        fs::create_dir(place.path("mine")).expect("made");
        symlink("mine", place.path("out")).expect("linked");
        place.run(&format!("export {trial} --to pytorch --out out")).assert_says(0, &[]);
        place.run("export results --to tensorboard --out out").assert_says(0, &[]);
        place.run("report results --out out/page.html").assert_says(0, &[]);
        for name in ["model.py", "tiny", "page.html"] {
            assert!(place.path(&format!("mine/{name}")).exists(), "{name}");
        }
    }

    #[test]
    fn the_results_may_be_a_link_but_no_experiment() {
        let place = Place::with_tiny();
        fs::create_dir(place.path("scratch")).expect("made");
        symlink("scratch", place.path("results")).expect("linked");
        place.train("tiny.toml -q");
        place.train("tiny.toml -q -s training.epochs=3");
        for arguments in THROUGH {
            place.run(arguments).assert_says(0, &[]);
        }
        symlink("scratch/tiny", place.path("named")).expect("linked");
        for arguments in ["board named", "sample named", "worker named --index 0"] {
            place.run(arguments).assert_says(0, &[]);
        }
        fs::rename(place.path("scratch/tiny"), place.path("moved")).expect("moved");
        symlink(place.path("moved"), place.path("scratch/tiny")).expect("linked");
        place.run("tiny.toml -q --threads 1").assert_says(1, &[LINK]);
        place.run("board results").assert_says(2, &[LINK]);
    }
}
