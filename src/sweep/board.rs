//! The leaderboard: points of sweeps with the mean over their seeds, best first.

use super::ranking::{self, Group, Point, Row};
use super::statistics::Mean;
use super::summaries::Summary;
use crate::metric::{BITS_PER_BYTE, Metric};
use crate::record::console::short;
use crate::record::metrics::number;
use crate::record::run_json;
use serde_json::{Map, Value as Json, json};
use std::cmp::Ordering;

/// A leaderboard as a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows, in order.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A number.
    Number(f64),
}

impl Cell {
    /// The number or word of a text.
    fn of(text: &str) -> Self {
        match text.parse::<f64>() {
            _ if text.is_empty() => Self::Empty,
            Ok(number) if !number.is_nan() => Self::Number(number),
            _ => Self::Text(text.to_owned()),
        }
    }

    fn optional(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Number)
    }

    /// Empty cells come last, numbers before words.
    fn order(&self, other: &Self) -> Ordering {
        let rank = |cell: &Self| match cell {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Empty => 2,
        };
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }

    fn csv(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(value) => number(*value),
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Empty => Json::Null,
            Self::Text(text) => json!(text),
            // Whole numbers stay whole.
            Self::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                json!(*value as i64)
            }
            Self::Number(value) => run_json::json(*value),
        }
    }
}

/// What a board shows.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Whether each trial has a row, rather than each point.
    pub trials: bool,
    /// The column to sort by, with `-` before it for the largest first; none: the metric.
    pub sort: Option<String>,
    /// Only rows that pass all of these.
    pub filters: Vec<Filter>,
    /// Only so many rows.
    pub top: Option<usize>,
}

/// A condition on a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    column: String,
    test: Test,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl std::str::FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let tests = [
            ("!=", Test::Unequal),
            ("<=", Test::AtMost),
            (">=", Test::AtLeast),
            ("=", Test::Equal),
            ("<", Test::Less),
            (">", Test::Greater),
        ];
        let found = tests
            .iter()
            .filter_map(|(sign, test)| Some((text.find(sign)?, *sign, *test)))
            .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
        match found {
            Some((at, sign, test)) if at > 0 => Ok(Self {
                column: text[..at].trim().to_owned(),
                test,
                value: text[at + sign.len()..].trim().trim_matches('"').to_owned(),
            }),
            _ => Err("it must be COLUMN=VALUE, or with != < <= > >=".to_owned()),
        }
    }
}

impl Filter {
    fn holds(&self, cell: &Cell) -> bool {
        let order = cell.order(&Cell::of(&self.value));
        let comparable =
            matches!((cell, Cell::of(&self.value)), (Cell::Number(_), Cell::Number(_)));
        match self.test {
            Test::Equal => order == Ordering::Equal,
            Test::Unequal => order != Ordering::Equal,
            Test::Less => comparable && order == Ordering::Less,
            Test::AtMost => comparable && order != Ordering::Greater,
            Test::Greater => comparable && order == Ordering::Greater,
            Test::AtLeast => comparable && order != Ordering::Less,
        }
    }
}

/// A column that the board does not have.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("no column {name:?}")]
#[diagnostic(code(board::column), help("the columns are: {columns}"))]
pub struct NoColumn {
    name: String,
    columns: String,
}

impl Board {
    /// The board of some experiments: groups of what compares one after the other, numbered in the
    /// column `group`.
    ///
    /// # Errors
    /// When the view names a column that there is not.
    pub fn new(summaries: &[Summary], view: &View) -> Result<Self, NoColumn> {
        Self::of(&ranking::groups(summaries, view.trials), view)
    }

