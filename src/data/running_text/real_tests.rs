//! Loading the corpora of the source tutorials, where the machine has them: the numbers are those
//! that the tutorials print.

use super::load;
use crate::data::test::{data, real_corpora};
use crate::data::{Dataset, Ids};
use crate::spec::{Data, Level};

/// Loads a real corpus, or says that it is not there.
fn real(wanted: Data) -> Option<Dataset<Ids>> {
    let root = real_corpora()?;
    let dataset = load(&wanted, &[root]).unwrap();
    Some(dataset)
}

#[test]
fn kafka_has_the_numbers_of_its_tutorial() {
    let Some(dataset) = real(Data { level: Level::Byte, ..data("kafka") }) else {
        return;
    };
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (137_629, 81));
    assert_eq!(
        dataset.info.provenance.sha256,
        "836497d1e5a47b1744e68da78822e8af19ddadc565e3a09fde348f300e14ec78"
    );
    let Some(dataset) = real(data("kafka")) else {
        return;
    };
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (137_628, 80));
}

#[test]
fn lyrics_have_the_numbers_of_d2l() {
    let lyrics = Data { newlines_as_spaces: true, max_characters: Some(10_000), ..data("jaychou") };
    let Some(dataset) = real(lyrics.clone()) else {
        return;
    };
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (10_000, 1027));
    let Some(dataset) = real(Data { max_characters: None, ..lyrics }) else {
        return;
    };
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (63_282, 2582));
}

#[test]
fn the_time_machine_has_the_numbers_of_d2l() {
    let letters = Data { letters_only: true, lowercase: true, ..data("timemachine") };
    let Some(dataset) = real(letters.clone()) else {
        return;
    };
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (170_580, 27));
    let words = Data { level: Level::Word, newlines_as_spaces: true, ..letters };
    let Some(dataset) = real(words) else { return };
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (32_775, 4579));
}

#[test]
fn scripts_have_the_numbers_of_udacity() {
    let words = Data { level: Level::Word, newlines_as_spaces: true, ..data("seinfeld") };
    let Some(dataset) = real(words) else { return };
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (605_614, 46_367));
    let Some(dataset) = real(Data { level: Level::Script, ..data("seinfeld") }) else {
        return;
    };
    // Udacity's own marks, without `:`, give 892,132 tokens of 21,387 kinds.
    let sizes = (dataset.splits[0].len(), dataset.info.vocabulary.len());
    assert_eq!(sizes, (946_848, 20_320));
    let text = dataset.info.vocabulary.decode(&dataset.splits[0].to_vec()[..60]);
    assert_eq!(
        dataset.info.vocabulary.encode(&text).as_deref(),
        Ok(&dataset.splits[0].to_vec()[..60])
    );
}

#[test]
fn tiny_shakespeare_has_65_characters() {
    let Some(dataset) = real(data("tinyshakespeare")) else {
        return;
    };
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (1_115_394, 65));
    let text = dataset.info.vocabulary.decode(&dataset.splits[0].to_vec());
    assert!(text.starts_with("First Citizen:\nBefore we proceed"));
}
