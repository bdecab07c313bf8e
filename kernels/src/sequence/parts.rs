//! The sequences of a batch in parts, each of which goes through a chunk's steps on a thread of its
//! own: what a step computes of one sequence does not depend on the others.

use super::layer::{Sizes, rows};
use crate::Compute;
use std::ops::Range;

/// Most numbers of W_hh that each thread reads whole at every step: 1 MB, which stays in a second
/// level cache. More are read a share a thread, all threads meeting at each step.
const NEAR: usize = 1 << 18;

/// Fewest sequences of a part: fewer hardly use what is read of W_hh.
const FEW: usize = 4;

/// Multiply-adds of a chunk that are worth a thread.
const WORTH_A_THREAD: usize = 1 << 18;

/// How many sequences a thread takes.
pub(super) struct Parts {
    /// What a part computes with: alone where there are several.
    pub compute: Compute,
    batch: usize,
    share: usize,
}

impl Parts {
    /// For steps that multiply the state by a matrix of `weight` numbers.
    pub fn new(compute: &Compute, sizes: Sizes, weight: usize) -> Self {
        let longest = sizes.chunks().next().map_or(0, |chunk| chunk.len());
        let worth = longest * sizes.batch * weight / WORTH_A_THREAD;
        let most = if weight > NEAR { 1 } else { worth.min(sizes.batch / FEW) };
        let count = compute.threads().min(most).max(1);
        // Products take rows in pairs.
        let share = match count {
            1 => sizes.batch,
            _ => sizes.batch.div_ceil(count).next_multiple_of(2),
        };
        let compute = if count > 1 { compute.alone() } else { compute.clone() };
        Self { compute, batch: sizes.batch, share: share.max(1) }
    }

    /// The sequences of each part.
    pub fn sequences(&self) -> impl Iterator<Item = Range<usize>> {
        let (batch, share) = (self.batch, self.share);
        (0..batch).step_by(share).map(move |first| first..(first + share).min(batch))
    }

    /// What each part has of an array, (steps, B, `width`): a slice a step. Of an empty array, empty
    /// ones.
    pub fn split<'a>(
        &self,
        array: &'a mut [f32],
        steps: usize,
        width: usize,
    ) -> impl Iterator<Item = Vec<&'a mut [f32]>> + use<'a> {
        let (count, share) = (self.batch.div_ceil(self.share), self.share * width);
        let mut steps = rows(array, steps, self.batch * width);
        let mut own = move || {
            let take = |rest: &mut &'a mut [f32]| {
                let own = rest.split_off_mut(..share.min(rest.len()));
                own.unwrap_or_default()
            };
            steps.iter_mut().map(take).collect()
        };
        (0..count).map(move |_| own())
    }

    /// What each part has of an array, (B, `width`); of an empty one, nothing.
    pub fn split_rows<'a>(
        &self,
        array: &'a mut [f32],
        width: usize,
    ) -> impl Iterator<Item = &'a mut [f32]> + use<'a> {
        self.split(array, 1, width).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    const SIZES: Sizes = Sizes { steps: 30, batch: 22, hidden: 64 };

    /// Where each part begins and ends.
    fn shares(sizes: Sizes, threads: usize, weight: usize) -> Vec<(usize, usize)> {
        let compute = Compute::new(Level::Portable, threads);
        let parts = Parts::new(&compute, sizes, weight);
        parts.sequences().map(|part| (part.start, part.end)).collect()
    }

    #[test]
    fn sequences_are_shared_where_it_is_worth_it() {
        let weight = 4 * 64 * 64;
        assert_eq!(shares(SIZES, 1, weight), [(0, 22)]);
        assert_eq!(shares(SIZES, 2, weight), [(0, 12), (12, 22)]);
        assert_eq!(shares(SIZES, 3, weight), [(0, 8), (8, 16), (16, 22)]);
        assert_eq!(shares(SIZES, 64, weight).len(), 4, "at least four sequences each");
        assert_eq!(shares(SIZES, 2, NEAR + 1), [(0, 22)], "too large for each to read whole");
        assert_eq!(shares(SIZES, 2, 64), [(0, 22)], "too little to do");
        assert_eq!(shares(Sizes { batch: 0, ..SIZES }, 2, weight), []);
    }

    #[test]
    fn parts_of_an_array_are_its_sequences_step_by_step() {
        let compute = Compute::new(Level::Portable, 2);
        let parts = Parts::new(&compute, SIZES, 4 * 64 * 64);
        let mut array: Vec<f32> = (0..3 * 22 * 5).map(|x| x as f32).collect();
        let whole = array.clone();
        let split: Vec<Vec<&mut [f32]>> = parts.split(&mut array, 3, 5).collect();
        for (sequences, steps) in parts.sequences().zip(&split) {
            for (step, found) in steps.iter().enumerate() {
                let first = step * 22;
                let expected = (first + sequences.start) * 5..(first + sequences.end) * 5;
                assert_eq!(**found, whole[expected]);
            }
        }
        let nothing: Vec<Vec<&mut [f32]>> = parts.split(&mut [], 3, 5).collect();
        assert!(nothing.len() == 2 && nothing.iter().flatten().all(|part| part.is_empty()));
    }
}