    /// The board of one experiment as a table for each group of what compares, with what is to be
    /// said before it.
    ///
    /// # Errors
    /// When the view names a column that there is not.
    pub fn tables(summary: &Summary, view: &View) -> Result<Vec<(String, Self)>, NoColumn> {
        let groups = ranking::groups(std::slice::from_ref(summary), view.trials);
        let table = |group: &Group<'_>| {
            let mut board = Self::of(std::slice::from_ref(group), view)?;
            board.drop_column("experiment");
            board.drop_column("group");
            Ok((if groups.len() > 1 { apart(group) } else { by_bytes(group) }, board))
        };
        groups.iter().map(table).collect()
    }

    fn of(groups: &[Group<'_>], view: &View) -> Result<Self, NoColumn> {
        let mut board = Self { columns: columns(groups, view.trials), rows: Vec::new() };
        for (number, group) in groups.iter().enumerate() {
            for point in &group.points {
                board.rows.push(board.row(group, number + 1, point));
            }
        }
        let mut order: Vec<usize> = (0..board.rows.len()).collect();
        let filters = view.filters.iter().map(|filter| Ok((board.find(&filter.column)?, filter)));
        let filters = filters.collect::<Result<Vec<_>, NoColumn>>()?;
        order.retain(|row| {
            filters.iter().all(|(column, filter)| filter.holds(&board.rows[*row][*column]))
        });
        if let Some(sort) = &view.sort {
            let (name, down) = match sort.strip_prefix('-') {
                Some(name) => (name, true),
                None => (sort.as_str(), false),
            };
            let column = board.find(name)?;
            let cell = |row: &usize| &board.rows[*row][column];
            order.sort_by(|a, b| match (cell(a), cell(b)) {
                (Cell::Empty, _) | (_, Cell::Empty) => cell(a).order(cell(b)),
                (a, b) if down => b.order(a),
                (a, b) => a.order(b),
            });
        }
        order.truncate(view.top.unwrap_or(usize::MAX));
        board.rows = order.iter().map(|row| board.rows[*row].clone()).collect();
        Ok(board)
    }

    /// A column by its name, or by the last part of its name where that is clear.
    fn find(&self, name: &str) -> Result<usize, NoColumn> {
        let exact = self.columns.iter().position(|column| column == name);
        let last = |column: &&String| column.rsplit('.').next() == Some(name);
        let only = || match self.columns.iter().filter(last).count() {
            1 => self.columns.iter().position(|column| last(&column)),
            _ => None,
        };
        exact
            .or_else(only)
            .ok_or_else(|| NoColumn { name: name.to_owned(), columns: self.columns.join(", ") })
    }

    fn row(&self, group: &Group<'_>, number: usize, point: &Point<'_>) -> Vec<Cell> {
        let (summary, rows) = (point.summary, &point.rows);
        let status_of = |row: &&Row| summary.cell(row, "status").to_owned();
        let count = |status: &str| rows.iter().filter(|row| status_of(row) == status).count();
        // A seed that failed has no figure, and so the mean has none.
        let figures = |name: &str| -> Vec<f64> {
            let failed = |row: &&Row| (status_of(row) == "failed").then_some(f64::NAN);
            rows.iter().filter_map(|row| failed(row).or(summary.number(row, name))).collect()
        };
        let cell = |name: &String| {
            let (base, interval) = match name.strip_suffix("_interval") {
                Some(base) => (base, true),
                None => (name.as_str(), false),
            };
            match name.as_str() {
                "experiment" => Cell::Text(summary.experiment.clone()),
                "group" => Cell::Number(number as f64),
                "by" => Cell::Text(group.column.to_owned()),
                "seeds" => Cell::Number(rows.len() as f64),
                "status" => Cell::Text(status(&count, rows.len())),
                "best_epoch" => {
                    let epochs: Vec<f64> =
                        rows.iter().filter_map(|row| summary.number(row, name)).collect();
                    Cell::optional(Mean::of(&epochs).map(|mean| mean.mean))
                }
                "why" => {
                    let why = rows.iter().map(|row| summary.cell(row, "why"));
                    Cell::of(why.into_iter().find(|why| !why.is_empty()).unwrap_or_default())
                }
                _ if is_figure(base) => {
                    let mean = summary.column(base).and_then(|_| Mean::of(&figures(base)));
                    Cell::optional(match interval {
                        true => mean.and_then(|mean| mean.interval),
                        false => mean.map(|mean| mean.mean),
                    })
                }
                _ => Cell::of(rows.first().map_or("", |row| summary.cell(row, name))),
            }
        };
        self.columns.iter().map(cell).collect()
    }

    /// Takes a column away.
    pub fn drop_column(&mut self, name: &str) {
        if let Some(column) = self.columns.iter().position(|own| own == name) {
            self.columns.remove(column);
            self.rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
    }

    /// The board as CSV.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let write = |writer: &mut csv::Writer<Vec<u8>>| -> Result<(), csv::Error> {
            writer.write_record(&self.columns)?;
            for row in &self.rows {
                writer.write_record(row.iter().map(Cell::csv))?;
            }
            Ok(())
        };
        // Into memory: nothing can fail.
        let _ = write(&mut writer);
        String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
    }

    /// The board as a JSON array of objects.
    pub fn json(&self) -> String {
        let object = |row: &Vec<Cell>| {
            let cells = self.columns.iter().cloned().zip(row.iter().map(Cell::json));
            Json::Object(Map::from_iter(cells))
        };
        let rows: Vec<Json> = self.rows.iter().map(object).collect();
        serde_json::to_string_pretty(&rows).unwrap_or_default()
    }

    /// The board for people: numbers short, intervals beside their means, and no column that is
    /// empty throughout.
    pub fn text(&self) -> String {
        let column = |name: &str| self.columns.iter().position(|own| own == name);
        let any = |name: &str, is: &dyn Fn(&Cell) -> bool| {
            column(name).is_some_and(|at| self.rows.iter().any(|row| is(&row[at])))
        };
        let is_unknown = |cell: &Cell| matches!(cell, Cell::Number(share) if *share > 0.0);
        let unknown = UNKNOWN.into_iter().any(|name| any(name, &is_unknown));
        let shown = |index: &usize| {
            let name = &self.columns[*index];
            // Where text was held out, figures of training are beside the point.
            let held_out = name.strip_prefix("train_").is_some_and(|metric| {
                any(&format!("valid_{metric}"), &|cell| *cell != Cell::Empty)
            });
            let all = |cell: &Cell| self.rows.iter().all(|row| row[*index] == *cell);
            let single = name == "seeds" && all(&Cell::Number(1.0));
            let told = ["by", "text", "vocabulary"].contains(&name.as_str());
            // A perplexity with unknown words says little by itself.
            let by_bytes = any("by", &|cell| cell.csv().ends_with(BITS_PER_BYTE.name));
            let bytes = BITS_PER_BYTE.columns.contains(&name.as_str()) && !unknown && !by_bytes;
            let none = UNKNOWN.contains(&name.as_str()) && !any(name, &is_unknown);
            let hidden = name.ends_with("_interval") || held_out || single || told || bytes || none;
            !hidden && !all(&Cell::Empty)
        };
        let shown: Vec<usize> = (0..self.columns.len()).filter(shown).collect();
        let name = |index: &usize| {
            let name = &self.columns[*index];
            let last = |column: &String| column.rsplit('.').next().map(str::to_owned);
            let clear = self.columns.iter().filter(|other| last(other) == last(name)).count() == 1;
            if clear { last(name).unwrap_or_default() } else { name.clone() }
        };
        let header = std::iter::once("#".to_owned()).chain(shown.iter().map(name)).collect();
        let mut lines: Vec<Vec<String>> = vec![header];
        for (place, row) in self.rows.iter().enumerate() {
            let cells = shown.iter().map(|index| self.shown(row, *index));
            lines.push(std::iter::once((place + 1).to_string()).chain(cells).collect());
        }
        aligned(&lines)
    }

    fn shown(&self, row: &[Cell], index: usize) -> String {
        let name = &self.columns[index];
        let interval = self.columns.iter().position(|other| *other == format!("{name}_interval"));
        match (&row[index], interval.map(|interval| &row[interval])) {
            (Cell::Number(mean), Some(Cell::Number(half))) => {
                format!("{} ± {}", short(*mean), short(*half))
            }
            (Cell::Number(mean), Some(_)) => short(*mean),
            (Cell::Number(share), None) if UNKNOWN.contains(&name.as_str()) => percent(*share),
            (Cell::Number(mean), None) if name == "best_epoch" && mean.fract() != 0.0 => {
                format!("{mean:.1}")
            }
            (cell, _) => cell.csv(),
        }
    }
}

