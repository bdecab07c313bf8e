//! What right specs mean: defaults, layers and sweeps.

use std::fs;

use samebits::spec::{
    Architecture, BIDIRECTIONAL, Clip, Experiment, Initialization, Length, Level, Optimizer,
    ScheduleKind, Spec, SpecErrors, load,
};

/// Loads the first of some files with some arguments.
fn try_load(files: &[(&str, &str)], overrides: &[&str]) -> Result<Spec, SpecErrors> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let overrides: Vec<_> = overrides.iter().map(|text| (*text).to_owned()).collect();
    load(&folder.path().join(files[0].0), &overrides)
}

fn load_all(files: &[(&str, &str)], overrides: &[&str]) -> Spec {
    match try_load(files, overrides) {
        Ok(spec) => spec,
        Err(errors) => panic!("{errors}: {:?}", errors.problems()),
    }
}

/// The only trial of `[data] corpus = "x"` and this.
fn one(rest: &str, overrides: &[&str]) -> Experiment {
    let spec = load_all(&[("a.toml", &with_data(rest))], overrides);
    assert_eq!(spec.trials.len(), 1);
    spec.trials[0].experiment.clone()
}

fn with_data(rest: &str) -> String {
    format!("data.corpus = \"x\"\n{rest}")
}

/// The first trial of a spec that extends another.
fn extended(base: &str, rest: &str) -> Experiment {
    let child = format!("extends = \"base.toml\"\n{rest}");
    let spec = load_all(&[("a.toml", &child), ("base.toml", &with_data(base))], &[]);
    spec.trials[0].experiment.clone()
}

#[test]
fn every_default_is_written_out() {
    insta::assert_snapshot!(one("", &[]).to_toml());
}

/// A change of this hash renames the trials of everyone's results.
#[test]
fn the_hash_of_a_resolved_spec_is_kept() {
    let hash = one("", &[]).hash();
    insta::assert_snapshot!(hash);
}

#[test]
fn the_spec_of_the_interface_is_right() {
    let text = r#"
        task = "language_model"
        seed = 42
        [data]
        corpus          = "seinfeld"
        level           = "script"
        sampling        = "consecutive"
        batch_size      = 32
        sequence_length = 35
        valid_fraction  = 0.05
        test_fraction   = 0.05
        eval_batch_size = 1
        max_characters  = 10_000
        [model]
        architecture   = "lstm"
        layers         = 2
        bidirectional  = false
        embedding_size = 200
        hidden_size    = 256
        dropout        = 0.3
        tied           = false
        [training]
        epochs        = 20
        evaluate_every = 1000
        smoothing     = 0.999
        optimizer     = "adam"
        learning_rate = 1e-3
        clip          = { norm = 5.0 }
        [generation]
        every    = 1
        prefixes = ["jerry:"]
        length   = 60
        temperature = 0.8
        [sweep]
        seeds = 3
        [sweep.grid]
        "model.hidden_size"      = [128, 256]
        "training.learning_rate" = [1e-3, 3e-3]
    "#;
    let spec = load_all(&[("lstm_seinfeld.toml", text)], &[]);
    assert_eq!(spec.name, "lstm_seinfeld");
    assert!(spec.warnings.is_empty());
    assert_eq!(spec.trials.len(), 12);
    let experiment = &spec.trials[11].experiment;
    assert_eq!(experiment.data.level, Level::Script);
    assert_eq!(experiment.model.hidden_size, 256);
    assert_eq!(experiment.training.learning_rate, 3e-3);
    assert_eq!(experiment.seed, 44);
}

#[test]
fn defaults_depend_on_the_optimizer() {
    let rate = |optimizer: &str| {
        one("", &[&format!("training.optimizer={optimizer}")]).training.learning_rate
    };
    assert_eq!(["sgd", "adam", "adagrad"].map(rate), [1.0, 1e-3, 1e-2]);
    let training = one("", &["training.optimizer=adamw"]).training;
    let (betas, eps, weight_decay) = ([0.9, 0.999], 1e-8, 0.01);
    assert_eq!(training.optimizer, Optimizer::Adamw { betas, eps, weight_decay });
}

#[test]
fn a_whole_float_is_an_integer_and_an_integer_a_float() {
    let training = one("training = { steps = 1e6, learning_rate = 1 }", &[]).training;
    assert_eq!((training.length(), training.learning_rate), (Length::Steps(1_000_000), 1.0));
}

