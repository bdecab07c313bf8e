//! What is published: `docs/spec.md` and `schema/runner.schema.json` say what the program does, and
//! the specs of the README load. `UPDATE_DOCS=1 cargo test --release --test reference` writes the
//! first two anew.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use samebits::spec::keys::{Default, Key, Table};
use samebits::spec::schema;
use samebits::spec::table::{RIVALS, TABLES};
use serde_json::Value as Json;

/// The part of `docs/spec.md` between these lines is made from the table of keys.
const BEGIN: &str = "<!-- keys: made from src/spec/experiment/ by tests/reference.rs -->\n";
const END: &str = "<!-- end of keys -->\n";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file with Unix line ends.
fn read(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.replace("\r\n", "\n")
}

/// Holds a file against what it should be, or writes it.
fn compare(path: &str, found: &str, right: &str) {
    let path = repository(path);
    if env::var_os("UPDATE_DOCS").is_some() {
        if found != right {
            fs::write(&path, right).expect("written");
        }
        return;
    }
    let line = found.lines().zip(right.lines()).position(|(found, right)| found != right);
    assert!(
        found == right,
        "{} is out of date (line {}): run UPDATE_DOCS=1 cargo test --release --test reference",
        path.display(),
        line.unwrap_or(found.lines().count().min(right.lines().count())) + 1
    );
}

#[test]
fn the_reference_of_keys_is_current() {
    let found = read(&repository("docs/spec.md"));
    let (before, rest) = found.split_once(BEGIN).expect("docs/spec.md lacks the line before");
    let (_, after) = rest.split_once(END).expect("docs/spec.md lacks the line after");
    let right = format!("{before}{BEGIN}{}\n{END}{after}", tables());
    compare("docs/spec.md", &found, &right);
}

#[test]
fn the_published_schema_is_current() {
    let path = "schema/runner.schema.json";
    let right = format!("{}\n", schema());
    compare(path, &read(&repository(path)), &right);
}

#[test]
fn every_shipped_experiment_names_the_schema() {
    for (folder, up) in [("experiments", ".."), ("experiments/sweeps", "../..")] {
        for entry in fs::read_dir(repository(folder)).expect("the folder of experiments") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = read(&path);
                let first = format!("#:schema {up}/schema/runner.schema.json");
                assert_eq!(text.lines().next(), Some(first.as_str()), "{}", path.display());
            }
        }
    }
}

#[test]
fn the_specs_that_pages_show_are_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let experiments = folder.path().join("experiments");
    fs::create_dir(&experiments).expect("made");
    let base = "lstm_seinfeld.toml";
    fs::copy(repository("experiments").join(base), experiments.join(base)).expect("copied");
    for page in ["README.md", "docs/writing_a_spec.md"] {
        let text = read(&repository(page));
        let blocks: Vec<_> = text.split("\n```toml\n").skip(1).collect();
        assert!(blocks.len() >= 3, "{page}");
        for block in blocks {
            let spec = block.split("```").next().unwrap_or_default();
            let path = experiments.join("block.toml");
            fs::write(&path, spec).expect("written");
            if let Err(errors) = samebits::spec::load(&path, &[]) {
                panic!("{page}: {errors}: {:?}\n{spec}", errors.problems());
            }
        }
    }
}

/// A section for each table of a spec.
fn tables() -> String {
    TABLES.iter().fold(String::new(), |mut text, table| {
        let _ = write!(text, "\n## {}\n\n{}\n", heading(table), table.about);
        if table.keys.is_empty() {
            return text;
        }
        text += "\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
        for key in &table.keys {
            let name = key.name();
            let cells = [format!("`{name}`"), key.expected(), default(key), meaning(key)];
            let _ = writeln!(text, "| {} |", cells.map(|cell| escaped(&cell)).join(" | "));
        }
        for key in &table.keys {
            text += &words(key);
        }
        text
    })
}

fn heading(table: &Table) -> String {
    match table.path {
        "" => "The top of the file".to_owned(),
        _ => format!("`{}`", table.title()),
    }
}

/// What holds where the key is not written.
fn default(key: &Key) -> String {
    match &key.default {
        Default::Required => "must be written".to_owned(),
        Default::Absent => "none".to_owned(),
        Default::Value(value) => format!("`{}`", toml(value)),
        Default::By { values, .. } => {
            let values = values.iter().map(|(word, value)| format!("{word} `{}`", toml(value)));
            values.collect::<Vec<_>>().join(", ")
        }
    }
}

/// A default in TOML.
fn toml(value: &Json) -> String {
    match value {
        Json::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| format!("{name} = {value}"));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        Json::Number(number) if number.is_f64() => {
            format!("{:?}", number.as_f64().unwrap_or_default())
        }
        value => value.to_string(),
    }
}

/// What the key is about, and with what it goes.
fn meaning(key: &Key) -> String {
    let mut text = key.about.to_owned();
    if let Some(when) = key.when {
        let words: Vec<_> = when.words.iter().map(|word| format!("`\"{word}\"`")).collect();
        let _ = write!(text, " Only with `{}` = {}.", when.key, words.join(" or "));
    }
    let rival = RIVALS.iter().find_map(|pair| match key.path {
        path if path == pair.first => Some(pair.second),
        path if path == pair.second => Some(pair.first),
        _ => None,
    });
    if let Some(rival) = rival {
        let _ = write!(text, " Not together with `{rival}`.");
    }
    text
}

/// The words that the key takes, and what each means.
fn words(key: &Key) -> String {
    use samebits::spec::keys::Kind;
    let forms: Vec<_> = match key.kind {
        Kind::Word(words) => {
            words.iter().map(|word| (format!("\"{}\"", word.name), word.about)).collect()
        }
        Kind::Choice { words, tables } => {
            let words = words.iter().map(|word| (format!("\"{}\"", word.name), word.about));
            let tables =
                tables.iter().map(|(word, _)| (format!("{{ {} = x }}", word.name), word.about));
            words.chain(tables).collect()
        }
        _ => return String::new(),
    };
    forms.iter().fold(format!("\n`{}`:\n\n", key.path), |mut text, (form, about)| {
        let _ = writeln!(text, "- `{form}`: {}", escaped(about));
        text
    })
}

/// A text in which Markdown sees neither a tag nor the end of a cell.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace('|', "\\|")
}
