//! Files that a trained network leaves beside its weights.

use serde::{Deserialize, Serialize};

/// A file.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name.
    pub file: String,
    /// What stands in it.
    pub content: Content,
    /// How it is drawn, if it is.
    pub picture: Option<Picture>,
}

/// What stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Rows of a CSV file, the header first.
    Table(Vec<Vec<String>>),
    /// An array in a safetensors file, and a text beside it.
    Array {
        /// The array's name.
        name: &'static str,
        /// Its shape.
        shape: Vec<usize>,
        /// Its numbers.
        numbers: Vec<f32>,
        /// Key and text of the file's metadata.
        metadata: (&'static str, String),
    },
}

/// How a CSV file is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Picture {
    /// A square matrix of counts: rows are true classes, columns predicted ones.
    Confusion,
    /// Curves over the first column, one for each other column.
    Curves,
    /// Pairs of small grey images: a row has the pixels of one, in squares.
    Images,
    /// For some examples where a network looked at their source while it wrote: example, step, what was
    /// written, place in the source, what stands there, weight.
    Attention,
    /// Labelled points: label, x, y.
    Points,
}

impl Output {
    /// A CSV file.
    pub fn table(file: &str, rows: Vec<Vec<String>>, picture: Option<Picture>) -> Self {
        Self { file: file.to_owned(), content: Content::Table(rows), picture }
    }
}
