//! Random specs, mostly right.

use proptest::prelude::*;
use samebits::spec::keys::{Default, Key, Kind, Range};
use samebits::spec::table::{find_key, keys};
use serde_json::{Value as Json, json};

/// A value that the key takes.
pub fn right(key: &Key) -> BoxedStrategy<Json> {
    let value = match key.kind {
        Kind::Text => "[a-z]{1,3}".prop_map(Json::from).boxed(),
        Kind::Tags => {
            prop::collection::btree_set("[a-z]{1,3}", 1..3).prop_map(|tags| json!(tags)).boxed()
        }
        Kind::Paths => {
            let many = prop::collection::vec("[a-z]{1,3}", 1..3).prop_map(Json::from);
            prop_oneof!["[a-z]{1,3}".prop_map(Json::from), many].boxed()
        }
        Kind::Texts => prop::collection::vec("[a-z]{1,3}", 1..3).prop_map(Json::from).boxed(),
        Kind::Word(words) => prop::sample::select(words).prop_map(|word| json!(word.name)).boxed(),
        Kind::Integer(low, high) => {
            let few = (low..=high.min(low + 500)).prop_map(Json::from);
            prop_oneof![4 => few, 1 => Just(json!(high)), 1 => Just(json!(low as f64))].boxed()
        }
        Kind::Float(range) => number(range),
        Kind::Pair(range) => {
            (number(range), number(range)).prop_map(|(a, b)| json!([a, b])).boxed()
        }
        Kind::Boolean => any::<bool>().prop_map(Json::from).boxed(),
        Kind::Choice { words, tables } => {
            let words = words.iter().map(|word| Just(json!(word.name)).boxed());
            let tables = tables.iter().map(|(word, range)| {
                number(*range).prop_map(|number| json!({ word.name: number })).boxed()
            });
            proptest::strategy::Union::new(words.chain(tables)).boxed()
        }
    };
    match key.none {
        true => prop_oneof![4 => value, 1 => Just(json!("none"))].boxed(),
        false => value,
    }
}

pub fn number(range: Range) -> BoxedStrategy<Json> {
    let numbers = [0.0, 1e-9, 0.1, 0.5, 0.9, 1.0, 2.0, 1000.0];
    let inside: Vec<_> = numbers.into_iter().filter(|number| range.contains(*number)).collect();
    prop::sample::select(inside).prop_map(Json::from).boxed()
}

/// Anything, right by accident at most.
pub fn anything() -> BoxedStrategy<Json> {
    let some = [
        json!(-1),
        json!(0),
        json!(1),
        json!(2),
        json!(7.0),
        json!(0.5),
        json!(-0.5),
        json!(1e31),
        json!(i64::MAX),
        json!(true),
        json!("none"),
        json!("adam"),
        json!("sgd"),
        json!("lstm"),
        json!("step"),
        json!("x"),
        json!(""),
        json!([]),
        json!([0.5, 0.5]),
        json!([1, 1.0]),
        json!(["x"]),
        json!([[0.5, 0.5]]),
        json!({}),
        json!({ "norm": 1 }),
        json!({ "norm": 0 }),
        json!({ "uniform": 0.1, "normal": 0.1 }),
        json!({ "kind": "plateau" }),
        json!({ "seeds": 2 }),
        json!({ "patience": 3 }),
        json!({ "grid": { "seed": [1, 2] } }),
        json!({ "model": { "hidden_size": [4] } }),
        json!({ "optimizer": ["sgd"] }),
    ];
    prop::sample::select(some.to_vec()).boxed()
}

/// A spec of some keys, with right values.
pub fn spec() -> impl Strategy<Value = Json> {
    let keys = keys().filter(|key| key.path != "extends");
    let keys: Vec<_> = keys
        .map(|key| {
            let chance = if key.path == "data.corpus" { 0.95 } else { 0.15 };
            prop::option::weighted(chance, right(key)).prop_map(move |value| (key.path, value))
        })
        .collect();
    let swept =
        ["model.hidden_size", "training.optimizer", "training.learning_rate", "data.corpus"];
    let grid = prop::collection::vec(
        (prop::sample::select(swept.to_vec()), prop::collection::vec(anything(), 0..3)),
        0..2,
    );
    (keys, grid, any::<bool>()).prop_map(|(values, grid, flat)| {
        let mut spec = json!({});
        for (path, value) in values {
            if let Some(value) = value {
                put(&mut spec, &mut path.split('.'), value);
            }
        }
        for (path, values) in grid {
            match flat {
                true => put(&mut spec, &mut ["sweep", "grid", path].into_iter(), json!(values)),
                false => {
                    put(
                        &mut spec,
                        &mut ["sweep", "grid"].into_iter().chain(path.split('.')),
                        json!(values),
                    );
                }
            }
        }
        tidy(&mut spec);
        spec
    })
}

pub fn put(table: &mut Json, path: &mut dyn Iterator<Item = &str>, value: Json) {
    match path.next() {
        None => *table = value,
        Some(name) => {
            if !table.is_object() {
                *table = json!({});
            }
            put(&mut table[name], path, value);
        }
    }
}

pub fn take(spec: &mut Json, path: Option<Vec<String>>) -> Option<Json> {
    let path = path?;
    let (last, tables) = path.split_last()?;
    let table = tables.iter().try_fold(spec, |table, name| table.get_mut(name))?;
    table.as_object_mut()?.shift_remove(last)
}

