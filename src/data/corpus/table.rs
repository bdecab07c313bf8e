//! Tables of numbers: lines of as many cells each, parted by commas, tabs or white space.
//!
//! A first line without a number names the columns. What can be read in two ways is an error: `;`
//! between cells, decimal commas, empty cells, a column that counts the lines.

use std::path::Path;

use crate::data::error::DataError;

/// What parts the cells of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Separator {
    /// Nothing: a line is one cell.
    None,
    Comma,
    Tab,
    Spaces,
}

impl Separator {
    fn of(line: &str) -> Self {
        match line.trim() {
            line if line.contains('\t') => Self::Tab,
            line if line.contains(',') => Self::Comma,
            line if line.contains(char::is_whitespace) => Self::Spaces,
            _ => Self::None,
        }
    }

    /// The cells of a line, without white space and quotation marks around them.
    fn cells(self, line: &str) -> Vec<&str> {
        let mark = match self {
            Self::None => return vec![unquoted(line)],
            Self::Spaces => return line.split_whitespace().map(unquoted).collect(),
            Self::Comma => ',',
            Self::Tab => '\t',
        };
        let mut quoted = false;
        let parts = line.split(|c: char| {
            quoted ^= c == '"';
            c == mark && !quoted
        });
        parts.map(unquoted).collect()
    }
}

fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(cell).trim()
}

/// The finite number in a cell.
fn number(cell: &str) -> Option<f32> {
    cell.parse().ok().filter(|number: &f32| number.is_finite())
}

/// The table in a file.
pub(crate) struct Table<'a> {
    path: &'a Path,
    separator: Separator,
    /// The names of the columns, where the first line has them.
    header: Option<Vec<&'a str>>,
    /// Lines and their numbers, from 1; none of them blank.
    lines: Vec<(u64, &'a str)>,
    width: usize,
}

impl<'a> Table<'a> {
    /// The table of a text.
    pub fn new(path: &'a Path, text: &'a str) -> Result<Self, DataError> {
        let mut lines: Vec<(u64, &str)> =
            (1..).zip(text.split('\n')).filter(|(_, line)| !line.trim().is_empty()).collect();
        let first = lines.first().map_or("", |(_, line)| line);
        let is_number = |cell: &&str| cell.parse::<f32>().is_ok() || has_decimal_comma(cell);
        let names = !first.is_empty() && !Separator::of(first).cells(first).iter().any(is_number);
        // In a line of names commas and spaces may part nothing.
        let typical = lines.get(usize::from(names)).map_or(first, |(_, line)| line);
        let separator = Separator::of(typical);
        let first = if first.is_empty() { Vec::new() } else { separator.cells(first) };
        let table = Self {
            path,
            separator,
            width: first.len(),
            header: names.then_some(first),
            lines: lines.split_off(usize::from(names && lines.len() > 1)),
        };
        match (1..).zip(text.split('\n')).find(|(_, line)| line.contains(';')) {
            Some((line, _)) => Err(table.wrong(
                line,
                "cells are parted by `;`: part them by commas, and write decimal commas as points",
            )),
            None => Ok(table),
        }
    }

    /// Cells of a line.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the first line names the columns.
    pub fn has_names(&self) -> bool {
        self.header.is_some()
    }

    /// What is wrong with a line.
    pub fn wrong(&self, line: u64, form: impl Into<String>) -> DataError {
        DataError::Form { path: self.path.to_owned(), line, form: form.into() }
    }

    /// The lines, cut into cells.
    pub fn rows(&self) -> impl Iterator<Item = Result<(u64, Vec<&'a str>), DataError>> {
        self.lines.iter().map(|(line, text)| {
            let cells = self.separator.cells(text);
            if cells.len() == self.width {
                return Ok((*line, cells));
            }
            let (here, first) = (cells.len(), self.width);
            let commas = match self.separator {
                Separator::Comma => " (commas part columns: a decimal comma must be a point)",
                _ => "",
            };
            Err(self.wrong(*line, format!("{here} columns, the first line has {first}{commas}")))
        })
    }

    /// The number in a cell.
    pub fn number(&self, line: u64, cells: &[&str], column: usize) -> Result<f32, DataError> {
        let cell = cells.get(column).copied().unwrap_or_default();
        number(cell).ok_or_else(|| {
            let of = match self.width {
                0 | 1 => String::new(),
                _ => format!(" in {}", self.label(column)),
            };
            let form = match cell {
                "" => format!("no number{of}: fill the cell, or leave the line out"),
                _ if has_decimal_comma(cell) => {
                    let point = cell.replace(',', ".");
                    format!("`{cell}`{of} has a decimal comma: write `{point}`")
                }
                _ => format!("`{cell}`{of} is no finite number"),
            };
            self.wrong(line, form)
        })
    }

    /// A column by its name, or by its place.
    pub fn label(&self, column: usize) -> String {
        let name = self.header.as_ref().and_then(|names| names.get(column));
        match name.filter(|name| !name.is_empty()) {
            Some(name) => format!("column `{name}`"),
            None => format!("column {}", column + 1),
        }
    }