#[test]
fn none_switches_off() {
    assert_eq!(one("training.clip = \"none\"", &[]).training.clip, None);
    let base =
        "data.max_characters = 9\n[training.early_stopping]\n[generation]\nprefixes = [\"a\"]";
    let child = extended(
        base,
        "generation = \"none\"\ndata.max_characters = \"none\"\ntraining.early_stopping = \"none\"",
    );
    assert!(child.generation.is_none() && child.training.early_stopping.is_none());
    assert_eq!(child.data.max_characters, None);
    assert!(extended(base, "").training.early_stopping.is_some());
}

#[test]
fn an_empty_table_switches_on() {
    let stopping = one("[training.early_stopping]", &[]).training.early_stopping;
    assert_eq!(stopping.map(|stopping| stopping.patience), Some(5));
    assert!(
        one("[training.early_stopping]", &["training.early_stopping=none"])
            .training
            .early_stopping
            .is_none()
    );
}

#[test]
fn a_child_merges_tables_and_replaces_values() {
    let base = "[model]\nhidden_size = 10\nlayers = 2\n[training]\nclip = { norm = 1.0 }";
    let child = extended(base, "[model]\nlayers = 3\n[training]\nclip = { value = 2.0 }");
    assert_eq!((child.model.hidden_size, child.model.layers), (10, 3));
    assert_eq!(child.training.clip, Some(Clip::Value(2.0)));
}

#[test]
fn arguments_replace_files() {
    let experiment = one(
        "model.layers = 2",
        &["model.layers=3", "training.clip={norm=1}", "data.corpus=../texts/my book.txt"],
    );
    assert_eq!(experiment.model.layers, 3);
    assert_eq!(experiment.training.clip, Some(Clip::Norm(1.0)));
    assert_eq!(experiment.data.called(), "../texts/my book.txt");
    assert_eq!(one("", &["seed=1", "seed=2"]).seed, 2);
    let initialization = one("", &["model.initialization.uniform=0.1"]).model.initialization;
    assert_eq!(initialization, Initialization::Uniform(0.1));
    let architecture = one("", &["model.architecture=rnn"]).model.architecture;
    assert_eq!(architecture, Architecture::Rnn);
}

#[test]
fn another_optimizer_drops_the_options_of_the_one_below() {
    let base =
        "[training]\noptimizer = \"sgd\"\nmomentum = 0.9\nnesterov = true\nweight_decay = 0.1";
    let child = extended(base, "training.optimizer = \"rmsprop\"");
    let (alpha, eps, centered) = (0.99, 1e-8, false);
    let expected = Optimizer::Rmsprop { alpha, eps, momentum: 0.9, centered, weight_decay: 0.1 };
    assert_eq!(child.training.optimizer, expected);
    let schedule = "[training.schedule]\nkind = \"step\"\nstep_size = 3\ngamma = 0.5";
    let child = extended(schedule, "training.schedule.kind = \"cosine\"");
    assert_eq!(child.training.schedule.kind, ScheduleKind::Cosine { min_learning_rate: 0.0 });
    let argument = one(base, &["training.optimizer=adam"]);
    assert!(matches!(argument.training.optimizer, Optimizer::Adam { .. }));
}

#[test]
fn an_option_needs_its_optimizer_in_its_own_layer_or_below() {
    let base = with_data("training.optimizer = \"adam\"");
    let files =
        [("a.toml", "extends = \"base.toml\"\ntraining.momentum = 0.5"), ("base.toml", &base)];
    assert!(try_load(&files, &[]).is_err());
    assert!(try_load(&files, &["training.optimizer=sgd"]).is_ok());
}

#[test]
fn epochs_and_steps_replace_one_another() {
    assert_eq!(
        extended("training.steps = 5", "training.epochs = 3").training.length(),
        Length::Epochs(3)
    );
    assert_eq!(
        one("training.epochs = 5", &["training.steps=3"]).training.length(),
        Length::Steps(3)
    );
    assert_eq!(extended("training.steps = 5", "").training.length(), Length::Steps(5));
    assert_eq!(one("", &[]).training.length(), Length::Epochs(10));
}

fn names(rest: &str, overrides: &[&str]) -> Vec<String> {
    let spec = load_all(&[("a.toml", &with_data(rest))], overrides);
    let short = |name: &str| name.rsplit_once('-').map_or(name, |(short, _)| short).to_owned();
    spec.trials.iter().map(|trial| short(&trial.name)).collect()
}

