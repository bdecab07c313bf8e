//! The JSON Schema of a spec, made from the table of keys.
//!
//! It accepts what [`load`](super::load()) accepts of one file, but for what a schema cannot say:
//!
//! - comparisons between keys (the rules of `rules.rs`);
//! - what becomes of a key at a point of a sweep, where its value meets those of other keys;
//! - two keys of a sweep that are one, or that exclude one another, as many values for all keys of
//!   a zip, the order of a range's ends, which searches go with which sweeps, and the number of
//!   trials;
//! - the size of the file and how deep it is nested.

use serde_json::{Map, Value as Json, json};

use super::experiment::table::{
    GRID, POINTS, RANDOM, RIVALS, SKIP_IF, TABLES, ZIP, find_key, find_table, keys, rival,
};
use super::keys::{Default, Key, Kind, LONGEST_TAG, Range, Table, When, Word, split};

/// The JSON Schema (draft 2020-12) of a spec.
pub fn schema() -> Json {
    let mut schema = find_table("").map_or(Json::Null, table_schema);
    let conditions =
        keys().filter_map(required).chain(options()).chain([seeded_once()]).chain(used());
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
    for key in &table.keys {
        properties.insert(key.name().into(), key_schema(key));
    }
    for inner in TABLES.iter().filter(|inner| parent(inner) == Some(table.path)) {
        let schema = match inner.path {
            GRID => keyed("", &axis_schema),
            RANDOM => random_schema(inner),
            ZIP => each_table(keyed("", &zip_schema)),
            POINTS => each_table(keyed("", &value_schema)),
            SKIP_IF => each_table(keyed("", &test_schema)),
            _ => table_schema(inner),
        };
        let schema = if inner.optional { or_none(schema) } else { schema };
        properties.insert(split(inner.path).1.into(), described(schema, inner.about));
    }
    let mut schema = object(properties);
    for pair in RIVALS.iter().filter(|pair| split(pair.first).0 == table.path) {
        schema["not"] = json!({ "required": [split(pair.first).1, split(pair.second).1] });
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

/// Keys of the spec as keys of a table: each may be written under any split of its path into
/// tables.
fn keyed(prefix: &str, values: &dyn Fn(&Key) -> Json) -> Json {
    let below = |path: &'static str| match prefix {
        "" => Some(path),
        _ => path.strip_prefix(prefix)?.strip_prefix('.'),
    };
    let mut properties = Map::new();
    for key in keys().filter(|key| key.sweepable()) {
        if let Some(name) = below(key.path) {
            properties.insert(name.into(), described(values(key), key.about));
        }
    }
    for table in TABLES.iter().filter(|table| table.sweepable()) {
        match below(table.path) {
            Some(name) if !name.is_empty() => {
                properties.insert(name.into(), keyed(table.path, values));
            }
            _ => {}
        }
    }
    object(properties)
}

/// The values of a key of the grid.
fn axis_schema(key: &Key) -> Json {
    json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": value_schema(key) })
}

/// The values of a key that moves with others.
fn zip_schema(key: &Key) -> Json {
    json!({ "type": "array", "minItems": 1, "items": value_schema(key) })
}

/// Any number of tables that are not empty.
fn each_table(mut table: Json) -> Json {
    table["minProperties"] = json!(1);
    json!({ "type": "array", "items": table })
}

/// The values of a condition.
fn test_schema(key: &Key) -> Json {
    let value = value_schema(key);
    let mut forms = vec![value.clone(), json!({ "type": "array", "minItems": 1, "items": value })];
    if matches!(key.kind, Kind::Integer(..) | Kind::Float(_)) {
        let number = json!({ "type": "number" });
        let mut range = object(Map::from_iter([
            ("min".to_owned(), number.clone()),
            ("max".to_owned(), number),
        ]));
        range["minProperties"] = json!(1);
        forms.push(range);
    }
    json!({ "anyOf": forms })
}

/// `[sweep.random]`: its own keys, and those that are drawn.
fn random_schema(table: &Table) -> Json {
    let mut schema = table_schema(table);
    let drawn = keyed("", &distribution_schema);
    if let (Some(own), Some(drawn)) =
        (schema["properties"].as_object_mut(), drawn["properties"].as_object())
    {
        for (name, drawn) in drawn {
            own.entry(name).or_insert(drawn.clone());
        }
    }
    schema
}

fn distribution_schema(key: &Key) -> Json {
    let range =
        |item: Json| json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": item });
    let choice = json!({ "type": "array", "minItems": 1, "items": value_schema(key) });
    let own = value_schema(key);
    let forms = match key.kind {
        Kind::Float(_) => vec![("uniform", range(own.clone())), ("log_uniform", range(own))],
        Kind::Integer(..) => vec![("integer", range(own.clone())), ("log_integer", range(own))],
        _ => Vec::new(),
    };
    let form = |(name, values): (&str, Json)| {
        let mut form = object(Map::from_iter([(name.to_owned(), values)]));
        form["required"] = json!([name]);
        form
    };
    json!({ "anyOf": forms.into_iter().chain([("choice", choice)]).map(form).collect::<Vec<_>>() })
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
        schema["default"] = default.clone();
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
        Kind::Paths => {
            let path = json!({ "type": "string", "minLength": 1 });
            json!({ "anyOf": [path, { "type": "array", "minItems": 1, "items": path }] })
        }
        Kind::Tags => json!({
            "type": "array", "minItems": 1, "uniqueItems": true, "items": {
                "type": "string", "minLength": 1, "maxLength": LONGEST_TAG,
                "pattern": r"^[^,;\u0000-\u001f\u007f-\u009f]*$",
            },
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
    elsewhere.extend(rival(key.path).into_iter().flat_map(|rival| [present(rival), swept(rival)]));
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
    for When { key, .. } in keys().filter_map(|key| key.when) {
        if !deciding.contains(&key) {
            deciding.push(key);
        }
    }
    deciding.into_iter().flat_map(|path| {
        let words = find_key(path).map_or(&[][..], |key| key.kind.words());
        words.iter().filter_map(move |word| {
            let lacks = |when: When| when.key == path && !when.holds(word.name);
            let lacking = keys().filter(|key| key.when.is_some_and(lacks));
            // A swept choice may have the option at some of its points.
            let unswept = json!({ "not": swept(path) });
            let lacking: Vec<_> = lacking
                .flat_map(|key| {
                    let swept = json!({ "allOf": [unswept, swept(key.path)] });
                    [present(key.path), swept]
                })
                .collect();
            let tables = TABLES.iter().filter(|table| table.condition().is_some_and(lacks));
            let open = |table: &Table| at(table.path, json!({ "type": "object" }));
            let opened = tables.map(|table| json!({ "allOf": [unswept, open(table)] }));
            let lacking: Vec<_> = lacking.into_iter().chain(opened).collect();
            let absent = json!({ "not": { "anyOf": lacking } });
            (!lacking.is_empty()).then(|| json!({ "if": holds(path, word.name), "then": absent }))
        })
    })
}

/// That an option of a swept choice goes with one of its words.
fn used() -> impl Iterator<Item = Json> {
    keys().filter_map(|key| key.when.map(|when| (key, when))).map(|(key, when)| {
        let some = json!({ "type": "array", "contains": { "enum": when.words } });
        let both = [present(key.path), swept_over(when.key, &json!(true))];
        json!({ "if": { "allOf": both }, "then": swept_over(when.key, &some) })
    })
}

/// That the key has this word: it is written, or it is the default and comes from nowhere else.
fn holds(path: &str, word: &str) -> Json {
    let written = chosen(path, &[word]);
    if find_key(path).map(|key| key.default.value()) != Some(Some(&json!(word))) {
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
    let any = json!(true);
    let point = json!({ "type": "array", "contains": any_split(path, &any) });
    let mut ways = vec![swept_over(path, &any), at(POINTS, point)];
    // `seed` in [sweep.random] is the key of the draws.
    if path != "seed" {
        ways.push(at(RANDOM, any_split(path, &any)));
    }
    json!({ "anyOf": ways })
}

/// That the key is swept in the grid or a zip, and that its values are of this schema.
fn swept_over(path: &str, values: &Json) -> Json {
    let inner = any_split(path, values);
    let zip = json!({ "type": "array", "contains": inner.clone() });
    json!({ "anyOf": [at(GRID, inner), at(ZIP, zip)] })
}

/// That a table has the key, under any split of its path.
fn any_split(path: &str, values: &Json) -> Json {
    let way = |names: Vec<String>| {
        names.iter().rev().fold(values.clone(), |inner, name| {
            json!({ "type": "object", "properties": { name.as_str(): inner }, "required": [name] })
        })
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