/// Makes most specs right: drops options that do not go with what is chosen, adds what is missing.
pub fn tidy(spec: &mut Json) {
    if spec.pointer("/training/epochs").is_some() {
        take(spec, Some(vec!["training".into(), "steps".into()]));
    }
    for key in keys() {
        let names: Vec<_> = key.path.split('.').map(str::to_owned).collect();
        let chosen = key.when.map(|when| (when, word(spec, when.key)));
        match chosen {
            Some((when, word)) if !when.holds(&word) => drop(take(spec, Some(names))),
            Some(_) if key.default == Default::Required && find(spec, key.path).is_none() => {
                let value = if key.kind == Kind::Text { json!("a") } else { json!(1) };
                put(spec, &mut key.path.split('.'), value);
            }
            _ => {}
        }
    }
    if word(spec, "task") != "language_model" {
        take(spec, Some(vec!["generation".into()]));
    } else if find(spec, "generation").is_some() {
        put(spec, &mut "generation.prefixes".split('.'), json!(["x"]));
    }
}

/// The word that the key has, written or by default.
pub fn word(spec: &Json, path: &str) -> String {
    let default = find_key(path).and_then(|key| key.default.value());
    let word = find(spec, path).or(default).cloned().unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

pub fn find<'a>(spec: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(spec, |value, name| value.get(name))
}

/// Takes away what breaks only the rules between keys, which the schema does not know.
pub fn defuse(spec: &mut Json) {
    // Which searches go with which sweeps.
    for table in ["tpe", "random", "halving"] {
        let wrong = find(spec, &format!("sweep.{table}")).is_none_or(|found| !found.is_object());
        let odd = |name: &String| find_key(&format!("sweep.{table}.{name}")).is_none();
        let odd = find(spec, &format!("sweep.{table}"))
            .and_then(Json::as_object)
            .is_some_and(|entries| entries.keys().any(odd));
        if !wrong && !odd && values_are_right(spec, &format!("sweep.{table}")) {
            take(spec, Some(vec!["sweep".into(), table.into()]));
        }
    }
    for (source, task) in
        [("sine", "regression"), ("addition", "translation"), ("binary_addition", "tagging")]
    {
        if find(spec, "data.source") == Some(&json!(source)) {
            put(spec, &mut ["task"].into_iter(), json!(task));
        }
    }
    // Splits without a training text that is named.
    let full = |path: &Json| path.as_str().is_some_and(|path| !path.is_empty());
    let full = |paths: &Json| match paths {
        Json::Array(paths) => !paths.is_empty() && paths.iter().all(full),
        path => full(path),
    };
    for name in ["valid", "test"] {
        let named = find(spec, "data.train").is_some();
        if !named && find(spec, &format!("data.{name}")).is_some_and(full) {
            take(spec, Some(vec!["data".into(), name.into()]));
        }
    }
    let size = find(spec, "model.embedding_size");
    if word(spec, "task") == "skip_gram" && size.is_none_or(|size| size.as_f64() == Some(0.0)) {
        put(spec, &mut "model.embedding_size".split('.'), json!(1));
    }
    let harmless = [
        ("data.min_count", json!(1)),
        ("data.level", json!("char")),
        ("data.targets", json!("none")),
        ("model.tied", json!(false)),
        ("model.embedding", json!("none")),
        ("model.embedding_frozen", json!(false)),
        ("model.embedding_dropout", json!(0.0)),
        ("training.nesterov", json!(false)),
        ("training.schedule.min_learning_rate", json!(0.0)),
        ("training.evaluate_every", json!(1)),
        ("training.monitor", json!("loss")),
        ("training.schedule.monitor", json!("loss")),
        ("training.early_stopping.monitor", json!("loss")),
        ("data.valid_fraction", json!(0.1)),
        ("data.test_fraction", json!(0.1)),
        ("seed", json!(1)),
        ("sweep.seeds", json!(2)),
    ];
    for (path, value) in harmless {
        let Some(found) = find(spec, path) else {
            continue;
        };
        let right = match find_key(path).map(|key| key.kind) {
            Some(Kind::Float(range)) => found.as_f64().is_some_and(|it| range.contains(it)),
            Some(Kind::Integer(low, high)) => found
                .as_f64()
                .is_some_and(|it| it.fract() == 0.0 && it >= low as f64 && it <= high as f64),
            Some(Kind::Boolean) => found.is_boolean(),
            Some(Kind::Word(words)) => words.iter().any(|word| *found == json!(word.name)),
            Some(Kind::Text) => found.as_str().is_some_and(|text| !text.is_empty()),
            _ => false,
        };
        if right {
            put(spec, &mut path.split('.'), value);
        }
    }
}

/// Whether all keys of a table have right values.
fn values_are_right(spec: &Json, table: &str) -> bool {
    let right = |key: &Key| match (key.kind, find(spec, key.path)) {
        (_, None) => true,
        (Kind::Integer(low, high), Some(value)) => value
            .as_f64()
            .is_some_and(|it| it.fract() == 0.0 && it >= low as f64 && it <= high as f64),
        (Kind::Float(range), Some(value)) => value.as_f64().is_some_and(|it| range.contains(it)),
        _ => false,
    };
    keys().filter(|key| key.table() == table).all(right)
}
