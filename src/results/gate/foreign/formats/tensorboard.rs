//! Event files of TensorBoard: the scalars in them, in both of their forms.
//!
//! The messages are those of `event.proto`, `summary.proto` and `tensor.proto`; the numbers below are
//! their field numbers.

use crate::results::encodings::protobuf::{Broken, Field, fields};
use crate::results::encodings::tfrecord;
use crate::results::gate::foreign::FiguresError;
use crate::results::gate::foreign::input::bytes_of;
use crate::results::gate::foreign::records::{Place, Record};
use std::path::Path;

/// What the names of event files contain.
pub(in crate::results::gate::foreign) const MARK: &str = ".tfevents.";
// `DataType` of `types.proto`.
const FLOAT: u64 = 1;
const DOUBLE: u64 = 2;

/// Whether bytes are records of events.
pub(in crate::results::gate::foreign) fn is(bytes: &[u8]) -> bool {
    tfrecord::is(bytes)
}

/// The records of an event file: one for each scalar, numbered from `before`. What a program that was
/// killed wrote of its last record is left out.
pub(in crate::results::gate::foreign) fn records(
    path: &Path,
    before: usize,
) -> Result<Vec<Record>, FiguresError> {
    let bytes = bytes_of(path)?;
    let place = Place::of(path.display().to_string());
    let broken = |at: usize, why: &str| FiguresError::damaged(path, at, why);
    let mut all = Vec::new();
    // Keras and PyTorch Lightning keep the splits of a run in folders of their own.
    let split = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let split = split.filter(|name| SPLITS.contains(name));
    for record in tfrecord::records(&bytes) {
        let (at, event) = record.map_err(|(at, why)| broken(at, why))?;
        for (tag, value) in scalars(event).map_err(|Broken| broken(at, "it holds no event"))? {
            let tag = split.map_or(tag.clone(), |split| format!("{split}/{tag}"));
            // Steps need not be told apart where a run was resumed: they stand in their order.
            let record =
                Record::new(place.clone()).with(&tag, value).with("step", before + all.len());
            all.push(record);
        }
    }
    Ok(all)
}

/// Folders that are no runs of their own.
pub(in crate::results::gate::foreign) const SPLITS: [&str; 6] =
    ["train", "validation", "valid", "val", "eval", "test"];

/// The scalars of `Event { summary = 5 }`, `Summary { value = 1 }`.
fn scalars(event: &[u8]) -> Result<Vec<(String, String)>, Broken> {
    let mut all = Vec::new();
    for (number, field) in fields(event)? {
        if let (5, Field::Bytes(summary)) = (number, field) {
            for (number, field) in fields(summary)? {
                if let (1, Field::Bytes(value)) = (number, field) {
                    all.extend(scalar(value)?);
                }
            }
        }
    }
    Ok(all)
}

/// `Summary.Value { tag = 1, simple_value = 2, tensor = 8, metadata = 9 }`; `None` if it is no scalar.
fn scalar(value: &[u8]) -> Result<Option<(String, String)>, Broken> {
    let (mut tag, mut number, mut tensor, mut is_scalar) = (String::new(), None, None, true);
    for (field, value) in fields(value)? {
        match (field, value) {
            (1, Field::Bytes(text)) => tag = String::from_utf8_lossy(text).into_owned(),
            (2, Field::Four(bytes)) => number = Some(f32::from_le_bytes(bytes).to_string()),
            (8, Field::Bytes(bytes)) => tensor = Some(bytes),
            (9, Field::Bytes(metadata)) => {
                is_scalar = plugin(metadata)?.is_none_or(|it| it == b"scalars")
            }
            _ => {}
        }
    }
    if let (None, Some(tensor)) = (&number, tensor) {
        number = of_tensor(tensor)?;
    }
    Ok(number.filter(|_| is_scalar).map(|number| (tag, number)))
}

/// `SummaryMetadata { plugin_data = 1 }`, `PluginData { plugin_name = 1 }`.
fn plugin(metadata: &[u8]) -> Result<Option<&[u8]>, Broken> {
    for (number, field) in fields(metadata)? {
        if let (1, Field::Bytes(data)) = (number, field) {
            let name = fields(data)?.into_iter().find(|(number, _)| *number == 1);
            return Ok(name.and_then(|(_, field)| field.bytes()));
        }
    }
    Ok(None)
}

/// The only number of `TensorProto { dtype = 1, tensor_content = 4, float_val = 5, double_val = 6 }`.
fn of_tensor(tensor: &[u8]) -> Result<Option<String>, Broken> {
    let (mut kind, mut content) = (0, None);
    for (number, field) in fields(tensor)? {
        match (number, field) {
            (1, Field::Integer(value)) => kind = value,
            (4..=6, Field::Bytes(bytes)) => content = Some(bytes.to_vec()),
            (5, Field::Four(bytes)) => content = Some(bytes.to_vec()),
            (6, Field::Eight(bytes)) => content = Some(bytes.to_vec()),
            _ => {}
        }
    }
    let content = content.unwrap_or_default();
    Ok(match kind {
        FLOAT => content.try_into().ok().map(|bytes| f32::from_le_bytes(bytes).to_string()),
        DOUBLE => content.try_into().ok().map(|bytes| f64::from_le_bytes(bytes).to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::encodings::protobuf::Message;

    fn event(value: &Message) -> Vec<u8> {
        let summary = Message::new().message(1, value);
        Message::new().double(1, 0.0).integer(2, 3).message(5, &summary).encoded().to_vec()
    }

    #[test]
    fn scalars_are_read_in_both_forms() {
        let found = |value: &Message| scalars(&event(value)).unwrap();
        let one = |value: &str| vec![("loss".to_owned(), value.to_owned())];
        let named = || Message::new().text(1, "loss");
        assert_eq!(found(&named().float(2, 0.1)), one("0.1"));
        let tensor = Message::new().integer(1, FLOAT).float(5, 2.5);
        assert_eq!(found(&named().message(8, &tensor)), one("2.5"));
        let tensor = Message::new().integer(1, DOUBLE).double(6, 0.25);
        assert_eq!(found(&named().message(8, &tensor)), one("0.25"));
        // Text is no scalar, whatever number stands beside it.
        let plugin = Message::new().message(1, &Message::new().text(1, "text"));
        assert_eq!(found(&named().float(2, 0.1).message(9, &plugin)), []);
        let scalar = Message::new().message(1, &Message::new().text(1, "scalars"));
        assert_eq!(found(&named().float(2, 0.1).message(9, &scalar)), one("0.1"));
    }
}
