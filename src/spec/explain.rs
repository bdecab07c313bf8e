//! What `runner explain` says about a key or a table, from the table of keys.

use super::diagnostics::suggest;
use super::experiment::canonical::to_text;
use super::experiment::table::{RIVALS, TABLES, find_key, find_table, keys, rival};
use super::keys::{Default, Key, Kind, Table, Word, split};

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
    let mut called: Vec<String> = keys().filter(|key| key.name() == wanted).map(of_key).collect();
    called.extend(TABLES.iter().filter(|table| split(table.path).1 == wanted).map(of_table));
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
    let width = table.keys.iter().map(|key| key.name().len()).max().unwrap_or(0);
    for key in &table.keys {
        lines.push(format!("    {:width$}  {}", key.name(), key.about));
    }
    lines.join("\n")
}

/// What holds where the key is not written.
fn default(key: &Key) -> String {
    match &key.default {
        Default::Required => match rival(key.path) {
            Some(rival) => format!("none: it or {rival} must be written"),
            None => "none: it must be written".to_owned(),
        },
        Default::Absent if let Some(pair) = RIVALS.iter().find(|it| it.second == key.path) => {
            format!("none: {} holds", pair.first)
        }
        Default::Absent => "none: it is off".to_owned(),
        Default::By { key: other, values } => {
            let values =
                values.iter().map(|(word, value)| format!("{} for {word}", to_text(value)));
            format!("by {other}: {}", values.collect::<Vec<_>>().join(", "))
        }
        Default::Value(value) => to_text(value),
    }
}

/// A line with which the key can be set.
fn example(key: &Key) -> String {
    let value = match (&key.default, key.kind) {
        (Default::Value(value), _) => to_text(value),
        (Default::By { values, .. }, _) => {
            values.first().map_or_else(String::new, |(_, value)| to_text(value))
        }
        (_, Kind::Integer(low, high)) => low.max(10).min(high).to_string(),
        (_, Kind::Float(range)) if range.contains(0.9) => "0.9".to_owned(),
        (_, Kind::Tags) => "[\"baseline\"]".to_owned(),
        (_, Kind::Paths) => "[\"mine/part-*.txt\"]".to_owned(),
        (_, Kind::Texts) => "[\"the \"]".to_owned(),
        (_, kind) => to_text(&kind.placeholder()),
    };
    let value = if value == "\"\"" { "\"…\"".to_owned() } else { value };
    format!("{} = {value}", key.name())
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
        for key in keys() {
            let text = explain(key.path).unwrap();
            assert!(text.starts_with(key.path) && text.contains(key.about), "{text}");
            assert!(text.contains(&key.expected()), "{text}");
        }
        for table in TABLES.iter().filter(|table| !table.path.is_empty()) {
            assert!(explain(table.path).unwrap().contains(table.about));
        }
        assert!(keys().all(|key| overview().contains(key.about)));
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
