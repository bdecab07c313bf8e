//! Loading: from the `[data]` of a spec to token ids in splits.

use std::any::Any;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::spec::{Data, Level};

use super::clean::clean;
use super::corpus::{self, Corpus, Files, Origin, SPLITS};
use super::enough::check;
use super::error::DataError;
use super::files::Kind;
use super::ids::Ids;
use super::numbered::Numbered;
use super::read::{Reader, hex};
use super::size::{self, MANY_UNKNOWN, TextSize, Unknown};
use super::tokens::for_each_token;
use super::vocabulary::Vocabulary;

/// A corpus as token ids.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Ids of the training split.
    pub train: Ids,
    /// Ids of the validation split; empty if there is none.
    pub valid: Ids,
    /// Ids of the test split; empty if there is none.
    pub test: Ids,
    /// Characters (bytes at level `byte`) of train, valid and test, white space included.
    pub characters: [usize; 3],
    /// What predicting all tokens of train, valid and test but the first spells out; of running
    /// text alone.
    pub texts: [TextSize; 3],
    /// The shares of `<unk>` among the tokens of train, valid and test; none where tokens have no
    /// such entry to stand for others.
    pub unknown: Option<[f64; 3]>,
    /// What tells the texts of train, valid and test from others, 16 hex digits each: figures of
    /// one text compare, whatever the tokens. Empty for a split that is.
    pub text_ids: [String; 3],
    /// The ids' tokens.
    pub vocabulary: Vocabulary,
    /// Where the text came from.
    pub provenance: Provenance,
    /// What a user should know, a sentence each: settings that had no effect, files not read.
    pub notes: Vec<String>,
    /// What a reader must know before trusting figures of it, a sentence each.
    pub warnings: Vec<String>,
    /// What tasks read that do not read running text; the splits of ids above are then empty.
    pub examples: Option<Arc<dyn Examples>>,
}

/// The examples of a task that does not read running text.
pub trait Examples: Any + Send + Sync + Debug {
    /// How many there are in train, valid and test.
    fn sizes(&self) -> [usize; 3];

    /// What one of them is, in the plural.
    fn unit(&self) -> &'static str {
        "examples"
    }

    /// The names of the classes, where there are classes.
    fn classes(&self) -> &[String] {
        &[]
    }
}

impl Dataset {
    /// The examples of a task that does not read running text.
    pub(super) fn of(
        examples: impl Examples,
        vocabulary: Vocabulary,
        provenance: Provenance,
    ) -> Self {
        let text_ids = ids_of_examples(&provenance, examples.sizes());
        Self {
            texts: Default::default(),
            unknown: None,
            text_ids,
            train: Ids::default(),
            valid: Ids::default(),
            test: Ids::default(),
            characters: [0; 3],
            vocabulary,
            provenance,
            notes: Vec::new(),
            warnings: Vec::new(),
            examples: Some(Arc::new(examples)),
        }
    }

    /// The same data with the shares of unknown tokens in its splits, and what is to be said of them:
    /// a note where they are few, else a warning.
    pub(super) fn with_unknown(mut self, shares: [f64; 3], about: Option<String>) -> Self {
        let many = shares.into_iter().any(|share| share >= MANY_UNKNOWN);
        if many { &mut self.warnings } else { &mut self.notes }.extend(about);
        Self { unknown: Some(shares), ..self }
    }

    /// The sizes of train, valid and test, in [`Self::unit`]s.
    pub fn sizes(&self) -> [usize; 3] {
        match &self.examples {
            Some(examples) => examples.sizes(),
            None => [self.train.len(), self.valid.len(), self.test.len()],
        }
    }

    /// What is counted: tokens of a text, or examples.
    pub fn unit(&self) -> &'static str {
        self.examples.as_ref().map_or("tokens", |examples| examples.unit())
    }

    /// The names of the classes; none where the task has none.
    pub fn classes(&self) -> &[String] {
        self.examples.as_ref().map_or(&[], |examples| examples.classes())
    }

    /// The examples, of the type that their task's loader made.
    pub fn examples<E: Examples>(&self) -> Option<&E> {
        let examples: &dyn Any = self.examples.as_deref()?;
        examples.downcast_ref()
    }
}

/// Where a text came from: recorded in `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// In words, as `datasets/seinfeld/full/Seinfeld_Scripts.txt (full corpus)`.
    pub description: String,
    /// The files, in reading order.
    #[serde(serialize_with = "as_text")]
    pub files: Vec<PathBuf>,
    /// Bytes of text in the files, unpacked.
    pub bytes: u64,
    /// sha256 of these bytes, in reading order; 64 hex digits.
    pub sha256: String,
}

