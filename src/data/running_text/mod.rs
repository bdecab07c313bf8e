//! Running text as a data set, for tasks that read one text rather than examples.
//!
//! [`load`] makes token ids in splits of a corpus, [`Sampler`] and [`evaluation_batches`] cut these
//! into [`Batch`]es.

mod batch;
mod lengths;
mod load;
#[cfg(test)]
mod load_tests;
#[cfg(test)]
mod real_tests;

pub(crate) use batch::windows;
pub use batch::{Batch, Sampler, evaluation_batches};
pub(crate) use lengths::check_batches;
pub use load::load;
pub(crate) use load::load_words;
