//! What can keep a chart from being drawn.

use std::{io, path::PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// Why a chart could not be drawn; each names the file and, where there is one, the line.
#[derive(Debug, Error, Diagnostic)]
pub enum ChartError {
    /// The CSV could not be opened or read.
    #[error("cannot read {}", path.display())]
    #[diagnostic(help("charts are drawn from the metrics.csv of a run; has this one started?"))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A column that the chart needs is not in the header.
    #[error("{}, line 1: no column `{column}`; there are {present}", path.display())]
    #[diagnostic(help("run the experiment again with --fresh to write a complete metrics.csv"))]
    Column {
        /// The file.
        path: PathBuf,
        /// The missing column.
        column: String,
        /// The columns that there are, for the message.
        present: String,
    },

    /// A row that is not a row of this table: cut short, too long, not text.
    #[error("{}, line {line}: {problem}", path.display())]
    #[diagnostic(help("delete that line, or run the experiment again with --fresh"))]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },

    /// A cell that is not a number.
    #[error("{}, line {line}, column `{column}`: `{text}` is not a number", path.display())]
    #[diagnostic(help("correct that cell or leave it empty: an empty cell is skipped"))]
    Cell {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The name of the column.
        column: String,
        /// What stands in the cell.
        text: String,
    },

    /// There is not one finite value to draw.
    #[error("{}: no finite value of `{column}` to draw", path.display())]
    #[diagnostic(help(
        "either no row has been written yet or the training diverged; a lower learning_rate or a \
         smaller clip helps against the latter"
    ))]
    NoValues {
        /// The file; the folder of the chart where several were read.
        path: PathBuf,
        /// The column that holds none.
        column: String,
    },

    /// The chart could not be written.
    #[error("cannot write {}", path.display())]
    #[diagnostic(help("is the folder writable, and is there space on the disk?"))]
    Write {
        /// The chart.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The drawing library refused.
    #[error("cannot draw {}: {reason}", path.display())]
    #[diagnostic(help(
        "is the folder writable, and is there space on the disk? otherwise this is a defect of \
         runner: please report it with the metrics.csv"
    ))]
    Draw {
        /// The chart.
        path: PathBuf,
        /// What the library said.
        reason: String,
    },
}
