//! Trials in the formats of other tools.
//!
//! [`pytorch`] writes a module that rebuilds a model in torch.nn; [`tensorboard`] writes event
//! files, whose records are framed by `tfrecord`, and [`wandb`] offline runs, framed by `leveldb`,
//! both encoded by `protobuf`; [`mlflow`] writes the folders of its file store, [`trackio`] a script
//! with its data. What they say of a trial is in `run`.

mod crc;
mod leveldb;
pub mod mlflow;
mod protobuf;
pub mod pytorch;
mod run;
pub mod tensorboard;
mod tfrecord;
pub mod trackio;
pub mod wandb;
