//! Files that a trained network leaves beside its weights.

use crate::files::{Sync, cells, failed, write_synced, write_whole_with};
use crate::nn::weights::bytes_of;
use crate::tasks::{Content, Output};
use crate::train::RecordError;
use safetensors::tensor::{Dtype, View};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// Writes a file into a trial's folder.
pub fn write(output: &Output, folder: &Path) -> Result<(), RecordError> {
    let path = folder.join(&output.file);
    match &output.content {
        Content::Table(rows) => {
            let bytes = cells::table(rows).map_err(failed(&path))?;
            write_synced(&path, &bytes, Sync::All)
        }
        Content::Array { name, shape, numbers, metadata } => {
            let write = |new: &Path| {
                let (key, text) = metadata;
                let metadata = HashMap::from([((*key).to_owned(), text.clone())]);
                let array = [(*name, Array { shape, numbers })];
                safetensors::serialize_to_file(array, Some(metadata), new).map_err(io::Error::other)
            };
            write_whole_with(&path, Sync::All, write, |_| Ok(()))
        }
    }
}

/// An array as it stands in a file.
struct Array<'a> {
    shape: &'a [usize],
    numbers: &'a [f32],
}

impl View for Array<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        bytes_of(self.numbers)
    }

    fn data_len(&self) -> usize {
        size_of_val(self.numbers)
    }
}
