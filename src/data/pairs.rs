//! Pairs of sequences, for translation.
//!
//! A corpus is text with a pair a line: the source, a tab, the target. The source `addition` makes
//! sums of decimal numbers instead, as `12+345` and `357`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batches::{Batches, Split};
use super::corpus::{self, SPLITS};
use super::dataset::{Dataset, Examples, Provenance, provenance};
use super::error::DataError;
use super::examples::{Shuffled, UNSEEN, cut, generated};
use super::files::Kind;
use super::numbered::Numbered;
use super::read::Reader;
use super::size::{about_unread, share_of};
use super::table::{columns, not_two};
use super::tagged::distinct_pairs;
use super::vocabulary::{PADDING, UNKNOWN, Vocabulary};
use crate::kernels::IGNORE;
use crate::spec::{Data, Experiment, Source};

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

/// Pairs of sequences.
#[derive(Debug)]
pub struct Pairs {
    splits: [Vec<Pair>; 3],
}

impl Examples for Pairs {
    fn sizes(&self) -> [usize; 3] {
        self.splits.each_ref().map(Vec::len)
    }

    fn unit(&self) -> &'static str {
        "pairs"
    }
}

impl Pairs {
    /// The pairs of a split.
    pub fn split(&self, split: Split) -> &[Pair] {
        split.of(&self.splits)
    }
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
pub struct Marks {
    /// [`PADDING`].
    pub padding: u32,
    /// [`BEGIN`].
    pub begin: u32,
    /// [`END`].
    pub end: u32,
    /// [`UNKNOWN`]; that of the padding where there is none.
    pub unknown: u32,
}

impl Marks {
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
        let lengths: Vec<usize> = pairs.iter().map(|pair| pair.source.len()).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let steps = pairs.iter().map(|pair| pair.target.len() + 1).max().unwrap_or(0);
        let at = |row: &[u32], place: usize, end: u32| row.get(place).copied().unwrap_or(end);
        let source = |t: usize| pairs.iter().map(move |pair| at(&pair.source, t, self.padding));
        let input = |t: usize| {
            let token = move |pair: &&Pair| match t.checked_sub(1) {
                None => self.begin,
                Some(before) => self.learned(at(&pair.target, before, self.padding)),
            };
            pairs.iter().map(token)
        };
        let target = |t: usize| {
            let token = move |pair: &&Pair| match t == pair.target.len() {
                true => self.end,
                false => at(&pair.target, t, IGNORE),
            };
            pairs.iter().map(token)
        };
        PairBatch {
            source: (0..longest).flat_map(source).collect(),
            inputs: (0..steps).flat_map(input).collect(),
            targets: (0..steps).flat_map(target).collect(),
            lengths,
        }
    }
}

/// Reads or makes the pairs.
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
    let mut numbered = Numbered::default();
    let mut ids: [Vec<Pair>; 3] = Default::default();
    for (ids, part) in ids.iter_mut().zip(&parts) {
        for (source, target) in part {
            let source = numbered.number(data.level, source);
            ids.push(Pair { source, target: numbered.number(data.level, target) });
        }
    }
    let train = ids[0].iter().flat_map(|pair| pair.source.iter().chain(&pair.target).copied());
    let (vocabulary, renumbered) = numbered.vocabulary_of(data, train, false);
    let vocabulary = vocabulary.with(&[PADDING, BEGIN, END]);
    for pair in ids.iter_mut().flatten() {
        pair.source.iter_mut().for_each(|id| *id = renumbered[*id as usize]);
        for id in &mut pair.target {
            let own = numbered.token(*id) == UNKNOWN;
            *id = renumbered[*id as usize];
            if !own && Some(*id) == vocabulary.unknown() {
                *id = UNSEEN;
            }
        }
        if data.reverse_source {
            pair.source.reverse();
        }
    }
    notes.extend(unseen_words(&ids));
    let unknown = vocabulary.unknown();
    let shares = ids.each_ref().map(|pairs| {
        let tokens = pairs.iter().flat_map(|pair| pair.source.iter().chain(&pair.target));
        share_of(tokens, |id| id == UNSEEN || Some(id) == unknown)
    });
    let dataset = Dataset::of(Pairs { splits: ids }, vocabulary, provenance);
    Ok(Dataset { notes, ..dataset }.with_unknown(shares, about_unread(shares)))
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
    splits.iter().zip(SPLITS).filter_map(note).collect()
}

/// Source and target as text.
type Written = (String, String);

/// The parts of a corpus, where it came from, and what should be known of it.
type Parts = ([Vec<Written>; 3], Provenance, Vec<String>);

