//! The numbers of tokens.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::iter;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::tokens;
use crate::data::corpus::{hex, latin1};
use crate::data::error::UnknownToken;
use crate::spec::Level;

/// The entry that stands for every token the vocabulary lacks.
pub const UNKNOWN: &str = "<unk>";

/// The entry that fills a batch up where a text has ended. No loss, state or accuracy counts it.
pub const PADDING: &str = "<pad>";

/// Tokens and their ids, 0 to [`len`](Self::len): the most frequent in the training split first,
/// equally frequent ones in ascending order.
///
/// In JSON it is `{"level": …, "tokens": […]}`, a token's place being its id. At level `byte` the
/// token of byte `b` is the character U+00b.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Vocabulary {
    level: Level,
    tokens: Vec<Box<str>>,
    ids: HashMap<Box<str>, u32>,
}

/// The form of a vocabulary in JSON.
#[derive(Serialize, Deserialize)]
struct Stored {
    level: String,
    tokens: Vec<Box<str>>,
}

/// Which tokens become entries.
pub(super) struct Rules {
    pub min_count: u64,
    pub max_entries: usize,
    /// Whether `<unk>` is an entry even if every token of the training split has its own.
    pub open: bool,
}

impl Vocabulary {
    /// Numbers the tokens of a training split, given with their counts. Returns the vocabulary and
    /// the id of each token in the order given.
    ///
    /// Tokens that count less than `min_count` and the rarest beyond `max_entries` share the entry
    /// `<unk>`, whose count is the sum of theirs and that of a literal `<unk>`.
    pub(super) fn build(level: Level, counts: &[(&str, u64)], rules: &Rules) -> (Self, Vec<u32>) {
        let least = rules.min_count.max(1);
        let literal = counts.iter().any(|&(token, count)| token == UNKNOWN && count > 0);
        let mut kept: Vec<(&str, u64)> = counts
            .iter()
            .copied()
            .filter(|&(token, count)| count >= least && token != UNKNOWN)
            .collect();
        kept.sort_unstable_by_key(|&(token, count)| (Reverse(count), token));
        let unknown =
            rules.open || literal || kept.len() < counts.len() || kept.len() > rules.max_entries;
        if unknown {
            kept.truncate(rules.max_entries.saturating_sub(1));
            let all: u64 = counts.iter().map(|&(_, count)| count).sum();
            let rest = all - kept.iter().map(|&(_, count)| count).sum::<u64>();
            let place = kept.partition_point(|&(token, count)| {
                (Reverse(count), token) < (Reverse(rest), UNKNOWN)
            });
            kept.insert(place, (UNKNOWN, rest));
        }
        let vocabulary =
            Self::new(level, kept.into_iter().map(|(token, _)| token.into()).collect());
        // Without `<unk>` every token has an entry, so that the default is never taken.
        let ids = counts.iter().map(|&(token, _)| vocabulary.id(token).unwrap_or_default());
        let ids = ids.collect();
        (vocabulary, ids)
    }

    /// The vocabulary with more entries after its own.
    pub(crate) fn with(self, special: &[&str]) -> Self {
        let mut tokens = self.tokens;
        for token in special.iter().filter(|token| !self.ids.contains_key(**token)) {
            tokens.push((*token).into());
        }
        Self::new(self.level, tokens)
    }

    /// The vocabulary without an entry.
    pub fn empty(level: Level) -> Self {
        Self::new(level, Vec::new())
    }

    /// Numbers words in the order given, none of them twice.
    pub(crate) fn of_words(level: Level, words: Vec<String>) -> Self {
        Self::new(level, words.into_iter().map(String::into_boxed_str).collect())
    }

    fn new(level: Level, tokens: Vec<Box<str>>) -> Self {
        let ids = tokens.iter().cloned().zip(0..).collect();
        Self { level, tokens, ids }
    }

