//! The arguments of `--set`, together the topmost layer.

use std::sync::Arc;

use super::file::{self, Entry, Item, Text, Value};
use super::layer::Layer;
use crate::spec::diagnostics::problem::Problem;
use crate::spec::diagnostics::source::{Place, Source};

/// What the arguments say; of two about one key, the later holds.
pub(in crate::spec) fn read(arguments: &[String], problems: &mut Vec<Problem>) -> Layer {
    let mut layer = Layer::default();
    for argument in arguments {
        match parse(&Text::new("--set", argument.clone())) {
            Ok(entries) => {
                let mut later = Layer::default();
                later.read(entries, problems);
                layer.add(later);
            }
            Err(mut wrong) => problems.append(&mut wrong),
        }
    }
    layer
}

/// One argument: an assignment in TOML, or `KEY=WORD` with a bare word for a string.
fn parse(text: &Text) -> Result<Vec<Entry>, Vec<Problem>> {
    let whole = Place::new(&text.shown, 0..text.raw.len());
    let malformed = |message: &str| {
        let help = "expected KEY=VALUE, as in `model.hidden_size=512`";
        vec![Problem::at(&whole, message).help(help)]
    };
    if !text.raw.contains('=') {
        return Err(malformed("no value is set"));
    }
    let entries = match file::parse(text) {
        Ok(entries) if entries.is_empty() => return Err(malformed("no key is set")),
        Ok(entries) => entries,
        Err(problems) => vec![bare_word(text).ok_or(problems)?],
    };
    match entries.iter().find(|entry| entry.name == "extends") {
        Some(entry) => Err(vec![
            Problem::at(&entry.place, "`extends` cannot be set here")
                .help("write it into the file, or run the other file"),
        ]),
        None => Ok(entries),
    }
}

/// `KEY=WORD`: a dotted key without quotes, and after the first `=` what is no other TOML value.
fn bare_word(text: &Text) -> Option<Entry> {
    let (key, rest) = text.raw.split_once('=')?;
    let word = rest.trim();
    if word.is_empty()
        || word.starts_with(['[', '{', '"', '\'', '='])
        || word.contains(char::is_control)
    {
        return None;
    }
    let start = key.len() + 1 + rest.len() - rest.trim_start().len();
    let place = Place::new(&text.shown, start..start + word.len());
    let word = Item { place, value: Value::String(word.to_owned()) };
    let segments = segments(&text.shown, key)?;
    let (name, place) = segments.last()?.clone();
    let innermost = Entry { name, place, item: word };
    Some(segments.into_iter().rev().skip(1).fold(innermost, |inner, (name, place)| {
        let item = Item { place: place.clone(), value: Value::Table(vec![inner]) };
        Entry { name, place, item }
    }))
}

/// The segments of a dotted key without quotes, and where each stands.
fn segments(source: &Arc<Source>, key: &str) -> Option<Vec<(String, Place)>> {
    const MOST: usize = 16;
    let mut start = 0;
    let segments = key.split('.').take(MOST).map(|segment| {
        let name = segment.trim();
        let at = start + segment.len() - segment.trim_start().len();
        start += segment.len() + 1;
        let bare = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        (!name.is_empty() && name.chars().all(bare))
            .then(|| (name.to_owned(), Place::new(source, at..at + name.len())))
    });
    segments.collect()
}
