//! The JSON Schema of a spec, made from the table of keys.
//!
//! It accepts what [`load`](super::load()) accepts of one file, but for what a schema cannot say:
//!
//! - comparisons between keys (the rules of `rules.rs`);
//! - what becomes of a key at a point of a sweep, where its value meets those of other keys;
//! - two keys of a sweep that are one, or that exclude one another, and the number of its trials;
//! - the size of the file and how deep it is nested.

use serde_json::{Map, Value as Json, json};

use super::keys::{Default, Key, Kind, Range, Table, When, Word};
use super::layer::GRID;
use super::table::{KEYS, RIVALS, TABLES, find_key, find_table};

/// The JSON Schema (draft 2020-12) of a spec.
pub fn schema() -> Json {
    let mut schema = find_table("").map_or(Json::Null, table_schema);
    let conditions =
        KEYS.iter().filter_map(required).chain(options()).chain([seeded_once()]).chain(used());
    if let Some(root) = schema.as_object_mut() {
        root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("title".into(), json!("An experiment of runner"));
        root.insert("allOf".into(), conditions.collect());
    }
    schema
}

/// A table with its keys and inner tables.
fn table_schema(table: &Table) -> Json {
    let mut properties = Map::new();
    for key in KEYS.iter().filter(|key| key.table() == table.path) {
        properties.insert(key.name().into(), key_schema(key));
    }
    for inner in TABLES.iter().filter(|inner| parent(inner) == Some(table.path)) {
        let schema = if inner.path == GRID { grid_schema("") } else { table_schema(inner) };
        let schema = if inner.optional { or_none(schema) } else { schema };
        properties.insert(last(inner.path).into(), described(schema, inner.about));
    }
    let mut schema = object(properties);
    if RIVALS.0.starts_with(&format!("{}.", table.path)) {
        schema["not"] = json!({ "required": [last(RIVALS.0), last(RIVALS.1)] });
    }
    schema
}

/// The table that a table stands in; none for the top.
fn parent(table: &Table) -> Option<&'static str> {
    match table.path.rsplit_once('.') {
        Some((parent, _)) => Some(parent),
        None => (!table.path.is_empty()).then_some(""),
    }
}

fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, last)| last)
}

/// The grid of a sweep: each key may be written under any split of its path into tables.
fn grid_schema(prefix: &str) -> Json {
    let below = |path: &'static str| match prefix {
        "" => Some(path),
        _ => path.strip_prefix(prefix)?.strip_prefix('.'),
    };
    let mut properties = Map::new();
    for key in KEYS.iter().filter(|key| key.sweepable()) {
        let Some(name) = below(key.path) else {
            continue;
        };
        let values = json!({
            "type": "array", "minItems": 1, "uniqueItems": true, "items": value_schema(key),
        });
        properties.insert(name.into(), described(values, key.about));
    }
    for table in TABLES.iter().filter(|table| !table.path.starts_with("sweep")) {
        match below(table.path) {
            Some(name) if !name.is_empty() => {
                properties.insert(name.into(), grid_schema(table.path));
            }
            _ => {}
        }
    }
    object(properties)
}

