//! What a person sees who got a spec wrong.

use std::fs;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use runner::spec;

/// A spec that is wrong, or odd.
struct Case {
    name: &'static str,
    /// Files by their names; the first is the spec.
    files: Vec<(&'static str, Vec<u8>)>,
    overrides: &'static [&'static str],
}

/// A case of one file.
fn one(name: &'static str, text: impl Into<Vec<u8>>) -> Case {
    Case {
        name,
        files: vec![("spec.toml", text.into())],
        overrides: &[],
    }
}

/// A case of a right file and wrong arguments.
fn set(name: &'static str, overrides: &'static [&'static str]) -> Case {
    Case {
        name,
        files: vec![("spec.toml", RIGHT.into())],
        overrides,
    }
}

/// A case of several files.
fn many(name: &'static str, files: &[(&'static str, &str)]) -> Case {
    let files = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes().to_vec()))
        .collect();
    Case {
        name,
        files,
        overrides: &[],
    }
}

const RIGHT: &str = "[data]\ncorpus = \"seinfeld\"\n\n[model]\nhidden_size = 128\n";

/// A right `[data]`, then this.
fn with_data(rest: &str) -> String {
    format!("[data]\ncorpus = \"seinfeld\"\n\n{rest}")
}

/// The report on a case, as on a terminal of 100 columns without colors.
fn report(case: &Case) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in &case.files {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    let path = folder
        .path()
        .join(case.files.first().map_or("spec.toml", |(name, _)| name));
    let overrides: Vec<_> = case
        .overrides
        .iter()
        .map(|text| (*text).to_owned())
        .collect();
    let text = match spec::load(&path, &overrides) {
        Ok(spec) => spec
            .warnings
            .iter()
            .map(|warning| render(warning))
            .collect(),
        Err(errors) => render(&errors),
    };
    text.replace(&format!("{}/", folder.path().display()), "")
}

fn render(diagnostic: &dyn Diagnostic) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    handler
        .with_width(100)
        .render_report(&mut text, diagnostic)
        .expect("rendered");
    text
}

fn check(cases: Vec<Case>) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        for case in cases {
            insta::assert_snapshot!(case.name, report(&case));
        }
    });
}

#[test]
fn files() {
    check(vec![
        Case {
            name: "file_missing",
            files: vec![],
            overrides: &[],
        },
        one("file_empty", ""),
        one("file_too_large", vec![b'#'; (1 << 20) + 1]),
        one("file_not_utf8", b"[data]\ncorpus = \"caf\xe9\"\n".to_vec()),
        one(
            "file_byte_order_mark",
            "\u{feff}[data]\ncorpus = \"x\"\nlevel = \"bite\"\n",
        ),
        one(
            "file_control_character",
            "[data]\ncorpus = \"\u{1b}[31mred\"\n",
        ),
    ]);
}

#[test]
fn syntax() {
    let deep = |open: &str, close: &str| {
        format!(
            "[data]\ncorpus = {}1{}\n",
            open.repeat(1000),
            close.repeat(1000)
        )
    };
    check(vec![
        one("syntax_no_value", "seed =\n[data]\ncorpus = \"x\"\n"),
        one("syntax_no_quotes", "[data]\ncorpus = seinfeld\n"),
        one("syntax_open_string", "[data]\ncorpus = \"seinfeld\n"),
        one("syntax_open_table", "[data\ncorpus = \"seinfeld\"\n"),
        one("syntax_colon", "[data]\ncorpus: \"seinfeld\"\n"),
        one(
            "syntax_duplicate_key",
            "seed = 1\nseed = 2\n[data]\ncorpus = \"x\"\n",
        ),
        one(
            "syntax_duplicate_table",
            "[data]\ncorpus = \"x\"\n[data]\nlevel = \"char\"\n",
        ),
        one(
            "syntax_two_mistakes",
            "seed = \n[data]\ncorpus = x\n[model]\nlayers = 1\n",
        ),
        one("nested_arrays", deep("[", "]")),
        one("nested_tables", deep("{ a = ", " }")),
        one(
            "nested_a_little",
            with_data(&format!(
                "[generation]\nprefixes = {}{}\n",
                "[".repeat(20),
                "]".repeat(20)
            )),
        ),
        one("nested_dots", format!("a{} = 1\n", ".a".repeat(1000))),
        one("not_a_spec", "<!DOCTYPE html>\n<html>\n"),
    ]);
}

