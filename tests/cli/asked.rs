//! What people ask for is what they get: of a trained network, which reads text as the training text
//! was read, or refuses it, and of a leaderboard.

use crate::support::{Ended, Place, tale};
use crate::tasks::{TASKS, place};
use std::process::Output;

/// `sample` with one argument that may hold spaces.
fn ask(place: &Place, run: &str, option: &str, text: &str) -> Ended {
    let mut command = place.command(&format!("sample results/{run} {option}"));
    command.arg(text);
    Ended::of(command)
}

/// A leaderboard leaves out what says nothing of its own accord, but nothing that was asked for.
#[test]
fn a_column_that_was_asked_for_is_shown() {
    let place = Place::with_tiny();
    place.train("tiny.toml -q");
    let shown = place.run("board --columns seeds,valid_bits_per_byte").stdout;
    for column in ["seeds", "valid_bits_per_byte"] {
        assert!(shown.contains(column), "{shown}");
        assert!(!place.run("board").stdout.contains(column), "{column}");
    }
}

#[test]
fn an_empty_text_is_refused_by_every_task() {
    let place = place();
    place.train("specs -q");
    for (name, _) in TASKS {
        for text in ["", " ", "\n", " \t\r\n"] {
            let ended = ask(&place, name, "--text", text);
            let says = match name {
                "regression" | "autoencoder" => "answers no --text",
                _ => "nothing is left of the text to be read",
            };
            ended.assert_says(2, &[says]);
        }
    }
    place.write("lm.toml", "data.corpus = 'tale.txt'\nmodel.hidden_size = 5\ntraining.steps = 2\n");
    place.train("lm.toml -q");
    ask(&place, "lm", "-l 5 -p", "").assert_says(0, &[]);
    ask(&place, "lm", "--text", "").assert_says(2, &["answers no --text"]);
}

#[test]
fn a_text_of_unknown_words_alone_is_answered_or_refused() {
    let place = place();
    place.train("specs -q");
    let unknown = |name: &str| ask(&place, name, "--text", "xyzzy plugh");
    unknown("binary").assert_says(0, &[]);
    assert!(unknown("binary").stdout.contains("2 of 2 tokens are none that it knows"));
    for name in ["tagging", "tagging_a_text", "attention", "translation"] {
        unknown(name).assert_says(2, &["is not in the vocabulary"]);
    }
    unknown("skip_gram").assert_says(2, &["is not one word"]);
    ask(&place, "skip_gram", "--text", "xyzzy").assert_says(2, &["\"xyzzy\" is not in"]);
    place.train("specs/attention.toml -q -s data.min_count=2 -o open");
    let mut command = place.command("sample open/attention --text");
    command.arg("xyzzy two");
    Ended::of(command).assert_says(0, &["note: parts of the text", "are read as <unk>"]);
}

#[test]
fn texts_are_read_over_several_lines() {
    let place = place();
    let whole = "-s data.valid_fraction=0.0 -s data.test_fraction=0.0";
    place.train(&format!(
        "specs/tagging_a_text.toml specs/attention.toml specs/binary.toml -q {whole}"
    ));
    for (name, text) in
        [("tagging_a_text", "a dog\r\nran "), ("attention", "one\n two"), ("binary", "a\nday")]
    {
        let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let [one, other] = [text, &plain].map(|text| ask(&place, name, "--text", text));
        assert_eq!((one.code, &one.stdout), (Some(0), &other.stdout), "{}", one.stderr);
    }
}