fn object(properties: Map<String, Json>) -> Json {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn described(mut schema: Json, about: &str) -> Json {
    schema["description"] = json!(about);
    schema
}

fn or_none(schema: Json) -> Json {
    json!({ "anyOf": [schema, { "const": "none", "description": "off" }] })
}

/// A key: its values, what it is and what holds without it.
fn key_schema(key: &Key) -> Json {
    let mut schema = described(value_schema(key), key.about);
    if let Some(default) = key.default.value() {
        schema["default"] = default;
    }
    schema
}

fn value_schema(key: &Key) -> Json {
    let schema = kind_schema(&key.kind);
    if key.none { or_none(schema) } else { schema }
}

fn kind_schema(kind: &Kind) -> Json {
    match kind {
        Kind::Text => json!({ "type": "string", "minLength": 1 }),
        Kind::Texts => json!({
            "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 1 },
        }),
        Kind::Word(words) => json!({ "oneOf": words_schema(words) }),
        Kind::Integer(low, high) => {
            json!({ "type": "integer", "minimum": low, "maximum": high })
        }
        Kind::Float(range) => range_schema(range),
        Kind::Pair(range) => json!({
            "type": "array", "minItems": 2, "maxItems": 2, "items": range_schema(range),
        }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Choice { words, tables } => {
            let tables = tables.iter().map(|(word, range)| {
                let number = described(range_schema(range), word.about);
                json!({
                    "type": "object", "properties": { word.name: number },
                    "required": [word.name], "additionalProperties": false,
                })
            });
            json!({ "anyOf": words_schema(words).into_iter().chain(tables).collect::<Vec<_>>() })
        }
    }
}

fn words_schema(words: &[Word]) -> Vec<Json> {
    words.iter().map(|word| json!({ "const": word.name, "description": word.about })).collect()
}

fn range_schema(range: &Range) -> Json {
    let low = if range.low_open { "exclusiveMinimum" } else { "minimum" };
    let high = if range.high_open { "exclusiveMaximum" } else { "maximum" };
    json!({ "type": "number", low: range.low, high: range.high })
}

/// The condition under which a key that has no default must be written.
fn required(key: &Key) -> Option<Json> {
    if key.default != Default::Required {
        return None;
    }
    let mut elsewhere = vec![present("extends"), swept(key.path)];
    let mut needed = Vec::new();
    if let Some(when) = &key.when {
        elsewhere.push(swept(when.key));
        let words = when.words.iter().map(|word| holds(when.key, word));
        needed.push(json!({ "anyOf": words.collect::<Vec<_>>() }));
    }
    if find_table(key.table()).is_some_and(|table| table.optional) {
        needed.push(at(key.table(), json!({ "type": "object" })));
    }
    needed.push(json!({ "not": { "anyOf": elsewhere } }));
    Some(json!({ "if": { "allOf": needed }, "then": present(key.path) }))
}

/// That seeds are either counted or swept.
fn seeded_once() -> Json {
    json!({ "not": { "allOf": [present("sweep.seeds"), swept("seed")] } })
}

/// For each word of each key that decides about options: the options that it does not have.
fn options() -> impl Iterator<Item = Json> {
    let mut deciding: Vec<&str> = Vec::new();
    for When { key, .. } in KEYS.iter().filter_map(|key| key.when) {
        if !deciding.contains(&key) {
            deciding.push(key);
        }
    }
    deciding.into_iter().flat_map(|path| {
        let words = find_key(path).map_or(&[][..], |key| key.kind.words());
        words.iter().filter_map(move |word| {
            let lacks = |when: When| when.key == path && !when.holds(word.name);
            let lacking = KEYS.iter().filter(|key| key.when.is_some_and(lacks));
            // A swept choice may have the option at some of its points.
            let unswept = json!({ "not": swept(path) });
            let lacking: Vec<_> = lacking
                .flat_map(|key| {
                    let swept = json!({ "allOf": [unswept, swept(key.path)] });
                    [present(key.path), swept]
                })
                .collect();
            let absent = json!({ "not": { "anyOf": lacking } });
            (!lacking.is_empty()).then(|| json!({ "if": holds(path, word.name), "then": absent }))
        })
    })
}

/// That an option of a swept choice goes with one of its words.
fn used() -> impl Iterator<Item = Json> {
    KEYS.iter().filter_map(|key| key.when.map(|when| (key, when))).map(|(key, when)| {
        let some = json!({ "type": "array", "contains": { "enum": when.words } });
        let both = [present(key.path), swept(when.key)];
        json!({ "if": { "allOf": both }, "then": swept_over(when.key, &some) })
    })
}

/// That the key has this word: it is written, or it is the default and comes from nowhere else.
fn holds(path: &str, word: &str) -> Json {
    let written = chosen(path, &[word]);
    if find_key(path).map(|key| key.default.value()) != Some(Some(json!(word))) {
        return written;
    }
    let elsewhere = json!({ "anyOf": [present(path), present("extends"), swept(path)] });
    json!({ "anyOf": [written, { "not": elsewhere }] })
}

/// That the key is written with one of these words.
fn chosen(path: &str, words: &[&str]) -> Json {
    at(path, json!({ "enum": words }))
}

/// That something stands at the path.
fn present(path: &str) -> Json {
    at(path, json!(true))
}

/// That what stands at the path is there and of this schema.
fn at(path: &str, schema: Json) -> Json {
    path.rsplit('.').fold(schema, |inner, name| {
        json!({ "type": "object", "properties": { name: inner }, "required": [name] })
    })
}

/// That the key is swept.
fn swept(path: &str) -> Json {
    swept_over(path, &json!(true))
}

/// That the key is swept, under any split of its path, and that its values are of this schema.
fn swept_over(path: &str, values: &Json) -> Json {
    let way = |names: Vec<String>| {
        let inner = names.iter().rev().fold(values.clone(), |inner, name| {
            json!({ "type": "object", "properties": { name.as_str(): inner }, "required": [name] })
        });
        at(GRID, inner)
    };
    json!({ "anyOf": splits(path).into_iter().map(way).collect::<Vec<_>>() })
}

/// `a.b.c` as `a.b.c`; `a`, `b.c`; `a.b`, `c`; `a`, `b`, `c`.
fn splits(path: &str) -> Vec<Vec<String>> {
    let mut all = vec![vec![path.to_owned()]];
    for (dot, _) in path.match_indices('.') {
        for mut rest in splits(&path[dot + 1..]) {
            rest.insert(0, path[..dot].to_owned());
            all.push(rest);
        }
    }
    all
}
