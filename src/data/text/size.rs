//! How much text tokens spell out: what makes figures of different tokens comparable.

use super::interner::Interner;
use super::tokens::{END_OF_LINE, for_each_token};
use super::vocabulary::{UNKNOWN, Vocabulary};
use crate::data::split::Split;
use crate::spec::Level;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// How much text some predictions spell out. Of a part of a split it is the part's share, so the
/// numbers need not be whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TextSize {
    /// Bytes of UTF-8 (at level byte: bytes).
    pub bytes: f64,
    /// Characters; 0 where the bytes are not UTF-8.
    pub characters: f64,
    /// Bytes of the words that the vocabulary lacks. A word that is `<unk>` in the text itself is
    /// none of them.
    pub unknown_bytes: f64,
}

impl TextSize {
    /// A share of it.
    #[must_use]
    pub fn times(self, share: f64) -> Self {
        Self {
            bytes: self.bytes * share,
            characters: self.characters * share,
            unknown_bytes: self.unknown_bytes * share,
        }
    }
}

impl AddAssign for TextSize {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.characters += other.characters;
        self.unknown_bytes += other.unknown_bytes;
    }
}

/// What a text's tokens beside those of the vocabulary come to.
pub(crate) struct Unknown {
    /// By the number of a distinct token: whether it is read as `<unk>`, and the bytes that
    /// it takes to spell what the text has in its place.
    of: Vec<(bool, u32)>,
}

impl Unknown {
    /// `ids` are the vocabulary's ids of the distinct tokens.
    pub fn new(
        level: Level,
        interner: &Interner<'_>,
        vocabulary: &Vocabulary,
        ids: &[u32],
    ) -> Self {
        let unknown = vocabulary.unknown();
        let of = |(token, id): (&&str, &u32)| {
            let is_unknown = Some(*id) == unknown;
            let bytes = match *token {
                UNKNOWN => 0,
                // A line end is one byte, whatever its token is called.
                END_OF_LINE if level == Level::Word => 1,
                _ if level == Level::Byte => 1,
                token => token.len() as u32,
            };
            (is_unknown, if is_unknown { bytes } else { 0 })
        };
        Self { of: interner.tokens().iter().zip(ids).map(of).collect() }
    }

    /// The share of a text's tokens that are read as `<unk>`; 0 of an empty text.
    pub fn share(&self, numbers: &[u32]) -> f64 {
        share_of(numbers.iter(), |number| self.of[number as usize].0)
    }

    /// The share of a text's tokens that are `<unk>` in the text itself.
    pub fn share_in_text(&self, numbers: &[u32]) -> f64 {
        share_of(numbers.iter(), |number| self.of[number as usize] == (true, 0))
    }

    /// What predicting all tokens of a split but the first spells out; `is_utf8` says whether the
    /// bytes of the whole text are characters.
    pub fn size(&self, level: Level, numbers: &[u32], text: &str, is_utf8: bool) -> TextSize {
        let predicted_ids = numbers.get(1..).unwrap_or_default();
        let unknown = predicted_ids.iter().map(|number| u64::from(self.of[*number as usize].1));
        let unknown_bytes = unknown.sum::<u64>() as f64;
        TextSize { unknown_bytes, ..measured(level, predicted(level, text), is_utf8) }
    }
}

/// From this share of unknown tokens on a perplexity must not be read without a warning.
pub const MANY_UNKNOWN: f64 = 0.01;

/// A sentence about the shares of unknown tokens in train, valid and test, where there are any;
/// `in_text` are those that stand as `<unk>` in the text itself.
pub(crate) fn about_unknown(shares: [f64; 3], in_text: [f64; 3]) -> Option<String> {
    let all = listed(shares)?;
    let from_text = match listed(in_text) {
        None => String::new(),
        Some(same) if same == all => " (all of them in the text itself)".to_owned(),
        Some(some) => format!(" (in the text itself: {some})"),
    };
    Some(format!(
        "{UNKNOWN} stands for words that the vocabulary lacks: {all}{from_text}; that one comes next \
         is cheap to predict, so compare bits per byte, where they are spelled out"
    ))
}

/// The same for a task that does not predict a text.
pub(crate) fn about_unread(shares: [f64; 3]) -> Option<String> {
    let all = listed(shares)?;
    Some(format!("tokens that are not in the vocabulary are read as one that says nothing: {all}"))
}

