//! Tokens as numbers before there is a vocabulary: by first appearance. The training split's
//! frequencies then give the final ones.

use std::collections::HashMap;

use crate::spec::{Data, Level};

use super::tokens::for_each_token;
use super::vocabulary::{Rules, Vocabulary};

/// Distinct tokens in order of first appearance.
#[derive(Default)]
pub(crate) struct Interner<'a> {
    tokens: Vec<&'a str>,
    words: HashMap<&'a str, u32>,
    /// By code point: the character's number plus one, or 0.
    characters: Vec<u32>,
}

impl<'a> Interner<'a> {
    /// The distinct tokens, by their numbers.
    pub(super) fn tokens(&self) -> &[&'a str] {
        &self.tokens
    }

    /// The token of a number.
    pub(crate) fn token(&self, number: u32) -> &'a str {
        self.tokens.get(number as usize).copied().unwrap_or_default()
    }

    /// The numbers of a text's tokens.
    pub(crate) fn intern(&mut self, level: Level, text: &'a str) -> Vec<u32> {
        match level {
            Level::Byte | Level::Char => self.intern_characters(level, text),
            Level::Word | Level::Script => self.intern_words(level, text),
        }
    }

    fn intern_characters(&mut self, level: Level, text: &'a str) -> Vec<u32> {
        let mut ids = Vec::with_capacity(text.len());
        if self.characters.is_empty() {
            self.characters = vec![0; char::MAX as usize + 1];
        }
        for_each_token(level, text, |_, token| {
            let code = token.chars().next().map_or(0, |c| c as usize);
            let known = &mut self.characters[code];
            if *known == 0 {
                self.tokens.push(token);
                *known = self.tokens.len() as u32;
            }
            ids.push(*known - 1);
        });
        ids
    }

    fn intern_words(&mut self, level: Level, text: &'a str) -> Vec<u32> {
        let mut ids = Vec::with_capacity(text.len() / 6);
        for_each_token(level, text, |_, token| {
            let next = self.tokens.len() as u32;
            let id = *self.words.entry(token).or_insert(next);
            if id == next {
                self.tokens.push(token);
            }
            ids.push(id);
        });
        ids
    }

    /// The vocabulary of a training split, and the final id of each token; `open` says whether other
    /// texts will be read with it.
    pub(crate) fn vocabulary_of(
        &self,
        data: &Data,
        train: impl Iterator<Item = u32>,
        open: bool,
    ) -> (Vocabulary, Vec<u32>) {
        let mut counts: Vec<(&str, u64)> = self.tokens.iter().map(|&token| (token, 0)).collect();
        for id in train {
            counts[id as usize].1 += 1;
        }
        let rules = Rules {
            min_count: data.min_count as u64,
            max_entries: data.max_vocabulary.unwrap_or(usize::MAX),
            open,
        };
        Vocabulary::build(data.level, &counts, &rules)
    }
}
