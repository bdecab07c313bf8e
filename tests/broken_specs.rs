//! What a person sees who got a spec wrong.
//!
//! Each file of `tests/broken` is such a spec; its report is the snapshot of that name. What cannot
//! stand in one readable file stands here.

use std::fs;
use std::path::Path;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use samebits::spec;

/// The report on the first of some files, as on a terminal of 100 columns without colors.
fn report(files: &[(&str, &[u8])], overrides: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    let path = folder.path().join(files.first().map_or("spec.toml", |(name, _)| name));
    let overrides: Vec<_> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let text = match spec::load(&path, &overrides) {
        Ok(spec) => spec.warnings.iter().map(|warning| render(warning)).collect(),
        Err(errors) => render(&errors),
    };
    text.replace(&format!("{}/", folder.path().display()), "")
}

fn render(diagnostic: &dyn Diagnostic) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    handler.with_width(100).render_report(&mut text, diagnostic).expect("rendered");
    text
}

/// Holds a report against the snapshot of that name.
fn check(name: &str, report: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, report);
    });
}

/// Checks the report on one file.
fn check_file(name: &str, text: impl AsRef<[u8]>) {
    check(name, &report(&[("spec.toml", text.as_ref())], &[]));
}

#[test]
fn files_of_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let files = fs::read_dir(folder).expect("the folder");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    assert!(paths.len() > 60);
    for path in paths {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        check_file(&name, fs::read(&path).expect("read"));
    }
}

#[test]
fn files_of_unusual_bytes() {
    check("file_missing", &report(&[], &[]));
    check_file("file_too_large", vec![b'#'; (1 << 20) + 1]);
    check_file("file_not_utf8", b"[data]\ncorpus = \"caf\xe9\"\n");
    check_file("file_byte_order_mark", "\u{feff}[data]\ncorpus = \"x\"\nlevel = \"bite\"\n");
    check_file(
        "windows_line_ends",
        "[data]\r\ncorpus = \"x\"\r\nlevel = \"bite\"\r\nmin_count = 1\r\n",
    );
    check_file("file_control_character", "[data]\ncorpus = \"\u{1b}[31mred\"\n");
}

#[test]
fn deep_nesting() {
    let deep = |open: &str, close: &str, times| {
        format!("[data]\ncorpus = {}1{}\n", open.repeat(times), close.repeat(times))
    };
    check_file("nested_arrays", deep("[", "]", 1000));
    check_file("nested_tables", deep("{ a = ", " }", 1000));
    check_file("nested_a_little", deep("[", "]", 20));
    check_file("nested_dots", format!("a{} = 1\n", ".a".repeat(1000)));
}

/// Checks the report on a right file with wrong arguments.
fn check_set(name: &str, overrides: &[&str]) {
    let right = "[data]\ncorpus = \"seinfeld\"\n\n[model]\nhidden_size = 128\n";
    check(name, &report(&[("spec.toml", right.as_bytes())], overrides));
}

#[test]
fn arguments() {
    check_set("set_unknown_key", &["model.hiden_size=512"]);
    check_set("set_without_value", &["model.hidden_size"]);
    check_set("set_with_empty_value", &["model.hidden_size="]);
    check_set("set_nothing", &["= 3", "# a = 1"]);
    check_set("set_bare_word_for_a_number", &["model.hidden_size=large"]);
    check_set("set_bare_word_unknown", &["training.optimizer=adamm"]);
    check_set("set_broken_toml", &["training.clip={norm=1.0"]);
    check_set("set_wrong_value", &["data.level=word", "training.clip={norm=0}", "model.tied=yes"]);
    check_set("set_extends", &["extends=\"other.toml\""]);
    check_set("set_without_table", &["hidden_size=512"]);
    check_set("set_conflict", &["training.optimizer=sgd", "training.betas=[0.9, 0.99]"]);
    check_set("set_against_the_file", &["model.embedding_size=100", "model.tied=true"]);
    check_set("set_control_character", &["data.corpus=\u{1b}[31mred"]);
}

/// Checks the report on the first of several files.
fn check_files(name: &str, files: &[(&str, &str)]) {
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    check(name, &report(&files, &[]));
}

#[test]
fn extended_files() {
    let base = "[data]\ncorpus = \"x\"\n\n[model]\nhidden_size = 256\nlayers = \"two\"\n";
    check_files(
        "extends_wrong_value",
        &[
            ("spec.toml", "extends = \"base.toml\"\n[model]\nhidden_size = \"big\"\n"),
            ("base.toml", base),
        ],
    );
    check_files(
        "extends_across_files",
        &[
            ("spec.toml", "extends = \"base.toml\"\n[model]\nembedding_size = 100\ntied = true\n"),
            ("base.toml", "[data]\ncorpus = \"x\"\n[model]\nhidden_size = 200\n"),
        ],
    );
    check_files(
        "extends_missing",
        &[("spec.toml", "extends = \"bse.toml\"\n[model]\nlayers = 0\n")],
    );
    check_files("extends_folder", &[("spec.toml", "extends = \".\"\n")]);
    check_files("extends_wrong_type", &[("spec.toml", "extends = [\"a.toml\", \"b.toml\"]\n")]);
    check_files(
        "extends_broken",
        &[("spec.toml", "extends = \"base.toml\"\n"), ("base.toml", "[data\n")],
    );
    check_files("extends_itself", &[("spec.toml", "extends = \"spec.toml\"\n")]);
    check_files(
        "extends_in_a_circle",
        &[
            ("spec.toml", "extends = \"a.toml\"\n"),
            ("a.toml", "extends = \"b.toml\"\n"),
            ("b.toml", "extends = \"./spec.toml\"\n"),
        ],
    );
    check_files(
        "extends_option_of_another_optimizer",
        &[
            ("spec.toml", "extends = \"base.toml\"\n[training]\nmomentum = 0.9\n"),
            ("base.toml", "[data]\ncorpus = \"x\"\n[training]\noptimizer = \"adamw\"\n"),
        ],
    );
}

#[test]
fn extended_too_often() {
    let names: Vec<_> = (0..40).map(|index| format!("{index}.toml")).collect();
    let texts: Vec<_> =
        names.iter().skip(1).map(|name| format!("extends = \"{name}\"\n")).collect();
    let files: Vec<_> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    check_files("extends_too_often", &files);
}
