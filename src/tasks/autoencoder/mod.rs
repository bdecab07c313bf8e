//! The task `autoencoder`: vectors through a narrow layer, restored.

mod network;

pub use network::{Autoencoder, begin, metrics};
