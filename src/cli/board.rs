//! `runner board [PATH…]`.

use super::arguments::BoardOptions;
use super::{Failure, print};
use crate::sweep::board::{Board, View};
use crate::sweep::summaries::{Summary, gather};

/// Prints the leaderboard.
///
/// # Errors
/// When there is no experiment, or a column is named that there is not.
pub fn board(options: &BoardOptions) -> Result<(), Failure> {
    let summaries = gather(&options.paths).map_err(Failure::usage)?;
    if options.charts {
        for summary in &summaries {
            for path in crate::sweep::charts::draw(summary).map_err(Failure::internal)? {
                eprintln!("drawn: {}", path.display());
            }
        }
    }
    let view = View {
        trials: options.trials,
        sort: options.sort.clone(),
        filters: options.filter.clone(),
        top: options.top,
    };
    let board = |summaries: &[Summary]| Board::new(summaries, &view).map_err(Failure::usage);
    if options.format.csv {
        return print::answer(&board(&summaries)?.csv());
    }
    if options.format.json {
        return print::answer(&board(&summaries)?.json());
    }
    // Experiments sweep different keys: each has a table of its own. One without the column to sort
    // by stays in its order, and what has no column to filter by is filtered out.
    let of = |summary, view| Board::new(std::slice::from_ref(summary), view);
    let tables: Vec<_> = summaries.iter().map(|summary| of(summary, &view)).collect();
    if tables.iter().all(Result::is_err) {
        tables.into_iter().collect::<Result<Vec<_>, _>>().map_err(Failure::usage)?;
        return Ok(());
    }
    let unsorted = View { sort: None, ..view.clone() };
    let told = summaries.iter().zip(tables).filter_map(|(summary, table)| {
        let mut board = table.or_else(|_| of(summary, &unsorted)).ok()?;
        board.drop_column("experiment");
        Some(format!("{}\n{}", summary.headline(), board.text()))
    });
    print::answer(&told.collect::<Vec<_>>().join("\n\n"))
}
