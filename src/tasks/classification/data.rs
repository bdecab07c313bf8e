//! Texts with a class each.
//!
//! [`forms`] reads the forms that a corpus may have.

use super::forms::{self, Named};
use crate::data::corpus::{Kind, Provenance, Reader, find};
use crate::data::text::{Interner, about_unread, clean, share_of};
use crate::data::{DataError, Dataset, DatasetInfo, Example, PADDING, Split, Vocabulary};
use crate::data::{assign, distribute, pad_sequence};
use crate::random::{Purpose, Stream};
use crate::spec::{Data, TestPart, Truncate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A text and its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledText {
    /// Its tokens, at least one.
    pub tokens: Vec<u32>,
    /// Its class's place among the classes.
    pub class: u32,
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
}

impl LabelledBatch {
    /// A batch of texts, `padding` where they have ended.
    pub fn of(texts: &[&LabelledText], padding: u32) -> Self {
        let tokens: Vec<&[u32]> = texts.iter().map(|text| text.tokens.as_slice()).collect();
        Self {
            tokens: pad_sequence(&tokens, padding),
            lengths: tokens.iter().map(|tokens| tokens.len()).collect(),
            classes: texts.iter().map(|text| text.class).collect(),
        }
    }

    /// The same texts with `more` more steps of padding.
    pub fn padded(mut self, more: usize, padding: u32) -> Self {
        self.tokens.extend(std::iter::repeat_n(padding, more * self.lengths.len()));
        self
    }
}

impl Example for LabelledText {
    const UNIT: &'static str = "texts";
    type Batch = LabelledBatch;

    fn collate(texts: &[&Self], vocabulary: &Vocabulary) -> LabelledBatch {
        LabelledBatch::of(texts, vocabulary.id(PADDING).unwrap_or_default())
    }

    fn sequences(batch: &LabelledBatch) -> usize {
        batch.lengths.len()
    }

    fn steps(&self) -> usize {
        self.tokens.len()
    }

    fn predictions(&self) -> usize {
        1
    }
}

/// Reads, cuts and numbers the texts of a corpus.
///
/// # Errors
/// When the corpus is missing, unreadable or of another form, or a split has no text.
pub(super) fn load(
    data: &Data,
    roots: &[PathBuf],
) -> Result<Dataset<Vec<LabelledText>>, DataError> {
    let corpus = find(data, roots, Kind::Labelled)?;
    let mut reader = Reader::new(data.level, data);
    let mut notes = Vec::new();
    let parts = forms::read(&corpus, &mut reader, &mut notes)?;
    let named = divide(data, parts, &mut notes);
    let names: BTreeSet<&String> = named.iter().flatten().map(|(class, _)| class).collect();
    let classes: Vec<String> = names.into_iter().cloned().collect();
    let cleaned = named.map(|texts| {
        texts.into_iter().map(|(class, text)| (class, clean(text, data))).collect::<Vec<Named>>()
    });
    let (splits, vocabulary) = numbered(data, &classes, &cleaned);
    let before: usize = splits.iter().map(Vec::len).sum();
    let splits = splits.map(|mut texts| {
        texts.retain(|text| !text.tokens.is_empty());
        texts
    });
    let empty = before - splits.iter().map(Vec::len).sum::<usize>();
    if empty > 0 {
        notes.push(format!("{empty} texts without a token are left out"));
    }
    notes.extend(unseen_classes(&classes, &splits));
    notes.extend(imbalance(&classes, &splits[0]));
    notes.extend(overlap(&splits));
    check(&corpus.path, &classes, &splits[0])?;
    let unknown = vocabulary.unknown();
    let shares = splits.each_ref().map(|texts| {
        share_of(texts.iter().flat_map(|text| &text.tokens), |id| Some(id) == unknown)
    });
    let (provenance, told) = Provenance::of(&corpus, reader);
    let info = DatasetInfo {
        characters: cleaned.map(|texts| texts.iter().map(|(_, text)| text.chars().count()).sum()),
        classes,
        ..DatasetInfo::new(vocabulary, provenance, [told, notes].concat())
    };
    Ok(Dataset::of_examples(splits, info.with_unknown(shares, about_unread(shares))))
}

/// The texts as numbers, as much of each as is read, and the vocabulary of the training texts.
fn numbered(
    data: &Data,
    classes: &[String],
    cleaned: &[Vec<Named>; 3],
) -> ([Vec<LabelledText>; 3], Vocabulary) {
    let mut interner = Interner::default();
    let ids = cleaned.each_ref().map(|texts| {
        texts.iter().map(|(_, text)| interner.intern(data.level, text)).collect::<Vec<_>>()
    });
    let train = ids[0].iter().flatten().copied();
    let open = ids[1..].iter().any(|texts| !texts.is_empty());
    let (vocabulary, final_ids) = interner.vocabulary_of(data, train, open);
    let vocabulary = vocabulary.with(&[PADDING]);
    let mut texts = cleaned.iter();
    let splits = ids.map(|ids| {
        let named = texts.next().into_iter().flatten();
        let text = |(tokens, (class, _)): (Vec<u32>, &Named)| LabelledText {
            tokens: shortened(tokens, data).iter().map(|id| final_ids[*id as usize]).collect(),
            class: classes.binary_search(class).unwrap_or_default() as u32,
        };
        ids.into_iter().zip(named).map(text).collect()
    });
    (splits, vocabulary)
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
    let splits = stratified(&train, fractions);
    distribute(train, splits, [Vec::new(), valid, test])
}

/// Cuts the same part of every class off for validation and test, drawn at random under a key that
/// is always the same: trials of other seeds are judged by the same texts.
fn stratified(texts: &[Named], [valid, test]: [f64; 2]) -> Vec<Split> {
    let mut by_class: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, (class, _)) in texts.iter().enumerate() {
        by_class.entry(class).or_default().push(place);
    }
    let mut splits = vec![Split::Train; texts.len()];
    for (class, mut places) in (0..).zip(by_class.into_values()) {
        Stream::new(0, Purpose::Splits, class).shuffle(&mut places);
        let part = |fraction: f64| (places.len() as f64 * fraction).round() as usize;
        assign(&mut splits, &places, [part(valid), part(test)]);
    }
    splits
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

/// Classes of validation and test texts that training never sees.
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
    splits.iter().zip(Split::NAMES).filter_map(note).collect()
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

/// How many validation and test texts stand in the training split too.
fn overlap(splits: &[Vec<LabelledText>; 3]) -> Option<String> {
    let known: BTreeSet<&[u32]> = splits[0].iter().map(|text| text.tokens.as_slice()).collect();
    let others = || splits[1..].iter().flatten();
    let seen = others().filter(|text| known.contains(text.tokens.as_slice())).count();
    let all = others().count();
    (seen > 0).then(|| format!("{seen} of {all} held-out texts stand in the training split too"))
}

fn check(path: &Path, classes: &[String], train: &[LabelledText]) -> Result<(), DataError> {
    if classes.len() < 2 {
        let form = format!("a classification needs two classes, and there are {}", classes.len());
        return Err(DataError::Form { path: path.to_owned(), line: 1, form });
    }
    if train.is_empty() {
        let help = "lower `data.valid_fraction` and `data.test_fraction`".to_owned();
        return Err(DataError::Empty { path: path.to_owned(), help });
    }
    Ok(())
}
