//! Memory that goes from step to step. A training step needs the same large arrays each time; to
//! give them back to the system and ask for them again costs a page fault for every 4 KB, which is
//! a fifth of the time of a small model.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Arrays that are kept; more than a step of the deepest models needs at a time.
const KEPT: usize = 256;

/// Arrays that nobody uses now.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool(Arc<Mutex<Vec<Vec<f32>>>>);

/// An array of numbers whose memory goes back to where it came from.
#[derive(Debug)]
pub struct Buffer {
    numbers: Vec<f32>,
    home: Pool,
}

impl Pool {
    /// An array of `len` arbitrary numbers: whoever takes it writes each before reading it.
    ///
    /// The smallest array that holds so many is taken, unless it would waste its half.
    pub(super) fn take(&self, len: usize) -> Buffer {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |numbers: &Vec<f32>| (len..=2 * len.max(16)).contains(&numbers.capacity());
        let smallest = free.iter().enumerate().filter(|(_, numbers)| fits(numbers));
        let found = smallest.min_by_key(|(_, numbers)| numbers.capacity()).map(|(place, _)| place);
        let mut numbers = found.map_or_else(Vec::new, |place| free.swap_remove(place));
        drop(free);
        numbers.resize(len, 0.0);
        // So that a test notices who reads before writing.
        if cfg!(any(test, debug_assertions)) {
            numbers.fill(f32::NAN);
        }
        Buffer { numbers, home: self.clone() }
    }

    /// Takes an array over.
    pub(super) fn adopt(&self, numbers: Vec<f32>) -> Buffer {
        Buffer { numbers, home: self.clone() }
    }
}

impl Buffer {
    /// The numbers as a vector of their own, which does not go back.
    pub fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.numbers)
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
            let mut free = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
            if free.len() < KEPT {
                free.push(numbers);
            }
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
}
