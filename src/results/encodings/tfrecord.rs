//! TFRecord framing: the length, its checksum, the bytes, their checksum.

use super::crc::{CASTAGNOLI, crc};

/// Appends a record.
pub(in crate::results) fn append(out: &mut Vec<u8>, record: &[u8]) {
    let length = (record.len() as u64).to_le_bytes();
    out.extend(length);
    out.extend(masked(crc32c(&length)).to_le_bytes());
    out.extend(record);
    out.extend(masked(crc32c(record)).to_le_bytes());
}

/// TensorFlow's mask: a checksum of bytes that hold checksums themselves is a bad one.
fn masked(sum: u32) -> u32 {
    sum.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn crc32c(bytes: &[u8]) -> u32 {
    crc(CASTAGNOLI, bytes)
}

/// Whether bytes begin with the head of a record.
pub(in crate::results) fn is(bytes: &[u8]) -> bool {
    bytes.split_first_chunk().is_some_and(|(head, _)| length_of(head).is_some())
}

/// How many bytes a record has, if the sum of its head is right.
fn length_of(head: &[u8; 12]) -> Option<usize> {
    let (length, sum) = head.split_first_chunk::<8>()?;
    let right = masked(crc32c(length)).to_le_bytes() == *sum;
    right.then(|| usize::try_from(u64::from_le_bytes(*length)).ok())?
}

/// The records of a file with the places where they begin; and of what is none, why. One that is cut
/// off at the file's end is left out: whoever wrote it was killed, or is still writing.
pub(in crate::results) fn records(
    bytes: &[u8],
) -> impl Iterator<Item = Result<(usize, &[u8]), (usize, &'static str)>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at;
        let (head, rest) = bytes.get(begin..)?.split_first_chunk::<12>()?;
        // Nothing more is read after what is broken.
        at = bytes.len();
        let Some(length) = length_of(head) else {
            return Some(Err((begin, "no record begins here")));
        };
        let (record, rest) = rest.split_at_checked(length)?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        if masked(crc32c(record)).to_le_bytes() != *sum {
            return Some(Err((begin, "the record has another checksum")));
        }
        at = bytes.len() - rest.len();
        Some(Ok((begin, record)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut file = Vec::new();
        append(&mut file, b"ab");
        append(&mut file, b"");
        assert!(is(&file) && !is(b"seed,loss\n1,0.5\n") && !is(b""));
        let read = |bytes: &[u8]| -> Vec<Result<(usize, Vec<u8>), (usize, &str)>> {
            records(bytes).map(|record| record.map(|(at, record)| (at, record.to_vec()))).collect()
        };
        let [first, second] = [Ok((0, b"ab".to_vec())), Ok((18, Vec::new()))];
        assert_eq!(read(&file), [first.clone(), second]);
        assert_eq!(read(&file[..30]), [first]);
        file[12] = b'c';
        assert_eq!(read(&file), [Err((0, "the record has another checksum"))]);
        file[0] = 9;
        assert_eq!(read(&file), [Err((0, "no record begins here"))]);
    }

    /// The frame of an empty record and of one byte: length, masked sum, bytes, masked sum.
    #[test]
    fn a_record_is_framed() {
        let mut out = Vec::new();
        append(&mut out, b"ab");
        assert_eq!(out.len(), 8 + 4 + 2 + 4);
        assert_eq!(out[..8], [2, 0, 0, 0, 0, 0, 0, 0]);
        let sum = |at: usize| u32::from_le_bytes([out[at], out[at + 1], out[at + 2], out[at + 3]]);
        let unmask = |sum: u32| sum.wrapping_sub(0xa282_ead8).rotate_left(15);
        assert_eq!(unmask(sum(8)), crc32c(&out[..8]));
        assert_eq!(&out[12..14], b"ab");
        assert_eq!(unmask(sum(14)), crc32c(b"ab"));
    }
}
