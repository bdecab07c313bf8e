//! Texts with a class each, for classification.
//!
//! [`forms`] reads the forms that a corpus may have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batches::{Batches, Split};
use super::clean::clean;
use super::corpus::{self, SPLITS};
use super::dataset::{Dataset, Examples, provenance};
use super::error::DataError;
use super::examples::Shuffled;
use super::files::Kind;
use super::forms::{self, Named};
use super::numbered::Numbered;
use super::read::Reader;
use super::size::{about_unread, share_of};
use super::vocabulary::PADDING;
use crate::random::{Purpose, Stream};
use crate::spec::{Data, Experiment, TestPart, Truncate};

/// A text and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledText {
    /// Its tokens, at least one.
    pub tokens: Vec<u32>,
    /// Its class's place among the classes.
    pub class: u32,
}

/// Texts with classes.
#[derive(Debug)]
pub struct Labelled {
    classes: Vec<String>,
    splits: [Vec<LabelledText>; 3],
}

impl Examples for Labelled {
    fn sizes(&self) -> [usize; 3] {
        self.splits.each_ref().map(Vec::len)
    }

    fn unit(&self) -> &'static str {
        "texts"
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }
}

impl Labelled {
    /// The texts of a split.
    pub fn split(&self, split: Split) -> &[LabelledText] {
        split.of(&self.splits)
    }
}

/// Some texts side by side, each padded at its end to the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledBatch {
    /// Tokens, (T, B), time-major.
    pub tokens: Vec<u32>,
    /// The true length of each text, at least 1.
    pub lengths: Vec<usize>,
    /// The class of each text.
    pub classes: Vec<u32>,
    /// T.
    pub steps: usize,
}

impl LabelledBatch {
    /// A batch of texts, `padding` where they have ended.
    pub fn of(texts: &[&LabelledText], padding: u32) -> Self {
        let lengths: Vec<usize> = texts.iter().map(|text| text.tokens.len()).collect();
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let token = |step: usize| {
            texts.iter().map(move |text| text.tokens.get(step).copied().unwrap_or(padding))
        };
        let tokens = (0..steps).flat_map(token).collect();
        Self { tokens, lengths, classes: texts.iter().map(|text| text.class).collect(), steps }
    }

    /// The same texts with so many more steps of padding.
    pub fn padded(mut self, more: usize, padding: u32) -> Self {
        self.tokens.extend(std::iter::repeat_n(padding, more * self.lengths.len()));
        self.steps += more;
        self
    }
}

