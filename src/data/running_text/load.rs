//! Loading running text: from the `[data]` of a spec to token ids in splits.

use super::lengths::check;
use crate::data::corpus::{self, Corpus, Files, Kind, Provenance, Reader};
use crate::data::dataset::{Dataset, DatasetInfo, short_id};
use crate::data::error::DataError;
use crate::data::split::Split;
use crate::data::text::{Ids, Interner, Unknown, about_unknown, about_unread, clean};
use crate::data::text::{for_each_token, is_utf8};
use crate::spec::{Data, Level};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Reads, cleans, cuts and numbers the corpus of `data`. `roots` are the folders, like
/// `datasets/`, in which `data.corpus` may be a folder; without such a folder it is a path.
///
/// # Errors
///
/// When the corpus is missing, unreadable or not text, or too short for the batches asked for.
pub fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Ids>, DataError> {
    load_saying(data, roots, about_unknown)
}

/// [`load`], for a task that learns from the words of a text and does not predict it.
pub fn load_words(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Ids>, DataError> {
    load_saying(data, roots, |shares, _| about_unread(shares))
}

/// [`load`]; `about` says what is to be known of the shares of unknown tokens, and of those that are
/// unknown in the text itself.
fn load_saying(
    data: &Data,
    roots: &[PathBuf],
    about: fn([f64; 3], [f64; 3]) -> Option<String>,
) -> Result<Dataset<Ids>, DataError> {
    let corpus = corpus::find(data, roots, Kind::Text)?;
    let mut reader = Reader::new(data.level, data);
    let mut texts: [String; 3] = Default::default();
    for (text, files) in texts.iter_mut().zip(corpus.by_split()) {
        *text = clean(reader.read(files)?, data);
    }
    let mut interner = Interner::default();
    let whole = matches!(corpus.files, Files::Whole(_));
    let mut parts = if whole {
        cut(data, &texts[0], &mut interner)
    } else {
        texts.each_ref().map(|text| Part::of(data.level, text, &mut interner))
    };
    let sizes = parts.each_ref().map(|part| part.ids.len());
    check(data, &corpus.path, sizes, whole)?;
    let open = sizes[1..].iter().any(|size| *size > 0);
    let (vocabulary, ids) = interner.vocabulary_of(data, parts[0].ids.iter().copied(), open);
    let unknown = Unknown::new(data.level, &interner, &vocabulary, &ids);
    let is_utf8 = texts.iter().all(|text| is_utf8(data.level, text));
    let shares = parts.each_ref().map(|part| unknown.share(&part.ids));
    let in_text = parts.each_ref().map(|part| unknown.share_in_text(&part.ids));
    let (provenance, told) = Provenance::of(&corpus, reader);
    let notes = [notes(data, &corpus), told].concat();
    let size = |part: &Part<'_>| unknown.size(data.level, &part.ids, part.text, is_utf8);
    let info = DatasetInfo {
        sizes,
        unit: "tokens",
        characters: parts.each_ref().map(|part| part.text.chars().count()),
        text_sizes: parts.each_ref().map(size),
        text_ids: parts.each_ref().map(|part| id_of_text(data.level, part.text)),
        ..DatasetInfo::new(vocabulary, provenance, notes)
    };
    for id in parts.iter_mut().flat_map(|part| &mut part.ids) {
        *id = ids[*id as usize];
    }
    let info = info.with_unknown(shares, about(shares, in_text));
    Ok(Dataset { info, splits: parts.map(|part| part.ids.into()) })
}

/// One split: ids in order of first appearance, and the text they were cut from.
#[derive(Default)]
struct Part<'a> {
    ids: Vec<u32>,
    text: &'a str,
}

impl<'a> Part<'a> {
    fn of(level: Level, text: &'a str, interner: &mut Interner<'a>) -> Self {
        Self { ids: interner.intern(level, text), text }
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

/// Cuts `text` into train, valid and test, in this order, where tokens begin.
fn cut<'a>(data: &Data, text: &'a str, interner: &mut Interner<'a>) -> [Part<'a>; 3] {
    let mut train = interner.intern(data.level, text);
    let part = |fraction: f64| (train.len() as f64 * fraction) as usize;
    let (valid, test) = (part(data.valid_fraction), part(data.test_fraction));
    let first_test = train.len().saturating_sub(test);
    let first_valid = first_test.saturating_sub(valid);
    let [to_valid, to_test] = positions(data.level, text, [first_valid, first_test]);
    let test = train.split_off(first_test);
    let valid = train.split_off(first_valid);
    [
        Part { ids: train, text: &text[..to_valid] },
        Part { ids: valid, text: &text[to_valid..to_test] },
        Part { ids: test, text: &text[to_test..] },
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
    if let (Files::Splits(_), Some([_, valid, test])) = (&corpus.files, data.named()) {
        let unnamed = |(split, paths): (_, &[String])| {
            paths.is_empty().then(|| format!("no {split} text is named beside `data.train`"))
        };
        notes.extend([("valid", valid), ("test", test)].into_iter().filter_map(unnamed));
    } else if let Files::Splits(files) = &corpus.files {
        if data.valid_fraction > 0.0 || data.test_fraction > 0.0 {
            notes.push(format!(
                "`{}` comes in ready-made splits: valid_fraction and test_fraction have no effect",
                corpus.path.display()
            ));
        }
        for (file, name) in files.iter().zip(Split::NAMES) {
            if file.is_empty() {
                notes.push(format!("`{}` has no {name} split", corpus.path.display()));
            }
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::test::data;
    use crate::data::text::UNKNOWN;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_token_of_evaluation_text_alone_is_in_the_vocabulary(
            train in r"[ab \n]{1,40}", other in r"[abcdé \n]{0,40}",
        ) {
            for level in [Level::Byte, Level::Char, Level::Word, Level::Script] {
                let wanted = Data { level, ..data("") };
                let mut interner = Interner::default();
                let splits = [train.as_str(), &other, &other]
                    .map(|text| Part::of(level, text, &mut interner));
                let train_ids = splits[0].ids.iter().copied();
                let (vocabulary, _) = interner.vocabulary_of(&wanted, train_ids, !other.is_empty());
                let mut own = Vec::new();
                for_each_token(level, &train, |_, token| own.push(token));
                for id in 0..vocabulary.len() as u32 {
                    let token = vocabulary.token(id).unwrap();
                    prop_assert!(own.contains(&token) || token == UNKNOWN, "{token:?}");
                }
            }
        }

        #[test]
        fn splits_are_the_whole_text_in_order(
            text in r"[ab.é \n]{0,60}", valid_fraction in 0.0..0.5, test_fraction in 0.0..0.5,
        ) {
            for level in [Level::Char, Level::Word, Level::Script] {
                let wanted = Data { level, valid_fraction, test_fraction, ..data("") };
                let splits = cut(&wanted, &text, &mut Interner::default());
                let ids: Vec<u32> = splits.iter().flat_map(|split| split.ids.clone()).collect();
                prop_assert_eq!(&ids, &Interner::default().intern(level, &text));
                let test = (ids.len() as f64 * test_fraction) as usize;
                prop_assert_eq!(splits[2].ids.len(), test);
                let joined: String = splits.iter().map(|split| split.text).collect();
                prop_assert_eq!(joined, text.as_str());
            }
        }
    }
}
