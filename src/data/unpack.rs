//! The first member of a zip archive, as a stream: all that a download needs of the format
//! (APPNOTE.TXT of PKWARE, section 4.3.7).

use std::io::{self, Read};

use flate2::read::DeflateDecoder;

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

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
