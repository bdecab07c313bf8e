//! Batches of running text.

use crate::data::{Batch, Batches, Dataset, Ids, Sampler, Split, TextSize, evaluation_batches};
use crate::spec::Experiment;
use std::sync::Arc;

/// The batches of a text.
#[derive(Clone, Debug)]
pub struct TextBatches {
    dataset: Arc<Dataset<Ids>>,
    sampler: Sampler,
    streams: usize,
    steps: usize,
}

impl TextBatches {
    /// The batches that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Arc<Dataset<Ids>>) -> Self {
        let data = &experiment.data;
        Self {
            sampler: Sampler::new(data, dataset.splits[0].clone(), experiment.seed),
            dataset: Arc::clone(dataset),
            streams: data.eval_batch_size,
            steps: data.sequence_length,
        }
    }

    fn tokens(&self, split: Split) -> &Ids {
        split.of(&self.dataset.splits)
    }
}

impl Batches for TextBatches {
    type Batch = Batch;

    fn batches_per_epoch(&self) -> usize {
        self.sampler.batches_per_epoch()
    }

    fn batch(&mut self, epoch: u64, index: usize) -> Batch {
        self.sampler.batch(epoch, index)
    }

    fn sequences(&self, batch: &Batch) -> usize {
        batch.batch
    }

    fn carries_state(&self) -> bool {
        self.sampler.carries_state()
    }

    fn evaluation_carries_state(&self) -> bool {
        true
    }

    fn evaluation(&self, split: Split) -> Box<dyn Iterator<Item = Batch> + '_> {
        Box::new(evaluation_batches(self.tokens(split), self.streams, self.steps))
    }

    fn predictions(&self, split: Split) -> u64 {
        self.tokens(split).len().saturating_sub(1) as u64
    }

    /// Of an evaluation, which predicts all of a split, the text itself; of training steps their
    /// share of it.
    fn text(&self, split: Split, predictions: u64) -> TextSize {
        let all = self.predictions(split).max(1);
        split.of(&self.dataset.info.text_sizes).times(predictions as f64 / all as f64)
    }
}
