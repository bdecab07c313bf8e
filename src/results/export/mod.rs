//! Trials in the formats of other tools.
//!
//! [`pytorch`] writes a module that rebuilds a model in torch.nn; [`tensorboard`] writes event
//! files and [`wandb`] offline runs, whose bytes are those of [`encodings`](super::encodings);
//! [`mlflow`] writes the folders of its file store, [`trackio`] a script with its data. What they say
//! of a trial is in `run`.

pub mod mlflow;
pub mod pytorch;
mod run;
pub mod tensorboard;
pub mod trackio;
pub mod wandb;
