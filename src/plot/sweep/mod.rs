//! What the keys of a sweep did: the metric against each of them, and all of them side by side.

mod by_key;
mod parallel;
mod swept;

pub use by_key::by_key;
pub use parallel::parallel;
pub use swept::Swept;
