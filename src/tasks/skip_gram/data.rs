//! Words and their neighbours (Mikolov et al. 2013, "Distributed representations of words and phrases
//! and their compositionality").

use crate::data::{Batches, Dataset, Ids, Shuffled, Split, Vocabulary};
use crate::random::{Purpose, Stream};
use crate::spec::Experiment;
use std::sync::Arc;

/// Pairs of a word and a neighbour, each with words that are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighbourBatch {
    /// The words, (N).
    pub words: Vec<u32>,
    /// A neighbour of each, (N).
    pub neighbours: Vec<u32>,
    /// K random words for each, (N, K).
    pub negatives: Vec<u32>,
}

/// The text as batches of windows.
///
/// Frequent words are left out at random, once and for all; a window's size is drawn anew in every
/// epoch, from 1 to `data.window`; random words are drawn by count^¾.
#[derive(Clone, Debug)]
pub struct NeighbourBatches {
    vocabulary: Vocabulary,
    splits: [Vec<u32>; 3],
    /// Cumulative shares of the words, by id.
    shares: Arc<[f64]>,
    shuffled: Shuffled,
    window: u64,
    negatives: usize,
    seed: u64,
}

impl NeighbourBatches {
    /// The windows that an experiment learns from.
    pub fn new(experiment: &Experiment, dataset: &Dataset<Ids>) -> Self {
        let (data, seed) = (&experiment.data, experiment.seed);
        let train = &dataset.splits[0];
        let counts = counts(train, dataset.info.vocabulary.len());
        let kept = |text: &Ids, key| {
            let mut stream = Stream::new(seed, Purpose::Windows, key);
            let keep = |id: &u32| {
                let chance = stream.uniform();
                let share = counts[*id as usize] / train.len() as f64;
                data.subsample.is_none_or(|most| chance < (most / share).sqrt())
            };
            text.iter().filter(keep).collect::<Vec<u32>>()
        };
        let splits = [0, 1, 2].map(|split| kept(&dataset.splits[split], (1 << 32) + split as u64));
        let mut sum = 0.0;
        let weights = counts.iter().map(|count| libm::pow(*count, 0.75));
        let shares: Vec<f64> = weights
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        Self {
            vocabulary: dataset.info.vocabulary.clone(),
            splits,
            shares: shares.into(),
            shuffled: Shuffled::new(experiment),
            window: data.window.max(1) as u64,
            negatives: experiment.training.negatives,
            seed,
        }
    }

    /// The tokens.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn text(&self, split: Split) -> &[u32] {
        split.of(&self.splits).as_slice()
    }

    /// The windows around some places of a text; `key` names their random numbers.
    fn windows(&self, text: &[u32], places: &[usize], key: (u64, u64)) -> NeighbourBatch {
        let (mut words, mut neighbours) = (Vec::new(), Vec::new());
        let mut sizes = Stream::new(self.seed, Purpose::Windows, key.0);
        for place in places {
            let size = 1 + (sizes.at(*place as u64) % self.window) as usize;
            let around = place.saturating_sub(size)..(place + size + 1).min(text.len());
            for other in around.filter(|other| other != place) {
                words.push(text[*place]);
                neighbours.push(text[other]);
            }
        }
        sizes = Stream::new(self.seed, Purpose::Negatives, key.1);
        let mut negatives = Vec::with_capacity(words.len() * self.negatives);
        for neighbour in &neighbours {
            for _ in 0..self.negatives {
                negatives.push(self.draw(&mut sizes, *neighbour));
            }
        }
        NeighbourBatch { words, neighbours, negatives }
    }

    /// A random word; another if it is the true neighbour, as long as there are others.
    fn draw(&self, stream: &mut Stream, neighbour: u32) -> u32 {
        let total = self.shares.last().copied().unwrap_or_default();
        let mut word = neighbour;
        for _ in 0..8 {
            let at = stream.uniform() * total;
            word = self.shares.partition_point(|share| *share <= at) as u32;
            if word != neighbour {
                break;
            }
        }
        word.min(self.shares.len().saturating_sub(1) as u32)
    }
}

/// How often each word stands in a text; the vocabulary's other entries count nothing.
fn counts(text: &Ids, words: usize) -> Vec<f64> {
    let mut counts = vec![0.0; words];
    text.iter().for_each(|id| counts[id as usize] += 1.0);
    counts
}

impl Batches for NeighbourBatches {
    type Batch = NeighbourBatch;

    fn batches_per_epoch(&self) -> usize {
        self.splits[0].len().div_ceil(self.shuffled.batch_size)
    }

    fn batch(&mut self, epoch: u64, index: usize) -> NeighbourBatch {
        let len = self.splits[0].len();
        let places = self.shuffled.places(epoch, index, len);
        let key = (epoch, (epoch << 32) + index as u64);
        self.windows(&self.splits[0], &places, key)
    }

    fn sequences(&self, batch: &NeighbourBatch) -> usize {
        batch.words.len()
    }

    /// Windows of the validation and the test text with random words that are always the same.
    fn evaluation(&self, split: Split) -> Box<dyn Iterator<Item = NeighbourBatch> + '_> {
        let text = self.text(split);
        let firsts = (0..text.len()).step_by(self.shuffled.batch_size).zip(0u64..);
        Box::new(firsts.map(move |(first, index)| {
            let places: Vec<usize> =
                (first..(first + self.shuffled.batch_size).min(text.len())).collect();
            self.windows(text, &places, (u64::MAX, u64::MAX - index))
        }))
    }

    fn predictions(&self, split: Split) -> u64 {
        let text = self.text(split);
        if text.len() < 2 {
            return 0;
        }
        self.evaluation(split).map(|batch| batch.words.len() as u64).sum()
    }
}
