//! A series of numbers in pieces.
//!
//! A corpus is a table with one column of numbers, a number a line; the source `sine` makes a wave
//! instead.

use crate::data::corpus::{Examples, Kind, Provenance, Reader, Table, find};
use crate::data::running_text::windows;
use crate::data::{Batches, DataError, Dataset, DatasetInfo, Split, Vocabulary};
use crate::spec::{Data, Experiment, Level, Source};
use std::path::PathBuf;
use std::sync::Arc;

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
pub(super) fn load(data: &Data, roots: &[PathBuf]) -> Result<Dataset<Vec<f32>>, DataError> {
    let Examples { splits, provenance, notes } = match data.source {
        Source::Corpus => read(data, roots)?,
        _ => sine(data),
    };
    let splits = cut(data, splits);
    let sizes = splits.each_ref().map(Vec::len);
    let needed = data.batch_size.saturating_mul(data.sequence_length.saturating_add(1));
    if sizes[0] < needed {
        return Err(DataError::TrainTooShort {
            corpus: data.called().to_owned(),
            tokens: sizes[0],
            batch_size: data.batch_size,
            sequence_length: data.sequence_length,
            needed,
            help: "take more values, or lower `data.batch_size` or `data.sequence_length`".into(),
        });
    }
    let info = DatasetInfo::new(Vocabulary::empty(Level::Char), provenance, notes);
    Ok(Dataset { info: info.sized(sizes, "values"), splits })
}

/// Cuts validation and test values off the end of the training part if they are not ready-made.
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

/// One number of each line, of the same column everywhere.
fn read(data: &Data, roots: &[PathBuf]) -> Result<Examples<f32>, DataError> {
    let corpus = find(data, roots, Kind::Table)?;
    let mut reader = Reader::new(Level::Char, data);
    let mut read: Option<String> = None;
    let splits = corpus.examples(&mut reader, |file, text| {
        let table = Table::new(file, text)?;
        if table.width() == 0 {
            return Ok(Vec::new());
        }
        let column = table.only_column()?;
        let label = table.label(column);
        let before = read.get_or_insert_with(|| label.clone());
        if *before != label {
            let form = format!("the numbers are in {label}, in another file in {before}");
            return Err(table.wrong(1, form));
        }
        let mut last = None;
        let value = |row: Result<(u64, Vec<&str>), DataError>| {
            let (line, cells) = row?;
            // Of one column an empty cell is an empty line.
            if let Some(gap) = last.map(|last| last + 1).filter(|next| *next < line) {
                return Err(table.wrong(gap, "an empty line within a series".to_owned()));
            }
            last = Some(line);
            table.number(line, &cells, column)
        };
        table.rows().map(value).collect()
    })?;
    let (provenance, mut notes) = Provenance::of(&corpus, reader);
    notes.extend(read.map(|column| format!("the series is {column}")));
    Ok(Examples { splits, provenance, notes })
}

/// A sine wave of amplitude 1.
fn sine(data: &Data) -> Examples<f32> {
    let turn = std::f64::consts::TAU / data.period;
    let values: Vec<f32> = (0..data.examples).map(|t| libm::sin(turn * t as f64) as f32).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let description = format!("a sine wave of {} values, {} a period", data.examples, data.period);
    Examples::generated(values, description, &bytes)
}

/// A series in batches: parallel streams in pieces that follow one another and carry the state.
#[derive(Clone, Debug)]
pub struct SeriesBatches {
    dataset: Arc<Dataset<Vec<f32>>>,
    batch_size: usize,
    steps: usize,
}

impl SeriesBatches {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset<Vec<f32>>>) -> Self {
        let (batch_size, steps) = (experiment.data.batch_size, experiment.data.sequence_length);
        let dataset = Arc::clone(dataset);
        Self { dataset, batch_size: batch_size.max(1), steps: steps.max(1) }
    }

    /// The values of a split.
    pub fn values(&self, split: Split) -> &[f32] {
        split.of(&self.dataset.splits).as_slice()
    }

    fn stream(&self) -> usize {
        self.values(Split::Train).len() / self.batch_size
    }
}

/// Pieces of `steps` values that begin at `starts`, and the values one further.
fn pieces(values: &[f32], starts: &[usize], steps: usize) -> SeriesBatch {
    let [inputs, targets] = windows(|place| values[place], starts, steps);
    SeriesBatch { inputs, targets, steps, batch: starts.len() }
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

    fn evaluation_carries_state(&self) -> bool {
        true
    }

    fn evaluation(&self, split: Split) -> Box<dyn Iterator<Item = SeriesBatch> + '_> {
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
