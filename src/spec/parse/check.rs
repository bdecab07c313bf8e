//! A written value against the kind of its key.
//!
//! A right value becomes JSON of one form: integers as integers, other numbers as floats, and
//! `"none"` as null.

use serde_json::{Value as Json, json};

use super::file::{Entry, Item, Value, quote};
use crate::spec::diagnostics::problem::Problem;
use crate::spec::diagnostics::source::Place;
use crate::spec::diagnostics::suggest;
use crate::spec::experiment::canonical::to_text;
use crate::spec::keys::{Key, Kind, LONGEST_TAG, Range, Word};

/// A key and its value.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Assignment {
    pub key: &'static Key,
    /// Where the value stands.
    pub place: Place,
    /// `None`: a wrong one, already told; null: `"none"`.
    pub value: Option<Json>,
}

/// The value in JSON, or what is wrong with it.
pub(super) fn value(key: &Key, item: &Item) -> Result<Json, Vec<Problem>> {
    match &item.value {
        Value::String(text) if key.none && text == "none" => Ok(Json::Null),
        _ => kind(key, &key.kind, item),
    }
}

/// Several values of a key that is swept; anything but a full array of them is a problem.
pub(super) fn several<'a>(key: &Key, item: &'a Item, problems: &mut Vec<Problem>) -> &'a [Item] {
    let whole = |message: String| {
        let example = match key.kind {
            Kind::Texts | Kind::Paths | Kind::Tags | Kind::Pair(_) => {
                "expected an array of arrays, one for each point"
            }
            _ => "expected an array of values",
        };
        let help = format!("{example}; each value is {}", key.expected());
        Problem::at(&item.place, message).help(help)
    };
    match &item.value {
        Value::Array(_) if value(key, item).is_ok() => {
            problems.push(whole(format!("the sweep of `{}` is a single value", key.path)));
            &[]
        }
        Value::Array(items) if items.is_empty() => {
            problems.push(whole(format!("the sweep of `{}` has no values", key.path)));
            &[]
        }
        Value::Array(items) => items,
        other => {
            let found = other.describe();
            problems.push(whole(format!("the sweep of `{}` cannot be {found}", key.path)));
            &[]
        }
    }
}

fn kind(key: &Key, kind: &Kind, item: &Item) -> Result<Json, Vec<Problem>> {
    match (kind, &item.value) {
        (Kind::Text, Value::String(text)) => Ok(full_text(key, item, text)?),
        (Kind::Word(words), Value::String(text)) => Ok(word(key, words, item, text)?),
        (Kind::Boolean, Value::Boolean(yes)) => Ok(json!(yes)),
        (Kind::Integer(low, high), value) => Ok(integer(key, (*low, *high), item, value)?),
        (Kind::Float(range), _) => Ok(number(key.path, range, item)?),
        (Kind::Pair(range), Value::Array(items)) => pair(key, range, item, items),
        (Kind::Texts | Kind::Paths, Value::Array(items)) => texts(key, item, items),
        (Kind::Paths, Value::String(text)) => Ok(json!([full_text(key, item, text)?])),
        (Kind::Tags, Value::Array(items)) => tags(key, item, items),
        (Kind::Tags, Value::String(text)) => {
            let array = format!("write `{} = [{}]`", key.name(), to_text(&json!(text)));
            Err(wrong_type(key, item).help(array))?
        }
        (Kind::Choice { words, tables }, Value::String(text)) => {
            match tables.iter().any(|(word, _)| word.name == text) {
                true => Err(needs_number(key, item, text))?,
                false => Ok(word(key, words, item, text)?),
            }
        }
        (Kind::Choice { tables, .. }, Value::Table(entries)) => {
            Ok(choice(key, tables, item, entries)?)
        }
        _ => Err(wrong_type(key, item))?,
    }
}

/// Something else is written than the key takes.
fn wrong(key: &Key, place: &Place, message: String) -> Problem {
    Problem::at(place, message).help(format!("expected {}", key.expected()))
}

fn wrong_type(key: &Key, item: &Item) -> Problem {
    wrong(key, &item.place, format!("`{}` cannot be {}", key.path, item.value.describe()))
}

fn full_text(key: &Key, item: &Item, text: &str) -> Result<Json, Problem> {
    match text.is_empty() {
        true => Err(empty(key, item, "an empty string")),
        false => Ok(json!(text)),
    }
}

fn empty(key: &Key, item: &Item, what: &str) -> Problem {
    let message = format!("`{}` cannot be {what}", key.path);
    Problem::at(&item.place, message).help(format!("expected {}", key.clause()))
}

fn word(key: &Key, words: &[Word], item: &Item, text: &str) -> Result<Json, Problem> {
    if words.iter().any(|word| word.name == text) {
        return Ok(json!(text));
    }
    let message = format!("`{}` cannot be {}", key.path, quote(text));
    let problem = Problem::at(&item.place, message).maybe_help(suggest::word(text, words));
    Err(problem.help(format!("expected {}", key.expected())))
}

