//! What a spec asks to be done to a text before it is cut into tokens.

use crate::spec::{Data, Level};

/// Applies the cleaning of `data`, in this order: `newlines_as_spaces`, `letters_only`,
/// `lowercase`, `max_characters`. That is the order of d2l, both in its lyrics (line ends first,
/// then the first 10,000 characters) and its Time Machine (the first 10,000 of the clean text).
pub(crate) fn clean(mut text: String, data: &Data) -> String {
    if data.newlines_as_spaces {
        text = spaces(&text);
    }
    if data.letters_only {
        text = letters(&text, matches!(data.level, Level::Word | Level::Script));
    }
    if data.lowercase {
        text = lowercase(&text, data.level);
    }
    if let Some((end, _)) = data.max_characters.and_then(|n| text.char_indices().nth(n)) {
        text.truncate(end);
    }
    text
}

/// Cleans a text that goes on: what training text would have kept of it, had a word followed. A space
/// before that word stays; `max_characters` does not count what is written.
pub(super) fn clean_prefix(mut prefix: String, data: &Data) -> String {
    const NEXT: char = 'a';
    prefix.push(NEXT);
    let mut clean = clean(prefix, &Data { max_characters: None, ..data.clone() });
    clean.pop();
    clean
}

fn spaces(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// At level `byte` only ASCII has letters: the rest may be parts of characters.
fn lowercase(text: &str, level: Level) -> String {
    match level {
        Level::Byte => text.to_ascii_lowercase(),
        _ => text.to_lowercase(),
    }
}

/// d2l's cleaning of the Time Machine: in each line, every run of anything but `A-Za-z` becomes
/// one space, and none stays at either end. Lines follow one another without separator, as in
/// d2l's character corpus, unless `keep_lines`.
fn letters(text: &str, keep_lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let words = line.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
        for (index, word) in words.enumerate() {
            if index > 0 {
                out.push(' ');
            }
            out.push_str(word);
        }
        if keep_lines && line.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}
