//! SHA-256 of bytes and of files.

use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// SHA-256 in 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits, two a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes or reads on, and makes the SHA-256 of what went through.
pub struct Summing<T> {
    inner: T,
    sum: Sha256,
}

impl<T> Summing<T> {
    /// Before the first byte.
    pub fn new(inner: T) -> Self {
        Self { inner, sum: Sha256::new() }
    }

    /// What was written to or read from, and the sum in 64 hexadecimal digits.
    pub fn end(self) -> (T, String) {
        (self.inner, hex(&self.sum.finalize()))
    }
}

impl<R: Read> Read for Summing<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.sum.update(&bytes[..read]);
        Ok(read)
    }
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
