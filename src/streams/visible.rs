//! Texts from elsewhere as they are shown: what would act on a terminal stands as a visible sign.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a letter acts on a terminal instead of being shown: it begins an escape sequence, moves the
/// cursor, or turns the direction of what is written around it.
pub fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text of several lines: all that would act in it, but for line ends and tabs, as a sign.
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |letter| acts(letter) && !matches!(letter, '\n' | '\t'), sign)
}

/// A name, a cell or a value, which stays on its line: line ends and tabs are signs too.
pub fn on_a_line(text: &str) -> Cow<'_, str> {
    replaced(text, acts, sign)
}

/// The text of a JSON value, with escapes for what would act. It is the same value: outside of its
/// strings there is nothing of the kind but line ends.
pub fn inert_json(text: &str) -> Cow<'_, str> {
    let escape = |letter, out: &mut String| {
        let _ = write!(out, "\\u{:04x}", u32::from(letter));
    };
    replaced(text, |letter| acts(letter) && letter != '\n', escape)
}

/// The picture of a control character of ASCII, as ␛; of others the number, as ⟨U+202E⟩.
fn sign(letter: char, out: &mut String) {
    let number = u32::from(letter);
    let picture = match number {
        0..0x20 => char::from_u32(0x2400 + number),
        0x7f => Some('␡'),
        _ => None,
    };
    match picture {
        Some(picture) => out.push(picture),
        None => drop(write!(out, "⟨U+{number:04X}⟩")),
    }
}

fn replaced(
    text: &str,
    is_odd: impl Fn(char) -> bool,
    put: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.contains(&is_odd) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_odd(letter) {
            put(letter, &mut out);
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_a_sign() {
        let text = "a\u{1b}[31m\u{7f}\u{9b}0m\r\u{202e}é\n\tb";
        assert_eq!(visible(text), "a␛[31m␡⟨U+009B⟩0m␍⟨U+202E⟩é\n\tb");
        assert_eq!(on_a_line("a\n\tb"), "a␊␉b");
        assert!(matches!(visible("naïve → 日本\n"), Cow::Borrowed(_)));
        for letter in '\0'..='\u{10ff}' {
            let shown = visible(letter.encode_utf8(&mut [0; 4])).into_owned();
            assert!(matches!(letter, '\n' | '\t') || !shown.chars().any(char::is_control));
        }
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({"a\u{202e}": "\u{9b}\u{7f}\u{1b}\u{2066}\u{200f}\n\t\\é"});
        for text in [value.to_string(), format!("{value:#}")] {
            let inert = inert_json(&text);
            assert!(inert.chars().all(|letter| letter == '\n' || !acts(letter)), "{inert}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&inert).unwrap(), value);
        }
    }
}
