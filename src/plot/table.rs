//! A `metrics.csv`, read into points that can be drawn.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::error::ChartError;
use crate::files::open_regular;

/// What the rows of a table are counted by: the x axis of its chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum XAxis {
    /// One row an epoch.
    Epoch,
    /// A row every `n` steps.
    Step,
}

impl XAxis {
    /// The name of the column, which is also what stands below the axis.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Step => "step",
        }
    }
}

/// A CSV file in memory: the header, and each row with its line.
pub(super) struct Table {
    path: PathBuf,
    header: StringRecord,
    rows: Vec<(u64, StringRecord)>,
}

impl Table {
    /// Reads a whole file; every row must have as many cells as the header.
    pub(super) fn read(path: &Path) -> Result<Self, ChartError> {
        let fail = |error| from_csv(path, error);
        let mut reader = csv::Reader::from_reader(opened(path)?);
        let header = reader.headers().map_err(fail)?.clone();
        let rows = reader
            .records()
            .map(|record| {
                let record = record.map_err(fail)?;
                Ok((record.position().map_or(0, csv::Position::line), record))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), header, rows })
    }

    /// Epochs if there is exactly one row for each, steps otherwise.
    pub(super) fn axis(&self) -> Result<XAxis, ChartError> {
        let Some(epochs) = self.column(XAxis::Epoch.name())? else {
            return Ok(XAxis::Step);
        };
        let whole = epochs.iter().all(|epoch| epoch.is_some_and(|e| e.fract() == 0.0));
        let consecutive = epochs.windows(2).all(|pair| match pair {
            [Some(a), Some(b)] => b - a == 1.0,
            _ => false,
        });
        Ok(if whole && consecutive { XAxis::Epoch } else { XAxis::Step })
    }

    /// The points of one column. A column that is absent has none, and cells that are empty or NaN
    /// are skipped.
    pub(super) fn points(&self, axis: XAxis, column: &str) -> Result<Vec<(f64, f64)>, ChartError> {
        let Some(ys) = self.column(column)? else {
            return Ok(Vec::new());
        };
        let xs = self.column(axis.name())?.ok_or_else(|| self.missing(axis.name()))?;
        Ok(xs.into_iter().zip(ys).filter_map(|(x, y)| Some((x?, y?))).collect())
    }

    /// Whether the header has this column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.header.iter().any(|name| name == column)
    }

    /// The error for a column that is not there.
    pub(super) fn missing(&self, column: &str) -> ChartError {
        let present: Vec<_> = self.header.iter().map(|name| format!("`{name}`")).collect();
        let present = if present.is_empty() { "none".to_owned() } else { present.join(", ") };
        ChartError::Column { path: self.path.clone(), column: column.to_owned(), present }
    }

    /// The numbers of one column, or `None` if there is no such column.
    fn column(&self, name: &str) -> Result<Option<Vec<Option<f64>>>, ChartError> {
        let Some(index) = self.header.iter().position(|header| header == name) else {
            return Ok(None);
        };
        let cell = |(line, row): &(u64, StringRecord)| {
            let text = row.get(index).unwrap_or_default().trim();
            if text.is_empty() {
                return Ok(None);
            }
            let number: f64 = text.parse().map_err(|_| ChartError::Cell {
                path: self.path.clone(),
                line: *line,
                column: name.to_owned(),
                text: text.to_owned(),
            })?;
            Ok((!number.is_nan()).then_some(number))
        };
        self.rows.iter().map(cell).collect::<Result<_, _>>().map(Some)
    }
}

/// A CSV file, open for reading.
pub(super) fn opened(path: &Path) -> Result<File, ChartError> {
    let unread = |source| ChartError::Read { path: path.to_owned(), source };
    open_regular(path).map(|(file, _)| file).map_err(unread)
}

/// The csv crate's error in this module's words.
pub(super) fn from_csv(path: &Path, error: csv::Error) -> ChartError {
    let path = path.to_owned();
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => ChartError::Read { path, source },
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let problem = format!("{len} cells, where the header has {expected_len}");
            ChartError::Row { path, line, problem }
        }
        csv::ErrorKind::Utf8 { .. } => {
            ChartError::Row { path, line, problem: "not UTF-8 text".to_owned() }
        }
        other => ChartError::Row { path, line, problem: format!("not CSV: {other:?}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Table, ChartError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        std::fs::write(&path, text).unwrap();
        Table::read(&path)
    }

    #[test]
    fn empty_and_nan_cells_are_skipped() {
        let table = table("epoch,step,p\n1,10,inf\n2,20,\n3,30,NaN\n4,40,7.5\n").unwrap();
        assert_eq!(table.points(XAxis::Epoch, "p").unwrap(), [(1.0, f64::INFINITY), (4.0, 7.5)]);
        assert!(table.points(XAxis::Epoch, "absent").unwrap().is_empty());
    }

    #[test]
    fn the_axis_is_epochs_only_for_one_row_each() {
        let axis = |text| table(text).unwrap().axis().unwrap();
        assert_eq!(axis("epoch,step\n1,10\n2,20\n"), XAxis::Epoch);
        assert_eq!(axis("epoch,step\n1,10\n1,20\n"), XAxis::Step);
        assert_eq!(axis("epoch,step\n1,10\n3,30\n"), XAxis::Step);
        assert_eq!(axis("epoch,step\n0.5,10\n1.5,20\n"), XAxis::Step);
        assert_eq!(axis("step\n10\n"), XAxis::Step);
    }

    #[test]
    fn errors_say_where() {
        let message = |text: &str| match table(text).and_then(|t| t.points(XAxis::Epoch, "p")) {
            Ok(points) => panic!("read {points:?}"),
            Err(error) => error.to_string(),
        };
        let cell = message("epoch,p\n1,2\n2,abc\n");
        assert!(cell.ends_with("metrics.csv, line 3, column `p`: `abc` is not a number"), "{cell}");
        let row = message("epoch,p\n1,2\n2\n");
        assert!(row.ends_with("line 3: 1 cells, where the header has 2"), "{row}");
        let column = message("step,p\n1,2\n");
        assert!(column.ends_with("no column `epoch`; there are `step`, `p`"), "{column}");
    }
}
