//! Vectors of numbers, such as small images, for autoencoders.
//!
//! A corpus is a table of numbers (`table`) with a vector a line. Where a line
//! has one number more than a square, that last one is a label, and is left out: 65 numbers are an
//! image of 8 × 8 and its digit. Numbers are divided by the largest of the training split.

use std::path::PathBuf;
use std::sync::Arc;

use super::batches::{Batches, Split};
use super::corpus;
use super::dataset::{Dataset, Examples, provenance};
use super::error::DataError;
use super::examples::{Shuffled, cut};
use super::files::Kind;
use super::read::Reader;
use super::table::Table;
use super::vocabulary::Vocabulary;
use crate::spec::{Data, Experiment, Level};

/// Vectors, all of one length.
#[derive(Debug)]
pub struct Vectors {
    width: usize,
    splits: [Vec<Vec<f32>>; 3],
}

impl Examples for Vectors {
    fn sizes(&self) -> [usize; 3] {
        self.splits.each_ref().map(Vec::len)
    }

    fn unit(&self) -> &'static str {
        "vectors"
    }
}

impl Vectors {
    /// Numbers of a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The vectors of a split.
    pub fn split(&self, split: Split) -> &[Vec<f32>] {
        split.of(&self.splits)
    }
}

/// Some vectors, (B, F).
#[derive(Clone, Debug, PartialEq)]
pub struct VectorBatch {
    /// Their numbers.
    pub values: Vec<f32>,
    /// B.
    pub batch: usize,
}

/// Reads the vectors of a corpus.
///
/// # Errors
/// When the corpus is missing, or a line is no vector of as many numbers as the first.
pub fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset, DataError> {
    let corpus = corpus::find(&data.corpus, roots, Kind::Table)?;
    let mut reader = Reader::new(Level::Char);
    let mut parts: [Vec<Vec<f32>>; 3] = Default::default();
    let mut width = None;
    let mut named = false;
    for (part, files) in parts.iter_mut().zip(corpus.by_split()) {
        for file in files {
            let text = reader.read(std::slice::from_ref(file))?;
            let table = Table::new(file, &text)?;
            named |= table.has_names();
            part.extend(vectors(&table, &mut width)?);
        }
    }
    let all = width.unwrap_or(0);
    let labelled = !is_square(all) && all > 1 && is_square(all - 1);
    let width = if labelled { all - 1 } else { all };
    parts.iter_mut().flatten().for_each(|vector| vector.truncate(width));
    let mut splits = cut(data, parts);
    if splits[0].is_empty() {
        let help = "lower `data.valid_fraction` and `data.test_fraction`, or take more vectors";
        return Err(DataError::Empty { path: corpus.path.clone(), help: help.to_owned() });
    }
    let largest = splits[0].iter().flatten().fold(0.0f32, |most, value| most.max(value.abs()));
    if largest > 0.0 {
        splits.iter_mut().flatten().flatten().for_each(|value| *value /= largest);
    }
    let vectors = Vectors { width, splits };
    let (provenance, mut notes) = provenance(&corpus, reader);
    let mut note = |holds: bool, note: &str| notes.extend(holds.then(|| note.to_owned()));
    note(named, "the first line names the columns");
    note(labelled, "the last number of each line is a label, and is left out");
    Ok(Dataset { notes, ..Dataset::of(vectors, Vocabulary::empty(Level::Char), provenance) })
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

/// Vectors in batches, in shuffled order each epoch, the last batch smaller.
#[derive(Clone, Debug)]
pub struct VectorBatches {
    dataset: Arc<Dataset>,
    shuffled: Shuffled,
}

impl VectorBatches {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset>) -> Self {
        Self { dataset: Arc::clone(dataset), shuffled: Shuffled::new(experiment) }
    }

    /// The vectors of a split.
    pub fn vectors(&self, split: Split) -> &[Vec<f32>] {
        self.dataset.examples::<Vectors>().map_or(&[], |vectors| vectors.split(split))
    }
}

impl Batches for VectorBatches {
    type Batch = VectorBatch;

    fn batches_per_epoch(&self) -> usize {
        self.vectors(Split::Train).len().div_ceil(self.shuffled.batch_size)
    }

    fn batch(&mut self, epoch: u64, index: usize) -> VectorBatch {
        let len = self.vectors(Split::Train).len();
        let places = self.shuffled.places(epoch, index, len);
        let all = self.vectors(Split::Train);
        let values = places.iter().flat_map(|place| &all[*place]).copied().collect();
        VectorBatch { values, batch: places.len() }
    }

    fn sequences(&self, batch: &VectorBatch) -> usize {
        batch.batch
    }

    fn held_out(&self, split: Split) -> Box<dyn Iterator<Item = VectorBatch> + '_> {
        let batch = |vectors: &[Vec<f32>]| VectorBatch {
            values: vectors.iter().flatten().copied().collect(),
            batch: vectors.len(),
        };
        Box::new(self.vectors(split).chunks(self.shuffled.batch_size).map(batch))
    }

    fn predictions(&self, split: Split) -> u64 {
        self.vectors(split).iter().map(|vector| vector.len() as u64).sum()
    }
}
