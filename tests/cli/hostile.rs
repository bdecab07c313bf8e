//! Hostile files: a located error before any large allocation, never a panic, never a file outside
//! of the results.

use crate::support::{Ended, Place, TINY, tale};
use std::fs::File;

fn with(place: &Place, arguments: &str) -> Ended {
    place.run(&format!("tiny.toml -j 1 --threads 1 {arguments}"))
}

/// An empty file of so many bytes, which takes no room on the disk.
fn sparse(place: &Place, name: &str, bytes: u64) {
    place.write(name, "");
    let file = File::options().write(true).open(place.path(name)).expect("opened");
    file.set_len(bytes).expect("lengthened");
}

#[test]
fn specs_that_are_no_specs() {
    let place = Place::with_tiny();
    sparse(&place, "huge.toml", 4 << 30);
    place.run("huge.toml").assert_says(2, &["huge.toml is larger than 1 MiB"]);
    place.write("deep.toml", format!("x = {}", "[".repeat(1000)));
    place.run("deep.toml").assert_says(2, &["deep.toml:1:", "nested"]);
    place.write("keys.toml", format!("{} = 1", vec!["a"; 1000].join(".")));
    place.run("keys.toml").assert_says(2, &["keys.toml:1:", "segments"]);
    place.write("bytes.toml", [0x00, 0xff, 0xfe]);
    place.run("bytes.toml").assert_says(2, &["bytes.toml is not UTF-8"]);
    assert!(!place.path("results").exists());
}

#[test]
fn sizes_that_no_machine_holds() {
    let place = Place::with_tiny();
    for keys in [
        "-s model.hidden_size=65536 -s model.layers=64",
        "-s model.hidden_size=65536 -s model.layers=64 -s model.architecture=rnn",
        "-s model.hidden_size=60000 -s model.layers=40 -s model.embedding_size=60000",
    ] {
        let says = ["this model takes at least", "--set:1:19", "model.hidden_size"];
        with(&place, keys).assert_says(2, &says);
        place.run(&format!("plan tiny.toml {keys}")).assert_says(2, &["this model takes"]);
    }
    with(&place, "-s data.batch_size=1000000 -s data.sequence_length=1000000")
        .assert_says(2, &["tokens; one batch", "needs 1000001000000", "--set:1:17"]);
    let many = format!(
        "[sweep.grid]\n'seed' = {:?}\n'model.layers' = [1, 2, 3]\n",
        (1..=40_000).collect::<Vec<_>>()
    );
    place.write("many.toml", TINY.to_owned() + &many);
    place.run("many.toml").assert_says(2, &["the sweep has 120000 trials"]);
    assert!(!place.path("results").exists());
}

#[test]
fn corpora_that_are_no_text() {
    let place = Place::with_tiny();
    sparse(&place, "huge.txt", 200 << 30);
    with(&place, "-s data.corpus=huge.txt")
        .assert_says(2, &["`huge.txt` takes the corpus over", "--set:1:13"]);
    place.write("empty.txt", "");
    with(&place, "-s data.corpus=empty.txt").assert_says(2, &["holds no text"]);
    place.write("short.txt", "abc");
    with(&place, "-s data.corpus=short.txt").assert_says(2, &["one batch", "needs 44"]);
    place.write("same.txt", "a".repeat(2_000));
    with(&place, "-s data.corpus=same.txt").assert_says(0, &[]);
}

#[cfg(unix)]
#[test]
fn devices_fifos_and_loops() {
    use std::os::unix::fs::symlink;
    let place = Place::with_tiny();
    for device in ["/dev/zero", "/dev/null"] {
        with(&place, &format!("-s data.corpus={device}"))
            .assert_says(2, &["is not a regular file"]);
        place.run(device).assert_says(2, &["not a regular file"]);
    }
    let fifo = |name: &str| {
        let made = std::process::Command::new("mkfifo").arg(place.path(name)).status();
        assert!(made.expect("mkfifo").success());
    };
    fifo("pipe.toml");
    place.run("pipe.toml").assert_says(2, &["pipe.toml: it is not a regular file"]);
    place.write("loop/a.txt", tale(2_000));
    symlink("../loop", place.path("loop/round.txt")).expect("linked");
    with(&place, "-s data.corpus=loop").assert_says(2, &["`loop/round.txt` leads back to `loop`"]);
    symlink("self.txt", place.path("self.txt")).expect("linked");
    with(&place, "-s data.corpus=self.txt").assert_says(2, &["cannot read `self.txt`"]);
    symlink("own.toml", place.path("own.toml")).expect("linked");
    place.run("own.toml").assert_says(2, &["cannot read own.toml"]);
    // In the place of results.
    place.train("tiny.toml");
    let trial = place.trials("results/tiny").remove(0);
    for name in ["run.json", "metrics.csv", "checkpoint/state.safetensors"] {
        let path = place.path(&format!("{trial}/{name}"));
        std::fs::remove_file(&path).expect("removed");
        fifo(&format!("{trial}/{name}"));
        let ended = place.run("specs tiny.toml -q -o results");
        assert!(ended.code.is_some(), "{name}: it hangs");
        let _ = std::fs::remove_file(path);
    }
}

