//! Pairs of sequences.
//!
//! A corpus is text with a pair a line: the source, a tab, the target. The source `addition` makes
//! sums of decimal numbers instead, as `12+345` and `357`.

use crate::data::corpus::{Examples, columns, not_two};
use crate::data::text::{Interner, about_unread, share_of};
use crate::data::{DataError, Dataset, DatasetInfo, Example, IGNORE, Minibatches, PADDING, Split};
use crate::data::{UNKNOWN, UNSEEN, Vocabulary, distinct_pairs, pad_sequence, random_split};
use crate::spec::{Data, Source};
use std::path::PathBuf;

/// The entry that a target begins with.
pub const BEGIN: &str = "<bos>";

/// The entry that a target ends with.
pub const END: &str = "<eos>";

/// A source and its target, without the entries around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The source, at least one token.
    pub source: Vec<u32>,
    /// The target; [`UNSEEN`] for a word that the vocabulary lacks, whatever is written for it.
    pub target: Vec<u32>,
}

/// Some pairs side by side, sources and targets each padded at their ends to the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairBatch {
    /// Sources, (S, B).
    pub source: Vec<u32>,
    /// The true length of each source.
    pub lengths: Vec<usize>,
    /// What the decoder reads: targets after [`BEGIN`], (T, B).
    pub inputs: Vec<u32>,
    /// What it must say: targets before [`END`], (T, B); [`UNSEEN`] for a word that the vocabulary
    /// lacks, [`IGNORE`] past the end.
    pub targets: Vec<u32>,
}

impl PairBatch {
    /// B.
    pub fn batch(&self) -> usize {
        self.lengths.len()
    }

    /// S.
    pub fn source_steps(&self) -> usize {
        self.source.len() / self.batch().max(1)
    }

    /// T.
    pub fn target_steps(&self) -> usize {
        self.targets.len() / self.batch().max(1)
    }
}

/// The ids of the entries that are no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialTokens {
    /// [`PADDING`].
    pub padding: u32,
    /// [`BEGIN`].
    pub begin: u32,
    /// [`END`].
    pub end: u32,
    /// [`UNKNOWN`]; that of the padding where there is none.
    pub unknown: u32,
}

impl SpecialTokens {
    /// Those of a vocabulary of pairs.
    pub fn of(vocabulary: &Vocabulary) -> Self {
        let id = |token| vocabulary.id(token).unwrap_or_default();
        let padding = id(PADDING);
        let unknown = vocabulary.unknown().unwrap_or(padding);
        Self { padding, begin: id(BEGIN), end: id(END), unknown }
    }

    /// What the decoder reads and learns for a target: the entry for unknown words in place of a word
    /// that has none of its own.
    pub fn learned(self, target: u32) -> u32 {
        if target == UNSEEN { self.unknown } else { target }
    }

    /// A batch of pairs.
    pub fn batch(self, pairs: &[&Pair]) -> PairBatch {
        let input = |pair: &&Pair| -> Vec<u32> {
            let target = pair.target.iter().map(|token| self.learned(*token));
            std::iter::once(self.begin).chain(target).collect()
        };
        let target = |pair: &&Pair| [&pair.target[..], &[self.end]].concat();
        let sources: Vec<&[u32]> = pairs.iter().map(|pair| pair.source.as_slice()).collect();
        let inputs: Vec<Vec<u32>> = pairs.iter().map(input).collect();
        let targets: Vec<Vec<u32>> = pairs.iter().map(target).collect();
        PairBatch {
            source: pad_sequence(&sources, self.padding),
            inputs: pad_sequence(&inputs, self.padding),
            targets: pad_sequence(&targets, IGNORE),
            lengths: sources.iter().map(|source| source.len()).collect(),
        }
    }
}

impl Example for Pair {
    const UNIT: &'static str = "pairs";
    type Batch = PairBatch;

    fn collate(pairs: &[&Self], vocabulary: &Vocabulary) -> PairBatch {
        SpecialTokens::of(vocabulary).batch(pairs)
    }

    fn sequences(batch: &PairBatch) -> usize {
        batch.batch()
    }

    fn steps(&self) -> usize {
        self.source.len()
    }

    fn predictions(&self) -> usize {
        self.target.len() + 1
    }
}

