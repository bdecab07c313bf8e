//! The files of other programs, each format read into records.

pub(super) mod csv;
mod hugging_face;
pub(super) mod json;
pub(super) mod mlflow;
pub(super) mod tensorboard;
pub(super) mod wandb;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};
    use crate::results::encodings::leveldb::Log;
    use crate::results::encodings::protobuf::Message;
    use crate::results::encodings::tfrecord;

    /// A file of each format.
    fn files() -> [Vec<u8>; 4] {
        let scalar = Message::new().text(1, "loss").float(2, 0.5);
        let event = Message::new().message(5, &Message::new().message(1, &scalar));
        let mut events = Vec::new();
        tfrecord::append(&mut events, event.encoded());
        let item = Message::new().text(2, "loss").text(16, "{\"a\": [NaN, 1e3]}");
        let history = Message::new().message(2, &Message::new().message(1, &item));
        let mut log = Log::new();
        log.append(history.encoded());
        let json = b"{\"seed\": 1, \"a\": {\"b\": [1, NaN]}}\n[{\"log_history\": [{}]}]\n".to_vec();
        [events, log.bytes().to_vec(), json, b"seed,loss\n1,\"0.5\"\n\n2,nan\n".to_vec()]
    }

    /// Whatever stands in a file, it is read or refused.
    #[test]
    fn no_bytes_are_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut stream = Stream::new(5, Purpose::Shuffle, 0);
        for file in files() {
            for _ in 0..300 {
                let mut bytes = file.clone();
                for _ in 0..=stream.below(3) {
                    let at = stream.below(bytes.len() as u64) as usize;
                    match stream.below(3) {
                        0 => bytes.truncate(at + 1),
                        1 => bytes[at] ^= 1 << stream.below(8),
                        _ => bytes.insert(at, stream.below(256) as u8),
                    }
                }
                std::fs::write(&path, &bytes).unwrap();
                let _ = tensorboard::records(&path, 0);
                let _ = wandb::records(&path);
                let text = String::from_utf8_lossy(&bytes);
                let _ = json::records("file", &text);
                let _ = csv::records("file", &text);
            }
        }
    }
}