#[test]
fn names_stay_within_the_results() {
    let place = Place::new();
    for name in ["...toml", "..toml", "NUL.toml", "a:b.toml"] {
        place.write(&format!("specs/{name}"), TINY.replace("epochs = 2", "steps = 2"));
        place.train(&format!("specs/{name} -q --fresh -o out/results"));
    }
    let names = |folder: &str| {
        let entries = std::fs::read_dir(place.path(folder)).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("out"), ["results"]);
    assert_eq!(names("out/results"), ["NUL_", "_", "a_b"]);
    place.write(
        "long.toml",
        TINY.to_owned()
            + "[sweep.grid]\n'generation.prefixes' = [['../../../a'], ['the\\u0000 \\n:*?<>|']]\n",
    );
    place.train("long.toml -q -o out/long -s data.valid_fraction=0.2");
    for trial in names("out/long/long").iter().filter(|name| name.contains("seed")) {
        assert!(
            trial.chars().all(|c| c.is_ascii_alphanumeric() || "._=,+-".contains(c)),
            "{trial}"
        );
    }
}

/// FIFOs where files of results are expected: an error, and no wait, whoever reads.
#[cfg(unix)]
#[test]
fn readers_of_results_do_not_wait_for_fifos() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q -s sweep.seeds=2");
    let trial = place.trials("results/tiny").remove(0);
    let name = &trial["results/".len()..];
    let fifo = |name: &str| {
        let made = std::process::Command::new("mkfifo").arg(place.path(name)).status();
        assert!(made.expect("mkfifo").success());
    };
    let names = ["run.json", "metrics.csv", "spec.toml", "model.safetensors", "samples.txt"];
    for file in names.into_iter().chain(["checkpoint/state.safetensors", "checkpoint/lock"]) {
        let (path, aside) = (place.path(&format!("{trial}/{file}")), place.path("aside"));
        std::fs::rename(&path, &aside).expect("moved");
        fifo(&format!("{trial}/{file}"));
        for arguments in [
            "board results",
            "board results --charts",
            "compare results/tiny",
            "report results --out page.html",
            "export results --to tensorboard",
            "sample results/tiny",
        ] {
            place.run(arguments).assert_says(2, &[&format!("{name}/{file} is not a regular file")]);
        }
        for arguments in [format!("sample {trial}"), format!("verify {trial} -q")] {
            place.run(&arguments).assert_says(2, &[]);
        }
        let run = "tiny.toml -q -s sweep.seeds=2 -j 1 --threads 1";
        place.run(run).assert_says(1, &[&format!("{name}/{file} is not a regular file")]);
        std::fs::remove_file(&path).expect("removed");
        std::fs::rename(&aside, &path).expect("moved");
    }
    // Beside the trials: the summary is there without the plan, and a run makes both anew.
    for file in ["plan.json", "summary.csv"] {
        std::fs::remove_file(place.path(&format!("results/tiny/{file}"))).expect("removed");
        fifo(&format!("results/tiny/{file}"));
        for (arguments, codes) in [
            ("board results", [0, 2]),
            ("compare results/tiny", [0, 2]),
            ("worker results/tiny/plan.json --index 0", [2, 2]),
        ] {
            let code = place.run(arguments).code;
            assert!(
                code.is_some_and(|code| codes.contains(&code)),
                "{file}, {arguments}: {code:?}"
            );
        }
    }
    place.run("board results").assert_says(2, &[]);
    place.train("tiny.toml -q -s sweep.seeds=2");
    place.run("board results").assert_says(0, &[]);
    // And what a spec names.
    fifo("vectors");
    for path in ["vectors", "/dev/zero"] {
        with(&place, &format!("-s model.embedding='{path}' -s model.embedding_size=8 -o other"))
            .assert_says(3, &["it is not a regular file"]);
    }
    fifo("corpus.txt");
    with(&place, "-s data.corpus=corpus.txt").assert_says(2, &["is not a regular file"]);
    place.write("over.toml", "extends = 'corpus.txt'\n");
    place.run("plan over.toml").assert_says(2, &["it is not a regular file"]);
}