fn read(data: &Data, roots: &[PathBuf]) -> Result<Parts, DataError> {
    let corpus = corpus::find(&data.corpus, roots, Kind::Table)?;
    let mut reader = Reader::new(data.level);
    let mut parts: [Vec<Written>; 3] = Default::default();
    for (part, files) in parts.iter_mut().zip(corpus.by_split()) {
        for file in files {
            part.extend(lines(file, &reader.read(std::slice::from_ref(file))?)?);
        }
    }
    let (provenance, notes) = provenance(&corpus, reader);
    Ok((parts, provenance, notes))
}

fn lines(path: &Path, text: &str) -> Result<Vec<Written>, DataError> {
    let lines = text.split('\n').zip(1u64..).filter(|(line, _)| !line.trim().is_empty());
    let pair = |(line, number): (&str, u64)| {
        let columns = columns(line);
        match columns[..] {
            [source, target] if !source.is_empty() && !target.is_empty() => {
                Ok((source.to_owned(), target.to_owned()))
            }
            _ => {
                let form = not_two("a source, a tab and a target", &columns);
                Err(DataError::Form { path: path.to_owned(), line: number, form })
            }
        }
    };
    lines.map(pair).collect()
}

/// Sums of decimal numbers; neither a sum nor its mirror image stands twice.
fn sums(data: &Data) -> Parts {
    let bound = 10u64.saturating_pow(data.digits as u32);
    let pairs = distinct_pairs(data.examples, bound);
    let written = |(a, b): &(u64, u64)| (format!("{a}+{b}"), (a + b).to_string());
    let all: Vec<Written> = pairs.iter().map(written).collect();
    let bytes: Vec<u8> = all.iter().flat_map(|(a, b)| format!("{a}\t{b}\n").into_bytes()).collect();
    let what = format!("{} sums of two numbers of up to {} digits", all.len(), data.digits);
    ([all, Vec::new(), Vec::new()], generated(what, &bytes), Vec::new())
}

/// Pairs in batches, in shuffled order each epoch, the last batch smaller.
#[derive(Clone, Debug)]
pub struct PairBatches {
    dataset: Arc<Dataset>,
    shuffled: Shuffled,
    marks: Marks,
    reversed: bool,
}

impl PairBatches {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset>) -> Self {
        Self {
            shuffled: Shuffled::new(experiment),
            marks: Marks::of(&dataset.vocabulary),
            reversed: experiment.data.reverse_source,
            dataset: Arc::clone(dataset),
        }
    }

    /// The pairs of a split.
    pub fn pairs(&self, split: Split) -> &[Pair] {
        self.dataset.examples::<Pairs>().map_or(&[], |pairs| pairs.split(split))
    }

    /// The tokens.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.dataset.vocabulary
    }

    /// A batch of some pairs.
    pub fn batch_of(&self, pairs: &[&Pair]) -> PairBatch {
        self.marks.batch(pairs)
    }

    /// The source of a pair as it was written.
    pub fn source_text(&self, pair: &Pair) -> String {
        let mut ids = pair.source.clone();
        if self.reversed {
            ids.reverse();
        }
        self.vocabulary().decode(&ids)
    }

    /// How many tokens a translation may have: as many as the longest that was learned from, and
    /// half as many more.
    pub fn longest(&self) -> usize {
        let longest = self.pairs(Split::Train).iter().map(|pair| pair.target.len()).max();
        longest.unwrap_or(0) * 3 / 2
    }
}

impl Batches for PairBatches {
    type Batch = PairBatch;

    fn batches_per_epoch(&self) -> usize {
        self.pairs(Split::Train).len().div_ceil(self.shuffled.batch_size)
    }

    fn batch(&mut self, epoch: u64, index: usize) -> PairBatch {
        let len = self.pairs(Split::Train).len();
        let places = self.shuffled.places(epoch, index, len);
        let all = self.pairs(Split::Train);
        let chosen: Vec<_> = places.into_iter().map(|place| &all[place]).collect();
        self.batch_of(&chosen)
    }

    fn sequences(&self, batch: &PairBatch) -> usize {
        batch.batch()
    }

    fn held_out(&self, split: Split) -> Box<dyn Iterator<Item = PairBatch> + '_> {
        let mut all: Vec<&Pair> = self.pairs(split).iter().collect();
        all.sort_by_key(|pair| pair.source.len());
        let batches: Vec<_> =
            all.chunks(self.shuffled.batch_size).map(|it| self.batch_of(it)).collect();
        Box::new(batches.into_iter())
    }

    fn predictions(&self, split: Split) -> u64 {
        self.pairs(split).iter().map(|pair| pair.target.len() as u64 + 1).sum()
    }
}
