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
    // Experiments sweep different keys: each has a table of its own.
    let tables = summaries.iter().map(|summary| {
        let mut board = board(std::slice::from_ref(summary))?;
        board.drop_column("experiment");
        Ok(format!("{}\n{}", summary.headline(), board.text()))
    });
    let tables = tables.collect::<Result<Vec<_>, Failure>>()?;
    print::answer(&tables.join("\n\n"))
}