    /// Number of entries, `<unk>` included.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// What a token is.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The id of `token`, or that of `<unk>`, or `None` if there is neither.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied().or_else(|| self.unknown())
    }

    /// The id of `<unk>`, if it is an entry.
    pub fn unknown(&self) -> Option<u32> {
        self.ids.get(UNKNOWN).copied()
    }

    /// The token of `id`. At level `byte` that of byte `b` is the character U+00b.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.tokens.get(id as usize).map(AsRef::as_ref)
    }

    /// Cuts `text` into tokens and numbers them. What a person gives is a `Prompt`.
    ///
    /// # Errors
    /// When it has a token that is no entry, and there is no `<unk>`.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, UnknownToken> {
        let bytes = (self.level == Level::Byte).then(|| latin1(text.as_bytes()));
        self.number(bytes.as_deref().unwrap_or(text))
    }

    /// The same of a text in which, at level `byte`, byte `b` is the character U+00b.
    pub(super) fn number(&self, text: &str) -> Result<Vec<u32>, UnknownToken> {
        let mut ids = Ok(Vec::new());
        tokens::for_each_token(self.level, text, |_, token| {
            let Ok(known) = &mut ids else { return };
            match self.id(token) {
                Some(id) => known.push(id),
                None => {
                    ids = Err(UnknownToken { token: self.shown(token), entries: self.len() });
                }
            }
        });
        ids
    }

    /// A token as people write it: at level `byte` those beyond ASCII by their number.
    fn shown(&self, token: &str) -> String {
        match token.chars().next() {
            Some(byte) if self.level == Level::Byte && !byte.is_ascii() => {
                format!("0x{:02x}", u32::from(byte))
            }
            _ => token.to_owned(),
        }
    }

    /// The text of `ids`: at levels `byte` and `char` the one they were cut from, at the others with
    /// white space put where people would put it. Ids that are no entry give `<unk>`. Bytes that are
    /// not UTF-8, as half a character at the end, are written `\xe9`.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut text = String::new();
        for chunk in self.decode_bytes(ids).utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
        }
        text
    }

    /// The same as bytes: at level `byte` those that the ids stand for, UTF-8 or not.
    pub fn decode_bytes(&self, ids: &[u32]) -> Vec<u8> {
        let known = ids.iter().map(|&id| self.token(id).unwrap_or(UNKNOWN));
        if self.level != Level::Byte {
            return tokens::join(self.level, known).into_bytes();
        }
        known
            .flat_map(|token| {
                let is_byte = token != UNKNOWN;
                let byte = token.chars().filter(move |_| is_byte).map(|c| c as u8);
                byte.chain(UNKNOWN.bytes().filter(move |_| !is_byte))
            })
            .collect()
    }

    /// The sha256 of level and tokens, 64 hex digits: equal for equal vocabularies only.
    pub fn hash(&self) -> String {
        let mut sum = Sha256::new();
        for part in iter::once(self.level.name()).chain(self.tokens.iter().map(AsRef::as_ref)) {
            sum.update((part.len() as u64).to_le_bytes());
            sum.update(part);
        }
        hex(&sum.finalize())
    }
}

impl From<Vocabulary> for Stored {
    fn from(vocabulary: Vocabulary) -> Self {
        Self { level: vocabulary.level.name().to_owned(), tokens: vocabulary.tokens }
    }
}