/// Lines of a table with their cells below one another.
pub fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..lines.first().map_or(0, Vec::len)).map(width).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| {
            let missing = width - cell.chars().count();
            format!("{cell}{}", " ".repeat(missing))
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The shares of unknown tokens.
const UNKNOWN: [&str; 2] = ["valid_unknown", "test_unknown"];

/// Whether a column holds a figure, of which a point has the mean.
fn is_figure(column: &str) -> bool {
    Metric::of_column(column).is_some() || UNKNOWN.contains(&column)
}

/// What tells a group's table from the others of its experiment.
fn apart(group: &Group<'_>) -> String {
    let tokens = match group.vocabulary.split_once('-') {
        Some((level, digits)) => format!(", tokens of level {level} (vocabulary {digits})"),
        None => String::new(),
    };
    let text = if group.text.is_empty() { "unknown" } else { &group.text };
    let head = format!("text {text}{tokens}: compares with no other table");
    format!("{head}{}", if by_bytes(group).is_empty() { "" } else { "; " }) + &by_bytes(group)
}

/// Why a group is in the order of bits per byte, if it is.
fn by_bytes(group: &Group<'_>) -> String {
    match group.metric == BITS_PER_BYTE {
        true => {
            "of different tokens: best first by bits per byte, since perplexities do not compare"
                .to_owned()
        }
        false => String::new(),
    }
}

/// All columns that some groups need.
fn columns(groups: &[Group<'_>], trials: bool) -> Vec<String> {
    let mut columns = vec!["experiment".to_owned()];
    if trials {
        columns.extend(["trial".to_owned(), "seed".to_owned()]);
    }
    let mut add = |name: &str| {
        if !columns.iter().any(|column| column == name) {
            columns.push(name.to_owned());
        }
    };
    let points = || groups.iter().flat_map(|group| &group.points);
    points().flat_map(|point| point.summary.swept()).for_each(|key| add(key));
    for group in groups {
        let deciding = points().flat_map(|point| point.rows.iter().map(|row| (point.summary, row)));
        let deciding = deciding.filter_map(|(own, row)| Metric::of_column(own.cell(row, "metric")));
        let metrics = std::iter::once(group.metric).chain(deciding).chain([BITS_PER_BYTE]);
        for metric in metrics {
            let has = points().any(|point| point.summary.column(metric.columns[0]).is_some());
            for name in [1, 2, 0].map(|split| metric.columns[split]).into_iter().filter(|_| has) {
                add(name);
                if !trials {
                    add(&format!("{name}_interval"));
                }
            }
        }
    }
    let has = |name: &&str| points().any(|point| point.summary.column(name).is_some());
    UNKNOWN.into_iter().filter(has).for_each(&mut add);
    ["best_epoch", "seeds", "status", "text", "vocabulary", "by", "group", "why"]
        .into_iter()
        .filter(|n| !trials || *n != "seeds")
        .for_each(add);
    columns
}

/// A share in per cent.
fn percent(share: f64) -> String {
    format!("{} %", short(share * 100.0))
}

/// `done`, or how many of which.
pub(super) fn status(count: &dyn Fn(&str) -> usize, all: usize) -> String {
    let words = ["done", "stopped", "failed", "running", "interrupted", "planned"];
    let counts: Vec<_> =
        words.iter().map(|word| (count(word), *word)).filter(|(count, _)| *count > 0).collect();
    match counts.as_slice() {
        [(count, word)] if *count == all => (*word).to_owned(),
        _ => {
            let parts = counts.iter().map(|(count, word)| format!("{count} {word}"));
            parts.collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_compare_numbers_as_numbers() {
        let holds =
            |filter: &str, cell: &str| filter.parse::<Filter>().unwrap().holds(&Cell::of(cell));
        assert!(holds("a<=10", "9.5") && !holds("a<=10", "10.5") && !holds("a<10", "x"));
        assert!(
            holds("a=1e-3", "0.001") && holds("a != adam", "sgd") && holds("a=\"adam\"", "adam")
        );
        assert!(holds("a>=2", "2") && !holds("a>2", "2") && !holds("a>2", ""));
        assert!("a".parse::<Filter>().is_err() && "=3".parse::<Filter>().is_err());
    }
}
