//! Batches: of a training split, as d2l cuts them, and of a held-out split, all of it.

use std::sync::Arc;

use crate::random::{Purpose, Stream};
use crate::spec::{Data, Sampling};

/// A target that counts nowhere: the position lies past the end of its stream.
pub const IGNORE: u32 = u32::MAX;

/// Token ids in time-major order: that of step `t` in sequence `b` stands at `t * batch + b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What the model reads, `steps × batch`.
    pub inputs: Vec<u32>,
    /// What comes next, `steps × batch`; [`IGNORE`] where nothing does.
    pub targets: Vec<u32>,
    /// Time steps.
    pub steps: usize,
    /// Sequences.
    pub batch: usize,
}

impl Batch {
    /// The sequences of `steps` ids that begin at `starts`, with the ids one further as targets.
    fn of_windows(tokens: &[u32], starts: &[usize], steps: usize) -> Self {
        let at = |offset: usize| {
            let step = move |t: usize| starts.iter().map(move |start| tokens[start + t + offset]);
            (0..steps).flat_map(step).collect()
        };
        Self {
            inputs: at(0),
            targets: at(1),
            steps,
            batch: starts.len(),
        }
    }
}

/// Cuts a training split into batches: a pure function of (seed, epoch, index), so that a run
/// can be resumed anywhere.
///
/// `consecutive` is `data_iter_consecutive` of d2l-zh v1 (section 6.3) and `random` its
/// `data_iter_random`, batch for batch; only the shuffling is our own.
#[derive(Clone, Debug)]
pub struct Sampler {
    tokens: Arc<[u32]>,
    sampling: Sampling,
    batch_size: usize,
    steps: usize,
    seed: u64,
    /// The epoch last asked for and its order of windows (`random` only).
    order: Option<(u64, Vec<usize>)>,
}

impl Sampler {
    /// Batches of `tokens` with the sizes and sampling of `data`; `seed` keys the shuffling.
    pub fn new(data: &Data, tokens: Arc<[u32]>, seed: u64) -> Self {
        Self {
            tokens,
            sampling: data.sampling,
            batch_size: data.batch_size.max(1),
            steps: data.sequence_length.max(1),
            seed,
            order: None,
        }
    }

    /// Batches in an epoch; at least 1 for a split that [`load`](super::load) gave.
    pub fn batches_per_epoch(&self) -> usize {
        match self.sampling {
            Sampling::Consecutive => self.stream_length().saturating_sub(1) / self.steps,
            Sampling::Random => self.windows() / self.batch_size,
        }
    }

    /// Whether a batch continues the one before it in the same epoch, so that the hidden state is
    /// carried. At an epoch's start it is always zero.
    pub fn carries_state(&self) -> bool {
        self.sampling == Sampling::Consecutive
    }

    /// Batch `index` of `epoch`, both counted from 0.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`batches_per_epoch`](Self::batches_per_epoch).
    pub fn batch(&mut self, epoch: u64, index: usize) -> Batch {
        assert!(
            index < self.batches_per_epoch(),
            "batch {index} is past the epoch's end"
        );
        let starts: Vec<usize> = match self.sampling {
            Sampling::Consecutive => {
                let length = self.stream_length();
                (0..self.batch_size)
                    .map(|b| b * length + index * self.steps)
                    .collect()
            }
            Sampling::Random => {
                let first = index * self.batch_size;
                let (batch_size, steps) = (self.batch_size, self.steps);
                let windows = &self.order(epoch)[first..first + batch_size];
                windows.iter().map(|window| window * steps).collect()
            }
        };
        Batch::of_windows(&self.tokens, &starts, self.steps)
    }

    /// Tokens of each of the parallel streams of `consecutive`.
    fn stream_length(&self) -> usize {
        self.tokens.len() / self.batch_size
    }

    /// Windows of `random`: they lie at multiples of the sequence length.
    fn windows(&self) -> usize {
        self.tokens.len().saturating_sub(1) / self.steps
    }

    fn order(&mut self, epoch: u64) -> &[usize] {
        if self.order.as_ref().is_none_or(|(of, _)| *of != epoch) {
            let mut order: Vec<usize> = (0..self.windows()).collect();
            Stream::new(self.seed, Purpose::Shuffle, epoch).shuffle(&mut order);
            self.order = Some((epoch, order));
        }
        self.order
            .as_ref()
            .map(|(_, order)| order.as_slice())
            .unwrap_or_default()
    }
}

/// Batches in which every token of `tokens` but the first is a target exactly once.
///
/// The text is cut into `streams` runs of near equal length (fewer if there is not enough to
/// predict), and each batch holds the next `steps` of every run; the last batch may be shorter.
/// The hidden state is carried from batch to batch, from zero in the first. A run that has ended
/// while another goes on has the target [`IGNORE`].
pub fn evaluation_batches(tokens: &[u32], streams: usize, steps: usize) -> EvaluationBatches<'_> {
    let predictions = tokens.len().saturating_sub(1);
    let streams = streams.clamp(1, predictions.max(1));
    EvaluationBatches {
        tokens,
        streams,
        steps: steps.max(1),
        done: 0,
    }
}

/// The iterator of [`evaluation_batches`].
#[derive(Clone, Debug)]
pub struct EvaluationBatches<'a> {
    tokens: &'a [u32],
    streams: usize,
    steps: usize,
    /// Steps given out.
    done: usize,
}

impl EvaluationBatches<'_> {
    /// The part of the predictions that stream `b` makes: the first ones are longer by at most one.
    fn stream(&self, b: usize) -> (usize, usize) {
        let predictions = self.tokens.len().saturating_sub(1);
        let (length, longer) = (predictions / self.streams, predictions % self.streams);
        let start = b * length + b.min(longer);
        (start, start + length + usize::from(b < longer))
    }
}

impl Iterator for EvaluationBatches<'_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let (start, end) = self.stream(0);
        let steps = self.steps.min((end - start).saturating_sub(self.done));
        if steps == 0 {
            return None;
        }
        let mut inputs = Vec::with_capacity(steps * self.streams);
        let mut targets = Vec::with_capacity(steps * self.streams);
        for t in self.done..self.done + steps {
            for b in 0..self.streams {
                let (start, end) = self.stream(b);
                let at = start + t;
                inputs.push(self.tokens[at]);
                targets.push(if at < end {
                    self.tokens[at + 1]
                } else {
                    IGNORE
                });
            }
        }
        self.done += steps;
        Some(Batch {
            inputs,
            targets,
            steps,
            batch: self.streams,
        })
    }
}
