//! Trials in the formats of other tools.
//!
//! [`pytorch`] writes a module that rebuilds a model in torch.nn; [`tensorboard`] writes event
//! files, whose records are framed by `tfrecord` and encoded by `protobuf`.

mod protobuf;
pub mod pytorch;
pub mod tensorboard;
mod tfrecord;
