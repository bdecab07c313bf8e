//! What the loaders of examples share.

use super::dataset::Provenance;
use super::read::hex;
use crate::kernels::IGNORE;
use crate::random::{Purpose, Stream};
use crate::spec::{Data, Experiment};
use sha2::{Digest, Sha256};

/// The target of a prediction that can only be wrong: a label or word that the network has no output
/// for, since training never saw it. Unlike [`IGNORE`] it counts in every figure but the loss, as a
/// network without that output gives it no probability.
pub const UNSEEN: u32 = IGNORE - 1;

/// Cuts validation and test examples off the training part where they are not ready-made, drawn at
/// random under a key that is always the same: trials of other seeds are judged by the same ones.
pub(super) fn cut<T>(data: &Data, [train, valid, test]: [Vec<T>; 3]) -> [Vec<T>; 3] {
    let all = train.len() as f64;
    let part = |ready: &[T], fraction: f64| match ready {
        [] => (all * fraction) as usize,
        _ => 0,
    };
    let (cut_valid, cut_test) =
        (part(&valid, data.valid_fraction), part(&test, data.test_fraction));
    let mut order: Vec<usize> = (0..train.len()).collect();
    Stream::new(0, Purpose::Splits, 0).shuffle(&mut order);
    let mut split = vec![0; train.len()];
    order.iter().take(cut_valid).for_each(|place| split[*place] = 1);
    order.iter().skip(cut_valid).take(cut_test).for_each(|place| split[*place] = 2);
    let mut parts = [Vec::new(), valid, test];
    for (example, split) in train.into_iter().zip(split) {
        parts[split].push(example);
    }
    parts
}

/// How examples are dealt out: in shuffled order each epoch, the last batch smaller.
#[derive(Clone, Debug)]
pub(super) struct Shuffled {
    /// B, of all batches but the last.
    pub batch_size: usize,
    seed: u64,
    /// An epoch and its order, kept until another epoch is asked for.
    order: Option<(u64, Vec<usize>)>,
}

impl Shuffled {
    /// As an experiment wants it.
    pub fn new(experiment: &Experiment) -> Self {
        let batch_size = experiment.data.batch_size.max(1);
        Self { batch_size, seed: experiment.seed, order: None }
    }

    /// Which of `len` examples are in batch `index` of an epoch.
    pub fn places(&mut self, epoch: u64, index: usize, len: usize) -> Vec<usize> {
        if self.order.as_ref().is_none_or(|(of, _)| *of != epoch) {
            let mut order: Vec<usize> = (0..len).collect();
            Stream::new(self.seed, Purpose::Shuffle, epoch).shuffle(&mut order);
            self.order = Some((epoch, order));
        }
        let order = self.order.iter().flat_map(|(_, order)| order);
        order.skip(index * self.batch_size).take(self.batch_size).copied().collect()
    }
}

/// The provenance of generated data: its sum is that of the data itself.
pub(super) fn generated(description: String, bytes: &[u8]) -> Provenance {
    let sha256 = hex(&Sha256::digest(bytes));
    Provenance { description, files: Vec::new(), bytes: bytes.len() as u64, sha256 }
}
