//! What downloads need of two formats: the first member of a zip archive, as a stream (APPNOTE.TXT
//! of PKWARE, section 4.3.7), and the reviews in a packed tar archive (POSIX.1-1988, ustar).

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder};

const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// The contents of the first member of `archive`. Neither the central directory nor the
/// member's checksum is looked at: the caller has a sum of its own.
pub(super) fn first_member<'a>(mut archive: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut header = [0; 30];
    archive.read_exact(&mut header)?;
    let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (flags, method) = (u16_at(6), u16_at(8));
    let skip = u64::from(u16_at(26)) + u64::from(u16_at(28));
    let compressed = u32::from_le_bytes([header[18], header[19], header[20], header[21]]);
    if header[..4] != LOCAL_HEADER {
        return Err(invalid("it is no zip archive"));
    }
    if flags & 1 != 0 {
        return Err(invalid("the zip archive is encrypted"));
    }
    io::copy(&mut archive.by_ref().take(skip), &mut io::sink())?;
    match method {
        STORED => Ok(Box::new(archive.take(u64::from(compressed)))),
        DEFLATED => Ok(Box::new(DeflateDecoder::new(archive))),
        _ => Err(invalid("the zip archive is packed in a way not known here")),
    }
}

/// A block of a tar archive.
const BLOCK: usize = 512;

/// More bytes than any review has.
const LONGEST_REVIEW: u64 = 1 << 20;

/// The files of the folders `pos` and `neg` below `member` of a packed tar archive, as lines of a
/// label, a tab and the review: those of each label in the order of their names, positive and
/// negative by turns.
pub(super) fn reviews<'a>(archive: impl Read + 'a, member: &str) -> io::Result<Box<dyn Read + 'a>> {
    let mut archive = MultiGzDecoder::new(archive);
    let folders = ["pos", "neg"].map(|label| format!("{member}/{label}/"));
    let mut found: [BTreeMap<String, Vec<u8>>; 2] = Default::default();
    let mut header = [0; BLOCK];
    loop {
        archive.read_exact(&mut header)?;
        // The archive ends with blocks of zeros.
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        let text = |from: usize, to: usize| {
            let field = header[from..to].split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(field).trim().to_owned()
        };
        let size = u64::from_str_radix(&text(124, 136), 8);
        let size = size.map_err(|_| invalid("it is no tar archive"))?;
        let name = match text(345, 500) {
            prefix if prefix.is_empty() || &header[257..262] != b"ustar" => text(0, 100),
            prefix => format!("{prefix}/{}", text(0, 100)),
        };
        let name = name.trim_start_matches("./").to_owned();
        let padded = size.div_ceil(BLOCK as u64) * BLOCK as u64;
        let place = folders.iter().position(|folder| name.starts_with(folder.as_str()));
        let is_file = matches!(header[156], b'0' | 0);
        let mut member = archive.by_ref().take(padded);
        if let Some(place) = place.filter(|_| is_file && size <= LONGEST_REVIEW) {
            let mut review = Vec::new();
            member.read_to_end(&mut review)?;
            review.truncate(size as usize);
            found[place].insert(name, review);
        } else {
            io::copy(&mut member, &mut io::sink())?;
        }
    }
    let [positive, negative] = found.map(BTreeMap::into_values);
    let mut lines = Vec::new();
    for (positive, negative) in positive.zip(negative) {
        for (label, review) in [("positive", positive), ("negative", negative)] {
            lines.extend_from_slice(label.as_bytes());
            lines.push(b'\t');
            lines.extend_from_slice(&review);
            lines.push(b'\n');
        }
    }
    Ok(Box::new(Cursor::new(lines)))
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    /// A member of a tar archive.
    fn member(name: &str, contents: &[u8]) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..135].copy_from_slice(format!("{:011o}", contents.len()).as_bytes());
        block[156] = b'0';
        block[257..262].copy_from_slice(b"ustar");
        block.extend_from_slice(contents);
        block.resize(block.len().next_multiple_of(BLOCK), 0);
        block
    }

    #[test]
    fn reviews_are_interleaved_in_the_order_of_their_names() {
        let members = [
            member("a/train/neg/1_2.txt", b"bad"),
            member("a/train/pos/9_10.txt", b"fine\tday"),
            member("a/train/pos/10_8.txt", &[b'x'; 700]),
            member("a/train/neg/0_1.txt", b"worse"),
            member("a/train/unsup/0_0.txt", b"nothing"),
            member("a/test/pos/0_9.txt", b"elsewhere"),
            vec![0; 2 * BLOCK],
        ];
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&members.concat()).unwrap();
        let packed = packed.finish().unwrap();
        let mut text = String::new();
        reviews(&packed[..], "a/train").unwrap().read_to_string(&mut text).unwrap();
        let long = "x".repeat(700);
        let lines =
            format!("positive\t{long}\nnegative\tworse\npositive\tfine\tday\nnegative\tbad\n");
        assert_eq!(text, lines);
        let torn = reviews(&packed[..packed.len() / 2], "a/train");
        assert!(torn.is_err());
        let other = reviews(&b"no archive"[..], "a/train");
        assert!(other.is_err());
    }
}
