//! A spec as written: TOML with the place of every key and value.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::files::open_regular;
use crate::spec::diagnostics::problem::Problem;
use crate::spec::diagnostics::source::{Place, Source};

/// The largest spec, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// The longest dotted key, in segments, and the deepest nesting of values.
const MAX_DEPTH: usize = 16;

/// A text of TOML.
#[derive(Debug)]
pub(in crate::spec) struct Text {
    /// As it is.
    pub raw: String,
    /// As it is shown.
    pub shown: Arc<Source>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Item {
    pub place: Place,
    pub value: Value,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub(in crate::spec) enum Value {
    String(String),
    /// One that does not fit becomes the nearest that does, which no key allows.
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Datetime,
    Array(Vec<Item>),
    Table(Vec<Entry>),
}

/// A key of a table, as written, with its value.
#[derive(Clone, Debug)]
pub(in crate::spec) struct Entry {
    pub name: String,
    pub place: Place,
    pub item: Item,
}

impl Text {
    /// The text under a name.
    pub fn new(name: impl Into<String>, raw: String) -> Self {
        let shown = Source::new(name, &raw);
        Text { raw, shown }
    }
}

impl Value {
    /// How a message names it: "the string \"x\"", "an array".
    pub fn describe(&self) -> String {
        match self {
            Value::String(text) => format!("the string {}", quote(text)),
            Value::Integer(_) => format!("the integer {}", self.plain()),
            Value::Float(_) => format!("the number {}", self.plain()),
            Value::Boolean(yes) => format!("the boolean {yes}"),
            Value::Datetime => "a date or time".into(),
            Value::Array(_) => "an array".into(),
            Value::Table(_) => "a table".into(),
        }
    }

    /// A number without its type.
    pub fn plain(&self) -> String {
        match self {
            Value::Integer(number) if number.unsigned_abs() > u64::MAX.into() => {
                "beyond 64 bits".into()
            }
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => format!("{number:?}"),
            other => other.describe(),
        }
    }
}

/// The text in quotation marks on one line, cut where it is long.
pub(in crate::spec) fn quote(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Reads a file of at most 1 MiB of UTF-8, with or without a byte order mark.
pub(in crate::spec) fn read(path: &Path) -> Result<Text, Problem> {
    let name = path.display().to_string();
    let cannot = |error: std::io::Error| Problem::new(format!("cannot read {name}: {error}"));
    let found = std::fs::metadata(path).map_err(cannot)?;
    if found.is_dir() {
        return Err(Problem::new(format!("cannot read {name}: it is a folder")));
    }
    let (file, _) = open_regular(path).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Problem::new(format!("{name} is larger than 1 MiB"))
            .help("a spec is a short text; was another file meant?"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            Ok(Text::new(name, text.to_owned()))
        }
        Err(error) => Err(not_utf8(name, error.as_bytes(), error.utf8_error().valid_up_to())),
    }
}

/// The first byte that is not UTF-8, shown in the text as far as it can be.
fn not_utf8(name: String, bytes: &[u8], at: usize) -> Problem {
    let text = Text::new(&name, String::from_utf8_lossy(bytes).into_owned());
    let place = Place::new(&text.shown, at..at + char::REPLACEMENT_CHARACTER.len_utf8());
    Problem::at(&place, format!("{name} is not UTF-8"))
        .label(format!("byte {at} is {:#04x}", bytes.get(at).copied().unwrap_or_default()))
        .help("save the file as UTF-8")
}

/// Parses TOML: its entries, or else every syntax error.
///
/// Nesting is bounded before the parser sees the text, as trees of tables are dropped recursively.
pub(in crate::spec) fn parse(text: &Text) -> Result<Vec<Entry>, Vec<Problem>> {
    if let Some(span) = long_key(&text.raw) {
        let message = format!("a key has more than {MAX_DEPTH} segments");
        return Err(vec![Problem::at(&Place::new(&text.shown, span), message)]);
    }
    let (table, errors) = DeTable::parse_recoverable(&text.raw);
    if !errors.is_empty() {
        return Err(syntax_errors(text, &errors));
    }
    let mut problems = Vec::new();
    let entries = convert_table(&text.shown, table.into_inner(), 0, &mut problems);
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

/// Where a dotted key is longer than [`MAX_DEPTH`].
fn long_key(text: &str) -> Option<std::ops::Range<usize>> {
    use toml_parser::lexer::TokenKind::{Atom, BasicString, Dot, LiteralString, Whitespace};
    let (mut start, mut dots) = (0, 0);
    for token in toml_parser::Source::new(text).lex() {
        match token.kind() {
            Dot => dots += 1,
            Atom | BasicString | LiteralString | Whitespace => {}
            _ => (start, dots) = (token.span().end(), 0),
        }
        if dots >= MAX_DEPTH {
            return Some(start..token.span().end());
        }
    }
    None
}

/// The first error of each line: those that follow mostly come of it.
fn syntax_errors(text: &Text, errors: &[toml::de::Error]) -> Vec<Problem> {
    let end = text.raw.len();
    let span = |error: &toml::de::Error| error.span().unwrap_or(end..end);
    let mut errors: Vec<_> = errors.iter().map(|error| (span(error), error.message())).collect();
    errors.sort_by_key(|(span, _)| span.start);
    errors.dedup_by(|(later, _), (earlier, _)| {
        let between = text.raw.get(earlier.start..later.start);
        !between.unwrap_or_default().contains('\n')
    });
    let problem = |(span, message): (std::ops::Range<usize>, &str)| {
        // The parser says of `a =` that it wants a string in quotes.
        let message = match message.strip_suffix(", expected literal string") {
            Some(_) if span.is_empty() => "a value is missing",
            Some(message) => message,
            None if message.starts_with("cannot recurse") => "values are nested too deep",
            None => message,
        };
        Problem::at(&Place::new(&text.shown, span), format!("not TOML: {message}"))
    };
    errors.into_iter().map(problem).collect()
}

fn convert_table(
    source: &Arc<Source>,
    table: DeTable<'_>,
    depth: usize,
    problems: &mut Vec<Problem>,
) -> Vec<Entry> {
    let entries = table.into_iter().map(|(name, item)| Entry {
        place: Place::new(source, name.span()),
        name: name.into_inner().into_owned(),
        item: convert(source, item, depth + 1, problems),
    });
    entries.collect()
}

fn convert(
    source: &Arc<Source>,
    item: Spanned<DeValue<'_>>,
    depth: usize,
    problems: &mut Vec<Problem>,
) -> Item {
    let place = Place::new(source, item.span());
    let value = match item.into_inner() {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => Value::Integer(integer(&number)),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN) + 0.0),
        DeValue::Boolean(yes) => Value::Boolean(yes),
        DeValue::Datetime(_) => Value::Datetime,
        DeValue::Array(_) | DeValue::Table(_) if depth > MAX_DEPTH => {
            let message = format!("values are nested more than {MAX_DEPTH} deep");
            problems.push(Problem::at(&place, message));
            Value::Array(Vec::new())
        }
        DeValue::Array(items) => Value::Array(
            items.into_iter().map(|item| convert(source, item, depth + 1, problems)).collect(),
        ),
        DeValue::Table(table) => Value::Table(convert_table(source, table, depth, problems)),
    };
    Item { place, value }
}

/// The number; one beyond 128 bits becomes the nearest within.
fn integer(number: &DeInteger<'_>) -> i128 {
    let text = number.as_str();
    let nearest = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(text, number.radix()).unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Result<Vec<Entry>, Vec<String>> {
        let text = Text::new("a.toml", text.to_owned());
        parse(&text).map_err(|problems| problems.iter().map(Problem::to_string).collect())
    }

    #[test]
    fn keeps_the_place_of_keys_and_values() {
        let entries = parse_text("\n[a]\nb = [1, 'x']\n").unwrap();
        assert_eq!(entries[0].place.to_string(), "a.toml:2:2");
        let Value::Table(inner) = &entries[0].item.value else { panic!("no table") };
        assert_eq!(inner[0].place.to_string(), "a.toml:3:1");
        let Value::Array(items) = &inner[0].item.value else { panic!("no array") };
        assert_eq!(items[1].place.to_string(), "a.toml:3:9");
    }

    #[test]
    fn takes_integers_of_any_size() {
        for (text, number) in [
            ("-0x10", -16),
            ("1_000", 1000),
            ("0b11", 3),
            ("-999999999999999999999999999999999999999999999", i128::MIN),
            ("999999999999999999999999999999999999999999999", i128::MAX),
        ] {
            let Ok(entries) = parse_text(&format!("a = {text}")) else {
                continue;
            };
            assert!(matches!(entries[0].item.value, Value::Integer(it) if it == number), "{text}");
        }
    }

    /// Trees of tables are dropped recursively, and some inside the parser.
    #[test]
    fn survives_any_nesting() {
        let dots = "a.".repeat(200_000);
        for text in [
            format!("{dots}a = 1"),
            format!("[{dots}a]"),
            format!("x = 1\nx = {{ {dots}a = 1 }}"),
            format!("x = {{ {dots}a = 1, {dots}a = 1 }}"),
            format!("x = {}", "[".repeat(500_000)),
            format!("x = {}", "{a=".repeat(300_000)),
            format!("x = {}", "{'a' . \"=\".a=".repeat(60)),
        ] {
            assert!(parse_text(&text).is_err());
        }
    }
}
