//! A Python file that rebuilds a model with torch.nn, whatever its task, and evaluates it.
//!
//! [`write()`] makes the folder: [`Evaluated`] chooses the split that is evaluated; its arrays, the
//! model as a class, and what runs it over the arrays come from the task (`tasks/<task>/export.rs`).

mod evaluated;
mod write;

pub use evaluated::Evaluated;
pub use write::write;
