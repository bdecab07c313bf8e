//! Examples in minibatches: dealt out in shuffled order, put side by side.

use super::batches::Batches;
use super::dataset::{Dataset, DatasetInfo};
use super::split::Split;
use super::text::Vocabulary;
use crate::kernels::IGNORE;
use crate::random::{Purpose, Stream};
use crate::spec::{Data, Experiment};
use std::sync::Arc;

/// The target of a prediction that can only be wrong: a label or word that the network has no output
/// for, since training never saw it. Unlike [`IGNORE`] it counts in every figure but the loss, as a
/// network without that output gives it no probability.
pub const UNSEEN: u32 = IGNORE - 1;

/// One of the examples that a task learns from, as a text and its class.
pub trait Example: Send + Sync + 'static {
    /// What it is, in the plural.
    const UNIT: &'static str;

    /// Some of them side by side.
    type Batch;

    /// Puts some side by side (PyTorch's `collate_fn`).
    fn collate(examples: &[&Self], vocabulary: &Vocabulary) -> Self::Batch;

    /// How many are side by side in a batch.
    fn sequences(batch: &Self::Batch) -> usize;

    /// Its length: evaluation goes from the shortest to the longest, so that little is padding.
    fn steps(&self) -> usize;

    /// Predictions that it asks for.
    fn predictions(&self) -> usize;
}

impl<T: Example> Dataset<Vec<T>> {
    /// The data set of some examples.
    pub fn of_examples(splits: [Vec<T>; 3], info: DatasetInfo) -> Self {
        Self { info: info.sized(splits.each_ref().map(Vec::len), T::UNIT), splits }
    }
}

/// Examples in minibatches: in training all of them in shuffled order each epoch, the last batch
/// smaller; for evaluation in the order of their length.
#[derive(Clone, Debug)]
pub struct Minibatches<T> {
    /// The examples.
    pub dataset: Arc<Dataset<Vec<T>>>,
    /// What the spec says of them.
    pub data: Data,
    shuffled: Shuffled,
}

impl<T: Example> Minibatches<T> {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset<Vec<T>>>) -> Self {
        let (dataset, data) = (Arc::clone(dataset), experiment.data.clone());
        Self { dataset, data, shuffled: Shuffled::new(experiment) }
    }

    /// The examples of a split.
    pub fn examples(&self, split: Split) -> &[T] {
        split.of(&self.dataset.splits).as_slice()
    }

    /// A batch of some examples.
    pub fn collate(&self, examples: &[&T]) -> T::Batch {
        T::collate(examples, &self.dataset.info.vocabulary)
    }
}

impl<T: Example> Batches for Minibatches<T> {
    type Batch = T::Batch;

    fn batches_per_epoch(&self) -> usize {
        self.examples(Split::Train).len().div_ceil(self.shuffled.batch_size)
    }

    fn batch(&mut self, epoch: u64, index: usize) -> T::Batch {
        let places = self.shuffled.places(epoch, index, self.examples(Split::Train).len());
        let all = self.examples(Split::Train);
        let chosen: Vec<&T> = places.into_iter().map(|place| &all[place]).collect();
        self.collate(&chosen)
    }

    fn sequences(&self, batch: &T::Batch) -> usize {
        T::sequences(batch)
    }

    fn evaluation(&self, split: Split) -> Box<dyn Iterator<Item = T::Batch> + '_> {
        let mut all: Vec<&T> = self.examples(split).iter().collect();
        all.sort_by_key(|example| example.steps());
        let batches: Vec<T::Batch> =
            all.chunks(self.shuffled.batch_size).map(|examples| self.collate(examples)).collect();
        Box::new(batches.into_iter())
    }

    fn predictions(&self, split: Split) -> u64 {
        self.examples(split).iter().map(|example| example.predictions() as u64).sum()
    }
}

/// Sequences side by side, (T, B), each padded at its end to the longest (PyTorch's
/// `pad_sequence`).
pub(crate) fn pad_sequence<S: AsRef<[u32]>>(sequences: &[S], padding: u32) -> Vec<u32> {
    let steps = sequences.iter().map(|sequence| sequence.as_ref().len()).max().unwrap_or(0);
    let step = |t| sequences.iter().map(move |it| it.as_ref().get(t).copied().unwrap_or(padding));
    (0..steps).flat_map(step).collect()
}

/// How examples are dealt out: in shuffled order each epoch, the last batch smaller.
#[derive(Clone, Debug)]
pub(crate) struct Shuffled {
    /// B, of all batches but the last.
    pub batch_size: usize,
    order: Order,
}

impl Shuffled {
    /// As an experiment wants it.
    pub fn new(experiment: &Experiment) -> Self {
        let batch_size = experiment.data.batch_size.max(1);
        Self { batch_size, order: Order::new(experiment.seed) }
    }

    /// Which of `len` examples are in batch `index` of an epoch.
    pub fn places(&mut self, epoch: u64, index: usize, len: usize) -> Vec<usize> {
        let order = self.order.of(epoch, len);
        order.iter().skip(index * self.batch_size).take(self.batch_size).copied().collect()
    }
}

/// The order of each epoch: a function of seed and epoch.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    seed: u64,
    /// An epoch and its order, kept until another epoch is asked for.
    last: Option<(u64, Vec<usize>)>,
}

impl Order {
    pub fn new(seed: u64) -> Self {
        Self { seed, last: None }
    }

    /// The numbers below `len`, in the order of an epoch.
    pub fn of(&mut self, epoch: u64, len: usize) -> &[usize] {
        let seed = self.seed;
        let shuffled = || {
            let mut order: Vec<usize> = (0..len).collect();
            Stream::new(seed, Purpose::Shuffle, epoch).shuffle(&mut order);
            (epoch, order)
        };
        let known = self.last.take().filter(|(of, _)| *of == epoch);
        &self.last.insert(known.unwrap_or_else(shuffled)).1
    }
}

/// Cuts validation and test examples off the training part if they are not ready-made, drawn at
/// random under a key that is always the same: trials of other seeds are judged by the same ones.
pub(crate) fn random_split<T>(data: &Data, [train, valid, test]: [Vec<T>; 3]) -> [Vec<T>; 3] {
    let part = |ready: &[T], fraction: f64| match ready {
        [] => (train.len() as f64 * fraction) as usize,
        _ => 0,
    };
    let sizes = [part(&valid, data.valid_fraction), part(&test, data.test_fraction)];
    let mut order: Vec<usize> = (0..train.len()).collect();
    Stream::new(0, Purpose::Splits, 0).shuffle(&mut order);
    let mut splits = vec![Split::Train; train.len()];
    assign(&mut splits, &order, sizes);
    distribute(train, splits, [Vec::new(), valid, test])
}

/// Assigns the first examples of an order to validation, and those that follow to test.
pub(crate) fn assign(splits: &mut [Split], order: &[usize], [valid, test]: [usize; 2]) {
    order.iter().take(valid).for_each(|place| splits[*place] = Split::Valid);
    order.iter().skip(valid).take(test).for_each(|place| splits[*place] = Split::Test);
}

/// Adds each example to its split's.
pub(crate) fn distribute<T>(
    examples: Vec<T>,
    splits: Vec<Split>,
    mut parts: [Vec<T>; 3],
) -> [Vec<T>; 3] {
    for (example, split) in examples.into_iter().zip(splits) {
        parts[split as usize].push(example);
    }
    parts
}