/// Reads, cuts and numbers the texts of a corpus.
///
/// # Errors
/// When the corpus is missing, unreadable or of another form, or a split has no text.
pub fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset, DataError> {
    let corpus = corpus::find(&data.corpus, roots, Kind::Labelled)?;
    let mut reader = Reader::new(data.level);
    let mut notes = Vec::new();
    let parts = forms::read(&corpus, &mut reader, &mut notes)?;
    let named = divide(data, parts, &mut notes);
    let classes: Vec<String> = named
        .iter()
        .flatten()
        .map(|(class, _)| class.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let places: BTreeMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
    let cleaned = named.each_ref().map(|texts| {
        let clean =
            |(class, text): &(String, String)| (places[class.as_str()], clean(text.clone(), data));
        texts.iter().map(clean).collect::<Vec<_>>()
    });
    let mut numbered = Numbered::default();
    let mut ids: [Vec<(u32, Vec<u32>)>; 3] = Default::default();
    for (ids, texts) in ids.iter_mut().zip(&cleaned) {
        for (class, text) in texts {
            ids.push((*class, numbered.number(data.level, text)));
        }
    }
    let train = ids[0].iter().flat_map(|(_, tokens)| tokens.iter().copied());
    let held_out = ids[1..].iter().any(|texts| !texts.is_empty());
    let (vocabulary, renumbered) = numbered.vocabulary_of(data, train, held_out);
    let vocabulary = vocabulary.with(&[PADDING]);
    let mut empty = 0;
    let splits = ids.map(|texts| {
        let text = |(class, tokens): (u32, Vec<u32>)| {
            let tokens = shortened(tokens, data).into_iter().map(|id| renumbered[id as usize]);
            LabelledText { tokens: tokens.collect(), class }
        };
        let all: Vec<LabelledText> = texts.into_iter().map(text).collect();
        let before = all.len();
        let kept: Vec<_> = all.into_iter().filter(|text| !text.tokens.is_empty()).collect();
        empty += before - kept.len();
        kept
    });
    if empty > 0 {
        notes.push(format!("{empty} texts without a token are left out"));
    }
    notes.extend(unseen_classes(&classes, &splits));
    notes.extend(imbalance(&classes, &splits[0]));
    notes.extend(overlap(&splits));
    let unknown = vocabulary.unknown();
    let shares = splits.each_ref().map(|texts| {
        share_of(texts.iter().flat_map(|text| &text.tokens), |id| Some(id) == unknown)
    });
    let labelled = Labelled { classes, splits };
    check(&corpus.path, &labelled)?;
    let characters = cleaned.map(|texts| texts.iter().map(|(_, text)| text.chars().count()).sum());
    let (provenance, told) = provenance(&corpus, reader);
    notes.splice(..0, told);
    let dataset = Dataset::of(labelled, vocabulary, provenance);
    let dataset = Dataset { characters, notes, ..dataset };
    Ok(dataset.with_unknown(shares, about_unread(shares)))
}

/// The splits: ready-made parts as the spec wants them, and what is cut off the training part.
fn divide(
    data: &Data,
    [train, valid, test]: [Vec<Named>; 3],
    notes: &mut Vec<String>,
) -> [Vec<Named>; 3] {
    let ready = !test.is_empty();
    let (valid, test) = match data.test_part {
        TestPart::Test => (valid, test),
        TestPart::Validation => (test, Vec::new()),
        TestPart::Unused => (valid, Vec::new()),
    };
    if !ready && data.test_part != TestPart::Test {
        notes.push("the corpus has no ready-made test part: test_part has no effect".to_owned());
    }
    let wanted = |ready: &[Named], fraction: f64| if ready.is_empty() { fraction } else { 0.0 };
    let fractions = [wanted(&valid, data.valid_fraction), wanted(&test, data.test_fraction)];
    for (key, fraction, used) in [
        ("valid_fraction", data.valid_fraction, fractions[0]),
        ("test_fraction", data.test_fraction, fractions[1]),
    ] {
        if fraction > used {
            notes.push(format!("that part of the corpus is ready-made: {key} has no effect"));
        }
    }
    let [train, more_valid, more_test] = stratified(train, fractions);
    let joined = |mut ready: Vec<Named>, cut: Vec<Named>| {
        ready.extend(cut);
        ready
    };
    [train, joined(valid, more_valid), joined(test, more_test)]
}

/// Cuts the same part of every class off for validation and test, drawn at random under a key that
/// is always the same: trials of other seeds are judged by the same texts.
fn stratified(texts: Vec<Named>, [valid, test]: [f64; 2]) -> [Vec<Named>; 3] {
    let mut by_class: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, (class, _)) in texts.iter().enumerate() {
        by_class.entry(class).or_default().push(place);
    }
    let mut split = vec![0; texts.len()];
    for (class, mut places) in (0..).zip(by_class.into_values()) {
        Stream::new(0, Purpose::Splits, class).shuffle(&mut places);
        let part = |fraction: f64| (places.len() as f64 * fraction).round() as usize;
        let (valid, test) = (part(valid), part(test));
        places.iter().take(valid).for_each(|place| split[*place] = 1);
        places.iter().skip(valid).take(test).for_each(|place| split[*place] = 2);
    }
    let mut parts: [Vec<Named>; 3] = Default::default();
    for (text, split) in texts.into_iter().zip(split) {
        parts[split].push(text);
    }
    parts
}

/// As much of a text as is read.
pub fn shortened(mut tokens: Vec<u32>, data: &Data) -> Vec<u32> {
    if let Some(longest) = data.max_length.filter(|longest| *longest < tokens.len()) {
        match data.truncate {
            Truncate::End => tokens.truncate(longest),
            Truncate::Start => drop(tokens.drain(..tokens.len() - longest)),
        }
    }
    tokens
}

/// Classes of held-out texts that training never sees.
fn unseen_classes(classes: &[String], splits: &[Vec<LabelledText>; 3]) -> Vec<String> {
    let [train, ..] = splits.each_ref().map(|split| count_by_class(classes, split));
    let note = |(split, name): (&Vec<LabelledText>, &str)| {
        let counts = count_by_class(classes, split);
        let unseen = || counts.iter().zip(&train).map(|(here, there)| *here > 0 && *there == 0);
        let names: Vec<&str> =
            classes.iter().zip(unseen()).filter(|it| it.1).map(|it| it.0.as_str()).collect();
        let texts: usize = counts.iter().zip(unseen()).filter(|it| it.1).map(|it| it.0).sum();
        (texts > 0).then(|| {
            format!(
                "{texts} of {} texts of the {name} split are of classes without a training text, \
                 which are never learned: {}",
                split.len(),
                names.join(", ")
            )
        })
    };
    splits.iter().zip(SPLITS).filter_map(note).collect()
}

