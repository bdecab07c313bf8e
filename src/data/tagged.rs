//! Sequences with a label for every token, for tagging.
//!
//! A corpus is text with a sequence a line: tokens parted by white space, a tab, and as many labels.
//! The source `binary_addition` makes sums instead: at each step the bits of two numbers, the least
//! significant first, and the label is the bit of their sum.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batches::{Batches, Split};
use super::corpus::{self, SPLITS};
use super::dataset::{Dataset, Examples, Provenance, provenance};
use super::error::DataError;
use super::examples::{Shuffled, UNSEEN, cut, generated};
use super::files::Kind;
use super::read::Reader;
use super::size::{about_unread, share_of};
use super::table::{columns, not_two};
use super::vocabulary::{PADDING, Vocabulary};
use crate::kernels::IGNORE;
use crate::random::{Purpose, Stream};
use crate::spec::{Data, Experiment, Level, Source};

/// A sequence: as many labels as tokens, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedSequence {
    /// Tokens.
    pub tokens: Vec<u32>,
    /// The label of each token, by its place among the labels; [`UNSEEN`] for one that stands in
    /// held-out sequences only.
    pub labels: Vec<u32>,
}

/// Sequences with labels.
#[derive(Debug)]
pub struct Tagged {
    labels: Vec<String>,
    splits: [Vec<TaggedSequence>; 3],
}

impl Examples for Tagged {
    fn sizes(&self) -> [usize; 3] {
        self.splits.each_ref().map(Vec::len)
    }

    fn unit(&self) -> &'static str {
        "sequences"
    }

    fn classes(&self) -> &[String] {
        &self.labels
    }
}

impl Tagged {
    /// The sequences of a split.
    pub fn split(&self, split: Split) -> &[TaggedSequence] {
        split.of(&self.splits)
    }
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
        let lengths: Vec<usize> = sequences.iter().map(|it| it.tokens.len()).collect();
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let all = |of: fn(&TaggedSequence) -> &[u32], end: u32| {
            let step =
                |t: usize| sequences.iter().map(move |it| of(it).get(t).copied().unwrap_or(end));
            (0..steps).flat_map(step).collect()
        };
        let (tokens, labels) = (all(|it| &it.tokens, padding), all(|it| &it.labels, IGNORE));
        Self { tokens, labels, lengths }
    }
}

/// Reads or makes the sequences.
///
/// # Errors
/// When the corpus is missing or of another form, or the training split is empty.
pub fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset, DataError> {
    let (parts, provenance, mut notes) = match data.source {
        Source::Corpus => read(data, roots)?,
        _ => sums(data),
    };
    let parts = cut(data, parts);
    if parts[0].is_empty() {
        let help = "lower `data.valid_fraction` and `data.test_fraction`, or take more examples";
        return Err(DataError::Empty { path: data.corpus.clone().into(), help: help.to_owned() });
    }
    let distinct = |of: fn(&Spelled) -> &Vec<String>| -> Vec<String> {
        let all: BTreeSet<&String> = parts[0].iter().flat_map(of).collect();
        all.into_iter().cloned().collect()
    };
    let labels = distinct(|(_, labels)| labels);
    let vocabulary =
        Vocabulary::of_words(Level::Word, distinct(|(tokens, _)| tokens)).with(&[PADDING]);
    // A token that training never saw is read like the padding: as nothing known.
    let nothing = vocabulary.len() as u32 - 1;
    let place = |label: &String| labels.binary_search(label).map_or(UNSEEN, |place| place as u32);
    let sequence = |(tokens, tags): &Spelled| TaggedSequence {
        tokens: tokens.iter().map(|it| vocabulary.id(it).unwrap_or(nothing)).collect(),
        labels: tags.iter().map(place).collect(),
    };
    let splits: [Vec<TaggedSequence>; 3] =
        parts.each_ref().map(|part| part.iter().map(sequence).collect());
    let shares = splits.each_ref().map(|sequences| {
        share_of(sequences.iter().flat_map(|sequence| &sequence.tokens), |id| id == nothing)
    });
    notes.extend(unseen_labels(data, &splits)?);
    let dataset = Dataset::of(Tagged { labels, splits }, vocabulary, provenance);
    Ok(Dataset { notes, ..dataset }.with_unknown(shares, about_unread(shares)))
}

