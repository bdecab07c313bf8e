//! Vectors of numbers, such as small images.
//!
//! A corpus is a table of numbers with a vector a line. Where a line has one number more than a
//! square, that last one is a label, and is left out: 65 numbers are an image of 8 × 8 and its digit.
//! Numbers are divided by the largest of the training split.

use crate::data::corpus::{Kind, Provenance, Reader, Table, find};
use crate::data::{DataError, Dataset, DatasetInfo, Example, Vocabulary, random_split};
use crate::spec::{Data, Level};
use std::path::PathBuf;

/// Some vectors, (B, F).
#[derive(Clone, Debug, PartialEq)]
pub struct VectorBatch {
    /// Their numbers.
    pub values: Vec<f32>,
    /// B.
    pub batch: usize,
}

impl Example for Vec<f32> {
    const UNIT: &'static str = "vectors";
    type Batch = VectorBatch;

    fn collate(vectors: &[&Self], _: &Vocabulary) -> VectorBatch {
        let values = vectors.iter().flat_map(|vector| vector.iter()).copied().collect();
        VectorBatch { values, batch: vectors.len() }
    }

    fn sequences(batch: &VectorBatch) -> usize {
        batch.batch
    }

    /// All are of one length, so that evaluation keeps their order.
    fn steps(&self) -> usize {
        self.len()
    }

    fn predictions(&self) -> usize {
        self.len()
    }
}

/// The length of all vectors of a data set.
pub fn width(dataset: &Dataset<Vec<Vec<f32>>>) -> usize {
    dataset.splits[0].first().map_or(0, Vec::len)
}

/// Reads the vectors of a corpus.
///
/// # Errors
/// When the corpus is missing, or a line is no vector of as many numbers as the first.
pub(super) fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Vec<Vec<f32>>>, DataError> {
    let corpus = find(data, roots, Kind::Table)?;
    let mut reader = Reader::new(Level::Char, data);
    let (mut width, mut named) = (None, false);
    let mut splits = corpus.examples(&mut reader, |file, text| {
        let table = Table::new(file, text)?;
        named |= table.has_names();
        vectors(&table, &mut width)
    })?;
    let all = width.unwrap_or(0);
    let labelled = !is_square(all) && all > 1 && is_square(all - 1);
    let width = if labelled { all - 1 } else { all };
    splits.iter_mut().flatten().for_each(|vector| vector.truncate(width));
    let mut splits = random_split(data, splits);
    if splits[0].is_empty() {
        let help = "lower `data.valid_fraction` and `data.test_fraction`, or take more vectors";
        return Err(DataError::Empty { path: corpus.path.clone(), help: help.to_owned() });
    }
    let largest = splits[0].iter().flatten().fold(0.0f32, |most, value| most.max(value.abs()));
    if largest > 0.0 {
        splits.iter_mut().flatten().flatten().for_each(|value| *value /= largest);
    }
    let (provenance, mut notes) = Provenance::of(&corpus, reader);
    let mut note = |holds: bool, note: &str| notes.extend(holds.then(|| note.to_owned()));
    note(named, "the first line names the columns");
    note(labelled, "the last number of each line is a label, and is left out");
    let info = DatasetInfo::new(Vocabulary::empty(Level::Char), provenance, notes);
    Ok(Dataset::of_examples(splits, info))
}

fn is_square(number: usize) -> bool {
    number.isqrt().pow(2) == number
}

/// The vectors of a file, each as long as those of the files before.
fn vectors(table: &Table<'_>, width: &mut Option<usize>) -> Result<Vec<Vec<f32>>, DataError> {
    table.refuse_index()?;
    let vector = |row: Result<(u64, Vec<&str>), DataError>| {
        let (line, cells) = row?;
        let expected = *width.get_or_insert(cells.len());
        if expected != cells.len() {
            let form = format!("{} columns, other files have {expected}", cells.len());
            return Err(table.wrong(line, form));
        }
        (0..cells.len()).map(|column| table.number(line, &cells, column)).collect()
    };
    table.rows().map(vector).collect()
}
