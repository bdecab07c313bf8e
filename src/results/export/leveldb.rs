//! The record log of LevelDB as W&B keeps it: records in blocks of 32 KiB, cut where a block ends, each
//! part with its checksum, its length and which part it is.

use super::crc::{ETHERNET, crc};

/// The file's mark, its version, and as many bytes as a part's header has.
const MARK: &[u8] = b":W&B\xe1\xbe\x00";
const BLOCK: usize = 1 << 15;
const HEADER: usize = 7;

// Which part of a record it is.
const WHOLE: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;

/// A log that grows.
#[derive(Clone, Debug)]
pub(super) struct Log(Vec<u8>);

impl Log {
    /// One without records.
    pub(super) fn new() -> Self {
        Self(MARK.to_vec())
    }

    /// Appends a record.
    pub(super) fn append(&mut self, record: &[u8]) {
        let (mut rest, mut begun) = (record, false);
        loop {
            let mut room = BLOCK - self.0.len() % BLOCK;
            if room < HEADER {
                self.0.resize(self.0.len() + room, 0);
                room = BLOCK;
            }
            let (part, more) = rest.split_at(rest.len().min(room - HEADER));
            let kind = match (begun, more.is_empty()) {
                (false, true) => WHOLE,
                (false, false) => FIRST,
                (true, false) => MIDDLE,
                (true, true) => LAST,
            };
            self.part(kind, part);
            if more.is_empty() {
                return;
            }
            (rest, begun) = (more, true);
        }
    }

    fn part(&mut self, kind: u8, part: &[u8]) {
        let sum = crc(ETHERNET, &[&[kind], part].concat());
        self.0.extend(sum.to_le_bytes());
        // A part is smaller than a block.
        self.0.extend((part.len() as u16).to_le_bytes());
        self.0.push(kind);
        self.0.extend(part);
    }

    /// The bytes of the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a log: kind and length of each, at the place where it stands.
    fn parts(log: &Log) -> Vec<(usize, u8, usize)> {
        let (bytes, mut at, mut parts) = (log.bytes(), MARK.len(), Vec::new());
        while at < bytes.len() {
            let room = BLOCK - at % BLOCK;
            if room < HEADER {
                assert!(bytes[at..at + room].iter().all(|byte| *byte == 0));
                at += room;
                continue;
            }
            let length = usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
            let checked =
                [&bytes[at + 6..at + 7], &bytes[at + HEADER..at + HEADER + length]].concat();
            assert_eq!(bytes[at..at + 4], crc(ETHERNET, &checked).to_le_bytes());
            parts.push((at, bytes[at + 6], length));
            at += HEADER + length;
        }
        parts
    }

    #[test]
    fn records_are_cut_where_blocks_end() {
        let mut log = Log::new();
        log.append(b"ab");
        log.append(&[7; 2 * BLOCK]);
        let rest = BLOCK - 16 - HEADER;
        let left = 2 * BLOCK - rest - (BLOCK - HEADER);
        let wanted = [
            (7, WHOLE, 2),
            (16, FIRST, rest),
            (BLOCK, MIDDLE, BLOCK - HEADER),
            (2 * BLOCK, LAST, left),
        ];
        assert_eq!(parts(&log), wanted);
    }

    /// Where no header fits in, or just one, as LevelDB does it.
    #[test]
    fn a_block_ends_in_zeros_or_in_an_empty_part() {
        for (left, second) in [(6, (BLOCK, WHOLE, 1)), (7, (BLOCK - 7, FIRST, 0))] {
            let mut log = Log::new();
            log.append(&vec![1; BLOCK - MARK.len() - HEADER - left]);
            log.append(b"x");
            assert_eq!(parts(&log)[1], second);
        }
    }
}
