//! The bytes of other tools' files, written and read: `protobuf` messages, in the records of `tfrecord`
//! (TensorBoard) or `leveldb` (W&B), which have the check sums of `crc`.

mod crc;
pub(super) mod leveldb;
pub(super) mod protobuf;
pub(super) mod tfrecord;
