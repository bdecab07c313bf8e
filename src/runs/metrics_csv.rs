//! `metrics.csv`: a row for each evaluation. What it is written and read by; `timing.csv` beside it has
//! the same form.

use crate::files::sha256;
use crate::format::number;
use crate::metric::{LOSS_COLUMNS, Metric, Score};
use crate::standing::Standing;
use crate::train::Row;
use csv::StringRecord;

/// The columns and cells of a row, in order. The columns depend on the trial alone, so that every
/// row of a file has the same.
pub fn cells(row: &Row) -> Vec<(&'static str, String)> {
    let mut cells = vec![
        ("epoch", row.epoch.to_string()),
        ("step", row.step.to_string()),
        ("tokens", row.tokens.to_string()),
        ("learning_rate", number(row.learning_rate)),
        ("grad_norm", number(row.grad_norm)),
    ];
    for metric in row.metrics.with_columns() {
        let figure = |score: &Score| (metric.value)(score).map(number).unwrap_or_default();
        cells.push((metric.columns[0], figure(&row.train)));
        cells.push((metric.columns[1], row.valid.as_ref().map(figure).unwrap_or_default()));
    }
    if let Some(smooth) = row.smooth_loss {
        cells.push(("smooth_loss", number(smooth)));
    }
    cells
}

/// The cells of a file, row by row, whether or not they are what a trial wrote.
#[derive(Clone, Debug, Default)]
pub struct MetricsCsv {
    header: StringRecord,
    rows: Vec<StringRecord>,
}

/// The numbers of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// The header.
    pub names: Vec<String>,
    /// The cells; `None` if a cell is empty or no number.
    pub rows: Vec<Vec<Option<f64>>>,
}

impl MetricsCsv {
    /// The rows of a file. What is no UTF-8 is read as U+FFFD, which is no number.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows = reader.records().flatten();
        Self { header: rows.next().unwrap_or_default(), rows: rows.collect() }
    }

    /// The rows of a file that a trial may be writing: one that has no line end yet is left out.
    pub fn parse_ended(bytes: &[u8]) -> Self {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        Self::parse(&bytes[..end])
    }

    /// The numbers, of rows that have as many cells as the header.
    pub fn columns(&self) -> Columns {
        let number = |cell: &str| cell.trim().parse::<f64>().ok();
        let rows = self.rows.iter().filter(|row| row.len() == self.header.len());
        Columns {
            names: self.header.iter().map(str::to_owned).collect(),
            rows: rows.map(|row| row.iter().map(number).collect()).collect(),
        }
    }

    /// How each row stands by a metric, up to the first one that is broken: on the validation split,
    /// or in training without one.
    pub fn standings(&self, metric: &Metric) -> Vec<Standing> {
        let [train, valid] = [0, 1]
            .map(|split| (self.place(metric.columns[split]), self.place(LOSS_COLUMNS[split])));
        let number = |row: &StringRecord, place: Option<usize>| row.get(place?)?.parse().ok();
        let standing = |row: &StringRecord, (value, loss)| {
            let value = number(row, value)?;
            Some(Standing::new(metric, value, number(row, loss).unwrap_or(f64::NAN)))
        };
        let whole = self.rows.iter().take_while(|row| row.len() == self.header.len());
        whole.filter_map(|row| standing(row, valid).or_else(|| standing(row, train))).collect()
    }

    /// What is wrong with the first row that has other cells than numbers, or another number of them
    /// than the header.
    pub fn first_wrong_row(&self) -> Option<String> {
        let columns = self.header.len();
        self.rows.iter().zip(2..).find_map(|(row, line)| {
            let found = row.len();
            if found != columns {
                return Some(format!(
                    "line {line} of metrics.csv has {found} cells instead of {columns}"
                ));
            }
            let odd = row.iter().find(|cell| !cell.is_empty() && cell.parse::<f64>().is_err())?;
            Some(format!("line {line} of metrics.csv: `{odd}` is no number"))
        })
    }

    /// A line for each row that tells it from others: step, losses, and 8 digits of its SHA-256.
    pub fn digests(&self) -> Vec<String> {
        let cell = |row: &StringRecord, name: &str| {
            row.get(self.place(name)?).filter(|cell| !cell.is_empty()).map(str::to_owned)
        };
        let line = |row: &StringRecord| {
            let step = cell(row, "step").unwrap_or_default();
            let losses = ["train_loss", "valid_loss"]
                .iter()
                .filter_map(|name| Some(format!(", {name} {}", cell(row, name)?)));
            let all: Vec<&str> = row.iter().collect();
            let sum = sha256(all.join(",").as_bytes());
            format!("step {step}{}, row {sum:.8}", losses.collect::<String>())
        };
        self.rows.iter().map(line).collect()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The first cell in which a newer file differs from this one, or that one has more rows.
    pub fn first_difference(&self, newer: &Self) -> Option<String> {
        let lines = |file: &Self| [std::slice::from_ref(&file.header), &file.rows].concat();
        for (line, (old, new)) in lines(self).iter().zip(&lines(newer)).enumerate() {
            for column in 0..old.len().max(new.len()) {
                let (old, now) = (old.get(column).unwrap_or(""), new.get(column).unwrap_or(""));
                if old != now {
                    let name = newer.header.get(column).unwrap_or("a column too many");
                    let step = new.get(1).unwrap_or("?");
                    return Some(format!(
                        "metrics.csv, line {}, step {step}: {name} was {old}, now {now}",
                        line + 1
                    ));
                }
            }
        }
        let (old, new) = (self.len(), newer.len());
        (old != new).then(|| format!("metrics.csv had {old} rows, now {new}"))
    }

    /// The number of a column.
    fn place(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }
}