/// How many labels of each split training never saw.
fn unseen_labels(data: &Data, splits: &[Vec<TaggedSequence>; 3]) -> Result<Vec<String>, DataError> {
    let mut notes = Vec::new();
    for (split, name) in splits.iter().zip(SPLITS) {
        let labels = || split.iter().flat_map(|it| &it.labels);
        let (unseen, all) = (labels().filter(|it| **it == UNSEEN).count(), labels().count());
        if unseen > 0 && unseen == all {
            return Err(DataError::Unseen { corpus: data.corpus.clone(), split: name });
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
type Spelled = (Vec<String>, Vec<String>);

/// The parts of a corpus, where it came from, and what should be known of it.
type Parts = ([Vec<Spelled>; 3], Provenance, Vec<String>);

fn read(data: &Data, roots: &[PathBuf]) -> Result<Parts, DataError> {
    let corpus = corpus::find(&data.corpus, roots, Kind::Table)?;
    let mut reader = Reader::new(Level::Word);
    let mut parts: [Vec<Spelled>; 3] = Default::default();
    for (part, files) in parts.iter_mut().zip(corpus.by_split()) {
        for file in files {
            part.extend(lines(file, &reader.read(std::slice::from_ref(file))?)?);
        }
    }
    let (provenance, notes) = provenance(&corpus, reader);
    Ok((parts, provenance, notes))
}

fn lines(path: &Path, text: &str) -> Result<Vec<Spelled>, DataError> {
    let wrong = |line: u64, form: String| DataError::Form { path: path.to_owned(), line, form };
    let words = |part: &str| part.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let lines = text.split('\n').zip(1u64..).filter(|(line, _)| !line.trim().is_empty());
    let sequence = |(line, number): (&str, u64)| {
        let columns = columns(line);
        let [tokens, labels] = columns[..] else {
            return Err(wrong(number, not_two("tokens, a tab and labels", &columns)));
        };
        let (tokens, labels) = (words(tokens), words(labels));
        if tokens.len() != labels.len() || tokens.is_empty() {
            let form = format!("{} labels for {} tokens", labels.len(), tokens.len());
            return Err(wrong(number, form));
        }
        Ok((tokens, labels))
    };
    lines.map(sequence).collect()
}

/// Sums of binary numbers, no pair twice. There is one step more than digits, for the last carry.
fn sums(data: &Data) -> Parts {
    let bound = 1u64 << data.digits;
    let pairs = distinct_pairs(data.examples, bound);
    let bit = |number: u64, step: usize| number >> step & 1;
    let spelled = |&(a, b): &(u64, u64)| {
        let steps = 0..=data.digits;
        let token = |step| format!("{}{}", bit(a, step), bit(b, step));
        let label = |step| bit(a + b, step).to_string();
        (steps.clone().map(token).collect(), steps.map(label).collect())
    };
    let all: Vec<Spelled> = pairs.iter().map(spelled).collect();
    let bytes: Vec<u8> =
        pairs.iter().flat_map(|(a, b)| format!("{a}+{b}\n").into_bytes()).collect();
    let what = format!("{} sums of two numbers of {} bits", pairs.len(), data.digits);
    ([all, Vec::new(), Vec::new()], generated(what, &bytes), Vec::new())
}

/// Pairs of numbers below `bound`, drawn at random, neither a pair nor its mirror image twice; all
/// there are, if fewer.
pub(super) fn distinct_pairs(count: usize, bound: u64) -> Vec<(u64, u64)> {
    let all = bound.saturating_mul(bound + 1) / 2;
    let mut stream = Stream::new(0, Purpose::Examples, 0);
    // Drawing until all are found would take too long near the end: then all are listed.
    if (count as u64).saturating_mul(2) > all {
        let mut pairs: Vec<(u64, u64)> =
            (0..bound).flat_map(|a| (a..bound).map(move |b| (a, b))).collect();
        stream.shuffle(&mut pairs);
        pairs.truncate(count);
        return pairs.into_iter().map(|pair| mirrored(pair, &mut stream)).collect();
    }
    let mut seen = BTreeSet::new();
    let mut pairs = Vec::with_capacity(count);
    while pairs.len() < count {
        let (a, b) = (stream.below(bound), stream.below(bound));
        if seen.insert((a.min(b), a.max(b))) {
            pairs.push((a, b));
        }
    }
    pairs
}

/// Either a pair or its mirror image.
fn mirrored((a, b): (u64, u64), stream: &mut Stream) -> (u64, u64) {
    if stream.below(2) == 0 { (a, b) } else { (b, a) }
}

/// Sequences in batches, in shuffled order each epoch, the last batch smaller.
#[derive(Clone, Debug)]
pub struct TaggedBatches {
    dataset: Arc<Dataset>,
    shuffled: Shuffled,
    padding: u32,
}

impl TaggedBatches {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset>) -> Self {
        Self {
            shuffled: Shuffled::new(experiment),
            padding: dataset.vocabulary.id(PADDING).unwrap_or_default(),
            dataset: Arc::clone(dataset),
        }
    }

    /// The sequences of a split.
    pub fn sequences_of(&self, split: Split) -> &[TaggedSequence] {
        self.dataset.examples::<Tagged>().map_or(&[], |tagged| tagged.split(split))
    }

    /// The words of a sequence, and those of labels.
    pub fn spelled(&self, tokens: &[u32], labels: &[u32]) -> (String, String) {
        let tokens = tokens.iter().filter_map(|id| self.dataset.vocabulary.token(*id));
        let names = self.dataset.classes();
        let labels = labels.iter().filter_map(|id| names.get(*id as usize)).map(String::as_str);
        (tokens.collect::<Vec<_>>().join(" "), labels.collect::<Vec<_>>().join(" "))
    }

    /// A batch of some sequences.
    pub fn batch_of(&self, sequences: &[&TaggedSequence]) -> TaggedBatch {
        TaggedBatch::of(sequences, self.padding)
    }
}

impl Batches for TaggedBatches {
    type Batch = TaggedBatch;

    fn batches_per_epoch(&self) -> usize {
        self.sequences_of(Split::Train).len().div_ceil(self.shuffled.batch_size)
    }

    fn batch(&mut self, epoch: u64, index: usize) -> TaggedBatch {
        let len = self.sequences_of(Split::Train).len();
        let places = self.shuffled.places(epoch, index, len);
        let all = self.sequences_of(Split::Train);
        let chosen: Vec<_> = places.into_iter().map(|place| &all[place]).collect();
        self.batch_of(&chosen)
    }

    fn sequences(&self, batch: &TaggedBatch) -> usize {
        batch.lengths.len()
    }

    fn held_out(&self, split: Split) -> Box<dyn Iterator<Item = TaggedBatch> + '_> {
        let mut all: Vec<&TaggedSequence> = self.sequences_of(split).iter().collect();
        all.sort_by_key(|it| it.tokens.len());
        let batches: Vec<_> =
            all.chunks(self.shuffled.batch_size).map(|it| self.batch_of(it)).collect();
        Box::new(batches.into_iter())
    }

    fn predictions(&self, split: Split) -> u64 {
        let labels = self.sequences_of(split).iter().flat_map(|it| &it.labels);
        labels.filter(|label| **label != UNSEEN).count() as u64
    }
}
