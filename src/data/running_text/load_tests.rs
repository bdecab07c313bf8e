//! Loading small corpora made for the purpose.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::load;
use crate::data::test::data;
use crate::data::{DataError, Dataset, Ids, UNKNOWN};
use crate::spec::{Data, Level, Sampling};

/// A folder like `datasets/` with `files`, given by path and contents.
fn corpora(files: &[(&str, &[u8])]) -> (TempDir, Vec<PathBuf>) {
    let root = TempDir::new().unwrap();
    for (path, contents) in files {
        let path = root.path().join("datasets").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    let roots = vec![root.path().join("datasets")];
    (root, roots)
}

fn gzip(contents: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(contents).unwrap();
    packed.finish().unwrap()
}

fn text_of(dataset: &Dataset<Ids>) -> String {
    dataset.info.vocabulary.decode(&dataset.splits[0].to_vec())
}

/// The text of a corpus of one file with these bytes.
fn read(contents: &[u8], data: &Data) -> Result<String, DataError> {
    let (_root, roots) = corpora(&[("c/a.txt", contents)]);
    load(data, &roots).map(|dataset| text_of(&dataset))
}

#[test]
fn files_of_a_folder_follow_one_another_by_name() {
    let packed = gzip(b"two\n");
    let (_root, roots) = corpora(&[
        ("c/b.txt.gz", &packed),
        ("c/a.txt", b"one"),
        ("c/d/c.txt", b"three"),
        ("c/notes.md", b"no"),
        ("c/.hidden.txt", b"no"),
    ]);
    let dataset = load(&data("c"), &roots).unwrap();
    assert_eq!(text_of(&dataset), "one\ntwo\nthree");
    assert_eq!(dataset.info.provenance.bytes, 12);
    assert_eq!(dataset.info.provenance.files.len(), 3);
    // sha256 of `onetwo\nthree`: the bytes of the files, without what parts them.
    assert_eq!(
        dataset.info.provenance.sha256,
        "0bc81cadfca0c96a8f86d52441bbf525ae65412fe42d62d798903d34e0aad337"
    );
}

#[test]
fn fetched_text_takes_the_place_of_the_sample() {
    let (root, roots) = corpora(&[("seinfeld/sample.txt", b"a small sample")]);
    let dataset = load(&data("seinfeld"), &roots).unwrap();
    let folder = root.path().join("datasets/seinfeld");
    assert_eq!(
        dataset.info.provenance.description,
        format!(
            "{} (shipped sample: 14 bytes; `runner fetch seinfeld` gets the full corpus)",
            folder.display()
        )
    );
    fs::create_dir(folder.join("full")).unwrap();
    fs::write(folder.join("full/.fetch-123"), "half").unwrap();
    assert_eq!(text_of(&load(&data("seinfeld"), &roots).unwrap()), "a small sample");
    fs::write(folder.join("full/Scripts.txt"), "all of it").unwrap();
    let dataset = load(&data("seinfeld"), &roots).unwrap();
    assert_eq!(text_of(&dataset), "all of it");
    let file = folder.join("full").join("Scripts.txt");
    assert_eq!(dataset.info.provenance.description, format!("{} (full corpus)", file.display()));
}

#[test]
fn a_corpus_may_be_a_path() {
    let (root, _) = corpora(&[("some/where.txt", b"text")]);
    let path = root.path().join("datasets/some/where.txt");
    let dataset = load(&data(path.to_str().unwrap()), &[PathBuf::from("datasets")]).unwrap();
    assert_eq!(text_of(&dataset), "text");
    assert_eq!(dataset.info.provenance.description, format!("{} (4 bytes)", path.display()));
}

#[test]
fn ready_made_splits_are_used_as_they_are() {
    let (_root, roots) = corpora(&[
        ("c/ptb.train.txt", b"a b\na <unk>\n"),
        ("c/ptb.valid.txt", b"a c\n"),
        ("c/readme.txt", b"no"),
    ]);
    let wanted = Data { level: Level::Word, valid_fraction: 0.5, ..data("c") };
    let dataset = load(&wanted, &roots).unwrap();
    assert_eq!(text_of(&dataset), "a b\na <unk>\n");
    assert_eq!(dataset.info.vocabulary.decode(&dataset.splits[1].to_vec()), "a <unk>\n");
    assert_eq!(dataset.info.characters, [12, 4, 0]);
    assert_eq!(dataset.info.vocabulary.len(), 4);
    assert_eq!(dataset.info.notes.len(), 3, "{:?}", dataset.info.notes);
    let (_root, roots) =
        corpora(&[("c/train.txt", b"a"), ("c/x.train.txt", b"b"), ("c/val.txt.gz", &gzip(b"c"))]);
    let error = load(&data("c"), &roots).unwrap_err();
    assert!(matches!(error, DataError::AmbiguousSplit { split: "train", .. }), "{error}");
}

#[test]
fn a_text_is_cut_between_tokens() {
    let (_root, roots) = corpora(&[("c/a.txt", "één  twee drie vier\nvijf zes".as_bytes())]);
    let wanted = Data { level: Level::Word, valid_fraction: 0.3, test_fraction: 0.3, ..data("c") };
    let dataset = load(&wanted, &roots).unwrap();
    assert_eq!(text_of(&dataset), "één twee drie");
    assert_eq!((dataset.splits[1].len(), dataset.splits[2].len()), (2, 2));
    assert_eq!(dataset.info.characters, [15, 5, 8]);
    assert_eq!(dataset.info.vocabulary.decode(&dataset.splits[2].to_vec()), "<unk> <unk>");
    assert_eq!(dataset.info.vocabulary.token(3), Some(UNKNOWN));
}

#[test]
fn line_ends_and_marks_of_encodings_are_read_alike() {
    let text = "\u{feff}é\r\nb\rc".as_bytes();
    assert_eq!(read(text, &data("c")).unwrap(), "é\nb\rc");
    let bytes = Data { level: Level::Byte, ..data("c") };
    assert_eq!(read(text, &bytes).unwrap().as_bytes(), text);
}

#[test]
fn cleaning_is_that_of_d2l() {
    let text = "The Time-Machine,\n\n  by H. G. Wells [1898]\n\nI\n".as_bytes();
    let letters = Data { letters_only: true, lowercase: true, ..data("c") };
    assert_eq!(read(text, &letters).unwrap(), "the time machineby h g wellsi");
    let words = Data { level: Level::Word, ..letters.clone() };
    assert_eq!(read(text, &words).unwrap(), "the time machine\n\nby h g wells\n\ni\n");
    let first = Data { max_characters: Some(8), ..letters };
    assert_eq!(read(text, &first).unwrap(), "the time");
    let lyrics = Data { newlines_as_spaces: true, max_characters: Some(20), ..data("c") };
    assert_eq!(read(text, &lyrics).unwrap(), "The Time-Machine,   ");
}

#[test]
fn wrong_text_is_named_with_its_place() {
    let bytes = b"caf\xe9";
    let error = read(bytes, &data("c")).unwrap_err();
    assert!(matches!(error, DataError::NotUtf8 { position: 3, byte: 0xe9, .. }), "{error}");
    let wanted = Data { level: Level::Byte, ..data("c") };
    assert_eq!(read(bytes, &wanted).unwrap(), "caf\\xe9");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let cut = &gzip(&[b'a'; 5000])[..20];
    let (root, roots) =
        corpora(&[("cut/a.txt.gz", cut), ("none/readme.md", b""), ("empty/a.txt", b"")]);
    let fails = |corpus: &str| load(&data(corpus), &roots).unwrap_err();
    assert!(matches!(fails("cut"), DataError::Gzip { .. }));
    assert!(matches!(fails("none"), DataError::Empty { .. }));
    assert!(matches!(fails("empty"), DataError::Empty { .. }));
    assert!(matches!(fails(""), DataError::Missing { .. }));
    assert!(matches!(fails("/dev/null"), DataError::NotAFile { .. }));
    fs::create_dir(root.path().join("datasets/loop")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("..", root.path().join("datasets/loop/up.txt")).unwrap();
        assert!(matches!(fails("loop"), DataError::LinkLoop { .. }));
    }
}

#[test]
fn a_missing_corpus_says_what_there_is() {
    let (_root, roots) = corpora(&[("kafka/a.txt", b"a")]);
    let help = |corpus: &str| match load(&data(corpus), &roots) {
        Err(DataError::Missing { help, .. }) => help,
        other => panic!("{other:?}"),
    };
    assert!(help("kafak").starts_with("did you mean `kafka`?\nhere: kafka\n"));
    assert!(help("timemachine").starts_with("`runner fetch timemachine` gets it"));
}

#[test]
fn a_short_text_says_which_sizes_fit() {
    let (_root, roots) = corpora(&[("c/a.txt", &[b'a'; 100])]);
    let help = |data: Data| match load(&data, &roots) {
        Err(DataError::TrainTooShort { tokens: 100, help, .. }) => help,
        other => panic!("{other:?}"),
    };
    let wanted = Data { batch_size: 10, sequence_length: 10, ..data("c") };
    assert!(
        help(wanted.clone())
            .starts_with("`data.batch_size = 9` or `data.sequence_length = 9` fits")
    );
    assert!(load(&Data { batch_size: 9, ..wanted.clone() }, &roots).is_ok());
    assert!(load(&Data { sequence_length: 9, ..wanted.clone() }, &roots).is_ok());
    let wanted = Data { sampling: Sampling::Random, ..wanted };
    assert!(
        help(wanted.clone())
            .starts_with("`data.batch_size = 9` or `data.sequence_length = 9` fits")
    );
    let short = Data { valid_fraction: 0.01, ..data("c") };
    let error = load(&short, &roots).unwrap_err();
    assert!(matches!(error, DataError::SplitTooShort { split: "valid", tokens: 1, .. }), "{error}");
}
