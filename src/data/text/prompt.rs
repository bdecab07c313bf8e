//! What a person gives a trained network, read as its training text was.

use super::clean::{clean, clean_prefix};
use super::vocabulary::{UNKNOWN, Vocabulary};
use crate::data::corpus::text_of;
use crate::data::error::{NotText, Unreadable};
use crate::spec::Data;

/// A text as a network reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The clean text; at level `byte` byte `b` is the character U+00b.
    pub text: String,
    /// Its tokens.
    pub ids: Vec<u32>,
}

impl Prompt {
    /// The beginning of a text that goes on: as much of it as training text would have kept.
    ///
    /// # Errors
    /// When it is no text, or has a token that the vocabulary lacks.
    pub fn prefix(vocabulary: &Vocabulary, data: &Data, prefix: &[u8]) -> Result<Self, Unreadable> {
        let text = clean_prefix(decoded(vocabulary, prefix)?, data);
        Ok(Self { ids: vocabulary.number(&text)?, text })
    }

    /// A whole text. Those of training are lines, so that line ends within it are spaces.
    ///
    /// # Errors
    /// When it is no text, or has a token that the vocabulary lacks.
    pub fn text(vocabulary: &Vocabulary, data: &Data, text: &[u8]) -> Result<Self, Unreadable> {
        let text = decoded(vocabulary, text)?;
        let lines: Vec<&str> = text.split('\n').map(str::trim).collect();
        let text = clean(lines.join(" ").trim().to_owned(), data);
        Ok(Self { ids: vocabulary.number(&text)?, text })
    }

    /// How many of its tokens are read as [`UNKNOWN`] though the text does not say so.
    pub fn unknown(&self, vocabulary: &Vocabulary) -> usize {
        let unknown = vocabulary.unknown();
        match self.text.contains(UNKNOWN) {
            true => 0,
            false => self.ids.iter().filter(|id| Some(**id) == unknown).count(),
        }
    }
}

fn decoded(vocabulary: &Vocabulary, bytes: &[u8]) -> Result<String, NotText> {
    text_of(bytes.to_vec(), vocabulary.level()).map_err(|error| {
        let position = error.utf8_error().valid_up_to();
        NotText { position, byte: bytes.get(position).copied().unwrap_or_default() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::test::data;
    use crate::data::text::interner::Interner;
    use crate::spec::Level;

    /// A prefix, as the training text of these keys has it, and the number of its tokens.
    fn prefix(data: &Data, train: &[u8], prefix: &[u8]) -> (String, usize) {
        let text = clean(text_of(train.to_vec(), data.level).unwrap(), data);
        let mut interner = Interner::default();
        let ids = interner.intern(data.level, &text);
        let (vocabulary, _) = interner.vocabulary_of(data, ids.into_iter(), false);
        let prompt = Prompt::prefix(&vocabulary, data, prefix).unwrap();
        (prompt.text, prompt.ids.len())
    }

    #[test]
    fn a_prefix_is_cleaned_like_the_training_text() {
        let plain = data("c");
        let train = "The Time-Machine,\r\n  by é\n".as_bytes();
        assert_eq!(prefix(&plain, train, b" T "), (" T ".to_owned(), 3));
        assert_eq!(prefix(&plain, train, b"e,\r\n"), ("e,\n".to_owned(), 3));
        assert_eq!(prefix(&plain, train, b""), (String::new(), 0));
        let letters = Data { letters_only: true, lowercase: true, ..plain.clone() };
        assert_eq!(prefix(&letters, train, b"The Time-").0, "the time ");
        assert_eq!(prefix(&letters, train, b"  (The").0, "the");
        assert_eq!(prefix(&letters, train, b"The\nTime\n").0, "thetime");
        let words = Data { level: Level::Word, ..letters.clone() };
        assert_eq!(prefix(&words, train, b"The Time\n"), ("the time\n".to_owned(), 3));
        let lyrics = Data { newlines_as_spaces: true, max_characters: Some(9), ..plain.clone() };
        assert_eq!(prefix(&lyrics, train, b"The\nThe\r\nThe").0, "The The The");
        let bytes = Data { level: Level::Byte, lowercase: true, ..plain };
        assert_eq!(prefix(&bytes, b"A\xc9 \xe9", b"A\xe9\xc9"), ("a\u{e9}\u{c9}".to_owned(), 3));
    }

    #[test]
    fn a_text_is_one_line() {
        let words = Data { level: Level::Word, lowercase: true, ..data("c") };
        let vocabulary = Vocabulary::of_words(Level::Word, vec!["a".to_owned(), "b".to_owned()]);
        let prompt = |text: &[u8]| Prompt::text(&vocabulary, &words, text);
        assert_eq!(prompt(b" A\r\nb \n").unwrap().ids, [0, 1]);
        assert_eq!(prompt(b" \n\t").unwrap().ids, [0; 0]);
        assert!(matches!(prompt(b"c"), Err(Unreadable::Unknown(_))));
        let wrong = prompt(b"b\xe9").unwrap_err();
        assert!(matches!(wrong, Unreadable::NotText(NotText { position: 1, byte: 0xe9 })));
    }
}
