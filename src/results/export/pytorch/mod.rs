//! A Python file that rebuilds a model with torch.nn, whatever its task, and measures it.
//!
//! [`write()`] makes the folder: `held` chooses the split that is measured and turns it into arrays,
//! `network` writes the model as a class, `measure` writes what runs it over the arrays.

mod held;
mod measure;
mod network;
mod write;

pub use held::Held;
pub use write::write;
