//! The leaderboard: points of sweeps with the mean over their seeds, best first, in groups of what
//! compares.

mod cell;
mod columns;
mod filter;
mod tables;
mod tagged;

pub use cell::Cell;
#[cfg(feature = "watch")]
pub(super) use columns::{apart, by_bytes};
pub use filter::Filter;
pub use tables::tables;
pub(crate) use tagged::keep_tagged;

use super::ranking::{self, Group, Point, Row};
use super::statistics::Mean;
use crate::data::percent;
use crate::files::cells;
use crate::format::{aligned, clear_key_name, key_name, short};
use crate::metric::BITS_PER_BYTE;
use crate::runs::summary_csv::Summary;
use columns::{UNKNOWN, columns, is_figure};
use serde_json::{Map, Value as Json};

/// A leaderboard as a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows, in order.
    pub rows: Vec<Vec<Cell>>,
    /// Whether someone has named the columns: then people are shown all of them.
    named: bool,
}

/// What a board shows.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Whether each trial has a row, rather than each point.
    pub trials: bool,
    /// The column to sort by, with `-` before it for the largest first; `None`: the metric.
    pub sort: Option<String>,
    /// Only rows that pass all of these.
    pub filters: Vec<Filter>,
    /// At most this number of rows.
    pub top: Option<usize>,
    /// Only these columns, in this order; `None`: all.
    pub columns: Option<Vec<String>>,
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

    /// The board of some groups.
    ///
    /// # Errors
    /// When the view names a column that there is not.
    pub fn of(groups: &[Group<'_>], view: &View) -> Result<Self, NoColumn> {
        let mut board =
            Self { columns: columns(groups, view.trials), rows: Vec::new(), named: false };
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
                (a, b) if a.is_nothing() || b.is_nothing() => a.is_nothing().cmp(&b.is_nothing()),
                (a, b) if down => b.order(a),
                (a, b) => a.order(b),
            });
        }
        order.truncate(view.top.unwrap_or(usize::MAX));
        board.rows = order.iter().map(|row| board.rows[*row].clone()).collect();
        match &view.columns {
            Some(columns) => board.only(columns),
            None => Ok(board),
        }
    }

    /// The board with those of some columns that it has.
    fn with_those(&self, names: &[String]) -> Self {
        self.taken(names.iter().filter_map(|name| self.find(name).ok()))
    }

    /// The board with some of its columns.
    fn only(&self, names: &[String]) -> Result<Self, NoColumn> {
        let found = names.iter().map(|name| self.find(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.taken(found.into_iter()))
    }

    /// The board with some of its columns; the intervals of figures go with them.
    fn taken(&self, columns: impl Iterator<Item = usize>) -> Self {
        let interval = |column| self.column(&format!("{}_interval", self.columns[column]));
        let shown: Vec<usize> =
            columns.flat_map(|column| std::iter::once(column).chain(interval(column))).collect();
        let take = |row: &Vec<Cell>| shown.iter().map(|column| row[*column].clone()).collect();
        let columns = shown.iter().map(|column| self.columns[*column].clone()).collect();
        Self { columns, rows: self.rows.iter().map(take).collect(), named: true }
    }

    /// A column by its name, or by the last part of its name where that is clear.
    fn find(&self, name: &str) -> Result<usize, NoColumn> {
        let exact = self.column(name);
        let last = |column: &&String| key_name(column) == name;
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
                "status" => Cell::Text(summary.status_of(rows)),
                "best_epoch" => {
                    let epochs: Vec<f64> =
                        rows.iter().filter_map(|row| summary.number(row, name)).collect();
                    Cell::optional(Mean::of(&epochs).map(|mean| mean.mean))
                }
                "tags" => tagged::tags(summary, rows),
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
        if let Some(column) = self.column(name) {
            self.columns.remove(column);
            self.rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
    }

    /// The board as CSV.
    pub fn csv(&self) -> String {
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::csv).collect());
        let rows = std::iter::once(self.columns.clone()).chain(rows);
        // Into memory, and all rows have the same columns: nothing can fail.
        String::from_utf8_lossy(&cells::table(rows).unwrap_or_default()).into_owned()
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
        let shown: Vec<usize> = (0..self.columns.len()).filter(|at| self.is_shown(*at)).collect();
        let name = |index: &usize| {
            let name = &self.columns[*index];
            clear_key_name(name, self.columns.iter().map(String::as_str)).to_owned()
        };
        let header = std::iter::once("#".to_owned()).chain(shown.iter().map(name)).collect();
        let mut lines: Vec<Vec<String>> = vec![header];
        for (place, row) in self.rows.iter().enumerate() {
            let cells = shown.iter().map(|index| self.shown(row, *index));
            lines.push(std::iter::once((place + 1).to_string()).chain(cells).collect());
        }
        let shares = UNKNOWN.into_iter().filter_map(|name| {
            let share = self.common(self.column(name)?).filter(|share| *share > 0.0)?;
            Some(format!("{} of {}", percent(share), name.trim_end_matches("_unknown")))
        });
        let shares: Vec<String> = shares.collect();
        match shares.as_slice() {
            [] => aligned(&lines),
            shares => format!("{}\nunknown tokens: {}", aligned(&lines), shares.join(", ")),
        }
    }

    /// Whether people are shown a column.
    fn is_shown(&self, index: usize) -> bool {
        let name = self.columns[index].as_str();
        // It stands beside its figure.
        if name.strip_suffix("_interval").is_some_and(|figure| self.column(figure).is_some()) {
            return false;
        }
        if self.named {
            return true;
        }
        let is_unknown = |cell: &Cell| matches!(cell, Cell::Number(share) if *share > 0.0);
        let unknown = UNKNOWN.into_iter().any(|name| self.any(name, &is_unknown));
        // Where text was held out, figures of training are beside the point.
        let held_out = name.strip_prefix("train_").is_some_and(|metric| {
            self.any(&format!("valid_{metric}"), &|cell| *cell != Cell::Empty)
        });
        let all = |cell: &Cell| self.rows.iter().all(|row| row[index] == *cell);
        let single = name == "seeds" && all(&Cell::Number(1.0));
        let told = ["by", "text", "vocabulary"].contains(&name);
        // A perplexity with unknown words says little by itself.
        let by_bytes = self.any("by", &|cell| cell.csv().ends_with(BITS_PER_BYTE.name));
        let bytes = BITS_PER_BYTE.columns.contains(&name) && !unknown && !by_bytes;
        // A share that all have stands below the table.
        let none = UNKNOWN.contains(&name) && self.common(index).is_some();
        let hidden = held_out || single || told || bytes || none;
        !hidden && !all(&Cell::Empty)
    }

    /// The number of a column.
    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|own| own == name)
    }

    /// Whether a column has such a cell.
    fn any(&self, name: &str, is: &dyn Fn(&Cell) -> bool) -> bool {
        self.column(name).is_some_and(|at| self.rows.iter().any(|row| is(&row[at])))
    }

    /// The number that a column has in all rows with a number; 0 where none has one.
    fn common(&self, column: usize) -> Option<f64> {
        let mut numbers = self.rows.iter().filter_map(|row| match row[column] {
            Cell::Number(number) => Some(number),
            _ => None,
        });
        let first = numbers.next().unwrap_or(0.0);
        numbers.all(|number| number == first).then_some(first)
    }

    fn shown(&self, row: &[Cell], index: usize) -> String {
        let name = &self.columns[index];
        let interval = self.column(&format!("{name}_interval"));
        match (&row[index], interval.map(|interval| &row[interval])) {
            (Cell::Number(mean), Some(Cell::Number(half))) => {
                format!("{} ± {}", short(*mean), short(*half))
            }
            (Cell::Number(share), None) if UNKNOWN.contains(&name.as_str()) => percent(*share),
            (Cell::Number(mean), _) if is_figure(name) => short(*mean),
            (Cell::Number(mean), None) if name == "best_epoch" && mean.fract() != 0.0 => {
                format!("{mean:.1}")
            }
            (cell, _) => cell.csv(),
        }
    }
}
