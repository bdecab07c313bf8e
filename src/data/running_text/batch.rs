//! Batches: of a training split, as d2l cuts them, and of a split for evaluation, all of it.

use crate::data::minibatch::Order;
use crate::data::text::Ids;
use crate::kernels::IGNORE;
use crate::spec::{Data, Sampling, Targets};

/// Token ids in time-major order: that of step `t` in sequence `b` stands at `t * batch + b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What the model reads, `steps × batch`.
    pub inputs: Vec<u32>,
    /// What comes next, `steps × batch`; [`IGNORE`] where nothing does. With `batch` targets only,
    /// they are those of the last step.
    pub targets: Vec<u32>,
    /// Time steps.
    pub steps: usize,
    /// Sequences.
    pub batch: usize,
    /// The true steps of each sequence where some end before others: what follows is padding, on
    /// which no other output may depend.
    pub lengths: Option<Vec<usize>>,
}

impl Batch {
    /// The sequences of `steps` ids that begin at `starts`, with the ids one further as targets.
    fn of_windows(tokens: &Ids, starts: &[usize], steps: usize) -> Self {
        let [inputs, targets] = windows(|place| tokens.at(place), starts, steps);
        Self { inputs, targets, steps, batch: starts.len(), lengths: None }
    }
}

/// The windows of `steps` items that begin at `starts`, side by side, (T, B); and the items one
/// further.
pub(crate) fn windows<T>(item: impl Fn(usize) -> T, starts: &[usize], steps: usize) -> [Vec<T>; 2] {
    let item = &item;
    [0, 1].map(|offset| {
        let step = |t: usize| starts.iter().map(move |start| item(start + t + offset));
        (0..steps).flat_map(step).collect()
    })
}

/// Cuts a training split into batches: a pure function of (seed, epoch, index), so that a run
/// can be resumed anywhere.
///
/// `consecutive` is `data_iter_consecutive` of d2l-zh v1 (section 6.3) and `random` its
/// `data_iter_random`, batch for batch; only the shuffling is our own.
#[derive(Clone, Debug)]
pub struct Sampler {
    tokens: Ids,
    sampling: Sampling,
    batch_size: usize,
    steps: usize,
    /// Whether only the token after a window is predicted; windows then begin at every token.
    last: bool,
    /// The order of windows (`random` only).
    order: Order,
}

impl Sampler {
    /// Batches of `tokens` with the sizes and sampling of `data`; `seed` keys the shuffling.
    pub fn new(data: &Data, tokens: Ids, seed: u64) -> Self {
        Self {
            tokens,
            sampling: data.sampling,
            batch_size: data.batch_size.max(1),
            steps: data.sequence_length.max(1),
            last: data.targets == Some(Targets::Last),
            order: Order::new(seed),
        }
    }

    /// Batches in an epoch; at least 1 for a split that [`load`](super::load()) gave.
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
        assert!(index < self.batches_per_epoch(), "batch {index} is past the epoch's end");
        let starts: Vec<usize> = match self.sampling {
            Sampling::Consecutive => {
                let length = self.stream_length();
                (0..self.batch_size).map(|b| b * length + index * self.steps).collect()
            }
            Sampling::Random => {
                let first = index * self.batch_size;
                let (stride, windows) = (self.stride(), self.windows());
                let windows = &self.order.of(epoch, windows)[first..first + self.batch_size];
                windows.iter().map(|window| window * stride).collect()
            }
        };
        let mut batch = Batch::of_windows(&self.tokens, &starts, self.steps);
        if self.last {
            batch.targets.drain(..(batch.steps - 1) * batch.batch);
        }
        batch
    }

    /// How far apart windows of `random` begin.
    fn stride(&self) -> usize {
        if self.last { 1 } else { self.steps }
    }

    /// Tokens of each of the parallel streams of `consecutive`.
    fn stream_length(&self) -> usize {
        self.tokens.len() / self.batch_size
    }

    /// Windows of `random`: they lie at multiples of the stride, whole and with a token after.
    fn windows(&self) -> usize {
        match self.tokens.len().checked_sub(self.steps + 1) {
            Some(last_start) => last_start / self.stride() + 1,
            None => 0,
        }
    }
}

