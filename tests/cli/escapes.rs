//! What people see does not act: names, keys, messages and texts from elsewhere are shown on a terminal
//! as visible signs, and tables are not run by spreadsheets.

use crate::support::{Ended, Place, TINY};

/// Sets a terminal's title and its colour, in both kinds of control characters, and turns the direction.
const ESCAPES: &str = "\u{1b}]0;PWNED\u{7}\u{1b}[31m\u{9b}31m\u{202e}\u{2066}\u{200f}";

/// Asserts that nothing on the streams acts, and that `shows` is there.
fn assert_visible(ended: &Ended, shows: &str) {
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let acts = |letter: char| letter != '\n' && samebits::streams::acts(letter);
    assert!(!said.contains(acts), "{said:?}");
    assert!(said.contains(shows), "{shows:?} is not in: {said}");
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|letter| format!("\\U{:08x}", u32::from(letter)));
    format!("\"{}\"", escaped.collect::<String>())
}

#[test]
fn specs_and_corpora_do_not_act() {
    let place = Place::with_tiny();
    let name = format!("a{}b.txt", ESCAPES.replace('/', "_"));
    place.write(&format!("folder/{name}"), place.read("tale.txt"));
    let spec = |name: &str, from: &str, to: &str| {
        assert!(TINY.contains(from));
        place.write(&format!("{name}.toml"), TINY.replace(from, to));
    };
    spec("folder", "tale.txt", "folder");
    spec("missing", "\"tale.txt\"", &quoted(ESCAPES));
    spec("key", "hidden_size", &quoted(&format!("hid{ESCAPES}den")));
    spec("value", "\"lstm\"", &quoted(&format!("ls{ESCAPES}tm")));
    spec("raw", "seed = 7", &format!("seed = 7 # {ESCAPES}\nsed = 1"));
    spec("prefix", "the ", "the \\u001b[31m\\u202e");
    place.write("base.toml", format!("extends = {}\n{TINY}", quoted(ESCAPES)));
    place.write(&format!("{ESCAPES}.toml"), "x = 1\n");
    for (spec, shows) in [
        ("folder", "␛[31m"),
        ("missing", "␛[31m"),
        ("key", "31m"),
        ("value", "31m"),
        ("raw", "sed"),
        ("prefix", "prefix"),
        ("base", "␛]0;PWNED"),
        (ESCAPES, "␛]0;PWNED␇␛[31m⟨U+009B⟩31m⟨U+202E⟩⟨U+2066⟩⟨U+200F⟩.toml"),
    ] {
        for before in ["plan ", ""] {
            assert_visible(&place.run(&format!("{before}{spec}.toml -j 1 --threads 1")), shows);
        }
    }
}

#[test]
fn results_do_not_act() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q -s sweep.seeds=2");
    let trial = place.trials("results/tiny").remove(0);
    let record = place.run_json(&trial);
    let forge = |field: &str, value: &str| {
        let mut record = record.clone();
        record.as_object_mut().expect("a table").remove("sha256");
        record["status"] = "failed".into();
        record[field] = format!("{value}\n{ESCAPES}").into();
        place.write(&format!("{trial}/run.json"), record.to_string());
    };
    forge("error", "boom");
    let board = place.run("board results --trials");
    assert_visible(&board, "boom␊␛]0;PWNED␇␛[31m⟨U+009B⟩31m⟨U+202E⟩⟨U+2066⟩⟨U+200F⟩");
    assert_visible(&place.run("board results --trials --json"), "\\u009b");
    // What is for other programs stays as it was.
    assert!(place.run("board results --trials --csv").stdout.contains(ESCAPES));
    forge("status", "odd");
    for arguments in ["compare results", "report results", "verify", "sample", "tiny.toml"] {
        let arguments = arguments.replace("verify", &format!("verify {trial}"));
        let arguments = arguments.replace("sample", &format!("sample {trial}"));
        assert_visible(&place.run(&arguments), "");
    }
}

/// A text that is written into a file or pipe is what the model wrote; on a terminal it does nothing.
#[cfg(unix)]
#[test]
fn samples_are_raw_but_for_a_terminal() {
    use crate::what_goes_away::terminal;
    use std::io::Read;
    use std::process::Stdio;
    let place = Place::with_tiny();
    place.write("tale.txt", "\u{1b}]0;PWNED\u{7}\u{9b}31m".repeat(200));
    place.write("tiny.toml", TINY.replace("the ", "\\u001b"));
    assert_visible(&place.run("tiny.toml -j 1 --threads 1 --json"), "\\u009b");
    let arguments = "sample results/tiny --length 40";
    let raw = place.run(arguments).stdout;
    assert!(raw.contains("\u{1b}"), "{raw:?}");
    let (mut controller, end) = terminal();
    let mut command = place.command(arguments);
    command.stdin(Stdio::null()).stdout(end);
    let mut child = command.spawn().expect("it runs");
    drop(command);
    let mut shown = Vec::new();
    let _ = controller.read_to_end(&mut shown);
    assert!(child.wait().expect("it ended").success());
    let shown = String::from_utf8(shown).expect("UTF-8");
    assert!(shown.contains('␛') && !shown.contains('\u{1b}'), "{shown:?}");
    assert_eq!(shown.trim_end(), samebits::streams::visible(raw.trim_end()));
}

/// Class names that begin like formulas.
#[test]
fn cells_are_not_run_and_read_back() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q");
    let trial = place.trial("results/tiny");
    let mut record = place.run_json(&trial);
    record.as_object_mut().expect("a table").remove("sha256");
    record["status"] = "failed".into();
    record["error"] = "=cmd|' /C calc'!A0".into();
    place.write(&format!("{trial}/run.json"), record.to_string());
    let csv = place.run("board results --trials --csv").stdout;
    assert!(csv.contains(",'=cmd|") && !csv.contains(",=cmd"), "{csv}");
    // The summary as it is written, and read where there is no plan.
    place.train("tiny.toml -q -s training.epochs=1");
    let summary = place.table("results/tiny/summary.csv");
    assert!(summary.iter().any(|row| row.last().is_some_and(|why| why.starts_with("'=cmd"))));
    std::fs::remove_file(place.path("results/tiny/plan.json")).expect("removed");
    let board = place.run("board results --trials --json");
    assert!(board.stdout.contains("\"=cmd|"), "{}", board.stdout);
}