#[test]
fn keys() {
    check(vec![
        one("key_misspelt", with_data("[model]\nhiden_size = 256\n")),
        one("key_of_another_table", with_data("hidden_size = 256\n")),
        one("key_of_pytorch", with_data("[training]\nlr = 1e-3\n")),
        one(
            "key_with_dashes",
            with_data("[training]\nlearning-rate = 1e-3\n"),
        ),
        one(
            "key_unknown",
            with_data("[generation]\nprefixes = [\"a\"]\nbanana = 3\n"),
        ),
        one("key_quoted", "\"data.corpus\" = \"x\"\n"),
        one("key_after_a_table", with_data("seed = 1\n")),
        one("table_misspelt", with_data("[modle]\nlayers = 2\n")),
        one(
            "table_not_a_table",
            with_data("[training]\nschedule = \"cosine\"\n"),
        ),
        one("table_twice", with_data("[[model]]\nlayers = 2\n")),
        one(
            "key_missing",
            "[data]\nlevel = \"char\"\n\n[training.schedule]\nkind = \"step\"\n\n[generation]\n",
        ),
    ]);
}

#[test]
fn values() {
    check(vec![
        one(
            "value_of_wrong_type",
            with_data("[model]\nhidden_size = \"256\"\nlayers = 1.5\ntied = 1\n"),
        ),
        one(
            "value_out_of_range",
            with_data("[model]\nlayers = 0\nhidden_size = 100_000\ndropout = 1.0\n"),
        ),
        one(
            "value_huge",
            with_data(
                "[model]\nhidden_size = 99999999999999999999999999999999999999999999\nlayers = 0xffffffffffffffffff\n",
            ),
        ),
        one(
            "value_not_a_number",
            with_data("[training]\nlearning_rate = nan\nclip = { norm = inf }\n"),
        ),
        one(
            "value_negative",
            with_data("[training]\nlearning_rate = -1e-3\nepochs = -1\n"),
        ),
        one(
            "value_is_a_date",
            "seed = 2024-02-30\n[data]\ncorpus = 2024-02-03\n",
        ),
        one(
            "value_is_another_word",
            with_data(
                "[model]\narchitecture = \"LSTM\"\n\n[training]\noptimizer = \"adma\"\nreduction = \"average\"\n",
            ),
        ),
        one("value_is_an_empty_string", "[data]\ncorpus = \"\"\n"),
        one(
            "value_none_where_it_cannot_be",
            with_data("[training]\nsteps = \"none\"\noptimizer = \"none\"\n"),
        ),
        one(
            "clip_with_both",
            with_data("[training]\nclip = { norm = 5.0, value = 1.0 }\n"),
        ),
        one(
            "clip_misspelt",
            with_data("[training]\nclip = { nrom = 5.0 }\n"),
        ),
        one(
            "clip_without_number",
            with_data("[training]\nclip = \"norm\"\n"),
        ),
        one("clip_bare_number", with_data("[training]\nclip = 5.0\n")),
        one(
            "initialization_wrong",
            with_data("[model]\ninitialization = \"xavier\"\n"),
        ),
        one(
            "betas_of_three",
            with_data("[training]\nbetas = [0.9, 0.99, 0.999]\n"),
        ),
        one(
            "betas_out_of_range",
            with_data("[training]\nbetas = [0.9, 1.0]\n"),
        ),
        one(
            "prefixes_not_strings",
            with_data("[generation]\nprefixes = [\"a\", 1, \"\"]\n"),
        ),
        one(
            "prefixes_not_an_array",
            with_data("[generation]\nprefixes = \"jerry:\"\n"),
        ),
    ]);
}

