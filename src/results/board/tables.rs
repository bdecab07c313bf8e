//! The leaderboard for people: a table for each group of what compares, whatever experiments it is of.

use super::columns::{apart, by_bytes};
use super::{Board, NoColumn, View};
use crate::format::plural;
use crate::results::ranking::{self, Group};
use crate::runs::summary_csv::Summary;

/// The tables of some experiments. One without the column to sort by stays in its order, one without
/// the column to filter by is left out, and of the columns to show each has its own.
///
/// # Errors
/// When no table has a column that the view names.
pub fn tables(summaries: &[Summary], view: &View) -> Result<String, NoColumn> {
    let groups = ranking::groups(summaries, view.trials);
    if let Some(columns) = &view.columns {
        // Those of all tables: what none has is a mistake.
        Board::of(&groups, &View { columns: Some(columns.clone()), ..View::default() })?;
    }
    let unsorted = View { sort: None, ..view.clone() };
    let (mut shown, mut missing) = (Vec::new(), None);
    let mut told: Vec<&Summary> = Vec::new();
    for group in &groups {
        let experiments = experiments(group);
        let table = |view: &View| {
            let mut board =
                Board::of(std::slice::from_ref(group), &View { columns: None, ..view.clone() })?;
            if let Some(columns) = &view.columns {
                return Ok(board.with_those(columns));
            }
            board.drop_column("group");
            if experiments.len() == 1 {
                board.drop_column("experiment");
            }
            Ok(board)
        };
        let board = table(view).or_else(|error| {
            missing.get_or_insert(error);
            table(&unsorted)
        });
        let Ok(board) = board else { continue };
        let mut lines = heading(group, &experiments, &groups, &told);
        told.extend(experiments);
        lines.push(board.text());
        lines.retain(|line| !line.is_empty());
        shown.push(lines.join("\n"));
    }
    match missing {
        Some(error) if shown.is_empty() || groups.iter().all(|group| lacks(group, view)) => {
            Err(error)
        }
        _ => Ok(shown.join("\n\n")),
    }
}

/// What stands above a group's table: how its experiment stands, if that has not been told, or which
/// experiments it is of; and why it is a table of its own.
fn heading(
    group: &Group<'_>,
    experiments: &[&Summary],
    groups: &[Group<'_>],
    told: &[&Summary],
) -> Vec<String> {
    let [one] = experiments else {
        let names: Vec<&str> = experiments.iter().map(|it| it.experiment.as_str()).collect();
        let points = plural(group.points.len(), "point");
        return vec![format!("{}: {points} of one text", names.join(", ")), by_bytes(group)];
    };
    let own = |other: &&Group<'_>| other.points.iter().any(|point| same(point.summary, one));
    let alone = groups.iter().filter(own).count() == 1;
    let is_told = told.iter().any(|known| same(known, one));
    let headline = if is_told { String::new() } else { one.headline() };
    vec![headline, if alone { by_bytes(group) } else { apart(group) }]
}

/// Whether a group's board does not have a column that the view names.
fn lacks(group: &Group<'_>, view: &View) -> bool {
    Board::of(std::slice::from_ref(group), view).is_err()
}

fn same(a: &Summary, b: &Summary) -> bool {
    std::ptr::eq(a, b)
}

/// The experiments that a group has points of.
fn experiments<'a>(group: &Group<'a>) -> Vec<&'a Summary> {
    let mut all: Vec<&Summary> = Vec::new();
    for point in &group.points {
        if !all.iter().any(|known| same(known, point.summary)) {
            all.push(point.summary);
        }
    }
    all
}
