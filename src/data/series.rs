//! A series of numbers in pieces, for regression: what comes next at each step.
//!
//! A corpus is a table with one column of numbers (`table`), a number a line; the source `sine` makes a
//! wave instead.

use std::path::PathBuf;
use std::sync::Arc;

use super::batches::{Batches, Split};
use super::corpus;
use super::dataset::{Dataset, Examples, Provenance, provenance};
use super::error::DataError;
use super::examples::generated;
use super::files::Kind;
use super::read::Reader;
use super::table::Table;
use super::vocabulary::Vocabulary;
use crate::spec::{Data, Experiment, Level, Source};

/// A series, cut into train, valid and test in this order.
#[derive(Debug)]
pub struct Series {
    splits: [Vec<f32>; 3],
}

impl Examples for Series {
    fn sizes(&self) -> [usize; 3] {
        self.splits.each_ref().map(Vec::len)
    }

    fn unit(&self) -> &'static str {
        "values"
    }
}

impl Series {
    /// The values of a split.
    pub fn split(&self, split: Split) -> &[f32] {
        split.of(&self.splits)
    }
}

/// Some pieces side by side: values, and what comes after each.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesBatch {
    /// What is read, (T, B).
    pub inputs: Vec<f32>,
    /// What comes next, (T, B).
    pub targets: Vec<f32>,
    /// T.
    pub steps: usize,
    /// B.
    pub batch: usize,
}

/// Reads or makes the series.
///
/// # Errors
/// When the corpus is missing or holds something else than numbers, or does not fill a batch.
pub fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset, DataError> {
    let (parts, provenance, notes) = match data.source {
        Source::Corpus => read(data, roots)?,
        _ => sine(data),
    };
    let [values, valid, test] = cut(data, parts);
    let needed = data.batch_size.saturating_mul(data.sequence_length.saturating_add(1));
    if values.len() < needed {
        return Err(DataError::TrainTooShort {
            corpus: data.corpus.clone(),
            tokens: values.len(),
            batch_size: data.batch_size,
            sequence_length: data.sequence_length,
            needed,
            help: "take more values, or lower `data.batch_size` or `data.sequence_length`".into(),
        });
    }
    let series = Series { splits: [values, valid, test] };
    Ok(Dataset { notes, ..Dataset::of(series, Vocabulary::empty(Level::Char), provenance) })
}

/// Cuts validation and test values off the end of the training part where they are not ready-made.
fn cut(data: &Data, [mut train, mut valid, mut test]: [Vec<f32>; 3]) -> [Vec<f32>; 3] {
    let part = |fraction: f64| (train.len() as f64 * fraction) as usize;
    let (to_valid, to_test) = (part(data.valid_fraction), part(data.test_fraction));
    if test.is_empty() {
        test = train.split_off(train.len() - to_test);
    }
    if valid.is_empty() {
        valid = train.split_off(train.len() - to_valid);
    }
    [train, valid, test]
}

/// The parts of a series, where it came from, and what should be known of it.
type Parts = ([Vec<f32>; 3], Provenance, Vec<String>);

/// One number of each line, of the same column everywhere.
fn read(data: &Data, roots: &[PathBuf]) -> Result<Parts, DataError> {
    let corpus = corpus::find(&data.corpus, roots, Kind::Table)?;
    let mut reader = Reader::new(Level::Char);
    let mut parts: [Vec<f32>; 3] = Default::default();
    let mut read: Option<String> = None;
    for (part, files) in parts.iter_mut().zip(corpus.by_split()) {
        for file in files {
            let text = reader.read(std::slice::from_ref(file))?;
            let table = Table::new(file, &text)?;
            if table.width() == 0 {
                continue;
            }
            let column = table.only_column()?;
            let label = table.label(column);
            let before = read.get_or_insert_with(|| label.clone());
            if *before != label {
                let form = format!("the numbers are in {label}, in another file in {before}");
                return Err(table.wrong(1, form));
            }
            let mut last = None;
            for row in table.rows() {
                let (line, cells) = row?;
                // Of one column an empty cell is an empty line.
                if let Some(gap) = last.map(|last| last + 1).filter(|next| *next < line) {
                    return Err(table.wrong(gap, "an empty line within a series".to_owned()));
                }
                last = Some(line);
                part.push(table.number(line, &cells, column)?);
            }
        }
    }
    let (provenance, mut notes) = provenance(&corpus, reader);
    notes.extend(read.map(|column| format!("the series is {column}")));
    Ok((parts, provenance, notes))
}

/// A sine wave of amplitude 1.
fn sine(data: &Data) -> Parts {
    let turn = std::f64::consts::TAU / data.period;
    let values: Vec<f32> = (0..data.examples).map(|t| libm::sin(turn * t as f64) as f32).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let description = format!("a sine wave of {} values, {} a period", data.examples, data.period);
    ([values, Vec::new(), Vec::new()], generated(description, &bytes), Vec::new())
}

/// A series in batches: parallel streams in pieces that follow one another and carry the state.
#[derive(Clone, Debug)]
pub struct SeriesBatches {
    dataset: Arc<Dataset>,
    batch_size: usize,
    steps: usize,
}

impl SeriesBatches {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset>) -> Self {
        let (batch_size, steps) = (experiment.data.batch_size, experiment.data.sequence_length);
        let dataset = Arc::clone(dataset);
        Self { dataset, batch_size: batch_size.max(1), steps: steps.max(1) }
    }

    /// The values of a split.
    pub fn values(&self, split: Split) -> &[f32] {
        self.dataset.examples::<Series>().map_or(&[], |series| series.split(split))
    }

    fn stream(&self) -> usize {
        self.values(Split::Train).len() / self.batch_size
    }
}

/// Pieces of `steps` values that begin at `starts`, and the values one further.
fn pieces(values: &[f32], starts: &[usize], steps: usize) -> SeriesBatch {
    let at = |offset: usize| {
        let step = move |t: usize| starts.iter().map(move |start| values[start + t + offset]);
        (0..steps).flat_map(step).collect()
    };
    SeriesBatch { inputs: at(0), targets: at(1), steps, batch: starts.len() }
}

impl Batches for SeriesBatches {
    type Batch = SeriesBatch;

    fn batches_per_epoch(&self) -> usize {
        self.stream().saturating_sub(1) / self.steps
    }

    fn batch(&mut self, _: u64, index: usize) -> SeriesBatch {
        let starts: Vec<usize> =
            (0..self.batch_size).map(|b| b * self.stream() + index * self.steps).collect();
        pieces(self.values(Split::Train), &starts, self.steps)
    }

    fn sequences(&self, batch: &SeriesBatch) -> usize {
        batch.batch
    }

    fn carries_state(&self) -> bool {
        true
    }

    fn carries_state_held_out(&self) -> bool {
        true
    }

    fn held_out(&self, split: Split) -> Box<dyn Iterator<Item = SeriesBatch> + '_> {
        let values = self.values(split);
        let predictions = values.len().saturating_sub(1);
        let starts = (0..predictions).step_by(self.steps);
        let piece = move |start| pieces(values, &[start], self.steps.min(predictions - start));
        Box::new(starts.map(piece))
    }

    fn predictions(&self, split: Split) -> u64 {
        self.values(split).len().saturating_sub(1) as u64
    }
}