/// Batches in which every token of `tokens` but the first is a target exactly once.
///
/// The text is cut into `streams` runs of near equal length (fewer if there is not enough to
/// predict), and each batch holds the next `steps` of every run; the last batch may be shorter.
/// The hidden state is carried from batch to batch, from zero in the first. A run that has ended
/// while another goes on reads its last token again, with the target [`IGNORE`].
pub fn evaluation_batches(tokens: &Ids, streams: usize, steps: usize) -> EvaluationBatches<'_> {
    let predictions = tokens.len().saturating_sub(1);
    let streams = streams.clamp(1, predictions.max(1));
    EvaluationBatches { tokens, streams, steps: steps.max(1), done: 0 }
}

/// The iterator of [`evaluation_batches`].
#[derive(Clone, Debug)]
pub struct EvaluationBatches<'a> {
    tokens: &'a Ids,
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
                inputs.push(self.tokens.at(at.min(end - 1)));
                targets.push(if at < end { self.tokens.at(at + 1) } else { IGNORE });
            }
        }
        let length = |b| {
            let (start, end) = self.stream(b);
            (end - start - self.done).min(steps)
        };
        let lengths: Vec<usize> = (0..self.streams).map(length).collect();
        let lengths = lengths.iter().any(|length| *length < steps).then_some(lengths);
        self.done += steps;
        Some(Batch { inputs, targets, steps, batch: self.streams, lengths })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::test::data;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn sampler(sampling: Sampling, length: u32, batch_size: usize, steps: usize) -> Sampler {
        let data = Data { sampling, batch_size, sequence_length: steps, ..data("") };
        Sampler::new(&data, (0..length).collect(), 1)
    }

    /// Sequence `b` of a batch, inputs and targets.
    fn sequence(batch: &Batch, b: usize) -> (Vec<u32>, Vec<u32>) {
        let pick = |ids: &[u32]| ids.iter().skip(b).step_by(batch.batch).copied().collect();
        (pick(&batch.inputs), pick(&batch.targets))
    }

    /// The example of d2l-zh v1, section 6.3: tokens 0 to 29, batches of 2 × 6.
    #[test]
    fn consecutive_batches_are_those_of_d2l() {
        let mut sampler = sampler(Sampling::Consecutive, 30, 2, 6);
        assert_eq!(sampler.batches_per_epoch(), 2);
        assert!(sampler.carries_state());
        let first = sampler.batch(0, 0);
        assert_eq!(first.inputs, [0, 15, 1, 16, 2, 17, 3, 18, 4, 19, 5, 20]);
        assert_eq!(first.targets, [1, 16, 2, 17, 3, 18, 4, 19, 5, 20, 6, 21]);
        assert_eq!((first.steps, first.batch), (6, 2));
        let second = sampler.batch(0, 1);
        assert_eq!(second.inputs, [6, 21, 7, 22, 8, 23, 9, 24, 10, 25, 11, 26]);
        assert_eq!(second.targets, [7, 22, 8, 23, 9, 24, 10, 25, 11, 26, 12, 27]);
        assert_eq!(sampler.batch(9, 1), second);
    }

    #[test]
    fn random_batches_hold_the_windows_of_d2l() {
        let mut sampler = sampler(Sampling::Random, 30, 2, 6);
        assert_eq!(sampler.batches_per_epoch(), 2);
        assert!(!sampler.carries_state());
        let mut windows = Vec::new();
        for index in 0..2 {
            let batch = sampler.batch(0, index);
            windows.extend((0..2).map(|b| sequence(&batch, b)));
        }
        windows.sort();
        let window = |from: u32| ((from..from + 6).collect(), (from + 1..from + 7).collect());
        assert_eq!(windows, [0, 6, 12, 18].map(window));
    }

    #[test]
    fn windows_with_one_target_begin_at_every_token() {
        let data = Data {
            sampling: Sampling::Random,
            targets: Some(Targets::Last),
            batch_size: 1,
            sequence_length: 3,
            ..data("")
        };
        let mut sampler = Sampler::new(&data, (0..8).collect(), 1);
        let batches: Vec<Batch> =
            (0..sampler.batches_per_epoch()).map(|index| sampler.batch(0, index)).collect();
        let mut windows: Vec<_> = batches.into_iter().map(|b| (b.inputs, b.targets)).collect();
        windows.sort();
        let window = |from: u32| ((from..from + 3).collect(), vec![from + 3]);
        assert_eq!(windows, [0, 1, 2, 3, 4].map(window));
    }

    #[test]
    fn a_split_that_is_too_short_has_no_batch() {
        for sampling in [Sampling::Consecutive, Sampling::Random] {
            for length in [0, 1, 6] {
                assert_eq!(sampler(sampling, length, 2, 6).batches_per_epoch(), 0);
            }
        }
        assert_eq!(sampler(Sampling::Consecutive, 14, 2, 6).batches_per_epoch(), 1);
        assert_eq!(sampler(Sampling::Random, 13, 2, 6).batches_per_epoch(), 1);
    }

    #[test]
    fn evaluation_pads_the_runs_that_end_first() {
        let batches: Vec<Batch> = evaluation_batches(&(0..6).collect(), 2, 2).collect();
        assert_eq!(batches.len(), 2);
        assert_eq!(batches[0].inputs, [0, 3, 1, 4]);
        assert_eq!(batches[0].targets, [1, 4, 2, 5]);
        assert_eq!(batches[1].inputs, [2, 4]);
        assert_eq!(batches[1].targets, [3, IGNORE]);
        assert_eq!((&batches[0].lengths, &batches[1].lengths), (&None, &Some(vec![1, 0])));
        assert_eq!((batches[1].steps, batches[1].batch), (1, 2));
    }

    proptest! {
        #[test]
        fn consecutive_batches_continue_one_another(
            length in 0u32..400, batch_size in 1usize..6, steps in 1usize..9,
        ) {
            let mut sampler = sampler(Sampling::Consecutive, length, batch_size, steps);
            let mut last: Option<Batch> = None;
            for index in 0..sampler.batches_per_epoch() {
                let batch = sampler.batch(0, index);
                for b in 0..batch_size {
                    let (inputs, targets) = sequence(&batch, b);
                    prop_assert!(inputs.iter().zip(&targets).all(|(i, t)| i + 1 == *t));
                    prop_assert!(inputs.windows(2).all(|pair| pair[0] + 1 == pair[1]));
                    if let Some(last) = &last {
                        prop_assert_eq!(sequence(last, b).1[steps - 1], inputs[0]);
                    }
                }
                last = Some(batch);
            }
        }

        #[test]
        fn random_windows_appear_at_most_once_an_epoch(
            length in 0u32..400, batch_size in 1usize..6, steps in 1usize..9, epoch in 0u64..9,
        ) {
            let mut sampler = sampler(Sampling::Random, length, batch_size, steps);
            let mut seen = HashSet::new();
            for index in 0..sampler.batches_per_epoch() {
                let batch = sampler.batch(epoch, index);
                for b in 0..batch_size {
                    let (inputs, targets) = sequence(&batch, b);
                    prop_assert!((inputs[0] as usize).is_multiple_of(steps));
                    prop_assert!(inputs.iter().zip(&targets).all(|(i, t)| i + 1 == *t));
                    prop_assert!(inputs.windows(2).all(|pair| pair[0] + 1 == pair[1]));
                    prop_assert!(seen.insert(inputs[0]));
                }
            }
        }

        #[test]
        fn a_batch_depends_on_its_key_alone(order in prop::collection::vec((0u64..4, 0usize..8), 1..20)) {
            let mut visited = sampler(Sampling::Random, 100, 2, 6);
            for (epoch, index) in order {
                let fresh = sampler(Sampling::Random, 100, 2, 6).batch(epoch, index);
                prop_assert_eq!(visited.batch(epoch, index), fresh);
            }
        }

        #[test]
        fn evaluation_predicts_every_token_but_the_first_once(
            length in 0u32..300, streams in 0usize..40, steps in 0usize..20,
        ) {
            let tokens: Ids = (0..length).collect();
            let mut predicted = Vec::new();
            for batch in evaluation_batches(&tokens, streams, steps) {
                prop_assert_eq!(batch.inputs.len(), batch.steps * batch.batch);
                prop_assert_eq!(batch.targets.len(), batch.steps * batch.batch);
                for (&input, &target) in batch.inputs.iter().zip(&batch.targets) {
                    prop_assert!(input < length);
                    prop_assert!(target == IGNORE || target == input + 1);
                    predicted.extend((target != IGNORE).then_some(target));
                }
                for b in 0..batch.batch {
                    let (_, targets) = sequence(&batch, b);
                    let length = batch.lengths.as_ref().map_or(batch.steps, |lengths| lengths[b]);
                    let ended = targets.iter().map(|target| *target == IGNORE);
                    prop_assert!(ended.eq((0..batch.steps).map(|t| t >= length)));
                }
            }
            predicted.sort_unstable();
            prop_assert_eq!(predicted, (1..length).collect::<Vec<u32>>());
        }
    }
}