/// Paths as text, whatever their bytes.
fn as_text<S: Serializer>(files: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(|file| file.to_string_lossy()))
}

/// Reads, cleans, cuts and numbers the corpus of `data`. `roots` are the folders, like
/// `datasets/`, in which `data.corpus` may be a folder; without such a folder it is a path.
///
/// # Errors
///
/// When the corpus is missing, unreadable or not text, or too short for the batches asked for.
pub fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset, DataError> {
    load_telling(data, roots, size::about_unknown)
}

/// [`load`], for a task that learns from the words of a text and does not predict it.
///
/// # Errors
///
/// As [`load`].
pub fn load_words(data: &Data, roots: &[PathBuf]) -> Result<Dataset, DataError> {
    load_telling(data, roots, |shares, _| size::about_unread(shares))
}

/// [`load`]; `about` says what is to be known of the shares of unknown tokens, and of those that are
/// unknown in the text itself.
fn load_telling(
    data: &Data,
    roots: &[PathBuf],
    about: fn([f64; 3], [f64; 3]) -> Option<String>,
) -> Result<Dataset, DataError> {
    let corpus = corpus::find(&data.corpus, roots, Kind::Text)?;
    let mut reader = Reader::new(data.level);
    let mut texts: [String; 3] = Default::default();
    for (text, files) in texts.iter_mut().zip(corpus.by_split()) {
        *text = clean(reader.read(files)?, data);
    }
    let mut numbered = Numbered::default();
    let whole = matches!(corpus.files, Files::Whole(_));
    let mut splits = if whole {
        cut(data, &texts[0], &mut numbered)
    } else {
        texts.each_ref().map(|text| Split::of(data.level, text, &mut numbered))
    };
    check(data, &corpus, &splits, whole)?;
    let held_out = splits[1..].iter().any(|split| !split.ids.is_empty());
    let train = splits[0].ids.iter().copied();
    let (vocabulary, ids) = numbered.vocabulary_of(data, train, held_out);
    let unknown = Unknown::new(data.level, &numbered, &vocabulary, &ids);
    let is_utf8 = texts.iter().all(|text| size::is_utf8(data.level, text));
    let texts = splits.each_ref().map(|split| unknown.size(data.level, split, is_utf8));
    let shares = splits.each_ref().map(|split| unknown.share(&split.ids));
    let in_text = splits.each_ref().map(|split| unknown.share_in_text(&split.ids));
    let text_ids = splits.each_ref().map(|split| id_of_text(data.level, split.text));
    for id in splits.iter_mut().flat_map(|split| &mut split.ids) {
        *id = ids[*id as usize];
    }
    let [train, valid, test] = splits;
    let (provenance, told) = provenance(&corpus, reader);
    let notes = [notes(data, &corpus), told].concat();
    let dataset = Dataset {
        characters: [&train, &valid, &test].map(|split| split.text.chars().count()),
        texts,
        unknown: None,
        text_ids,
        train: train.ids.into(),
        valid: valid.ids.into(),
        test: test.ids.into(),
        vocabulary,
        examples: None,
        notes,
        warnings: Vec::new(),
        provenance,
    };
    Ok(dataset.with_unknown(shares, about(shares, in_text)))
}

/// One split: ids in order of first appearance, and the text they were cut from.
#[derive(Default)]
pub(super) struct Split<'a> {
    pub ids: Vec<u32>,
    pub text: &'a str,
}

impl<'a> Split<'a> {
    fn of(level: Level, text: &'a str, numbered: &mut Numbered<'a>) -> Self {
        Self { ids: numbered.number(level, text), text }
    }
}

/// What tells a text from others.
fn id_of_text(level: Level, text: &str) -> String {
    let mut sum = Sha256::new();
    match level {
        Level::Byte => sum.update(text.chars().map(|byte| byte as u8).collect::<Vec<u8>>()),
        _ => sum.update(text),
    }
    short_id(text.is_empty(), sum)
}

/// What tells the splits of examples from others: where they come from, and how they are cut.
fn ids_of_examples(provenance: &Provenance, sizes: [usize; 3]) -> [String; 3] {
    [0, 1, 2].map(|split| {
        let mut sum = Sha256::new();
        sum.update(format!("{} {sizes:?} {split}", provenance.sha256));
        short_id(sizes[split] == 0, sum)
    })
}

fn short_id(is_empty: bool, sum: Sha256) -> String {
    if is_empty { String::new() } else { hex(&sum.finalize()[..8]) }
}