impl Minibatches<Pair> {
    /// The tokens.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.dataset.info.vocabulary
    }

    /// The source of a pair as it was written.
    pub fn source_text(&self, pair: &Pair) -> String {
        self.vocabulary().decode(&self.as_written(&pair.source))
    }

    /// The tokens of a pair's source as they were written.
    pub fn source_tokens(&self, pair: &Pair) -> Vec<String> {
        let ids = self.as_written(&pair.source);
        ids.iter().map(|id| self.vocabulary().decode(&[*id])).collect()
    }

    /// What belongs to the tokens of a source, in the order in which those were written.
    pub fn as_written<T: Copy>(&self, read: &[T]) -> Vec<T> {
        let mut all = read.to_vec();
        if self.data.reverse_source {
            all.reverse();
        }
        all
    }

    /// How many tokens a translation may have: as many as the longest that was learned from, and
    /// half as many more.
    pub fn longest(&self) -> usize {
        let longest = self.examples(Split::Train).iter().map(|pair| pair.target.len()).max();
        longest.unwrap_or(0) * 3 / 2
    }
}

/// Reads or makes the pairs.
///
/// # Errors
/// When the corpus is missing or of another form, or the training split is empty.
pub(super) fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Vec<Pair>>, DataError> {
    let Examples { splits, provenance, mut notes } = match data.source {
        Source::Corpus => Examples::read(data, roots, data.level, written)?,
        _ => sums(data),
    };
    let written = random_split(data, splits);
    if written[0].is_empty() {
        let help = "lower `data.valid_fraction` and `data.test_fraction`, or take more examples";
        return Err(DataError::Empty { path: data.called().into(), help: help.to_owned() });
    }
    let (splits, vocabulary) = numbered(data, &written);
    notes.extend(unseen_words(&splits));
    let unknown = vocabulary.unknown();
    let shares = splits.each_ref().map(|pairs| {
        let tokens = pairs.iter().flat_map(|pair| pair.source.iter().chain(&pair.target));
        share_of(tokens, |id| id == UNSEEN || Some(id) == unknown)
    });
    let info = DatasetInfo::new(vocabulary, provenance, notes);
    Ok(Dataset::of_examples(splits, info.with_unknown(shares, about_unread(shares))))
}

/// The pairs as numbers, and the vocabulary of both sides of the training pairs.
fn numbered(data: &Data, written: &[Vec<Written>; 3]) -> ([Vec<Pair>; 3], Vocabulary) {
    let mut interner = Interner::default();
    let mut splits = written.each_ref().map(|pairs| {
        let mut number = |text| interner.intern(data.level, text);
        let pairs = pairs.iter().map(|(source, target)| [number(source), number(target)]);
        pairs.map(|[source, target]| Pair { source, target }).collect::<Vec<_>>()
    });
    let train = splits[0].iter().flat_map(|pair| pair.source.iter().chain(&pair.target).copied());
    let (vocabulary, ids) = interner.vocabulary_of(data, train, false);
    let vocabulary = vocabulary.with(&[PADDING, BEGIN, END]);
    for pair in splits.iter_mut().flatten() {
        pair.source.iter_mut().for_each(|id| *id = ids[*id as usize]);
        for id in &mut pair.target {
            let is_literal = interner.token(*id) == UNKNOWN;
            *id = ids[*id as usize];
            if !is_literal && Some(*id) == vocabulary.unknown() {
                *id = UNSEEN;
            }
        }
        if data.reverse_source {
            pair.source.reverse();
        }
    }
    (splits, vocabulary)
}

/// How many target words of each split the vocabulary lacks.
fn unseen_words(splits: &[Vec<Pair>; 3]) -> Vec<String> {
    let note = |(split, name): (&Vec<Pair>, &str)| {
        let words = || split.iter().flat_map(|pair| &pair.target);
        let unseen = words().filter(|word| **word == UNSEEN).count();
        (unseen > 0).then(|| {
            format!(
                "{unseen} of {} target tokens of the {name} split are not in the vocabulary: \
                 whatever is written for them is wrong, and the loss takes them for {UNKNOWN}",
                words().count()
            )
        })
    };
    splits.iter().zip(Split::NAMES).filter_map(note).collect()
}

/// Source and target as text.
type Written = (String, String);

/// The source and target of a line.
fn written(line: &str) -> Result<Written, String> {
    let columns = columns(line);
    match columns[..] {
        [source, target] if !source.is_empty() && !target.is_empty() => {
            Ok((source.to_owned(), target.to_owned()))
        }
        _ => Err(not_two("a source, a tab and a target", &columns)),
    }
}

/// Sums of decimal numbers; neither a sum nor its mirror image stands twice.
fn sums(data: &Data) -> Examples<Written> {
    let bound = 10u64.saturating_pow(data.digits as u32);
    let pairs = distinct_pairs(data.examples, bound);
    let written = |(a, b): &(u64, u64)| (format!("{a}+{b}"), (a + b).to_string());
    let all: Vec<Written> = pairs.iter().map(written).collect();
    let bytes: Vec<u8> = all.iter().flat_map(|(a, b)| format!("{a}\t{b}\n").into_bytes()).collect();
    let what = format!("{} sums of two numbers of up to {} digits", all.len(), data.digits);
    Examples::generated(all, what, &bytes)
}
