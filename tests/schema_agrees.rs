//! The JSON Schema accepts what the parser accepts.

mod random;

use std::fs;
use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use random::{anything, defuse, put, right, spec, take};
use samebits::spec::table::{TABLES, keys};
use samebits::spec::{load, schema};
use serde_json::{Map, Value as Json, json};

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&schema()).expect("a JSON Schema"));

/// Whether the parser accepts the spec, or all that it says against it.
fn parse(spec: &Json) -> Result<(), Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("spec.toml");
    let text = toml::to_string(spec).expect("TOML");
    fs::write(&path, text).expect("written");
    let say = |problem: &samebits::spec::Problem| problem.to_string();
    load(&path, &[]).map(|_| ()).map_err(|errors| errors.problems().iter().map(say).collect())
}

fn agree(spec: &Json) -> Result<(), String> {
    let errors: Vec<_> = VALIDATOR.iter_errors(spec).map(|error| error.to_string()).collect();
    let parsed = parse(spec);
    match (errors.is_empty(), parsed.is_ok()) {
        (true, true) | (false, false) => Ok(()),
        _ => Err(format!("schema: {errors:?}\nparser: {parsed:?}\n{spec:#}")),
    }
}

/// Something done to a spec.
#[derive(Clone, Debug)]
enum Change {
    /// The nth key, counted through all tables, goes.
    Drop(usize),
    /// It gets another name.
    Rename(usize, String),
    /// It gets another value.
    Replace(usize, Json),
    /// Some key of the table, or a table, gets a value.
    Set(&'static str, Json),
    /// A table gets a key that it does not have.
    Add(&'static str, String),
}

fn change() -> impl Strategy<Value = Change> {
    let name = || {
        prop::sample::select(vec!["x", "", "model", "seed", "layers", "data.corpus", "grid"])
            .prop_map(str::to_owned)
    };
    let set = prop::sample::select(keys().collect::<Vec<_>>()).prop_flat_map(|key| {
        let value = prop_oneof![right(key), anything()];
        value.prop_map(move |value| Change::Set(key.path, value))
    });
    let tables: Vec<_> = TABLES.iter().map(|table| table.path).collect();
    let whole = (prop::sample::select(tables.clone()), anything());
    prop_oneof![
        any::<usize>().prop_map(Change::Drop),
        (any::<usize>(), name()).prop_map(|(index, name)| Change::Rename(index, name)),
        (any::<usize>(), anything()).prop_map(|(index, value)| Change::Replace(index, value)),
        set,
        whole.prop_map(|(path, value)| Change::Set(path, value)),
        (prop::sample::select(tables), name()).prop_map(|(path, name)| Change::Add(path, name)),
    ]
}

fn apply(spec: &mut Json, change: Change) {
    let mut paths = Vec::new();
    list(spec, &mut Vec::new(), &mut paths);
    let pick = |index: usize| paths.get(index.checked_rem(paths.len())?).cloned();
    match change {
        Change::Set(path, value) => {
            let mut names = path.split('.').filter(|name| !name.is_empty());
            if path != "extends" && !path.is_empty() {
                put(spec, &mut names, value);
            }
        }
        Change::Add(path, name) => {
            let names = path.split('.').filter(|name| !name.is_empty());
            put(spec, &mut names.chain([name.as_str()]), json!(1));
        }
        Change::Replace(index, value) => {
            if let Some(path) = pick(index) {
                put(spec, &mut path.iter().map(String::as_str), value);
            }
        }
        Change::Drop(index) => drop(take(spec, pick(index))),
        Change::Rename(index, name) => {
            if let (Some(mut path), Some(value)) = (pick(index), take(spec, pick(index))) {
                path.pop();
                put(spec, &mut path.iter().map(String::as_str).chain([name.as_str()]), value);
            }
        }
    }
}

/// The paths of all keys and tables.
fn list(value: &Json, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    for (name, value) in value.as_object().unwrap_or(&Map::new()) {
        path.push(name.clone());
        paths.push(path.clone());
        list(value, path, paths);
        path.pop();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn on_specs_and_what_random_changes_make_of_them(
        mut spec in spec(),
        changes in prop::collection::vec(change(), 0..3),
    ) {
        for change in changes {
            apply(&mut spec, change);
        }
        defuse(&mut spec);
        if let Err(why) = agree(&spec) {
            prop_assert!(false, "{why}");
        }
    }
}

/// Cases that chance seldom finds, each with whether it is right.
#[test]
fn on_cases_chosen_by_hand() {
    let data = || json!({ "corpus": "x" });
    let cases = [
        (true, json!({ "data": data() })),
        (false, json!({})),
        (false, json!({ "data": {} })),
        (false, json!({ "data": "none" })),
        (false, json!({ "data": data(), "training": { "epochs": 1, "steps": 1 } })),
        (true, json!({ "data": data(), "training": { "steps": 1e6 } })),
        (false, json!({ "data": data(), "training": { "steps": 1.5 } })),
        (false, json!({ "data": data(), "training": { "steps": "none" } })),
        (true, json!({ "data": data(), "training": { "clip": "none" } })),
        (false, json!({ "data": data(), "training": { "clip": {} } })),
        (false, json!({ "data": data(), "training": { "betas": [0.9] } })),
        (false, json!({ "data": data(), "training": { "betas": [0.9, 1] } })),
        (false, json!({ "data": data(), "training": { "momentum": 0.9 } })),
        (true, json!({ "data": data(), "training": { "optimizer": "sgd", "momentum": 0.9 } })),
        (false, json!({ "data": data(), "training": { "optimizer": "sgd", "betas": [0, 0] } })),
        (false, json!({ "data": data(), "training": { "schedule": { "kind": "step" } } })),
        (false, json!({ "data": data(), "training": { "schedule": { "gamma": 0.5 } } })),
        (true, json!({ "data": data(), "training": { "schedule": { "kind": "cosine" } } })),
        (false, json!({ "data": data(), "training": { "schedule": "none" } })),
        (true, json!({ "data": data(), "training": { "early_stopping": "none" } })),
        (true, json!({ "data": data(), "training": { "early_stopping": {} } })),
        (false, json!({ "data": data(), "model": { "nonlinearity": "relu" } })),
        (
            true,
            json!({ "data": data(), "model": { "architecture": "rnn", "nonlinearity": "relu" } }),
        ),
        (false, json!({ "data": data(), "generation": {} })),
        (true, json!({ "data": data(), "generation": "none" })),
        (false, json!({ "data": data(), "generation": { "prefixes": [] } })),
        (false, json!({ "data": data(), "generation": { "prefixes": [""] } })),
        (false, json!({ "data": data(), "": { "seed": 1 } })),
        (false, json!({ "data.corpus": "x" })),
        (true, json!({ "sweep": { "grid": { "data.corpus": ["x", "y"] } } })),
        (true, json!({ "sweep": { "grid": { "data": { "corpus": ["x", "y"] } } } })),
        (true, grid(json!({ "training": { "schedule.warmup_steps": [0, 1] } }))),
        (true, grid(json!({ "training.schedule": { "warmup_steps": [0, 1] } }))),
        (true, grid(json!({ "training.betas": [[0.9, 0.99], [0.9, 0.999]] }))),
        (false, grid(json!({ "training.betas": [0.9, 0.99] }))),
        (false, grid(json!({ "training.schedule": [1] }))),
        (false, grid(json!({ "seed": [] }))),
        (false, grid(json!({ "seed": 1 }))),
        (false, grid(json!({ "seed": [1, 1.0] }))),
        (false, grid(json!({ "extends": ["x"] }))),
        (false, grid(json!({ "sweep.seeds": [1] }))),
        (false, grid(json!({ "hidden_size": [1] }))),
        (false, grid(json!({ "": {} }))),
        (true, grid(json!({}))),
        (
            true,
            swept("zip", json!([{ "model.layers": [1, 1], "model": { "hidden_size": [1, 2] } }])),
        ),
        (true, swept("zip", json!([]))),
        (false, swept("zip", json!([{}]))),
        (false, swept("zip", json!({ "model.layers": [1, 2] }))),
        (false, swept("zip", json!([{ "model.layers": 1 }]))),
        (true, swept("points", json!([{ "model.layers": 1, "training.clip": "none" }]))),
        (false, swept("points", json!([{ "model.layers": [1] }]))),
        (false, swept("points", json!([{ "sweep.seeds": 1 }]))),
        (true, swept("skip_if", json!([{ "model.layers": [7, 8] }]))),
        (true, swept("skip_if", json!([{ "model.layers": { "min": 2.5 } }]))),
        (false, swept("skip_if", json!([{ "model.layers": {} }]))),
        (false, swept("skip_if", json!([{ "model.tied": { "min": 0 } }]))),
        (true, swept("random", json!({ "trials": 2, "model.layers": { "integer": [1, 3] } }))),
        (true, swept("random", json!({ "model": { "dropout": { "uniform": [0, 0.5] } } }))),
        (true, swept("random", json!({ "training.clip": { "choice": ["none", { "norm": 1 }] } }))),
        (false, swept("random", json!({ "model.layers": { "uniform": [1, 3] } }))),
        (false, swept("random", json!({ "model.layers": { "integer": [1] } }))),
        (false, swept("random", json!({ "model.layers": [1, 2] }))),
        (false, swept("random", json!({ "seed": { "integer": [1, 2] } }))),
        (true, swept("halving", json!({ "first": 2, "factor": 4 }))),
        (false, swept("halving", json!({ "factor": 1 }))),
        (true, swept("halving", json!("none"))),
        (false, json!({ "data": data(), "sweep": { "seeds": 0 } })),
        (false, json!({ "data": data(), "sweep": { "seeds": 2, "grid": { "seed": [1] } } })),
        (false, json!({ "data": data(), "seed": 9_223_372_036_854_775_808.0 })),
        (false, json!({ "data": data(), "seed": -1 })),
        (true, json!({ "data": data(), "seed": i64::MAX })),
    ];
    for (right, spec) in cases {
        agree(&spec).unwrap();
        assert_eq!(parse(&spec).is_ok(), right, "{spec:#}");
    }
}

fn grid(grid: Json) -> Json {
    swept("grid", grid)
}

fn swept(table: &str, value: Json) -> Json {
    json!({ "data": { "corpus": "x" }, "sweep": { table: value } })
}

/// What stands in other files is unknown to the schema, so it misses nothing.
#[test]
fn requires_no_key_that_may_be_extended() {
    assert!(VALIDATOR.is_valid(&json!({ "extends": "base.toml" })));
    assert!(
        VALIDATOR.is_valid(&json!({ "extends": "base.toml", "training": { "momentum": 0.9 } }))
    );
    let wrong = json!({ "optimizer": "adam", "momentum": 0.9 });
    assert!(!VALIDATOR.is_valid(&json!({ "extends": "base.toml", "training": wrong })));
}
