//! The parts of a data set.

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// What is learned from.
    Train,
    /// What decides which weights are best.
    Valid,
    /// What is looked at once, with the best weights.
    Test,
}

impl Split {
    /// Their names, in the order in which they are read.
    pub const NAMES: [&str; 3] = ["train", "valid", "test"];

    /// This split's of three: train, valid, test.
    pub fn of<T>(self, all: &[T; 3]) -> &T {
        &all[self as usize]
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}
