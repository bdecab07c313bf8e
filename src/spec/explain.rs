//! What `runner explain` says about a key or a table, from the table of keys.

use super::keys::{Default, Key, Kind, Table, Word};
use super::suggest;
use super::table::{KEYS, RIVALS, TABLES, find_key, find_table, rival};

/// Type, default, meaning and company of a key, or the keys of a table, as text. A key may be
/// given by its path, by its last name, or by the name that another program has for it.
///
/// # Errors
/// When there is nothing of that name: what was meant, if it can be guessed.
pub fn explain(name: &str) -> Result<String, Option<String>> {
    let wanted = name.trim().trim_matches(['[', ']']);
    if let Some(key) = find_key(wanted) {
        return Ok(of_key(key));
    }
    if let Some(table) = find_table(wanted) {
        return Ok(of_table(table));
    }
    let mut called: Vec<String> =
        KEYS.iter().filter(|key| key.name() == wanted).map(of_key).collect();
    called.extend(TABLES.iter().filter(|table| last(table.path) == wanted).map(of_table));
    if called.is_empty() {
        called.extend(suggest::alias(wanted).and_then(find_key).map(of_key));
        called.extend(suggest::alias(wanted).and_then(find_table).map(of_table));
    }
    if called.is_empty() { Err(suggest::path(wanted)) } else { Ok(called.join("\n\n")) }
}

/// Every table with its keys and the first words of what they mean.
pub fn overview() -> String {
    TABLES.iter().map(of_table).collect::<Vec<_>>().join("\n\n")
}

fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, name)| name)
}

fn of_key(key: &Key) -> String {
    let mut lines = vec![key.path.to_owned(), format!("  {}", key.about), String::new()];
    let mut say = |what: &str, text: String| lines.push(format!("  {what:<9} {text}"));
    say("type", key.expected());
    say("default", default(key));
    if let Some(when) = key.when {
        say("only with", when.to_string());
    }
    if let Some(rival) = rival(key.path) {
        say("never with", rival.to_owned());
    }
    let home = find_table(key.table()).map_or_else(String::new, |table| table.title());
    say("stands in", home);
    say("example", example(key));
    let aliases: Vec<_> = suggest::aliases_of(key.path).collect();
    if !aliases.is_empty() {
        say("elsewhere", format!("called {}", aliases.join(", ")));
    }
    for (form, about) in words(&key.kind) {
        lines.push(format!("    {form:<16} {about}"));
    }
    lines.join("\n")
}

fn of_table(table: &Table) -> String {
    let mut lines = vec![table.title(), format!("  {}", table.about)];
    let keys: Vec<_> = KEYS.iter().filter(|key| key.table() == table.path).collect();
    let width = keys.iter().map(|key| key.name().len()).max().unwrap_or(0);
    for key in keys {
        lines.push(format!("    {:width$}  {}", key.name(), key.about));
    }
    lines.join("\n")
}

/// What holds where the key is not written.
fn default(key: &Key) -> String {
    match key.default {
        Default::Required => "none: it must be written".to_owned(),
        Default::Absent if key.path == RIVALS.1 => format!("none: {} holds", RIVALS.0),
        Default::Absent => "none: it is off".to_owned(),
        Default::By { key: other, .. } => {
            let values = key.defaults().into_iter();
            let values = values.map(|(word, number)| format!("{number} for {word}"));
            format!("by {other}: {}", values.collect::<Vec<_>>().join(", "))
        }
        known => known.value().map_or_else(String::new, |value| toml(&value)),
    }
}

/// A line with which the key can be set.
fn example(key: &Key) -> String {
    let first = key.defaults().into_iter().next();
    let value = match (key.default.value(), first, key.kind) {
        (Some(value), ..) => toml(&value),
        (_, Some((_, number)), _) => number,
        (.., Kind::Integer(low, high)) => (low.max(10).min(high)).to_string(),
        (.., Kind::Float(range)) if range.contains(0.9) => "0.9".to_owned(),
        (.., Kind::Texts) => "[\"the \"]".to_owned(),
        (.., kind) => toml(&kind.placeholder()),
    };
    let value = if value == "\"\"" { "\"…\"".to_owned() } else { value };
    format!("{} = {value}", key.name())
}

/// A JSON value as TOML.
fn toml(value: &serde_json::Value) -> String {
    super::canonical::to_text(value)
}

/// The words that a key takes, and what each means.
fn words(kind: &Kind) -> Vec<(String, &'static str)> {
    let quoted = |word: &Word| (format!("\"{}\"", word.name), word.about);
    match kind {
        Kind::Word(words) => words.iter().map(quoted).collect(),
        Kind::Choice { words, tables } => {
            let tables =
                tables.iter().map(|(word, _)| (format!("{{ {} = x }}", word.name), word.about));
            words.iter().map(quoted).chain(tables).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_table_can_be_explained() {
        for key in KEYS {
            let text = explain(key.path).unwrap();
            assert!(text.starts_with(key.path) && text.contains(key.about), "{text}");
            assert!(text.contains(&key.expected()), "{text}");
        }
        for table in TABLES.iter().filter(|table| !table.path.is_empty()) {
            assert!(explain(table.path).unwrap().contains(table.about));
        }
        assert!(KEYS.iter().all(|key| overview().contains(key.about)));
    }

    #[test]
    fn a_last_name_an_alias_and_a_slip() {
        assert!(explain("hidden_size").unwrap().starts_with("model.hidden_size\n"));
        assert!(explain("lr").unwrap().starts_with("training.learning_rate\n"));
        let both = explain("patience").unwrap();
        assert!(both.contains("training.schedule.patience\n"), "{both}");
        assert!(both.contains("training.early_stopping.patience\n"), "{both}");
        let guess = Some("did you mean `model.hidden_size`?".to_owned());
        assert_eq!(explain("model.hiden_size"), Err(guess));
        assert_eq!(explain("banana"), Err(None));
    }
}
