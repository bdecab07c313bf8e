//! What a key of a spec is. The keys themselves stand with the structs of
//! `experiment`, and [`table`](super::table) lists them all.
//!
//! Everything that knows keys reads the same table: the parser's checks, the JSON Schema, the
//! suggestions, the canonical text and the reference page.

pub(super) mod define;

use std::fmt;

use serde_json::{Value as Json, json};

/// A table of a spec, such as `[model]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Dotted path; empty for the top of the file.
    pub path: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// Whether it may be left out, which means something else than all its defaults, and be
    /// switched off by writing `"none"` in its place.
    pub optional: bool,
    /// The keys that stand in it.
    pub keys: Vec<Key>,
}

/// The tables that may stand any number of times.
const ARRAYS: [&str; 3] = ["sweep.zip", "sweep.points", "sweep.skip_if"];

/// The table of what is said of an experiment and changes nothing about it.
const META: &str = "meta";
/// The most characters of a tag.
pub(super) const LONGEST_TAG: usize = 64;

/// A key of a spec, such as `model.hidden_size`.
#[derive(Clone, Debug, PartialEq)]
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
    /// A string that is not empty, or an array of at least one.
    Paths,
    /// An array of at least one label, each once: strings without commas, semicolons and control
    /// characters.
    Tags,
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
#[derive(Clone, Debug, PartialEq)]
pub enum Default {
    /// It must be written.
    Required,
    /// Nothing: the feature is off.
    Absent,
    /// This value.
    Value(Json),
    /// A value that depends on the word of another key.
    By {
        /// The other key.
        key: &'static str,
        /// The value for each of its words.
        values: Vec<(&'static str, Json)>,
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
    pub(super) fn new(path: &'static str, about: &'static str) -> Self {
        Table { path, about: about.trim_start(), optional: false, keys: Vec::new() }
    }

    /// Adds the key of a name, if there is one.
    pub(super) fn add(
        &mut self,
        name: &str,
        about: &'static str,
        key: impl IntoIterator<Item = Key>,
    ) {
        self.keys.extend(key.into_iter().map(|key| key.named(self.path, name, about)));
    }

    /// It may be left out.
    pub(super) fn optional(self) -> Self {
        Table { optional: true, ..self }
    }

    /// When the keys of the table mean something, if that is one condition for all of them: then it
    /// is that of the table.
    pub(super) fn condition(&self) -> Option<When> {
        let when = self.keys.first()?.when?;
        self.keys.iter().all(|key| key.when == Some(when)).then_some(when)
    }

    /// How a message names it: `[model]`, `[[sweep.zip]]`, or "the top of the file".
    pub fn title(&self) -> String {
        match self.path {
            "" => "the top of the file".into(),
            path if self.is_array() => format!("[[{path}]]"),
            path => format!("[{path}]"),
        }
    }

    /// Whether it may stand any number of times, as `[[sweep.zip]]`.
    pub fn is_array(&self) -> bool {
        ARRAYS.contains(&self.path)
    }

    /// Whether a sweep may vary its keys.
    pub(super) fn sweepable(&self) -> bool {
        self.path != META && !self.path.starts_with("sweep")
    }

    /// Whether a path is that of the table, or of something in it.
    pub(super) fn contains(&self, path: &str) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl Key {
    /// The path of the table that it stands in.
    pub fn table(&self) -> &'static str {
        split(self.path).0
    }

    /// Its last segment.
    pub fn name(&self) -> &'static str {
        split(self.path).1
    }

    /// What it is about, as the end of another sentence.
    pub(super) fn clause(&self) -> String {
        let mut letters = self.about.trim_end_matches('.').chars();
        letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
    }

    /// Whether a sweep may vary it: all but what concerns the file rather than a trial.
    pub fn sweepable(&self) -> bool {
        self.path != "extends" && !self.path.starts_with("sweep.") && self.tells_apart()
    }

    /// Whether trials with other values of it are other trials. What is said of one changes
    /// neither its result nor its name.
    pub fn tells_apart(&self) -> bool {
        self.table() != META
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
            Kind::Texts | Kind::Paths | Kind::Tags => json!([]),
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
            Kind::Paths => write!(out, "a string or an array of strings"),
            Kind::Tags => write!(
                out,
                "an array of strings of at most {LONGEST_TAG} characters, without commas and semicolons"
            ),
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

/// The path of something in a table.
pub(super) fn join(table: &str, name: &str) -> String {
    if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") }
}

/// The table that a path stands in, and its last segment.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

impl Range {
    /// Larger numbers leave the range of the `f32` that models compute in.
    const LARGE: f64 = 1e30;
    pub(super) const POSITIVE: Self = Self::between(0.0, Self::LARGE).above();
    pub(super) const NOT_NEGATIVE: Self = Self::between(0.0, Self::LARGE);
    /// A part that may be nothing but not all: `[0, 1)`.
    pub(super) const PART: Self = Self::between(0.0, 1.0).below();
    pub(super) const ZERO_TO_ONE: Self = Self::between(0.0, 1.0);
    /// A factor that makes smaller: `(0, 1)`.
    pub(super) const SHRINKING: Self = Self::between(0.0, 1.0).above().below();
    /// A part that may be all but not nothing: `(0, 1]`.
    pub(super) const SHARE: Self = Self::between(0.0, 1.0).above();
    pub(super) const GAMMA: Self = Self::between(0.0, 10.0).above();
    pub(super) const TEMPERATURE: Self = Self::between(0.0, 1000.0);

    /// Both ends included.
    const fn between(low: f64, high: f64) -> Self {
        Range { low, low_open: false, high, high_open: false }
    }

    /// Without the lower end.
    const fn above(self) -> Self {
        Range { low_open: true, ..self }
    }

    /// Without the upper end.
    const fn below(self) -> Self {
        Range { high_open: true, ..self }
    }

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
    /// The value, unless it depends on another key.
    pub fn value(&self) -> Option<&Json> {
        match self {
            Default::Value(value) => Some(value),
            _ => None,
        }
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