impl TryFrom<Stored> for Vocabulary {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let level = Level::all()
            .find(|level| level.name() == stored.level)
            .ok_or_else(|| format!("vocabulary of unknown level `{}`", stored.level))?;
        let vocabulary = Self::new(level, stored.tokens);
        if vocabulary.ids.len() < vocabulary.tokens.len() {
            return Err("vocabulary that lists a token twice".to_owned());
        }
        Ok(vocabulary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: Rules = Rules { min_count: 1, max_entries: usize::MAX, open: false };

    fn tokens(vocabulary: &Vocabulary) -> Vec<&str> {
        (0..vocabulary.len() as u32).filter_map(|id| vocabulary.token(id)).collect()
    }

    #[test]
    fn frequent_tokens_come_first_and_equals_in_order() {
        let counts = [("b", 2), ("c", 5), ("a", 2)];
        let (vocabulary, ids) = Vocabulary::build(Level::Char, &counts, &ALL);
        assert_eq!(tokens(&vocabulary), ["c", "a", "b"]);
        assert_eq!(ids, [2, 0, 1]);
        assert_eq!(vocabulary.unknown(), None);
        let error = vocabulary.encode("cab?").unwrap_err();
        assert_eq!((error.token.as_str(), error.entries), ("?", 3));
    }

    #[test]
    fn rare_tokens_share_an_entry_placed_by_their_common_count() {
        let counts = [("a", 4), ("b", 2), ("c", 2), ("d", 1), ("e", 0)];
        let rules = Rules { max_entries: 2, ..ALL };
        let (vocabulary, ids) = Vocabulary::build(Level::Word, &counts, &rules);
        assert_eq!(tokens(&vocabulary), [UNKNOWN, "a"]);
        assert_eq!(ids, [1, 0, 0, 0, 0]);
        let rules = Rules { min_count: 2, ..ALL };
        let (vocabulary, _) = Vocabulary::build(Level::Word, &counts, &rules);
        assert_eq!(tokens(&vocabulary), ["a", "b", "c", UNKNOWN]);
    }

    #[test]
    fn a_literal_unk_is_the_same_entry() {
        let counts = [("a", 4), (UNKNOWN, 9), ("b", 1)];
        let (vocabulary, ids) = Vocabulary::build(Level::Word, &counts, &ALL);
        assert_eq!(tokens(&vocabulary), [UNKNOWN, "a", "b"]);
        assert_eq!(ids, [1, 0, 2]);
        assert_eq!(vocabulary.encode("b nothing a"), Ok(vec![2, 0, 1]));
    }

    #[test]
    fn unseen_text_opens_the_vocabulary() {
        let rules = Rules { open: true, ..ALL };
        let (vocabulary, _) = Vocabulary::build(Level::Char, &[("a", 1)], &rules);
        assert_eq!(tokens(&vocabulary), ["a", UNKNOWN]);
    }

    #[test]
    fn json_brings_back_bytes_and_refuses_nonsense() {
        let counts = [("\u{e7}", 1), ("\u{c3}", 1), ("a", 3)];
        let (vocabulary, _) = Vocabulary::build(Level::Byte, &counts, &ALL);
        let json = serde_json::to_string(&vocabulary).unwrap();
        assert_eq!(json, r#"{"level":"byte","tokens":["a","Ã","ç"]}"#);
        assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), vocabulary);
        let twice = r#"{"level":"char","tokens":["a","a"]}"#;
        assert!(serde_json::from_str::<Vocabulary>(twice).is_err());
        let level = r#"{"level":"verse","tokens":["a"]}"#;
        assert!(serde_json::from_str::<Vocabulary>(level).is_err());
    }

    #[test]
    fn the_hash_tells_vocabularies_apart() {
        let hash = |level, tokens: &[&str]| {
            Vocabulary::new(level, tokens.iter().map(|&token| token.into()).collect()).hash()
        };
        let base = hash(Level::Word, &["ab", "c"]);
        assert_eq!(base.len(), 64);
        assert_eq!(base, hash(Level::Word, &["ab", "c"]));
        assert_ne!(base, hash(Level::Word, &["a", "bc"]));
        assert_ne!(base, hash(Level::Word, &["c", "ab"]));
        assert_ne!(base, hash(Level::Script, &["ab", "c"]));
    }

    proptest! {
        #[test]
        fn bytes_and_characters_come_back(text in any::<String>()) {
            for level in [Level::Byte, Level::Char] {
                let seen = if level == Level::Byte { latin1(text.as_bytes()) } else { text.clone() };
                let mut distinct: Vec<String> = seen.chars().map(String::from).collect();
                distinct.sort_unstable();
                distinct.dedup();
                let counts: Vec<_> = distinct.iter().map(|token| (token.as_str(), 1)).collect();
                let (vocabulary, _) = Vocabulary::build(level, &counts, &ALL);
                let ids = vocabulary.encode(&text).unwrap();
                prop_assert_eq!(vocabulary.decode(&ids), text.as_str());
            }
        }
    }
}
