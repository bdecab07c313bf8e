//! TFRecord framing: the length, its checksum, the bytes, their checksum.

use super::crc::{CASTAGNOLI, crc};

/// Appends a record.
pub(super) fn append(out: &mut Vec<u8>, record: &[u8]) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
