//! Sequences with a label for every token.
//!
//! A corpus is text with a sequence a line: tokens parted by white space, a tab, and as many labels.
//! The source `binary_addition` makes sums instead: at each step the bits of two numbers, the least
//! significant first, and the label is the bit of their sum.

use crate::data::corpus::{Examples, columns, not_two};
use crate::data::text::{about_unread, share_of};
use crate::data::{DataError, Dataset, DatasetInfo, Example, IGNORE, Minibatches, PADDING, Split};
use crate::data::{UNSEEN, Vocabulary, distinct_pairs, pad_sequence, random_split};
use crate::spec::{Data, Level, Source};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A sequence: as many labels as tokens, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedSequence {
    /// Tokens.
    pub tokens: Vec<u32>,
    /// The label of each token, by its place among the labels; [`UNSEEN`] for one that training
    /// never saw.
    pub labels: Vec<u32>,
}

/// Some sequences side by side, each padded at its end to the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedBatch {
    /// Tokens, (T, B).
    pub tokens: Vec<u32>,
    /// Labels, (T, B); [`UNSEEN`] for those that training never saw, [`IGNORE`] where a sequence has
    /// ended.
    pub labels: Vec<u32>,
    /// The true length of each sequence, at least 1.
    pub lengths: Vec<usize>,
}

impl TaggedBatch {
    /// A batch of sequences, `padding` where they have ended.
    pub fn of(sequences: &[&TaggedSequence], padding: u32) -> Self {
        let tokens: Vec<&[u32]> = sequences.iter().map(|it| it.tokens.as_slice()).collect();
        let labels: Vec<&[u32]> = sequences.iter().map(|it| it.labels.as_slice()).collect();
        Self {
            tokens: pad_sequence(&tokens, padding),
            labels: pad_sequence(&labels, IGNORE),
            lengths: tokens.iter().map(|tokens| tokens.len()).collect(),
        }
    }
}

impl Example for TaggedSequence {
    const UNIT: &'static str = "sequences";
    type Batch = TaggedBatch;

    fn collate(sequences: &[&Self], vocabulary: &Vocabulary) -> TaggedBatch {
        TaggedBatch::of(sequences, vocabulary.id(PADDING).unwrap_or_default())
    }

    fn sequences(batch: &TaggedBatch) -> usize {
        batch.lengths.len()
    }

    fn steps(&self) -> usize {
        self.tokens.len()
    }

    fn predictions(&self) -> usize {
        self.labels.iter().filter(|label| **label != UNSEEN).count()
    }
}

impl Minibatches<TaggedSequence> {
    /// The words of a sequence, and those of labels.
    pub fn spelled(&self, tokens: &[u32], labels: &[u32]) -> (String, String) {
        let info = &self.dataset.info;
        let tokens = tokens.iter().filter_map(|id| info.vocabulary.token(*id));
        let labels = labels.iter().filter_map(|id| info.classes.get(*id as usize));
        let labels = labels.map(String::as_str);
        (tokens.collect::<Vec<_>>().join(" "), labels.collect::<Vec<_>>().join(" "))
    }
}

/// Reads or makes the sequences.
///
/// # Errors
/// When the corpus is missing or of another form, or the training split is empty.
pub(super) fn load(
    data: &Data,
    roots: &[PathBuf],
) -> Result<Dataset<Vec<TaggedSequence>>, DataError> {
    let Examples { splits, provenance, mut notes } = match data.source {
        Source::Corpus => Examples::read(data, roots, Level::Word, words)?,
        _ => sums(data),
    };
    let splits = random_split(data, splits);
    if splits[0].is_empty() {
        let help = "lower `data.valid_fraction` and `data.test_fraction`, or take more examples";
        return Err(DataError::Empty { path: data.called().into(), help: help.to_owned() });
    }
    let distinct = |of: fn(&Words) -> &Vec<String>| -> Vec<String> {
        let all: BTreeSet<&String> = splits[0].iter().flat_map(of).collect();
        all.into_iter().cloned().collect()
    };
    let labels = distinct(|(_, labels)| labels);
    let vocabulary =
        Vocabulary::of_words(Level::Word, distinct(|(tokens, _)| tokens)).with(&[PADDING]);
    // A token that training never saw is read like the padding: as nothing known.
    let nothing = vocabulary.len() as u32 - 1;
    let place = |label: &String| labels.binary_search(label).map_or(UNSEEN, |place| place as u32);
    let sequence = |(tokens, tags): &Words| TaggedSequence {
        tokens: tokens.iter().map(|it| vocabulary.id(it).unwrap_or(nothing)).collect(),
        labels: tags.iter().map(place).collect(),
    };
    let splits: [Vec<TaggedSequence>; 3] =
        splits.each_ref().map(|part| part.iter().map(sequence).collect());
    let shares = splits.each_ref().map(|sequences| {
        share_of(sequences.iter().flat_map(|sequence| &sequence.tokens), |id| id == nothing)
    });
    notes.extend(unseen_labels(data, &splits)?);
    let info = DatasetInfo { classes: labels, ..DatasetInfo::new(vocabulary, provenance, notes) };
    Ok(Dataset::of_examples(splits, info.with_unknown(shares, about_unread(shares))))
}

/// How many labels of each split training never saw.
fn unseen_labels(data: &Data, splits: &[Vec<TaggedSequence>; 3]) -> Result<Vec<String>, DataError> {
    let mut notes = Vec::new();
    for (split, name) in splits.iter().zip(Split::NAMES) {
        let labels = || split.iter().flat_map(|it| &it.labels);
        let (unseen, all) = (labels().filter(|it| **it == UNSEEN).count(), labels().count());
        if unseen > 0 && unseen == all {
            return Err(DataError::Unseen { corpus: data.called().to_owned(), split: name });
        }
        if unseen > 0 {
            notes.push(format!(
                "{unseen} of {all} labels of the {name} split stand nowhere in the training split: \
                 they count as wrong, and the loss leaves them out"
            ));
        }
    }
    Ok(notes)
}

/// Tokens and labels as words.
type Words = (Vec<String>, Vec<String>);

/// The tokens and labels of a line.
fn words(line: &str) -> Result<Words, String> {
    let words = |part: &str| part.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let columns = columns(line);
    let [tokens, labels] = columns[..] else {
        return Err(not_two("tokens, a tab and labels", &columns));
    };
    let (tokens, labels) = (words(tokens), words(labels));
    if tokens.len() != labels.len() || tokens.is_empty() {
        return Err(format!("{} labels for {} tokens", labels.len(), tokens.len()));
    }
    Ok((tokens, labels))
}

/// Sums of binary numbers, no pair twice. There is one step more than digits, for the last carry.
fn sums(data: &Data) -> Examples<Words> {
    let bound = 1u64 << data.digits;
    let pairs = distinct_pairs(data.examples, bound);
    let bit = |number: u64, step: usize| number >> step & 1;
    let words = |&(a, b): &(u64, u64)| {
        let steps = 0..=data.digits;
        let token = |step| format!("{}{}", bit(a, step), bit(b, step));
        let label = |step| bit(a + b, step).to_string();
        (steps.clone().map(token).collect(), steps.map(label).collect())
    };
    let all: Vec<Words> = pairs.iter().map(words).collect();
    let bytes: Vec<u8> =
        pairs.iter().flat_map(|(a, b)| format!("{a}+{b}\n").into_bytes()).collect();
    let what = format!("{} sums of two numbers of {} bits", pairs.len(), data.digits);
    Examples::generated(all, what, &bytes)
}