    /// Refuses a table whose first column counts its lines, as pandas writes it.
    pub fn refuse_index(&self) -> Result<(), DataError> {
        /// This many lines are no chance.
        const ENOUGH: usize = 3;
        let unnamed = self.header.as_ref().is_some_and(|names| names[0].is_empty());
        let counts = |from: u64| {
            let first = |text: &'a str| self.separator.cells(text).first().map(|it| it.parse());
            let mut lines = (from..).zip(&self.lines);
            self.lines.len() >= ENOUGH && lines.all(|(n, (_, text))| first(text) == Some(Ok(n)))
        };
        if self.width < 2 || !(unnamed || counts(0) || counts(1)) {
            return Ok(());
        }
        let line = self.lines.first().map_or(1, |(line, _)| *line);
        Err(self.wrong(
            line,
            "the first column counts the lines: leave it out (pandas: `to_csv(…, index=False)`)",
        ))
    }

    /// The only column of numbers.
    pub fn only_column(&self) -> Result<usize, DataError> {
        let mut has_number = vec![false; self.width];
        for row in self.rows() {
            for (has, cell) in has_number.iter_mut().zip(row?.1) {
                *has |= number(cell).is_some();
            }
        }
        let columns: Vec<usize> = (0..self.width).filter(|it| has_number[*it]).collect();
        let first = self.lines.first().map_or(1, |(line, _)| *line);
        match columns[..] {
            [column] => Ok(column),
            [] => {
                let (_, cells) = self.rows().next().transpose()?.unwrap_or_default();
                self.number(first, &cells, self.width.saturating_sub(1)).map(|_| 0)
            }
            _ => {
                self.refuse_index()?;
                let labels: Vec<String> = columns.iter().map(|it| self.label(*it)).collect();
                let commas = match (self.separator, self.has_names()) {
                    (Separator::Comma, false) => "; a decimal comma must be a point",
                    _ => "",
                };
                let form = format!(
                    "{} columns of numbers, where a series is one: {}: leave the others out{commas}",
                    columns.len(),
                    labels.join(", ")
                );
                Err(self.wrong(first, form))
            }
        }
    }
}

/// Whether a cell is a number but for a comma in the place of its point.
fn has_decimal_comma(cell: &str) -> bool {
    cell.matches(',').count() == 1 && number(&cell.replace(',', ".")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The only column of numbers, and what it holds.
    fn series(text: &str) -> Result<(String, Vec<f32>), String> {
        let form = |error: DataError| match error {
            DataError::Form { line, form, .. } => format!("{line}: {form}"),
            other => other.to_string(),
        };
        let table = Table::new(Path::new("a.csv"), text).map_err(form)?;
        let column = table.only_column().map_err(form)?;
        let number = |row: Result<(u64, Vec<&str>), DataError>| {
            let (line, cells) = row?;
            table.number(line, &cells, column)
        };
        let numbers = table.rows().map(number).collect::<Result<_, _>>().map_err(form)?;
        Ok((table.label(column), numbers))
    }

    #[test]
    fn the_only_column_of_numbers_is_read() {
        let same = |text: &str, label: &str, numbers: &[f32]| {
            assert_eq!(series(text), Ok((label.to_owned(), numbers.to_vec())), "{text:?}");
        };
        same("1\n2.5\n\n-3e1\n", "column 1", &[1.0, 2.5, -30.0]);
        same("1\n", "column 1", &[1.0]);
        same("value\n1\n2\n", "column `value`", &[1.0, 2.0]);
        same(
            "Monthly sunspots, all\n58.0\n62.6\n",
            "column `Monthly sunspots, all`",
            &[58.0, 62.6],
        );
        same(
            "Month,Passengers\n1949-01,112\n1949-02,118\n",
            "column `Passengers`",
            &[112.0, 118.0],
        );
        same("2020-01-01 00:00:00\t1\n2020-01-02 00:00:00\t2", "column 2", &[1.0, 2.0]);
        same("2020-01-01 3\n2020-01-02 4", "column 2", &[3.0, 4.0]);
        same("\"day\",\"v\"\n\"Mon, 1\",\"7\"\n\"Tue, 2\", 8 \n", "column `v`", &[7.0, 8.0]);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused_at_its_line() {
        let wrong = |text: &str, said: &str| {
            let error = series(text).unwrap_err();
            assert!(error.contains(said), "{text:?}: {error}");
        };
        wrong("day;value\n1;20,5\n", "1: cells are parted by `;`");
        wrong(
            "20,00\n21,64\n",
            "1: 2 columns of numbers, where a series is one: column 1, column 2",
        );
        wrong("20,00\n21,64\n", "a decimal comma must be a point");
        wrong("value\n20,5\n21,5\n", "2: 2 columns, the first line has 1");
        wrong("20\n20\n20,5\n", "3: `20,5` has a decimal comma: write `20.5`");
        wrong("a\t20,5\nb\t21\n", "1: `20,5` in column 2 has a decimal comma");
        wrong("value,other\n0.5,9\n,9\n", "2: 2 columns of numbers");
        wrong("day,value\nMon,1\nTue,\nWed,3\n", "3: no number in column `value`: fill the cell");
        wrong("day,value\nMon,1\nTue,NaN\n", "3: `NaN` in column `value` is no finite number");
        wrong(",value\n0,0.5\n1,0.7\n", "2: the first column counts the lines");
        wrong("0,0.5\n1,0.7\n2,0.9\n", "1: the first column counts the lines");
        wrong("1\nx\n", "2: `x` is no finite number");
        wrong("day,value\nMon,x\n", "2: `x` in column `value` is no finite number");
        wrong("1e99\n", "1: `1e99` is no finite number");
        wrong("1,2\n3\n", "2: 1 columns, the first line has 2");
        wrong("a,1\nb\n", "2: 1 columns, the first line has 2");
    }
}
