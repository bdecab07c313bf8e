//! Memory that goes from step to step. A training step needs the same large arrays each time; to
//! give them back to the system and ask for them again costs a page fault for every 4 KB, which is
//! a fifth of the time of a small model.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Arrays that are kept; more than a step of the deepest models needs at a time.
const KEPT: usize = 256;

/// Numbers of the smallest array that is kept: the system's allocator is as fast for smaller ones, of
/// which there are many to look through.
const SMALLEST: usize = 64;

/// A step's arrays together are more than those that it uses at a time.
const SPARE: usize = 2;

/// Arrays that nobody uses now.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool(Arc<Mutex<Free>>);

/// What a pool keeps. Batches of sequences differ in length, and each length would leave arrays of
/// its own size: so at most [`SPARE`] times as many numbers are kept as were ever in use at a time,
/// those that came back last.
#[derive(Debug, Default)]
struct Free {
    /// The last given back is the last.
    arrays: Vec<Vec<f32>>,
    /// Numbers in `arrays`.
    kept: usize,
    /// Numbers that are out.
    used: usize,
    /// The most numbers that were ever out at a time.
    most: usize,
}

impl Free {
    /// The smallest array that holds `len` numbers, unless it would waste its half.
    fn find(&mut self, len: usize) -> Vec<f32> {
        if len < SMALLEST / 2 {
            return Vec::with_capacity(len);
        }
        let fits = |numbers: &Vec<f32>| (len..=2 * len.max(16)).contains(&numbers.capacity());
        let fitting = self.arrays.iter().enumerate().filter(|(_, numbers)| fits(numbers));
        match fitting.min_by_key(|(_, numbers)| numbers.capacity()).map(|(place, _)| place) {
            None => Vec::with_capacity(len),
            Some(place) => {
                let numbers = self.arrays.remove(place);
                self.kept -= numbers.capacity();
                numbers
            }
        }
    }

    fn goes_out(&mut self, numbers: &Vec<f32>) {
        self.used += numbers.capacity();
        self.most = self.most.max(self.used);
    }

    /// Keeps an array that came back; gives those that have to go for it, the oldest.
    fn keep(&mut self, numbers: Vec<f32>) -> Vec<Vec<f32>> {
        if numbers.capacity() < SMALLEST {
            return Vec::new();
        }
        self.kept += numbers.capacity();
        self.arrays.push(numbers);
        let mut gone = 0;
        while self.kept > SPARE * self.most || self.arrays.len() - gone > KEPT {
            self.kept -= self.arrays[gone].capacity();
            gone += 1;
        }
        self.arrays.drain(..gone).collect()
    }
}

/// An array of numbers whose memory goes back to where it came from.
#[derive(Debug)]
pub struct Buffer {
    numbers: Vec<f32>,
    home: Pool,
}

impl Pool {
    /// An array of `len` arbitrary numbers: whoever takes it writes each before reading it.
    pub(super) fn take(&self, len: usize) -> Buffer {
        let mut free = self.free();
        let mut numbers = free.find(len);
        free.goes_out(&numbers);
        drop(free);
        numbers.resize(len, 0.0);
        // So that a test notices who reads before writing.
        if cfg!(any(test, debug_assertions)) {
            numbers.fill(f32::NAN);
        }
        Buffer { numbers, home: self.clone() }
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back to the system what nobody uses.
    pub(super) fn trim(&self) {
        let mut free = self.free();
        free.kept = 0;
        let gone = std::mem::take(&mut free.arrays);
        drop(free);
        drop(gone);
    }

    /// Takes an array over.
    pub(super) fn adopt(&self, numbers: Vec<f32>) -> Buffer {
        self.free().goes_out(&numbers);
        Buffer { numbers, home: self.clone() }
    }
}

impl Buffer {
    /// The numbers as a vector of their own, which does not go back.
    pub fn into_vec(mut self) -> Vec<f32> {
        let numbers = std::mem::take(&mut self.numbers);
        self.home.free().used -= numbers.capacity();
        numbers
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.numbers
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let numbers = std::mem::take(&mut self.numbers);
        if numbers.capacity() > 0 {
            let mut free = self.home.free();
            free.used -= numbers.capacity();
            let gone = free.keep(numbers);
            // Giving memory back to the system takes time that others need not wait for.
            drop(free);
            drop(gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_comes_back_and_is_not_wasted() {
        let pool = Pool::default();
        let place = |buffer: &Buffer| buffer.as_ptr();
        let first = pool.take(1000);
        let old = place(&first);
        drop(first);
        assert_ne!(place(&pool.take(100)), old, "a tenth of it is another array's business");
        assert_eq!(place(&pool.take(900)), old);
        let numbers = pool.take(1000).into_vec();
        assert_eq!((numbers.len(), numbers.as_ptr()), (1000, old));
        let other = pool.take(1000);
        assert_ne!(place(&other), old, "it is somebody else's now");
        drop(pool.adopt(numbers));
        assert_eq!(place(&pool.take(1000)), old);
    }

    /// Batches of many lengths one after the other: imdb_simple_rnn kept 3.4 GB of their arrays.
    #[test]
    fn no_more_is_kept_than_was_ever_needed() {
        let pool = Pool::default();
        for len in (100..10_000).step_by(100) {
            let both = [pool.take(len), pool.take(len)];
            drop(both);
            let free = pool.free();
            assert_eq!(free.used, 0);
            assert!(free.kept <= SPARE * free.most, "{} {}", free.kept, free.most);
            let held: usize = free.arrays.iter().map(Vec::capacity).sum();
            assert_eq!(free.kept, held);
        }
        let numbers = pool.take(7).into_vec();
        assert_eq!(pool.free().used, 0);
        drop(pool.adopt(numbers));
        assert_eq!(pool.free().used, 0);
    }
}