impl Columns {
    /// The numbers of a column.
    pub fn column(&self, name: &str) -> Option<Vec<Option<f64>>> {
        let index = self.names.iter().position(|known| known == name)?;
        Some(self.rows.iter().map(|row| row.get(index).copied().flatten()).collect())
    }

    /// The finite points of a column over another.
    pub fn points(&self, x: &str, y: &str) -> Vec<(f64, f64)> {
        let (Some(xs), Some(ys)) = (self.column(x), self.column(y)) else { return Vec::new() };
        let points = xs.into_iter().zip(ys).filter_map(|(x, y)| Some((x?, y?)));
        points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
    }

    #[cfg(feature = "watch")]
    /// The column that rows are counted by: epochs if there is one row for each, else steps.
    pub fn axis(&self) -> &'static str {
        let epochs = self.column("epoch").unwrap_or_default();
        let follow = epochs.windows(2).all(|pair| match pair {
            [Some(a), Some(b)] => b - a == 1.0,
            _ => false,
        });
        if !epochs.is_empty() && follow { "epoch" } else { "step" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::PERPLEXITY;

    fn columns(text: &str) -> Columns {
        MetricsCsv::parse(text.as_bytes()).columns()
    }

    #[test]
    fn columns_are_read_by_the_header_of_the_file() {
        let read = columns("epoch,step,train_accuracy\n1,10,0.5\n2,20,\n3,30,inf\n4\n");
        assert_eq!(read.points("step", "train_accuracy"), [(10.0, 0.5)]);
        assert_eq!(read.column("none"), None);
        assert_eq!(columns(""), Columns::default());
    }

    #[test]
    fn a_wrong_row_is_told_but_not_one_that_was_being_written() {
        let wrong = |rows: &str| {
            let text = format!("epoch,train_loss\n1,0.5\n{rows}");
            MetricsCsv::parse_ended(text.as_bytes()).first_wrong_row()
        };
        assert_eq!(wrong("2,\n3,0."), None);
        assert_eq!(MetricsCsv::parse_ended(b"").first_wrong_row(), None);
        let told = |rows: &str| wrong(rows).unwrap();
        assert_eq!(told("2\n3,1\n"), "line 3 of metrics.csv has 1 cells instead of 2");
        assert_eq!(told("2,\u{0}x\n"), "line 3 of metrics.csv: `\u{0}x` is no number");
    }

    #[test]
    fn rows_stand_by_validation_or_else_by_training() {
        let value = |value| Standing::new(&PERPLEXITY, value, f64::NAN);
        let of = |text: &str| MetricsCsv::parse_ended(text.as_bytes()).standings(&PERPLEXITY);
        let header = "epoch,train_perplexity,valid_perplexity\n";
        let standings = of(&format!("{header}1,9,30\n2,8,20\n3,7,2"));
        assert_eq!(standings, [value(30.0), value(20.0)]);
        assert_eq!(of(&format!("{header}1,9,\n2,11,\n")), [value(9.0), value(11.0)]);
    }

    #[test]
    fn a_row_is_told_by_its_step_and_losses() {
        let text = b"epoch,step,train_loss,valid_loss\n1,10,2.5,\n2,20,2.25,2.75\n";
        let rows = MetricsCsv::parse(text).digests();
        assert_eq!(rows.len(), 2);
        assert!(rows[0].starts_with("step 10, train_loss 2.5, row "), "{}", rows[0]);
        assert!(rows[1].starts_with("step 20, train_loss 2.25, valid_loss 2.75, row "));
        assert_ne!(rows[0][rows[0].len() - 8..], rows[1][rows[1].len() - 8..]);
    }
}
