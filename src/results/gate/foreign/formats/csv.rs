//! Tables as CSV, with commas, semicolons or tabs.

use crate::files::cells;
use crate::results::gate::foreign::FiguresError;
use crate::results::gate::foreign::records::{Place, Record};
use std::rc::Rc;

/// The records of a table.
pub(in crate::results::gate::foreign) fn records(
    file: &str,
    text: &str,
) -> Result<Vec<Record>, FiguresError> {
    let place = Place::of(file);
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: &u8| header.bytes().filter(|byte| byte == delimiter).count();
    // Of equal numbers the last.
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',');
    let mut reader = ::csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let wrong = |error: ::csv::Error| {
        let line = error.position().map_or(1, ::csv::Position::line);
        let why = match error.kind() {
            ::csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} cells under {expected_len} columns")
            }
            _ => error.to_string(),
        };
        FiguresError::new(
            format!("{}: {why}", place.line(line)),
            "each row of a table has a cell for each column of its first row",
        )
    };
    let names = reader.headers().map_err(wrong)?.clone();
    let names: Vec<Rc<str>> = names.iter().map(|name| name.trim().into()).collect();
    if let Some(name) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(FiguresError::new(
            format!("{}: two columns are called `{}`", place.line(1), name.1),
            "give each column a name of its own",
        ));
    }
    let record = |row: Result<::csv::StringRecord, ::csv::Error>| {
        let row = row.map_err(wrong)?;
        let place = place.line(row.position().map_or(0, |position| line_of(text, position)));
        let values = row.iter().map(|value| cells::read(value).to_owned());
        Ok(Record { place, cells: names.iter().cloned().zip(values).collect() })
    };
    reader.records().map(record).collect()
}

/// The line of a row whose position is where the row before it ended: empty lines between are skipped.
fn line_of(text: &str, position: &::csv::Position) -> u64 {
    let rest = usize::try_from(position.byte()).ok().and_then(|at| text.get(at..));
    let skipped = rest.unwrap_or_default().bytes().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    position.line() + skipped.filter(|byte| *byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_whatever_parts_their_cells() {
        for text in ["seed,loss\n1,0.5\n", "seed;loss\n1;0.5\n", "seed\tloss\n 1 \t0.5"] {
            let read = records("a.csv", text).unwrap();
            assert_eq!(
                (read.len(), read[0].cell("seed"), read[0].cell("loss")),
                (1, Some("1"), Some("0.5"))
            );
            assert_eq!(read[0].place.to_string(), "a.csv:2");
        }
        assert_eq!(records("a.csv", "loss\n0.5\n\n0.6\n").unwrap()[1].place.to_string(), "a.csv:4");
    }

    #[test]
    fn what_is_no_table_says_where() {
        let why = |text: &str| records("a.csv", text).unwrap_err().to_string();
        assert_eq!(why("a,b\n1,2\n3\n"), "a.csv:3: 1 cells under 2 columns");
        assert_eq!(why("a,b,a\n1,2,3\n"), "a.csv:1: two columns are called `a`");
    }
}