/// Cuts `text` into train, valid and test, in this order, where tokens begin.
fn cut<'a>(data: &Data, text: &'a str, numbered: &mut Numbered<'a>) -> [Split<'a>; 3] {
    let mut train = numbered.number(data.level, text);
    let part = |fraction: f64| (train.len() as f64 * fraction) as usize;
    let (valid, test) = (part(data.valid_fraction), part(data.test_fraction));
    let first_test = train.len().saturating_sub(test);
    let first_valid = first_test.saturating_sub(valid);
    let [to_valid, to_test] = positions(data.level, text, [first_valid, first_test]);
    let test = train.split_off(first_test);
    let valid = train.split_off(first_valid);
    [
        Split { ids: train, text: &text[..to_valid] },
        Split { ids: valid, text: &text[to_valid..to_test] },
        Split { ids: test, text: &text[to_test..] },
    ]
}

/// Where the tokens of these indices begin in `text`; past the last token that is its end.
fn positions(level: Level, text: &str, indices: [usize; 2]) -> [usize; 2] {
    let mut positions = [text.len(); 2];
    let mut index = 0;
    for_each_token(level, text, |at, _| {
        for (position, _) in positions.iter_mut().zip(indices).filter(|(_, i)| *i == index) {
            *position = at;
        }
        index += 1;
    });
    positions
}

fn notes(data: &Data, corpus: &Corpus) -> Vec<String> {
    let mut notes = Vec::new();
    if let Files::Splits(files) = &corpus.files {
        if data.valid_fraction > 0.0 || data.test_fraction > 0.0 {
            notes.push(format!(
                "`{}` comes in ready-made splits: valid_fraction and test_fraction have no effect",
                corpus.path.display()
            ));
        }
        for (file, name) in files.iter().zip(SPLITS) {
            if file.is_empty() {
                notes.push(format!("`{}` has no {name} split", corpus.path.display()));
            }
        }
    }
    notes
}

/// Where a corpus came from, all of it having been read, and what should be known of its files.
pub(super) fn provenance(corpus: &Corpus, reader: Reader) -> (Provenance, Vec<String>) {
    let empty = reader.empty().iter().map(|file| format!("`{}` is empty", file.display()));
    let notes = corpus.notes.iter().cloned().chain(empty).collect();
    let bytes = reader.bytes();
    let path = corpus.path.display();
    let description = match &corpus.origin {
        Origin::Fetched => format!("{path} (full corpus)"),
        Origin::Sample(name) => {
            let size = size(bytes);
            let folder = corpus.folder().display();
            format!("{folder} (shipped sample: {size}; `runner fetch {name}` gets the full corpus)")
        }
        Origin::Own => format!("{path} ({})", size(bytes)),
    };
    let files = reader.files().to_vec();
    (Provenance { description, files, bytes, sha256: reader.sha256() }, notes)
}

/// A size in decimal units, as `131 KB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::test::data;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_token_of_held_out_text_alone_is_in_the_vocabulary(
            train in r"[ab \n]{1,40}", held_out in r"[abcdé \n]{0,40}",
        ) {
            for level in [Level::Byte, Level::Char, Level::Word, Level::Script] {
                let wanted = Data { level, ..data("") };
                let mut numbered = Numbered::default();
                let splits = [train.as_str(), &held_out, &held_out]
                    .map(|text| Split::of(level, text, &mut numbered));
                let train_ids = splits[0].ids.iter().copied();
                let (vocabulary, _) = numbered.vocabulary_of(&wanted, train_ids, !held_out.is_empty());
                let mut own = Vec::new();
                for_each_token(level, &train, |_, token| own.push(token));
                for id in 0..vocabulary.len() as u32 {
                    let token = vocabulary.token(id).unwrap();
                    prop_assert!(own.contains(&token) || token == super::super::UNKNOWN, "{token:?}");
                }
            }
        }

        #[test]
        fn splits_are_the_whole_text_in_order(
            text in r"[ab.é \n]{0,60}", valid_fraction in 0.0..0.5, test_fraction in 0.0..0.5,
        ) {
            for level in [Level::Char, Level::Word, Level::Script] {
                let wanted = Data { level, valid_fraction, test_fraction, ..data("") };
                let splits = cut(&wanted, &text, &mut Numbered::default());
                let ids: Vec<u32> = splits.iter().flat_map(|split| split.ids.clone()).collect();
                prop_assert_eq!(&ids, &Numbered::default().number(level, &text));
                let held_out = (ids.len() as f64 * test_fraction) as usize;
                prop_assert_eq!(splits[2].ids.len(), held_out);
                let joined: String = splits.iter().map(|split| split.text).collect();
                prop_assert_eq!(joined, text.as_str());
            }
        }
    }
}
