//! A resolved spec, written out, reads back as it was; and no text makes the parser panic.

mod random;

use std::fs;
use std::path::Path;

use miette::GraphicalReportHandler;
use proptest::prelude::*;
use samebits::spec::{self, Spec, SpecErrors};

fn load(text: &[u8], overrides: &[String]) -> Result<Spec, SpecErrors> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spec.toml");
    fs::write(&path, text).expect("written");
    spec::load(&path, overrides)
}

/// Loads, and renders what is wrong, for that could panic too.
fn survive(text: &[u8], overrides: &[String]) {
    if let Err(errors) = load(text, overrides) {
        let mut report = String::new();
        let rendered = GraphicalReportHandler::new().render_report(&mut report, &errors);
        assert!(rendered.is_ok());
        assert!(!report.contains('\u{7}'));
    }
}

const EXAMPLE: &str = "seed = 7\n[data]\ncorpus = 'x'\n[model]\nlayers = 2\n[training]\n\
    clip = { norm = 1.0 }\nbetas = [0.9, 0.99]\n[sweep]\nseeds = 2\n[sweep.grid]\n\
    'model.hidden_size' = [1, 2]\n";

/// Replaces some letters of a text.
fn edited(text: &str, edits: &[(usize, usize, String)]) -> String {
    edits.iter().fold(text.to_owned(), |text, (at, length, new)| {
        let letters: Vec<_> = text.chars().collect();
        let at = at % (letters.len() + 1);
        let end = (at + length).min(letters.len());
        let (before, after) = (&letters[..at], &letters[end..]);
        before.iter().copied().chain(new.chars()).chain(after.iter().copied()).collect()
    })
}

fn edits() -> impl Strategy<Value = Vec<(usize, usize, String)>> {
    let new = prop_oneof!["\\PC{0,3}", "[\\[\\]{}=.,'\"\n#\\\\ \r\u{7}0-9a-z_+-]{0,6}"];
    prop::collection::vec((any::<usize>(), 0..6usize, new), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_experiment_reads_back(mut json in random::spec()) {
        random::defuse(&mut json);
        let text = toml::to_string(&json).expect("TOML");
        if let Ok(spec) = load(text.as_bytes(), &[]) {
            for trial in spec.trials {
                let written = trial.experiment.to_toml();
                let again = load(written.as_bytes(), &[]).expect("a right spec");
                prop_assert_eq!(again.trials.len(), 1);
                prop_assert_eq!(&again.trials[0].experiment, &trial.experiment);
                prop_assert_eq!(again.trials[0].experiment.to_toml(), written);
            }
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&bytes, &[]);
    }

    #[test]
    fn any_edit_is_survived(edits in edits()) {
        survive(edited(EXAMPLE, &edits).as_bytes(), &[]);
    }

    #[test]
    fn any_argument_is_survived(text in "\\PC{0,20}", edits in edits()) {
        let edited = edited("training.clip={norm=1.0}", &edits);
        survive(EXAMPLE.as_bytes(), &[text, edited]);
    }
}

/// Strings of a spec with every letter that has to be escaped.
#[test]
fn strings_read_back() {
    let letters: String = (0..=0x2ff).filter_map(char::from_u32).collect();
    let text = format!("[data]\ncorpus = {}\n", serde_json::json!(letters));
    let spec = load(text.replace('\u{7f}', "\\u007f").as_bytes(), &[]).unwrap();
    let experiment = &spec.trials[0].experiment;
    assert_eq!(experiment.data.called(), letters);
    let again = load(experiment.to_toml().as_bytes(), &[]).unwrap();
    assert_eq!(&again.trials[0].experiment, experiment);
}

#[test]
fn names_come_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lstm.seinfeld.toml");
    fs::write(&path, EXAMPLE).unwrap();
    let spec = spec::load(&path, &[]).unwrap();
    assert_eq!(spec.name, "lstm.seinfeld");
    assert_eq!(spec.path, Path::new(&path));
}