/// Whole floats such as `1e6` are integers too.
fn integer(
    key: &Key,
    (low, high): (u64, u64),
    item: &Item,
    value: &Value,
) -> Result<Json, Problem> {
    let number = match value {
        Value::Integer(number) => *number,
        Value::Float(number) if number.fract() == 0.0 => *number as i128,
        _ => return Err(wrong_type(key, item)),
    };
    match u64::try_from(number) {
        Ok(number) if (low..=high).contains(&number) => Ok(json!(number)),
        _ => Err(out_of_range(key.path, item, key.expected())),
    }
}

fn number(name: &str, range: &Range, item: &Item) -> Result<Json, Problem> {
    let number = match item.value {
        Value::Integer(number) => number as f64,
        Value::Float(number) => number,
        _ => {
            let message = format!("`{name}` cannot be {}", item.value.describe());
            let problem = Problem::at(&item.place, message);
            return Err(problem.help(format!("expected a number x with {range}")));
        }
    };
    match range.contains(number) {
        true => Ok(json!(number)),
        false => Err(out_of_range(name, item, format!("a number x with {range}"))),
    }
}

fn out_of_range(name: &str, item: &Item, expected: String) -> Problem {
    let message = format!("`{name}` cannot be {}", item.value.plain());
    Problem::at(&item.place, message).label("out of range").help(format!("expected {expected}"))
}

fn pair(key: &Key, range: &Range, item: &Item, items: &[Item]) -> Result<Json, Vec<Problem>> {
    if items.len() != 2 {
        let message = format!("`{}` has {} numbers instead of two", key.path, items.len());
        Err(wrong(key, &item.place, message))?;
    }
    every(items.iter().map(|item| number(key.path, range, item)))
}

fn texts(key: &Key, item: &Item, items: &[Item]) -> Result<Json, Vec<Problem>> {
    if items.is_empty() {
        Err(empty(key, item, "an empty array"))?;
    }
    every(items.iter().map(|item| match &item.value {
        Value::String(text) => full_text(key, item, text),
        _ => Err(wrong_type(key, item)),
    }))
}

fn tags(key: &Key, item: &Item, items: &[Item]) -> Result<Json, Vec<Problem>> {
    let all = texts(key, item, items)?;
    let tags: Vec<&str> = all.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let mut problems = Vec::new();
    for (index, (tag, item)) in tags.iter().zip(items).enumerate() {
        let (path, shown) = (key.path, quote(tag));
        if !is_tag(tag) {
            problems.push(wrong(key, &item.place, format!("`{path}` cannot hold {shown}")));
        } else if tags[..index].contains(tag) {
            let problem = Problem::at(&item.place, format!("`{path}` holds {shown} twice"));
            problems.push(problem.label("again").help("remove one"));
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

/// Whether a text can be told from others in a list with commas or semicolons, on one line.
fn is_tag(text: &str) -> bool {
    let parts = |c: char| c.is_control() || c == ',' || c == ';';
    text.chars().count() <= LONGEST_TAG && !text.contains(parts)
}

/// The array of all, or all that is wrong.
fn every(results: impl Iterator<Item = Result<Json, Problem>>) -> Result<Json, Vec<Problem>> {
    let mut problems = Vec::new();
    let values = results.filter_map(|result| result.map_err(|it| problems.push(it)).ok()).collect();
    if problems.is_empty() { Ok(Json::Array(values)) } else { Err(problems) }
}

/// The value in JSON; what is wrong with it is added to `problems`.
pub(super) fn value_or_tell(key: &Key, item: &Item, problems: &mut Vec<Problem>) -> Option<Json> {
    value(key, item).map_err(|mut wrong| problems.append(&mut wrong)).ok()
}

fn choice(
    key: &Key,
    tables: &[(Word, Range)],
    item: &Item,
    entries: &[Entry],
) -> Result<Json, Problem> {
    let [entry] = entries else {
        let message = format!("`{}` has {} keys instead of one", key.path, entries.len());
        return Err(wrong(key, &item.place, message));
    };
    let Some((word, range)) = tables.iter().find(|(word, _)| word.name == entry.name) else {
        let message = format!("unknown key {} in `{}`", quote(&entry.name), key.path);
        return Err(wrong(key, &entry.place, message));
    };
    let name = format!("{}.{}", key.path, word.name);
    Ok(json!({ word.name: number(&name, range, &entry.item)? }))
}

fn needs_number(key: &Key, item: &Item, word: &str) -> Problem {
    let message = format!("`{}` needs a number for {}", key.path, quote(word));
    Problem::at(&item.place, message).help(format!("as in `{} = {{ {word} = 5.0 }}`", key.name()))
}

#[cfg(test)]
mod tests {
    use super::super::file::{Text, parse};
    use super::*;
    use crate::spec::experiment::canonical::to_text;
    use crate::spec::experiment::table::keys;

    #[test]
    fn defaults_are_values_of_their_keys() {
        for key in keys() {
            let Some(default) = key.default.value() else {
                continue;
            };
            let text = format!("a = {}", to_text(default));
            let entries = parse(&Text::new("default", text)).unwrap();
            assert_eq!(value(key, &entries[0].item).ok().as_ref(), Some(default), "{}", key.path);
        }
    }
}
