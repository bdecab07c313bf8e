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
pub(in crate::results) struct Log(Vec<u8>);

impl Log {
    /// One without records.
    pub(in crate::results) fn new() -> Self {
        Self(MARK.to_vec())
    }

    /// Appends a record.
    pub(in crate::results) fn append(&mut self, record: &[u8]) {
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
    pub(in crate::results) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Whether bytes begin as such a log does.
pub(in crate::results) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK)
}

/// The records of a log with the places where they begin; and of what is none, why. One that is cut
/// off at the log's end is left out: whoever wrote it was killed, or is still writing.
pub(in crate::results) fn records(
    bytes: &[u8],
) -> impl Iterator<Item = Result<(usize, Vec<u8>), (usize, &'static str)>> {
    let mut at = MARK.len();
    std::iter::from_fn(move || {
        let (mut record, begin) = (Vec::new(), at);
        loop {
            let room = BLOCK - at % BLOCK;
            if room < HEADER {
                at += room;
                continue;
            }
            let here = at;
            let head = bytes.get(here..here + HEADER)?;
            let length = usize::from(u16::from_le_bytes([head[4], head[5]]));
            // Nothing more is read after what is broken.
            at = bytes.len();
            let end = here + HEADER + length;
            let part = bytes.get(here + HEADER - 1..end)?;
            let sum = crc(ETHERNET, part).to_le_bytes();
            let follows = matches!(head[6], MIDDLE | LAST) == !record.is_empty() || length == 0;
            if sum != head[..4] || !follows || head[6] > LAST {
                return Some(Err((here, "the record is broken")));
            }
            record.extend(&part[1..]);
            at = end;
            if matches!(head[6], WHOLE | LAST) {
                return Some(Ok((begin, record)));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut log = Log::new();
        let wanted = [b"ab".to_vec(), vec![7; 2 * BLOCK], vec![1; BLOCK - 100], b"x".to_vec()];
        wanted.iter().for_each(|record| log.append(record));
        assert!(is(log.bytes()));
        let read: Vec<Vec<u8>> =
            records(log.bytes()).map(|record| record.expect("a record").1).collect();
        assert_eq!(read, wanted);
        let cut = &log.bytes()[..log.bytes().len() - 1];
        assert_eq!(records(cut).filter_map(Result::ok).count(), 3);
        let mut broken = log.bytes().to_vec();
        broken[MARK.len() + HEADER] = b'c';
        let read: Vec<_> = records(&broken).collect();
        assert_eq!(read, [Err((MARK.len(), "the record is broken"))]);
    }

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
