//! What downloads need of two formats: the reviews in a packed tar archive, and the first member of a
//! zip archive (APPNOTE.TXT of PKWARE, section 4.3.7), which is read as it arrives, so that a download
//! can end where what is kept of it does.

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

/// More bytes than any review has; longer ones are passed over.
const LONGEST_REVIEW: u64 = 1 << 20;

/// The files of the folders `pos` and `neg` below `member` of a packed tar archive, as lines of a
/// label, a tab and the review: those of each label in the order of their names, positive and
/// negative by turns.
pub(super) fn reviews<'a>(archive: impl Read + 'a, member: &str) -> io::Result<Box<dyn Read + 'a>> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(archive));
    let folders = ["pos", "neg"].map(|label| format!("{member}/{label}/"));
    let mut found: [BTreeMap<String, Vec<u8>>; 2] = Default::default();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.trim_start_matches("./");
        let is_review = entry.header().entry_type().is_file() && entry.size() <= LONGEST_REVIEW;
        let folder = folders.iter().position(|folder| name.starts_with(folder.as_str()));
        if let Some(folder) = folder.filter(|_| is_review) {
            let mut review = Vec::new();
            entry.read_to_end(&mut review)?;
            found[folder].insert(name.to_owned(), review);
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

    #[test]
    fn reviews_are_interleaved_in_the_order_of_their_names() {
        let packed = GzEncoder::new(Vec::new(), Compression::fast());
        let mut archive = tar::Builder::new(packed);
        for (name, contents) in [
            ("a/train/neg/1_2.txt", &b"bad"[..]),
            ("a/train/pos/9_10.txt", b"fine\tday"),
            ("a/train/pos/10_8.txt", &[b'x'; 700]),
            ("./a/train/neg/0_1.txt", b"worse"),
            ("a/train/unsup/0_0.txt", b"nothing"),
            ("a/test/pos/0_9.txt", b"elsewhere"),
            ("a/train/pos/11_1.txt", &vec![b'y'; LONGEST_REVIEW as usize + 1]),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_size(contents.len() as u64);
            archive.append_data(&mut header, name, contents).unwrap();
        }
        let packed = archive.into_inner().unwrap().finish().unwrap();
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
