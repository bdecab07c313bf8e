//! Records as JSON: a line each, an array of objects, or one object. Objects in objects have names
//! with dots, as `config.seed`; a list of numbers is a column, with a row a number.

use super::hugging_face;
use crate::results::gate::foreign::FiguresError;
use crate::results::gate::foreign::records::{Place, Record};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The column that rows of lists are counted in.
const STEP: &str = "step";

/// The records of a text.
pub(in crate::results::gate::foreign) fn records(
    file: &str,
    text: &str,
) -> Result<Vec<Record>, FiguresError> {
    let place = Place::of(file);
    let whole = serde_json::from_str(&strict(text));
    let objects: Vec<(Place, Value)> = match whole {
        Ok(Value::Array(values)) => {
            let numbered = values.into_iter().enumerate();
            numbered.map(|(at, it)| (Place::of(format!("{file}, element {at}")), it)).collect()
        }
        Ok(value) => vec![(place, value)],
        Err(_) => lines(&place, text)?,
    };
    let mut all = Vec::new();
    for (place, value) in objects {
        match value {
            Value::Object(object) if hugging_face::is_state(&object) => {
                all.extend(hugging_face::records(&place, &object)?);
            }
            Value::Object(object) => all.extend(rows(&place, &object)),
            _ => return Err(no_object(&place)),
        }
    }
    Ok(all)
}

/// The record in a line of a program's output, if it is an object.
pub(in crate::results::gate::foreign) fn in_line(line: &str) -> Option<Map<String, Value>> {
    let line = line.trim();
    let value = line.starts_with('{').then(|| serde_json::from_str(&strict(line)).ok())?;
    if let Some(Value::Object(object)) = value { Some(object) } else { None }
}

fn lines(place: &Place, text: &str) -> Result<Vec<(Place, Value)>, FiguresError> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let value = |(number, line): (u64, &str)| {
        let place = place.line(number);
        let value = serde_json::from_str(&strict(line)).map_err(|error| {
            FiguresError::new(
                format!("{place}: this is no JSON: {error}"),
                "figures are a JSON object a line, an array of objects, or one object",
            )
        })?;
        Ok((place, value))
    };
    lines.map(value).collect()
}

fn no_object(place: &Place) -> FiguresError {
    FiguresError::new(
        format!("{place}: this is no object"),
        "figures are JSON objects, as {\"seed\": 1, \"valid_loss\": 0.5}",
    )
}

/// The rows of an object: one, or as many as its longest list of numbers has.
pub(in crate::results::gate::foreign) fn rows(
    place: &Place,
    object: &Map<String, Value>,
) -> Vec<Record> {
    let (mut record, mut lists) = (Record::new(place.clone()), Vec::new());
    flatten("", object, &mut record, &mut lists);
    let length = lists.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    if length == 0 {
        return vec![record];
    }
    let row = |at: usize| {
        let row = lists.iter().fold(record.clone(), |row, (name, values)| match values.get(at) {
            Some(value) => row.with(name, value),
            None => row,
        });
        row.with(STEP, at)
    };
    (0..length).map(row).collect()
}

fn flatten(
    above: &str,
    object: &Map<String, Value>,
    record: &mut Record,
    lists: &mut Vec<(String, Vec<String>)>,
) {
    for (name, value) in object {
        let name = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            Value::Object(inner) => flatten(&name, inner, record, lists),
            Value::Array(values) => {
                // Lists of other things are no columns.
                if let Some(values) = values.iter().map(scalar).collect() {
                    lists.push((name, values));
                }
            }
            value => record.cells.push((name.into(), scalar(value).unwrap_or_default())),
        }
    }
}

/// A value as the text of a cell: that of `null` is empty.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// What Python writes in place of numbers that JSON does not have, as texts.
fn strict(text: &str) -> Cow<'_, str> {
    if !["NaN", "Infinity"].iter().any(|name| text.contains(name)) {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest, mut quoted) = (String::new(), text, false);
    while let Some(letter) = rest.chars().next() {
        let name = ["NaN", "-Infinity", "Infinity"].iter().find(|name| rest.starts_with(**name));
        let (length, escaped) = match (letter, name) {
            ('\\', _) if quoted => (1 + rest[1..].chars().next().map_or(0, char::len_utf8), true),
            (_, Some(name)) if !quoted => {
                out.extend(["\"", name, "\""]);
                rest = &rest[name.len()..];
                continue;
            }
            _ => (letter.len_utf8(), false),
        };
        quoted ^= letter == '"' && !escaped;
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(record: &Record) -> Vec<(&str, &str)> {
        record.cells.iter().map(|(name, value)| (&**name, value.as_str())).collect()
    }

    #[test]
    fn objects_are_read_in_each_form() {
        let wanted = [("seed", "1"), ("m.loss", "0.5")];
        for text in [
            "{\"seed\": 1, \"m\": {\"loss\": 0.5}}\n{\"seed\": 2}\n",
            "[{\"seed\": 1, \"m\": {\"loss\": 0.5}}, {\"seed\": 2}]",
        ] {
            let read = records("a.json", text).unwrap();
            assert_eq!((read.len(), cells(&read[0])), (2, wanted.to_vec()));
        }
        let one = records("a.json", "{\n \"seed\": 1\n}").unwrap();
        assert_eq!(cells(&one[0]), [("seed", "1")]);
    }

    #[test]
    fn lists_of_numbers_are_columns() {
        let read =
            records("h.json", "{\"seed\": 1, \"val_loss\": [0.5, NaN], \"names\": [{}]}").unwrap();
        assert_eq!(cells(&read[1]), [("seed", "1"), ("val_loss", "NaN"), ("step", "1")]);
    }

    #[test]
    fn numbers_of_pythons_json_are_read() {
        assert_eq!(strict("{\"a\": 1}"), "{\"a\": 1}");
        let python = "{\"NaN \\\"\": NaN, \"é\": -Infinity, \"b\": [Infinity]}";
        let json = "{\"NaN \\\"\": \"NaN\", \"é\": \"-Infinity\", \"b\": [\"Infinity\"]}";
        assert_eq!(strict(python), json);
        assert_eq!(strict("{\"NaN\\"), "{\"NaN\\");
    }

    #[test]
    fn what_is_no_json_says_where() {
        let why = |text: &str| records("a.json", text).unwrap_err().to_string();
        assert!(why("{\"a\": 1}\n\n{\"a\" 1}\n").starts_with("a.json:3: this is no JSON: "));
        assert_eq!(why("[1]"), "a.json, element 0: this is no object");
        assert_eq!(why("{\"a\": 1}\n3\n"), "a.json:2: this is no object");
    }
}
