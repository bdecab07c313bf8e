//! As much of the protocol buffers' wire format as files of other tools need.

/// A message, field by field.
#[derive(Clone, Debug, Default)]
pub(in crate::results) struct Message(Vec<u8>);

impl Message {
    /// An empty one.
    pub(in crate::results) fn new() -> Self {
        Self::default()
    }

    /// A field of type int64, int32, bool or enum.
    pub(in crate::results) fn integer(mut self, field: u32, value: u64) -> Self {
        self.key(field, 0);
        self.varint(value);
        self
    }

    /// A field of type double.
    pub(in crate::results) fn double(mut self, field: u32, value: f64) -> Self {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A field of type float.
    pub(in crate::results) fn float(mut self, field: u32, value: f32) -> Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A field of type string, or bytes.
    pub(in crate::results) fn text(mut self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes());
        self
    }

    /// A field that is a message.
    pub(in crate::results) fn message(mut self, field: u32, value: &Message) -> Self {
        self.bytes(field, &value.0);
        self
    }

    /// The encoded message.
    pub(in crate::results) fn encoded(&self) -> &[u8] {
        &self.0
    }

    fn bytes(&mut self, field: u32, value: &[u8]) {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }

    fn key(&mut self, field: u32, wire: u64) {
        self.varint(u64::from(field) << 3 | wire);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// The value of a field that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::results) enum Field<'a> {
    /// Of an integer type, bool or enum.
    Integer(u64),
    /// Of type double or fixed64.
    Eight([u8; 8]),
    /// Of type float or fixed32.
    Four([u8; 4]),
    /// Of type string or bytes, or a message.
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    /// Those of a string, bytes or a message.
    pub(in crate::results) fn bytes(self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::results) struct Broken;

/// The fields of a message with their numbers, in the order in which they stand.
pub(in crate::results) fn fields(mut bytes: &[u8]) -> Result<Vec<(u32, Field<'_>)>, Broken> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let number = u32::try_from(key >> 3).map_err(|_| Broken)?;
        let field = match key & 7 {
            0 => Field::Integer(varint(&mut bytes)?),
            1 => Field::Eight(array(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|_| Broken)?;
                let (value, rest) = bytes.split_at_checked(length).ok_or(Broken)?;
                bytes = rest;
                Field::Bytes(value)
            }
            5 => Field::Four(array(&mut bytes)?),
            _ => return Err(Broken),
        };
        all.push((number, field));
    }
    Ok(all)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Broken> {
    let (value, rest) = bytes.split_first_chunk().ok_or(Broken)?;
    *bytes = rest;
    Ok(*value)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Broken> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = array(bytes)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let inner = Message::new().integer(1, u64::MAX).float(2, 0.5);
        let outer = Message::new().text(3, "a").double(4, 0.25).message(500, &inner);
        let read = fields(outer.encoded()).unwrap();
        let wanted = [
            (3, Field::Bytes(b"a")),
            (4, Field::Eight(0.25f64.to_le_bytes())),
            (500, Field::Bytes(inner.encoded())),
        ];
        assert_eq!(read, wanted);
        let wanted = [(1, Field::Integer(u64::MAX)), (2, Field::Four(0.5f32.to_le_bytes()))];
        assert_eq!(fields(inner.encoded()).unwrap(), wanted);
        for end in 1..inner.encoded().len() {
            let cut = fields(&inner.encoded()[..end]);
            assert!(cut == Err(Broken) || cut.is_ok_and(|fields| fields.len() == 1), "{end}");
        }
        assert_eq!(fields(&[0xff; 11]), Err(Broken));
    }

    /// The examples of the encoding's own documentation.
    #[test]
    fn the_wire_format_is_that_of_the_documentation() {
        assert_eq!(Message::new().integer(1, 150).encoded(), [0x08, 0x96, 0x01]);
        let text = Message::new().text(2, "testing");
        assert_eq!(text.encoded(), b"\x12\x07testing");
        let inner = Message::new().integer(1, 150);
        assert_eq!(Message::new().message(3, &inner).encoded(), [0x1a, 3, 8, 0x96, 1]);
        assert_eq!(Message::new().float(2, 1.0).encoded(), [0x15, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::new().double(1, 1.0).encoded(), [9, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    }
}