#[test]
fn trials_come_in_the_order_of_the_grid() {
    let rest = "sweep.seeds = 2\n[sweep.grid]\n\"training.learning_rate\" = [0.1, 1]\nmodel.layers = [1, 2]";
    let expected = [
        "learning_rate=0.1,layers=1,seed=42",
        "learning_rate=0.1,layers=1,seed=43",
        "learning_rate=0.1,layers=2,seed=42",
        "learning_rate=0.1,layers=2,seed=43",
        "learning_rate=1.0,layers=1,seed=42",
        "learning_rate=1.0,layers=1,seed=43",
        "learning_rate=1.0,layers=2,seed=42",
        "learning_rate=1.0,layers=2,seed=43",
    ];
    assert_eq!(names(rest, &[]), expected);
}

#[test]
fn names_are_safe_and_say_enough() {
    assert_eq!(names("", &[]), ["seed=42"]);
    assert_eq!(names("sweep.grid.seed = [7, 5]", &[]), ["seed=7", "seed=5"]);
    let corpora = "[sweep.grid]\n\"data.corpus\" = [\"a/b\", \"a b\", \"ü\"]";
    assert_eq!(
        names(corpora, &[]),
        ["corpus=a_b,seed=42", "corpus=a_b,seed=42", "corpus=_,seed=42"]
    );
    let values = "[sweep.grid]\n\"training.clip\" = [\"none\", { norm = 1 }]\n\"training.betas\" = [[0, 0.5]]";
    assert_eq!(
        names(values, &[]),
        ["clip=none,betas=0.0+0.5,seed=42", "clip=norm-1.0,betas=0.0+0.5,seed=42",]
    );
    let alike = "training.schedule.kind = \"plateau\"\n[sweep.grid]\n\"training.schedule.patience\" = [1]\n\"training.early_stopping.patience\" = [2]";
    assert_eq!(
        names(alike, &[]),
        ["training.schedule.patience=1,training.early_stopping.patience=2,seed=42",]
    );
}

#[test]
fn names_are_unique_and_short() {
    let long = "é".repeat(300);
    let text =
        with_data(&format!("[sweep.grid]\n\"data.corpus\" = [\"{long}a\", \"{long}b\", \"x\"]"));
    let spec = load_all(&[("a.toml", &text)], &[]);
    let names: std::collections::BTreeSet<_> =
        spec.trials.iter().map(|trial| &trial.name).collect();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.len() <= 120));
    assert_eq!(spec.trials[2].swept, [("data.corpus".to_owned(), "\"x\"".to_owned())]);
}

#[test]
fn a_later_layer_replaces_a_swept_key() {
    let rest = "[sweep.grid]\nmodel.layers = [1, 2]\ntraining.epochs = [1, 2]";
    assert_eq!(names(rest, &["model.layers=3"]), ["epochs=1,seed=42", "epochs=2,seed=42"]);
    assert_eq!(names(rest, &["training.steps=3"]), ["layers=1,seed=42", "layers=2,seed=42"]);
    assert_eq!(names(rest, &["sweep=none"]), ["seed=42"]);
    assert_eq!(
        names(rest, &["sweep.grid.model.layers=[4]", "training.epochs=1"]),
        ["layers=4,seed=42"]
    );
}

#[test]
fn a_sweep_may_choose_optimizers_with_options_of_some() {
    let rest = "training = { optimizer = \"sgd\", momentum = 0.9 }\nsweep.grid.training.optimizer = [\"sgd\", \"adam\"]";
    let spec = load_all(&[("a.toml", &with_data(rest))], &[]);
    let optimizers: Vec<_> =
        spec.trials.iter().map(|trial| trial.experiment.training.optimizer).collect();
    assert!(matches!(optimizers[0], Optimizer::Sgd { momentum: 0.9, .. }));
    assert!(matches!(optimizers[1], Optimizer::Adam { .. }));
}

#[test]
fn warnings_are_told_once() {
    let rest = "model.bidirectional = true\nsweep.grid.model.layers = [1, 2]";
    let spec = load_all(&[("a.toml", &with_data(rest))], &[]);
    assert_eq!(spec.warnings.len(), 1);
    assert_eq!(spec.warnings[0].to_string(), BIDIRECTIONAL);
    assert_eq!(spec.trials[0].experiment.warnings(), [BIDIRECTIONAL]);
}