/// How many texts there are of each class.
fn count_by_class(classes: &[String], texts: &[LabelledText]) -> Vec<usize> {
    let mut counts = vec![0; classes.len()];
    texts.iter().for_each(|text| counts[text.class as usize] += 1);
    counts
}

/// How uneven the classes of the training split are.
fn imbalance(classes: &[String], train: &[LabelledText]) -> Option<String> {
    let counts = count_by_class(classes, train);
    let named = || counts.iter().zip(classes);
    let (most, largest) = named().max_by_key(|(count, _)| **count)?;
    let (least, smallest) = named().min_by_key(|(count, _)| **count)?;
    let part = |count: usize| 100.0 * count as f64 / train.len().max(1) as f64;
    let (high, low) = (part(*most), part(*least));
    (most > least).then(|| {
        format!(
            "the {} classes are uneven: {largest} has {high:.1} % of the training texts, {smallest} \
             {low:.1} %; always saying {largest} would be right for {high:.1} % of them",
            classes.len()
        )
    })
}

/// How many held-out texts stand in the training split too.
fn overlap(splits: &[Vec<LabelledText>; 3]) -> Option<String> {
    let known: BTreeSet<&[u32]> = splits[0].iter().map(|text| text.tokens.as_slice()).collect();
    let held_out = || splits[1..].iter().flatten();
    let seen = held_out().filter(|text| known.contains(text.tokens.as_slice())).count();
    let all = held_out().count();
    (seen > 0).then(|| format!("{seen} of {all} held-out texts stand in the training split too"))
}

fn check(path: &Path, labelled: &Labelled) -> Result<(), DataError> {
    if labelled.classes.len() < 2 {
        let form =
            format!("a classification needs two classes, and there are {}", labelled.classes.len());
        return Err(DataError::Form { path: path.to_owned(), line: 1, form });
    }
    if labelled.splits[0].is_empty() {
        let help = "lower `data.valid_fraction` and `data.test_fraction`".to_owned();
        return Err(DataError::Empty { path: path.to_owned(), help });
    }
    Ok(())
}

/// Texts in batches: in training all of them in shuffled order each epoch, the last batch smaller;
/// held-out ones in the order of their length, so that little is padding.
#[derive(Clone, Debug)]
pub struct LabelledBatches {
    dataset: Arc<Dataset>,
    shuffled: Shuffled,
    padding: u32,
}

impl LabelledBatches {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset>) -> Self {
        Self {
            shuffled: Shuffled::new(experiment),
            padding: dataset.vocabulary.id(PADDING).unwrap_or_default(),
            dataset: Arc::clone(dataset),
        }
    }

    /// The texts of a split.
    pub fn texts(&self, split: Split) -> &[LabelledText] {
        self.dataset.examples::<Labelled>().map_or(&[], |labelled| labelled.split(split))
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        self.dataset.classes()
    }
}

impl Batches for LabelledBatches {
    type Batch = LabelledBatch;

    fn batches_per_epoch(&self) -> usize {
        self.texts(Split::Train).len().div_ceil(self.shuffled.batch_size)
    }

    fn batch(&mut self, epoch: u64, index: usize) -> LabelledBatch {
        let len = self.texts(Split::Train).len();
        let places = self.shuffled.places(epoch, index, len);
        let texts = self.texts(Split::Train);
        let chosen: Vec<_> = places.into_iter().map(|place| &texts[place]).collect();
        LabelledBatch::of(&chosen, self.padding)
    }

    fn sequences(&self, batch: &LabelledBatch) -> usize {
        batch.lengths.len()
    }

    fn held_out(&self, split: Split) -> Box<dyn Iterator<Item = LabelledBatch> + '_> {
        let mut texts: Vec<&LabelledText> = self.texts(split).iter().collect();
        texts.sort_by_key(|text| text.tokens.len());
        let batches: Vec<LabelledBatch> = texts
            .chunks(self.shuffled.batch_size)
            .map(|texts| LabelledBatch::of(texts, self.padding))
            .collect();
        Box::new(batches.into_iter())
    }

    fn predictions(&self, split: Split) -> u64 {
        self.texts(split).len() as u64
    }
}