#[test]
fn between_keys() {
    check(vec![
        one(
            "epochs_and_steps",
            with_data("[training]\nepochs = 10\nsteps = 1000\n"),
        ),
        one(
            "option_of_another_optimizer",
            with_data("[training]\noptimizer = \"adagrad\"\nmomentum = 0.9\n"),
        ),
        one(
            "option_of_the_default_optimizer",
            with_data("[training]\nmomentum = 0.9\n"),
        ),
        one(
            "option_of_another_schedule",
            with_data("[training.schedule]\nkind = \"cosine\"\ngamma = 0.5\n"),
        ),
        one(
            "nonlinearity_of_lstm",
            with_data("[model]\nnonlinearity = \"relu\"\n"),
        ),
        one(
            "nothing_to_train",
            "[data]\ncorpus = \"x\"\nvalid_fraction = 0.5\ntest_fraction = 0.5\n",
        ),
        one(
            "tied_without_embedding",
            with_data("[model]\ntied = true\n"),
        ),
        one(
            "tied_to_another_size",
            with_data(
                "[model]\nhidden_size = 256\nbidirectional = true\nembedding_size = 200\ntied = true\n",
            ),
        ),
        one(
            "nesterov_without_momentum",
            with_data("[training]\noptimizer = \"sgd\"\nnesterov = true\n"),
        ),
        one(
            "dropout_of_no_embedding",
            with_data("[model]\nembedding_dropout = 0.1\n"),
        ),
        one(
            "rate_below_its_minimum",
            with_data(
                "[training]\nlearning_rate = 0.01\n[training.schedule]\nkind = \"cosine\"\nmin_learning_rate = 0.1\n",
            ),
        ),
        one(
            "never_evaluated",
            with_data("[training]\nsteps = 100\nevaluate_every = 1000\n"),
        ),
        one(
            "rare_bytes",
            with_data("").replace(
                "\n\n",
                "\nlevel = \"byte\"\nmin_count = 2\nmax_vocabulary = 99\n",
            ),
        ),
        one(
            "watching_nothing",
            with_data(
                "valid_fraction = 0\n[training.early_stopping]\npatience = 3\n[training.schedule]\nkind = \"plateau\"\n",
            ),
        ),
        one(
            "odd_but_right",
            with_data(
                "[model]\ndropout = 0.5\nbidirectional = true\n\n[training]\nsteps = 10\n[training.schedule]\nwarmup_steps = 20\n",
            ),
        ),
        one(
            "many_at_once",
            with_data(
                "sampling = 7\n\n[model]\nhiden_size = 4\nlayers = 100\n\n[training]\noptimizer = \"sdg\"\nlearning_rate = \"high\"\n\n[sweep]\nseeds = 0\n",
            ),
        ),
    ]);
}

#[test]
fn arguments() {
    check(vec![
        set("set_unknown_key", &["model.hiden_size=512"]),
        set("set_without_value", &["model.hidden_size"]),
        set("set_with_empty_value", &["model.hidden_size="]),
        set("set_nothing", &["= 3", "# a = 1"]),
        set("set_bare_word_for_a_number", &["model.hidden_size=large"]),
        set("set_bare_word_unknown", &["training.optimizer=adamm"]),
        set("set_broken_toml", &["training.clip={norm=1.0"]),
        set(
            "set_wrong_value",
            &[
                "data.level=word",
                "training.clip={norm=0}",
                "model.tied=yes",
            ],
        ),
        set("set_extends", &["extends=\"other.toml\""]),
        set("set_without_table", &["hidden_size=512"]),
        set(
            "set_conflict",
            &["training.optimizer=sgd", "training.betas=[0.9, 0.99]"],
        ),
        set(
            "set_against_the_file",
            &["model.embedding_size=100", "model.tied=true"],
        ),
        set("set_control_character", &["data.corpus=\u{1b}[31mred"]),
    ]);
}

