//! The one text of an experiment: TOML with every default written out.

use serde_json::Value as Json;

use super::Experiment;
use super::table::{TABLES, find_key, keys};
use crate::files::sha256;
use crate::spec::keys::{Default, Key};

impl Experiment {
    /// The experiment as a spec that [`load`](crate::spec::load()) reads back to an equal one.
    ///
    /// Tables and keys stand in one order, every default is written out, and numbers are in their
    /// shortest form that reads back exactly, so equal experiments have equal texts.
    pub fn to_toml(&self) -> String {
        self.written(|_| true)
    }

    /// The keys that are chosen and go with the experiment's choices, in their tables.
    fn written(&self, chosen: fn(&Key) -> bool) -> String {
        let values = serde_json::to_value(self).unwrap_or_default();
        let mut text = String::new();
        for table in TABLES.iter() {
            let goes = |key: &&Key| key.when.is_none_or(|when| when.holds(word(when.key, &values)));
            let keys = table.keys.iter().filter(goes).filter(|key| chosen(key));
            let lines: String = keys.filter_map(|key| line(key, &values)).collect();
            if lines.is_empty() || find(&values, table.path).is_none() {
                continue;
            }
            if !table.path.is_empty() {
                text += &format!("\n[{}]\n", table.path);
            }
            text += &lines;
        }
        text
    }

    /// Every key that goes with the experiment's choices and tells it from others, by its dotted
    /// path, with the value in TOML.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let values = serde_json::to_value(self).unwrap_or_default();
        let setting = |key: &Key| Some((key.path, to_text(&value_in(key, &values)?)));
        keys().filter(|key| key.tells_apart()).filter_map(setting).collect()
    }

    /// The SHA-256 of [`Experiment::to_toml`] without `[meta]`, in 64 hexadecimal digits.
    pub fn hash(&self) -> String {
        sha256(self.written(Key::tells_apart).as_bytes())
    }
}

/// The word of a key that decides about others: its default if it does not apply itself.
fn word<'a>(path: &str, values: &'a Json) -> &'a str {
    find(values, path).and_then(Json::as_str).unwrap_or_else(|| default_word(path))
}

/// The word that holds if the key is not written.
pub(in crate::spec) fn default_word(path: &str) -> &'static str {
    find_key(path).and_then(|key| key.default.value()?.as_str()).unwrap_or_default()
}

/// The line of a key: nothing if the experiment has no value and none is the default.
fn line(key: &Key, values: &Json) -> Option<String> {
    let value = match find(values, key.path) {
        Some(value) => to_text(value),
        None if key.none && key.default != Default::Absent => "\"none\"".into(),
        None => return None,
    };
    Some(format!("{} = {value}\n", key.name()))
}

/// The value that a key has in an experiment, null if it is switched off; `None` if the key does not
/// go with the experiment's choices.
pub(in crate::spec) fn value_in(key: &Key, values: &Json) -> Option<Json> {
    find(values, key.path).cloned().or_else(|| key.none.then_some(Json::Null))
}

/// The value at a dotted path, if there is one.
fn find<'a>(values: &'a Json, path: &str) -> Option<&'a Json> {
    let mut segments = path.split('.').filter(|segment| !segment.is_empty());
    let value = segments.try_fold(values, |value, segment| value.get(segment))?;
    (!value.is_null()).then_some(value)
}

/// A value in TOML.
pub(in crate::spec) fn to_text(value: &Json) -> String {
    match value {
        Json::Null => "\"none\"".into(),
        Json::Bool(yes) => yes.to_string(),
        Json::Number(number) => match (number.as_u64(), number.as_f64()) {
            (None, Some(float)) => format!("{float:?}"),
            _ => number.to_string(),
        },
        // A JSON string is a TOML string but for one character that JSON does not escape.
        Json::String(_) => value.to_string().replace('\u{7f}', "\\u007f"),
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(to_text).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(entries) => {
            let entries =
                entries.iter().map(|(name, value)| format!("{name} = {}", to_text(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}