#[test]
fn a_prefix_is_cleaned_as_the_training_text_was() {
    let place = Place::new();
    place.write(
        "lm.toml",
        "[data]\ncorpus = 'tale.txt'\nletters_only = true\nlowercase = true\nmax_characters = 1000\n\
         valid_fraction = 0.0\ntest_fraction = 0.0\nbatch_size = 2\nsequence_length = 10\n\
         [model]\nhidden_size = 6\n[training]\nepochs = 1\n[generation]\nprefixes = ['The, ']\n",
    );
    place.train("lm.toml -q");
    let sample = |prefix: &str| {
        let ended = ask(&place, "lm", "-l 20 -p", prefix);
        ended.assert_says(0, &[]);
        ended.stdout
    };
    let plain = sample("the lamp ");
    assert!(plain.starts_with("the lamp "), "{plain}");
    for same in ["The Lamp ", "the, lamp: ", "«the» lamp!", " the lamp -- "] {
        assert_eq!(sample(same), plain, "{same:?}");
    }
    assert!(place.run("sample results/lm -l 0").stdout == "the \n");
    assert_ne!(sample("the lamp"), plain);
    // A space at either end stays where the training text keeps its spaces.
    place.train("lm.toml -q -s data.letters_only=false -s generation.prefixes=['the'] -o kept");
    let mut command = place.command("sample kept/lm -l 0 -p");
    command.arg(" The ");
    assert_eq!(Ended::of(command).stdout, " the \n");
}

#[cfg(unix)]
#[test]
fn bytes_are_taken_and_written_as_they_are() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    // Latin-1.
    place.write("text.txt", b"d\xe9j\xe0 vu gar\xe7on \xe9t\xe9\n".repeat(80));
    let spec = "[data]\ncorpus = 'text.txt'\nlevel = 'byte'\nbatch_size = 2\nsequence_length = 8\n\
                valid_fraction = 0.0\ntest_fraction = 0.0\n[model]\nhidden_size = 32\n\
                [training]\nepochs = 20\nlearning_rate = 0.01\n\
                [generation]\nprefixes = ['d']\nlength = 13\ntemperature = 0.0\n";
    place.write("b.toml", spec);
    place.train("b.toml -q");
    let sample = |options: &str, prefix: &[u8]| -> Output {
        let mut command = place.command(&format!("sample results/b {options} -p"));
        command.arg(OsStr::from_bytes(prefix));
        command.output().expect("it runs")
    };
    let greedy = sample("-l 13 -t 0", b"d");
    assert_eq!(greedy.stdout, b"d\xe9j\xe0 vu gar\xe7on\n");
    assert_eq!(sample("-l 8 -t 0", b"d\xe9j\xe0").stdout, b"d\xe9j\xe0 vu gar\xe7\n");
    // In the files of a run the bytes are readable.
    let samples = place.read(&format!("{}/samples.txt", place.trial("results/b")));
    assert!(samples.ends_with("d\\xe9j\\xe0 vu gar\\xe7on\n\n"), "{samples}");
    let unknown = sample("-l 1", b"\xff");
    let said = String::from_utf8(unknown.stderr).expect("UTF-8");
    assert_eq!(unknown.status.code(), Some(2), "{said}");
    assert!(said.contains("`0xff` is not in the vocabulary"), "{said}");
    // Half a character at the end is half a character.
    place.write("text.txt", "éàü".repeat(300));
    std::fs::remove_dir_all(place.path("results/b")).expect("removed");
    place.train("b.toml -q -s generation.prefixes=['é'] -s generation.length=3");
    assert_eq!(sample("-l 3 -t 0", "é".as_bytes()).stdout, b"\xc3\xa9\xc3\xa0\xc3\n");
    let samples = place.read(&format!("{}/samples.txt", place.trial("results/b")));
    assert!(samples.ends_with("éà\\xc3\n\n"), "{samples}");
    // Other levels take UTF-8.
    place.write("text.txt", tale(1_000));
    place.train("b.toml -q -s data.level='char' --fresh");
    place.write("c.toml", spec.replace("'byte'", "'char'"));
    place.train("c.toml -q");
    let mut command = place.command("sample results/c -p");
    command.arg(OsStr::from_bytes(b"d\xe9"));
    Ended::of(command).assert_says(2, &["not UTF-8: byte 0xe9 at position 1", "level `byte`"]);
}