/// Shares with their splits, of those that have some.
fn listed(shares: [f64; 3]) -> Option<String> {
    let parts = shares.into_iter().zip(Split::NAMES).filter(|(share, _)| *share > 0.0);
    let parts: Vec<_> =
        parts.map(|(share, split)| format!("{} of {split}", percent(share))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The share of some ids in all of a split's tokens.
pub(crate) fn share_of<'a>(ids: impl Iterator<Item = &'a u32>, is: impl Fn(u32) -> bool) -> f64 {
    let (mut found, mut all) = (0u64, 0u64);
    for id in ids {
        found += u64::from(is(*id));
        all += 1;
    }
    found as f64 / all.max(1) as f64
}

/// A share in per cent, to two significant digits.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        p if p >= 9.95 => format!("{p:.0} %"),
        p if p >= 0.995 => format!("{p:.1} %"),
        p if p >= 0.01 => format!("{p:.2} %"),
        0.0 => "0 %".to_owned(),
        _ => "under 0.01 %".to_owned(),
    }
}

/// What is predicted of a text: all from where its second token begins. Nothing comes before the
/// first, so it is given.
fn predicted(level: Level, text: &str) -> &str {
    let (mut start, mut tokens) = (0, 0);
    // Tokens do not reach over line ends.
    for line in text.split_inclusive('\n') {
        let mut second = None;
        for_each_token(level, line, |at, _| {
            tokens += 1;
            if tokens == 2 {
                second = Some(at);
            }
        });
        if let Some(at) = second {
            return &text[start + at..];
        }
        start += line.len();
    }
    ""
}

/// The bytes and characters of a text; `is_utf8` says whether the bytes of the text that it is a part
/// of are characters.
fn measured(level: Level, text: &str, is_utf8: bool) -> TextSize {
    let characters = text.chars().count();
    let (bytes, characters) = match level {
        // Here a character stands for a byte. Each character of UTF-8 has one byte that begins it.
        Level::Byte => {
            let begins = text.chars().filter(|byte| (*byte as u32) & 0xc0 != 0x80).count();
            (characters, if is_utf8 { begins } else { 0 })
        }
        _ => (text.len(), characters),
    };
    TextSize { bytes: bytes as f64, characters: characters as f64, unknown_bytes: 0.0 }
}

/// Whether a text is one of characters: at level byte, whether its bytes are UTF-8.
pub(crate) fn is_utf8(level: Level, text: &str) -> bool {
    let bytes = || text.chars().map(|byte| byte as u8).collect::<Vec<u8>>();
    level != Level::Byte || str::from_utf8(&bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus::latin1;

    #[test]
    fn unknown_tokens_are_told_with_their_splits() {
        assert_eq!(about_unknown([0.0; 3], [0.0; 3]), None);
        let told = |shares, in_text| about_unknown(shares, in_text).unwrap();
        let text = told([0.0, 0.123, 0.0021], [0.0; 3]);
        assert!(text.contains("lacks: 12 % of valid, 0.21 % of test; that"), "{text}");
        let text = told([0.05, 0.05, 0.00001], [0.05, 0.05, 0.00001]);
        assert!(text.contains("under 0.01 % of test (all of them in the text itself);"), "{text}");
    }

    #[test]
    fn the_first_token_is_given() {
        assert_eq!(predicted(Level::Char, "été"), "té");
        assert_eq!(predicted(Level::Word, "  the quick\nfox"), "quick\nfox");
        assert_eq!(predicted(Level::Word, "the\nquick"), "\nquick");
        assert_eq!(predicted(Level::Word, "\n\nquick"), "\nquick");
        assert_eq!(predicted(Level::Script, "(to a"), "to a");
        assert_eq!(predicted(Level::Char, "a"), "");
        assert_eq!(predicted(Level::Word, " \n"), "");
    }

    #[test]
    fn a_text_is_as_long_at_every_level() {
        let text = "日本 été\n";
        let size = measured(Level::Char, text, true);
        assert_eq!((size.bytes, size.characters), (13.0, 7.0));
        assert_eq!(measured(Level::Word, text, true), size);
        let bytes = latin1(text.as_bytes());
        assert_eq!(measured(Level::Byte, &bytes, is_utf8(Level::Byte, &bytes)), size);
        let odd = latin1(b"caf\xe9");
        let size = measured(Level::Byte, &odd, is_utf8(Level::Byte, &odd));
        assert_eq!((size.bytes, size.characters), (4.0, 0.0));
    }
}
