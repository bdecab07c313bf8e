//! `runner board [PATH…]`.

use crate::cli::failure::Failure;
use crate::cli::options::positive;
use crate::cli::print::{self, Format};
use crate::results::board::{self, Board, Filter, View};
use crate::results::summaries::gather;
use crate::runs::summary_csv::Summary;
use crate::streams;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Options of a leaderboard.
#[derive(Debug, Args)]
pub(in crate::cli) struct BoardOptions {
    /// Folders of results, or of experiments under them
    #[arg(value_name = "PATH", default_value = "results", value_hint = ValueHint::DirPath)]
    pub paths: Vec<PathBuf>,
    /// Sort by a column; -COLUMN: the largest first [default: the metric, best first]
    #[arg(short, long, value_name = "COLUMN", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Show only rows with COLUMN=VALUE, or with != < <= > >=; may be repeated
    #[arg(short, long, value_name = "TEST")]
    pub filter: Vec<Filter>,
    /// Show only trials with this tag of their spec's [meta]; may be repeated: with all of them
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Show only these columns, as architecture,valid_perplexity,seeds
    #[arg(short, long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
    /// A row for each seed rather than for each point
    #[arg(long, visible_alias = "seeds")]
    pub trials: bool,
    /// Show only the first N rows
    #[arg(short = 'n', long, value_name = "N", value_parser = positive)]
    pub top: Option<usize>,
    /// Draw the charts of the experiments again, from their CSV files
    #[arg(long)]
    pub charts: bool,
    /// How it is printed.
    #[command(flatten)]
    pub format: Format,
}

/// Prints the leaderboard.
pub(in crate::cli) fn board(options: &BoardOptions) -> Result<(), Failure> {
    let mut summaries = gather(&options.paths).map_err(Failure::usage)?;
    if options.charts {
        for summary in &summaries {
            for path in crate::results::charts::draw(summary).map_err(Failure::internal)? {
                streams::tell(format_args!("drawn: {}", path.display()));
            }
        }
    }
    board::keep_tagged(&mut summaries, &options.tags).map_err(Failure::usage)?;
    let damage: Vec<_> = summaries.iter().flat_map(Summary::damage).collect();
    print::damage(&damage);
    show(&summaries, options)?;
    print::ended(&damage)
}

/// Prints it in the form that is asked for.
fn show(summaries: &[Summary], options: &BoardOptions) -> Result<(), Failure> {
    let view = View {
        trials: options.trials,
        sort: options.sort.clone(),
        filters: options.filter.clone(),
        top: options.top,
        columns: options.columns.clone(),
    };
    let board = || Board::new(summaries, &view).map_err(Failure::usage);
    if options.format.csv {
        return print::data(board()?.csv());
    }
    if options.format.json {
        return print::json(&board()?.json());
    }
    let text = board::tables(summaries, &view).map_err(Failure::usage)?;
    print::answer(&text)
}
