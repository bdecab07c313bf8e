//! Cyclic redundancy checks of 32 bits, reflected, over all ones.

/// Castagnoli's polynomial: CRC-32C (RFC 3720, appendix B.4).
pub(super) const CASTAGNOLI: u32 = 0x82f6_3b78;
/// The polynomial of Ethernet, zlib and PNG.
pub(super) const ETHERNET: u32 = 0xedb8_8320;

/// The check sum of some bytes.
pub(super) fn crc(polynomial: u32, bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { polynomial } else { 0 }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 3720, appendix B.4, and the usual check values.
    #[test]
    fn the_checksums_are_those_of_the_standards() {
        let castagnoli = |bytes: &[u8]| crc(CASTAGNOLI, bytes);
        assert_eq!(castagnoli(b"123456789"), 0xe306_9283);
        assert_eq!(castagnoli(&[0; 32]), 0x8a91_36aa);
        assert_eq!(castagnoli(&[0xff; 32]), 0x62a8_ab43);
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(castagnoli(&ascending), 0x46dd_794e);
        assert_eq!(crc(ETHERNET, b"123456789"), 0xcbf4_3926);
    }
}
