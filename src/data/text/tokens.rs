//! Cutting a text into tokens, and joining tokens into text that reads well.

use crate::spec::Level;

/// The token of a line end at level `word`, as in Mikolov's and Zaremba's reading of the Penn
/// Treebank.
pub(super) const END_OF_LINE: &str = "<eos>";

/// A dash of two or more hyphens at level `script`.
const DASH: &str = "--";

/// Calls `visit` for every token of `text`, with the byte position at which it begins.
pub(crate) fn for_each_token<'a>(
    level: Level,
    text: &'a str,
    mut visit: impl FnMut(usize, &'a str),
) {
    match level {
        Level::Byte | Level::Char => {
            for (at, c) in text.char_indices() {
                visit(at, &text[at..at + c.len_utf8()]);
            }
        }
        Level::Word => for_each_word(text, END_OF_LINE, visit),
        Level::Script => {
            for_each_word(text, "\n", |at, word| split_punctuation(at, word, &mut visit))
        }
    }
}

/// What stands between white space, and `end_of_line` for each `\n`.
fn for_each_word<'a>(text: &'a str, end_of_line: &'a str, mut visit: impl FnMut(usize, &'a str)) {
    let mut start = None;
    for (at, c) in text.char_indices() {
        if !c.is_whitespace() {
            start = start.or(Some(at));
            continue;
        }
        if let Some(start) = start.take() {
            visit(start, &text[start..at]);
        }
        if c == '\n' {
            visit(at, end_of_line);
        }
    }
    if let Some(start) = start {
        visit(start, &text[start..]);
    }
}

/// Marks that are tokens of their own at level `script`. The apostrophe is not: it is part of
/// words such as `don't`.
fn is_mark(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '"' | '(' | ')' | '[' | ']' | '-')
        || matches!(c, '…' | '–' | '—' | '“' | '”')
}

/// Cuts the marks off a word: `(jerry:` is `(`, `jerry`, `:`. Hyphens in a row are one dash.
fn split_punctuation<'a>(at: usize, word: &'a str, visit: &mut impl FnMut(usize, &'a str)) {
    if word.starts_with('\n') {
        return visit(at, word);
    }
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' => rest.len() - rest.trim_start_matches('-').len(),
            mark if is_mark(mark) => mark.len_utf8(),
            _ => rest.find(is_mark).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        let token = if first == '-' && length > 1 { DASH } else { token };
        visit(at + word.len() - rest.len(), token);
        rest = after;
    }
}

/// Joins tokens into text. At levels `byte` and `char` that is the text they were cut from. At the
/// others white space is chosen so that the text reads well; cut up again, it gives the same
/// tokens.
pub(super) fn join<'a>(level: Level, tokens: impl Iterator<Item = &'a str>) -> String {
    match level {
        Level::Byte | Level::Char => tokens.collect(),
        Level::Word => {
            let lines = tokens.map(|token| if token == END_OF_LINE { "\n" } else { token });
            join_words(lines, |previous, next| previous != "\n" && next != "\n")
        }
        Level::Script => join_script(tokens),
    }
}

fn join_words<'a>(
    tokens: impl Iterator<Item = &'a str>,
    mut spaced: impl FnMut(&str, &str) -> bool,
) -> String {
    let mut text = String::new();
    let mut previous = "";
    for token in tokens {
        if !previous.is_empty() && spaced(previous, token) {
            text.push(' ');
        }
        text.push_str(token);
        previous = token;
    }
    text
}

/// Space between two tokens unless a mark asks for none. Straight quotes open and close by turns
/// within a line.
fn join_script<'a>(tokens: impl Iterator<Item = &'a str>) -> String {
    let mut quoted = false;
    join_words(tokens, move |previous, next| {
        // `quoted` counts the quotes up to and with `previous`.
        match previous {
            "\n" => quoted = false,
            "\"" => quoted = !quoted,
            _ => {}
        }
        let after_opening_quote = previous == "\"" && quoted;
        let line_end = previous == "\n" || next == "\n";
        let closing = matches!(next, "." | "," | ";" | ":" | "!" | "?" | ")" | "]" | "…" | "”")
            || next == "\"" && quoted;
        let opening = matches!(previous, "(" | "[" | "“") || after_opening_quote;
        let hyphen = next == "-" && is_word(previous) || previous == "-" && is_word(next);
        !(line_end || closing || opening || hyphen)
    })
}

fn is_word(token: &str) -> bool {
    !token.starts_with(is_mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(level: Level, text: &str) -> Vec<&str> {
        let mut tokens = Vec::new();
        for_each_token(level, text, |_, token| tokens.push(token));
        tokens
    }

    #[test]
    fn words_end_lines_with_eos() {
        let text = " aer banknote \n<unk> n\u{a0}n\n\nlast";
        assert_eq!(
            cut(Level::Word, text),
            ["aer", "banknote", "<eos>", "<unk>", "n", "n", "<eos>", "<eos>", "last"]
        );
        let joined = join(Level::Word, cut(Level::Word, text).into_iter());
        assert_eq!(joined, "aer banknote\n<unk> n n\n\nlast");
    }

    #[test]
    fn scripts_part_words_and_marks() {
        let text = "jerry: (to a well-known \"man\") don't... 'cause--no, \"yes!\"\n\n";
        let tokens = cut(Level::Script, text);
        assert_eq!(
            tokens,
            [
                "jerry", ":", "(", "to", "a", "well", "-", "known", "\"", "man", "\"", ")",
                "don't", ".", ".", ".", "'cause", "--", "no", ",", "\"", "yes", "!", "\"", "\n",
                "\n"
            ]
        );
        assert_eq!(
            join(Level::Script, tokens.into_iter()),
            "jerry: (to a well-known \"man\") don't... 'cause -- no, \"yes!\"\n\n"
        );
    }

    #[test]
    fn a_quote_left_open_does_not_reach_the_next_line() {
        let tokens = ["a", "\"", "b", "\n", "c", "\"", "d", "\"", "e"];
        assert_eq!(join(Level::Script, tokens.into_iter()), "a \"b\nc \"d\" e");
    }

    #[test]
    fn positions_are_those_in_the_text() {
        let text = "é (a)\nb--c";
        for level in [Level::Char, Level::Word, Level::Script] {
            for_each_token(level, text, |at, token| {
                assert!(token == END_OF_LINE || text[at..].starts_with(token), "{at} {token}");
            });
        }
    }

    proptest! {
        #[test]
        fn characters_join_to_the_same_text(text in any::<String>()) {
            let again = join(Level::Char, cut(Level::Char, &text).into_iter());
            prop_assert_eq!(again, text);
        }

        #[test]
        fn joined_tokens_are_cut_into_the_same_tokens(text in r#"[ab'.,;:!?()"\[\]…–—“” \n-]{0,40}|\PC{0,20}"#) {
            for level in [Level::Word, Level::Script] {
                let tokens = cut(level, &text);
                let joined = join(level, tokens.iter().copied());
                prop_assert_eq!(cut(level, &joined), tokens, "{:?}", joined);
            }
        }
    }
}
