//! Pairs of numbers, whose sums some tasks learn.

use crate::random::{Purpose, Stream};
use std::collections::BTreeSet;

/// Pairs of numbers below `bound`, drawn at random, neither a pair nor its mirror image twice; all
/// there are, if fewer.
pub(crate) fn distinct_pairs(count: usize, bound: u64) -> Vec<(u64, u64)> {
    let all = bound.saturating_mul(bound + 1) / 2;
    let mut stream = Stream::new(0, Purpose::Examples, 0);
    // Drawing until all are found would take too long near the end: then all are listed.
    if (count as u64).saturating_mul(2) > all {
        let mut pairs: Vec<(u64, u64)> =
            (0..bound).flat_map(|a| (a..bound).map(move |b| (a, b))).collect();
        stream.shuffle(&mut pairs);
        pairs.truncate(count);
        return pairs.into_iter().map(|pair| mirrored(pair, &mut stream)).collect();
    }
    let mut seen = BTreeSet::new();
    let mut pairs = Vec::with_capacity(count);
    while pairs.len() < count {
        let (a, b) = (stream.below(bound), stream.below(bound));
        if seen.insert((a.min(b), a.max(b))) {
            pairs.push((a, b));
        }
    }
    pairs
}

/// Either a pair or its mirror image.
fn mirrored((a, b): (u64, u64), stream: &mut Stream) -> (u64, u64) {
    if stream.below(2) == 0 { (a, b) } else { (b, a) }
}
