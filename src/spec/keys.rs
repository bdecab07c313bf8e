//! What a key of a spec is. The keys themselves stand in [`table`](super::table).
//!
//! Everything that knows keys reads the same table: the parser's checks, the JSON Schema, the
//! suggestions, the canonical text and the reference page.

use std::fmt;

use serde_json::{Value as Json, json};

/// A table of a spec, such as `[model]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Table {
    /// Dotted path; empty for the top of the file.
    pub path: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Whether it may be left out, which means something else than all its defaults, and be
    /// switched off by writing `"none"` in its place.
    pub optional: bool,
}

/// The tables that may stand any number of times.
const ARRAYS: [&str; 3] = ["sweep.zip", "sweep.points", "sweep.skip_if"];

/// A key of a spec, such as `model.hidden_size`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Dotted path.
    pub path: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// What holds where it is not written.
    pub default: Default,
    /// Whether `"none"` may be written, which switches it off.
    pub none: bool,
    /// When the key means something; elsewhere it is an error. `None`: always.
    pub when: Option<When>,
    /// One sentence, with the unit.
    pub about: &'static str,
}

/// What values a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A string that is not empty.
    Text,
    /// An array of at least one string, none of them empty.
    Texts,
    /// One of these words.
    Word(&'static [Word]),
    /// A whole number, both ends included.
    Integer(u64, u64),
    /// A number.
    Float(Range),
    /// Two numbers.
    Pair(Range),
    /// `true` or `false`.
    Boolean,
    /// One of some words, or a table of exactly one of some keys with a number.
    Choice {
        /// Words that stand alone.
        words: &'static [Word],
        /// Keys of the table, with the range of the number.
        tables: &'static [(Word, Range)],
    },
}

/// A word that a key takes, and what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// As written in a spec.
    pub name: &'static str,
    /// What it means, in a few words.
    pub about: &'static str,
}

/// The numbers from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Whether `low` itself is excluded.
    pub low_open: bool,
    /// Upper end.
    pub high: f64,
    /// Whether `high` itself is excluded.
    pub high_open: bool,
}

/// What holds where a key is not written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It must be written.
    Required,
    /// Nothing: the feature is off.
    Absent,
    /// A word.
    Word(&'static str),
    /// A whole number.
    Integer(u64),
    /// A number.
    Float(f64),
    /// Two numbers.
    Pair(f64, f64),
    /// Yes or no.
    Boolean(bool),
    /// A table of one key, such as `{ norm = 5.0 }`.
    Table(&'static str, f64),
    /// A number that depends on the word of another key.
    By {
        /// The other key.
        key: &'static str,
        /// The number for each of its words.
        values: &'static [(&'static str, f64)],
    },
}

/// The words of another key with which a key means something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct When {
    /// The other key.
    pub key: &'static str,
    /// Its words.
    pub words: &'static [&'static str],
}

impl Table {
    /// How a message names it: `[model]`, `[[sweep.zip]]`, or "the top of the file".
    pub fn title(&self) -> String {
        match self.path {
            "" => "the top of the file".into(),
            path if self.is_array() => format!("[[{path}]]"),
            path => format!("[{path}]"),
        }
    }
}

impl Table {
    /// Whether it may stand any number of times, as `[[sweep.zip]]`.
    pub fn is_array(&self) -> bool {
        ARRAYS.contains(&self.path)
    }

    /// Whether a path is that of the table, or of something in it.
    pub(super) fn contains(&self, path: &str) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl Key {
    /// The path of the table that it stands in.
    pub fn table(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(table, _)| table)
    }

    /// Its last segment.
    pub fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }

    /// What it is about, as the end of another sentence.
    pub(super) fn clause(&self) -> String {
        let mut letters = self.about.trim_end_matches('.').chars();
        letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
    }

    /// The default for each word of the other key that it depends on, as it is written.
    pub fn defaults(&self) -> Vec<(&'static str, String)> {
        let Default::By { values, .. } = self.default else { return Vec::new() };
        let written = |number: f64| match self.kind {
            Kind::Integer(..) => (number as u64).to_string(),
            _ => format!("{number:?}"),
        };
        values.iter().map(|(word, number)| (*word, written(*number))).collect()
    }

    /// Whether a sweep may vary it: all but what concerns the file rather than a trial.
    pub fn sweepable(&self) -> bool {
        self.path != "extends" && !self.path.starts_with("sweep.")
    }

    /// What values are right, as the end of a sentence: "an integer from 1 to 64".
    pub fn expected(&self) -> String {
        let or_none = if self.none { ", or \"none\"" } else { "" };
        format!("{}{or_none}", self.kind)
    }
}