#[test]
fn extended_files() {
    let base = "[data]\ncorpus = \"x\"\n\n[model]\nhidden_size = 256\nlayers = \"two\"\n";
    check(vec![
        many(
            "extends_wrong_value",
            &[
                (
                    "spec.toml",
                    "extends = \"base.toml\"\n[model]\nhidden_size = \"big\"\n",
                ),
                ("base.toml", base),
            ],
        ),
        many(
            "extends_across_files",
            &[
                (
                    "spec.toml",
                    "extends = \"base.toml\"\n[model]\nembedding_size = 100\ntied = true\n",
                ),
                (
                    "base.toml",
                    "[data]\ncorpus = \"x\"\n[model]\nhidden_size = 200\n",
                ),
            ],
        ),
        many(
            "extends_missing",
            &[("spec.toml", "extends = \"bse.toml\"\n[model]\nlayers = 0\n")],
        ),
        many("extends_folder", &[("spec.toml", "extends = \".\"\n")]),
        many(
            "extends_wrong_type",
            &[("spec.toml", "extends = [\"a.toml\", \"b.toml\"]\n")],
        ),
        many(
            "extends_broken",
            &[
                ("spec.toml", "extends = \"base.toml\"\n"),
                ("base.toml", "[data\n"),
            ],
        ),
        many(
            "extends_itself",
            &[("spec.toml", "extends = \"spec.toml\"\n")],
        ),
        many(
            "extends_in_a_circle",
            &[
                ("spec.toml", "extends = \"a.toml\"\n"),
                ("a.toml", "extends = \"b.toml\"\n"),
                ("b.toml", "extends = \"./spec.toml\"\n"),
            ],
        ),
        many(
            "extends_option_of_another_optimizer",
            &[
                (
                    "spec.toml",
                    "extends = \"base.toml\"\n[training]\nmomentum = 0.9\n",
                ),
                (
                    "base.toml",
                    "[data]\ncorpus = \"x\"\n[training]\noptimizer = \"adamw\"\n",
                ),
            ],
        ),
    ]);
}

#[test]
fn extended_too_often() {
    let names: Vec<_> = (0..40).map(|index| format!("{index}.toml")).collect();
    let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
    let files = names.iter().enumerate().map(|(index, name)| {
        (
            *name,
            format!("extends = \"{}.toml\"\n", index + 1).into_bytes(),
        )
    });
    check(vec![Case {
        name: "extends_too_often",
        files: files.collect(),
        overrides: &[],
    }]);
}

#[test]
fn sweeps() {
    check(vec![
        one("sweep_unknown_key", with_data("[sweep.grid]\n\"model.hiden_size\" = [1, 2]\nhidden_size = [1, 2]\n")),
        one("sweep_wrong_values", with_data("[sweep.grid]\n\"model.hidden_size\" = [128, \"256\", 0]\n")),
        one("sweep_not_an_array", with_data("[sweep.grid]\n\"model.hidden_size\" = 128\n\"training.betas\" = [0.9, 0.99]\n")),
        one("sweep_without_values", with_data("[sweep.grid]\n\"model.hidden_size\" = []\n")),
        one("sweep_value_twice", with_data("[sweep.grid]\n\"model.hidden_size\" = [128, 256, 128]\n")),
        one("sweep_key_twice", with_data("[sweep.grid]\n\"model.hidden_size\" = [128, 256]\nmodel.hidden_size = [512]\n")),
        one("sweep_of_a_table", with_data("[sweep.grid]\n\"training.schedule\" = [{ kind = \"cosine\" }]\n")),
        one("sweep_of_the_sweep", with_data("[sweep.grid]\n\"sweep.seeds\" = [1, 2]\n\"extends\" = [\"a.toml\"]\n")),
        one("sweep_of_seed_with_seeds", with_data("[sweep]\nseeds = 3\n[sweep.grid]\nseed = [1, 2]\n")),
        one("sweep_too_large", with_data(&format!("[sweep]\nseeds = 1000\n[sweep.grid]\n\"seed\" = [1]\n\"model.hidden_size\" = {:?}\n", (1..=200).collect::<Vec<_>>()).replace("\"seed\" = [1]\n", ""))),
        one("sweep_point_breaks_a_rule", with_data("[model]\ntied = true\nembedding_size = 128\n\n[sweep.grid]\n\"model.hidden_size\" = [128, 256]\n")),
        one("sweep_point_lacks_a_key", with_data("[sweep.grid]\n\"training.schedule.kind\" = [\"constant\", \"step\"]\n")),
        one("sweep_last_seed", "seed = 9223372036854775807\n[data]\ncorpus = \"x\"\n[sweep]\nseeds = 2\n"),
        one("sweep_misspelt", with_data("[sweep]\nseed = 3\n[sweep.gird]\n\"model.layers\" = [1]\n")),
    ]);
}
