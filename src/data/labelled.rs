//! Texts with a class each, for classification.
//!
//! A corpus has one of these forms:
//!
//! - a folder of files, one class each, named after it, with a text a line (`names/Greek.txt`);
//! - pairs of files, `reviews.txt` and `labels.txt`, line by line; `train_…` and `test_…` before
//!   both names make ready-made parts;
//! - one file, or `train.txt`, `valid.txt` and `test.txt`, with a class, a tab and a text a line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batches::{Batches, Split};
use super::clean::clean;
use super::corpus::{self, Corpus, Files};
use super::dataset::{Dataset, Examples, Numbered, provenance};
use super::error::DataError;
use super::examples::epoch_order;
use super::read::Reader;
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
    let corpus = corpus::find(&data.corpus, roots)?;
    let mut reader = Reader::new(data.level);
    let parts = read(&corpus, &mut reader)?;
    let mut notes = Vec::new();
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
    notes.extend(imbalance(&classes, &splits[0]));
    notes.extend(overlap(&splits));
    let labelled = Labelled { classes, splits };
    check(&corpus.path, &labelled)?;
    Ok(Dataset {
        train: [].into(),
        valid: [].into(),
        test: [].into(),
        characters: cleaned.map(|texts| texts.iter().map(|(_, text)| text.chars().count()).sum()),
        vocabulary,
        provenance: provenance(&corpus, reader),
        notes,
        examples: Some(Arc::new(labelled)),
    })
}

/// A class and a text.
type Named = (String, String);

/// The parts that a corpus comes in: train, valid, test.
fn read(corpus: &Corpus, reader: &mut Reader) -> Result<[Vec<Named>; 3], DataError> {
    let mut parts: [Vec<Named>; 3] = Default::default();
    let files = match &corpus.files {
        Files::Splits(files) => {
            for (part, file) in parts.iter_mut().zip(files) {
                if let Some(file) = file {
                    part.extend(tabbed(file, &reader.read(std::slice::from_ref(file))?)?);
                }
            }
            return Ok(parts);
        }
        Files::Whole(files) => files,
    };
    let labels: Vec<&PathBuf> =
        files.iter().filter(|file| stem(file).ends_with("labels")).collect();
    if let ([file], true) = (files.as_slice(), labels.is_empty()) {
        parts[0] = tabbed(file, &reader.read(std::slice::from_ref(file))?)?;
        return Ok(parts);
    }
    if labels.is_empty() {
        for file in files {
            let class = stem(file);
            let text = reader.read(std::slice::from_ref(file))?;
            parts[0].extend(lines(&text).map(|line| (class.clone(), line.to_owned())));
        }
        return Ok(parts);
    }
    for labels in labels {
        let name = stem(labels);
        let prefix = name.trim_end_matches("labels");
        let mate = files.iter().find(|file| {
            let name = stem(file);
            let others = prefix.is_empty() && name.contains('_');
            *file != labels && name.starts_with(prefix) && !others
        });
        let Some(texts) = mate else {
            let form = format!("there is no file of texts beside it, `{prefix}reviews.txt`");
            return Err(DataError::Form { path: labels.clone(), line: 1, form });
        };
        let part = match prefix.trim_end_matches(['_', '-', '.']) {
            "valid" | "val" | "validation" => 1,
            "test" => 2,
            _ => 0,
        };
        let names = reader.read(std::slice::from_ref(labels))?;
        let bodies = reader.read(std::slice::from_ref(texts))?;
        let (names, bodies): (Vec<&str>, Vec<&str>) =
            (lines(&names).collect(), lines(&bodies).collect());
        if names.len() != bodies.len() {
            let form = format!("{} labels for {} texts", names.len(), bodies.len());
            return Err(DataError::Form { path: labels.clone(), line: names.len() as u64, form });
        }
        let pairs = names.into_iter().zip(bodies);
        parts[part].extend(pairs.map(|(class, text)| (class.to_owned(), text.to_owned())));
    }
    Ok(parts)
}

/// The lines of a text that are not blank, without white space at their ends.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty())
}

/// The name of a file without its endings.
fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".txt").unwrap_or(name).to_owned()
}

/// Lines of a class, a tab and a text.
fn tabbed(path: &Path, text: &str) -> Result<Vec<Named>, DataError> {
    let lines = text.split('\n').zip(1u64..).filter(|(line, _)| !line.trim().is_empty());
    let pair = |(line, number): (&str, u64)| match line.split_once('\t') {
        Some((class, text)) if !class.trim().is_empty() => {
            Ok((class.trim().to_owned(), text.trim().to_owned()))
        }
        _ => {
            let form = "a line must be a class, a tab and a text".to_owned();
            Err(DataError::Form { path: path.to_owned(), line: number, form })
        }
    };
    lines.map(pair).collect()
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

/// How uneven the classes of the training split are.
fn imbalance(classes: &[String], train: &[LabelledText]) -> Option<String> {
    let mut counts = vec![0usize; classes.len()];
    train.iter().for_each(|text| counts[text.class as usize] += 1);
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
    batch_size: usize,
    seed: u64,
    padding: u32,
    order: Option<(u64, Vec<usize>)>,
}

impl LabelledBatches {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset>) -> Self {
        Self {
            batch_size: experiment.data.batch_size.max(1),
            seed: experiment.seed,
            padding: dataset.vocabulary.id(PADDING).unwrap_or_default(),
            dataset: Arc::clone(dataset),
            order: None,
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
        self.texts(Split::Train).len().div_ceil(self.batch_size)
    }

    fn batch(&mut self, epoch: u64, index: usize) -> LabelledBatch {
        let len = self.texts(Split::Train).len();
        let order = epoch_order(&mut self.order, self.seed, epoch, len);
        let places = order.iter().skip(index * self.batch_size).take(self.batch_size);
        let places: Vec<usize> = places.copied().collect();
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
            .chunks(self.batch_size)
            .map(|texts| LabelledBatch::of(texts, self.padding))
            .collect();
        Box::new(batches.into_iter())
    }

    fn predictions(&self, split: Split) -> u64 {
        self.texts(split).len() as u64
    }
}