impl Kind {
    /// The words it takes.
    pub fn words(&self) -> &'static [Word] {
        match self {
            Kind::Word(words) | Kind::Choice { words, .. } => words,
            _ => &[],
        }
    }

    /// A value of the kind, to stand in for a wrong one until the problem has been told.
    pub(super) fn placeholder(&self) -> Json {
        match self {
            Kind::Text => json!(""),
            Kind::Texts => json!([]),
            Kind::Word(words) => json!(words.first().map_or("", |word| word.name)),
            Kind::Integer(low, _) => json!(low),
            Kind::Float(_) => json!(0.0),
            Kind::Pair(_) => json!([0.0, 0.0]),
            Kind::Boolean => json!(false),
            Kind::Choice { words, .. } => words.first().map_or(Json::Null, |word| json!(word.name)),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Text => write!(out, "a string"),
            Kind::Texts => write!(out, "an array of strings"),
            Kind::Word(words) => write!(out, "one of {}", list(words)),
            Kind::Integer(low, high) => {
                write!(out, "an integer from {} to {}", grouped(*low), grouped(*high))
            }
            Kind::Float(range) => write!(out, "a number x with {range}"),
            Kind::Pair(range) => write!(out, "an array of two numbers x with {range}"),
            Kind::Boolean => write!(out, "true or false"),
            Kind::Choice { words, tables } => {
                let words = words.iter().map(|word| format!("\"{}\"", word.name));
                let forms = tables.iter().map(|(word, _)| format!("{{ {} = x }}", word.name));
                let all: Vec<_> = words.chain(forms).collect();
                write!(out, "{}", all.join(" or "))?;
                match tables.first() {
                    Some((_, range)) => write!(out, " with {range}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// `"rnn", "gru", "lstm"`.
fn list(words: &[Word]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("\"{}\"", word.name)).collect();
    words.join(", ")
}

impl Range {
    /// Whether the number lies in it.
    pub fn contains(&self, number: f64) -> bool {
        let above = if self.low_open { number > self.low } else { number >= self.low };
        let below = if self.high_open { number < self.high } else { number <= self.high };
        above && below
    }
}

impl fmt::Display for Range {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let low = if self.low_open { "<" } else { "≤" };
        let high = if self.high_open { "<" } else { "≤" };
        write!(out, "{} {low} x {high} {}", short(self.low), short(self.high))
    }
}

/// A whole number as TOML lets it be written: `65_536`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() > 4 { crate::format::grouped(&digits, '_') } else { digits }
}

/// A number as a person writes it: `1`, `0.5`, `1e30`.
fn short(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

impl Default {
    /// The value, where it does not depend on another key.
    pub fn value(&self) -> Option<Json> {
        Some(match *self {
            Default::Required | Default::Absent | Default::By { .. } => return None,
            Default::Word(word) => json!(word),
            Default::Integer(number) => json!(number),
            Default::Float(number) => json!(number),
            Default::Pair(first, second) => json!([first, second]),
            Default::Boolean(yes) => json!(yes),
            Default::Table(name, number) => json!({ name: number }),
        })
    }
}

impl Word {
    /// A word and what it means.
    pub(super) const fn new(name: &'static str, about: &'static str) -> Self {
        Word { name, about }
    }
}

impl When {
    /// Whether the word is one of them.
    pub fn holds(&self, word: &str) -> bool {
        self.words.contains(&word)
    }
}

impl fmt::Display for When {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.words.iter().map(|word| format!("\"{word}\"")).collect();
        write!(out, "{} = {}", self.key, words.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::find_key;

    /// They were shown as floats, as all numbers of the table are.
    #[test]
    fn defaults_of_integers_are_integers() {
        let defaults = |path| find_key(path).unwrap().defaults();
        let digits = [("addition", "3".to_owned()), ("binary_addition", "8".to_owned())];
        assert_eq!(defaults("data.digits"), digits);
        assert_eq!(defaults("training.learning_rate")[0], ("sgd", "1.0".to_owned()));
        assert_eq!(defaults("seed"), []);
    }

    #[test]
    fn what_is_expected_reads_well() {
        for (path, expected) in [
            ("seed", "an integer from 0 to 9_223_372_036_854_775_807"),
            ("model.layers", "an integer from 1 to 64"),
            ("training.evaluate_every", "an integer from 1 to 1_000_000_000_000, or \"none\""),
            ("training.learning_rate", "a number x with 0 < x ≤ 1e30"),
            ("training.schedule.factor", "a number x with 0 < x < 1"),
            ("training.betas", "an array of two numbers x with 0 ≤ x < 1"),
            ("training.clip", "{ norm = x } or { value = x } with 0 < x ≤ 1e30, or \"none\""),
            ("model.architecture", "one of \"rnn\", \"gru\", \"lstm\""),
        ] {
            assert_eq!(find_key(path).unwrap().expected(), expected);
        }
    }
}
