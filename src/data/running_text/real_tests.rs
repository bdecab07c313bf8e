//! Loading the corpora of the source tutorials, where the machine has them: the numbers are those
//! that the tutorials print.

use super::load;
use crate::data::test::{data, real_corpora};
use crate::data::{Dataset, Ids};
use crate::spec::{Data, Level};

/// A real corpus, which has as many tokens of as many kinds; `None` if it is not there.
fn real(wanted: Data, tokens: usize, kinds: usize) -> Option<Dataset<Ids>> {
    let dataset = load(&wanted, &[real_corpora()?]).unwrap();
    assert_eq!((dataset.splits[0].len(), dataset.info.vocabulary.len()), (tokens, kinds));
    Some(dataset)
}

#[test]
fn kafka_has_the_numbers_of_its_tutorial() {
    real(data("kafka"), 137_628, 80);
    let bytes = Data { level: Level::Byte, ..data("kafka") };
    let Some(dataset) = real(bytes, 137_629, 81) else { return };
    assert_eq!(
        dataset.info.provenance.sha256,
        "836497d1e5a47b1744e68da78822e8af19ddadc565e3a09fde348f300e14ec78"
    );
}

#[test]
fn lyrics_have_the_numbers_of_d2l() {
    let lyrics = Data { newlines_as_spaces: true, max_characters: Some(10_000), ..data("jaychou") };
    real(lyrics.clone(), 10_000, 1027);
    real(Data { max_characters: None, ..lyrics }, 63_282, 2582);
}

#[test]
fn the_time_machine_has_the_numbers_of_d2l() {
    let letters = Data { letters_only: true, lowercase: true, ..data("timemachine") };
    real(letters.clone(), 170_580, 27);
    real(Data { level: Level::Word, newlines_as_spaces: true, ..letters }, 32_775, 4579);
}

#[test]
fn scripts_have_the_numbers_of_udacity() {
    let words = Data { level: Level::Word, newlines_as_spaces: true, ..data("seinfeld") };
    real(words, 605_614, 46_367);
    // Udacity's own marks, without `:`, give 892,132 tokens of 21,387 kinds.
    let script = Data { level: Level::Script, ..data("seinfeld") };
    let Some(dataset) = real(script, 946_848, 20_320) else { return };
    let first = &dataset.splits[0].to_vec()[..60];
    let text = dataset.info.vocabulary.decode(first);
    assert_eq!(dataset.info.vocabulary.encode(&text).as_deref(), Ok(first));
}

#[test]
fn tiny_shakespeare_has_65_characters() {
    let Some(dataset) = real(data("tinyshakespeare"), 1_115_394, 65) else { return };
    let text = dataset.info.vocabulary.decode(&dataset.splits[0].to_vec());
    assert!(text.starts_with("First Citizen:\nBefore we proceed"));
}
