//! Results in groups that compare, each with its best first.
//!
//! Figures compare that are of the same text, and of the same tokens where they are figures a token:
//! a perplexity at level `word` is not that at level `char`. Language models of one text with other
//! tokens are put in order by bits per byte, which compare.

use crate::metric::{BITS_PER_BYTE, LOSS, LOSS_COLUMNS, Metric};
use crate::runs::summary_csv::Summary;
use crate::standing::Standing;
use std::collections::BTreeMap;

/// A trial's row of a summary.
pub type Row = Vec<String>;

/// Points whose figures compare, the best first; those without a figure come last.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The figure that puts them in order.
    pub metric: Metric,
    /// Its column, as `valid_perplexity`.
    pub column: &'static str,
    /// What tells the text from those of other groups.
    pub text: String,
    /// What tells the tokens from those of other groups; empty where the figure does not depend on
    /// them.
    pub vocabulary: String,
    /// The points.
    pub points: Vec<Point<'a>>,
}

/// Trials that differ in nothing but the seed.
#[derive(Clone, Debug)]
pub struct Point<'a> {
    /// The summary that it is of.
    pub summary: &'a Summary,
    /// Their rows.
    pub rows: Vec<&'a Row>,
    /// How they stand in the mean over those that have ended; `None` before the first has.
    pub standing: Option<Standing>,
}

/// A row with its summary, and what its figure compares with.
struct Entry<'a> {
    /// The place of the summary among all.
    number: usize,
    summary: &'a Summary,
    row: &'a Row,
    key: Key,
}

/// What two figures must share to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What tells the text from others.
    pub text: String,
    /// What tells the tokens from others; empty where the figure does not depend on them.
    pub vocabulary: String,
    /// The figure's column, as `valid_perplexity`.
    pub column: String,
}

/// The rows of some summaries in groups, those of the first rows first; with `trials` each row is a
/// point of its own.
pub fn groups(summaries: &[Summary], trials: bool) -> Vec<Group<'_>> {
    let entries: Vec<Entry<'_>> =
        summaries.iter().enumerate().flat_map(|(number, it)| entries(number, it)).collect();
    let mut keys: Vec<(&Key, Option<Key>)> = Vec::new();
    for entry in &entries {
        if keys.iter().all(|(known, _)| *known != &entry.key) {
            keys.push((&entry.key, by_bytes(&entry.key, &entries)));
        }
    }
    let mut groups: Vec<(Key, Vec<Point<'_>>)> = Vec::new();
    let mut places: BTreeMap<(usize, usize, Vec<&str>), usize> = BTreeMap::new();
    for Entry { number, summary, row, key } in &entries {
        let common = keys.iter().find(|(known, _)| *known == key);
        let key = common.and_then(|(_, common)| common.as_ref()).unwrap_or(key);
        let group = groups.iter().position(|(known, _)| known == key).unwrap_or(groups.len());
        if group == groups.len() {
            groups.push((key.clone(), Vec::new()));
        }
        let points = &mut groups[group].1;
        let place = places.entry((group, *number, summary.values(row))).or_insert(points.len());
        match points.get_mut(*place).filter(|_| !trials) {
            Some(point) => point.rows.push(row),
            None => points.push(Point { summary, rows: vec![row], standing: None }),
        }
    }
    groups.into_iter().map(|(key, points)| ordered(key, points)).collect()
}

/// The rows of a summary. A trial without a record has no text yet: it stands with the others of its
/// experiment.
fn entries(number: usize, summary: &Summary) -> Vec<Entry<'_>> {
    let keys: Vec<Key> = summary.rows.iter().map(|row| summary.key(row)).collect();
    let known = keys.iter().find(|key| !key.text.is_empty()).cloned();
    let keys = keys.into_iter().map(|key| match &known {
        Some(known) if key.text.is_empty() => known.clone(),
        _ => key,
    });
    summary.rows.iter().zip(keys).map(|(row, key)| Entry { number, summary, row, key }).collect()
}

/// The key of bits per byte, if the text of a key has figures of other tokens too and all of them
/// have bits per byte.
fn by_bytes(key: &Key, entries: &[Entry<'_>]) -> Option<Key> {
    let (split, _) = key.column.split_once('_')?;
    let column = format!("{split}_{}", BITS_PER_BYTE.name);
    let of_text = || entries.iter().filter(|entry| entry.key.text == key.text);
    let has = |entry: &Entry<'_>| {
        entry.summary.has_no_figure(entry.row) || entry.summary.number(entry.row, &column).is_some()
    };
    let others = !key.text.is_empty() && of_text().any(|entry| entry.key != *key);
    let text = key.text.clone();
    (others && of_text().all(has)).then(|| Key { vocabulary: String::new(), column, text })
}

/// A group's points, each with its standing, the best first.
fn ordered(key: Key, mut points: Vec<Point<'_>>) -> Group<'_> {
    let metric = Metric::of_column(&key.column).unwrap_or(LOSS);
    let split = metric.columns.iter().position(|column| *column == key.column).unwrap_or(0);
    for point in &mut points {
        let stands = |row: &&Row| point.summary.standing(row, &metric, split);
        let standings: Vec<Standing> = point.rows.iter().filter_map(stands).collect();
        point.standing = Standing::mean(&standings);
    }
    points.sort_by_key(|point| (point.standing.is_none(), point.standing));
    let Key { text, vocabulary, .. } = key;
    Group { metric, column: metric.columns[split], text, vocabulary, points }
}

impl Summary {
    /// What a row's figure compares with.
    fn key(&self, row: &Row) -> Key {
        let cell = |name: &str| self.cell(row, name).to_owned();
        Key { text: cell("text"), vocabulary: cell("vocabulary"), column: cell("metric") }
    }

    /// How a row stands by a metric on a split; `None` before it has a figure.
    fn standing(&self, row: &Row, metric: &Metric, split: usize) -> Option<Standing> {
        if self.cell(row, "status") == "failed" {
            return Some(Standing::FAILED);
        }
        let value = self.number(row, metric.columns[split])?;
        // Losses of different tokens do not compare: bits per byte stand for themselves.
        let loss = match *metric == BITS_PER_BYTE {
            true => value,
            false => self.number(row, LOSS_COLUMNS[split]).unwrap_or(f64::NAN),
        };
        Some(Standing::new(metric, value, loss))
    }

    /// Whether a row has no figure: it has failed, or no row of its own yet.
    fn has_no_figure(&self, row: &Row) -> bool {
        self.number(row, LOSS_COLUMNS[0]).is_none()
    }
}
