//! Which columns a leaderboard has, and what is said of its groups.

use crate::metric::{BITS_PER_BYTE, Metric};
use crate::results::ranking::Group;

/// The shares of unknown tokens.
pub(super) const UNKNOWN: [&str; 2] = ["valid_unknown", "test_unknown"];

/// Whether a column holds a figure, of which a point has the mean.
pub(super) fn is_figure(column: &str) -> bool {
    Metric::of_column(column).is_some() || UNKNOWN.contains(&column)
}

/// What tells a group's table from the others of its experiment.
pub fn apart(group: &Group<'_>) -> String {
    let tokens = match group.vocabulary.split_once('-') {
        Some((level, digits)) => format!(", tokens of level {level} (vocabulary {digits})"),
        None => String::new(),
    };
    let text = if group.text.is_empty() { "unknown" } else { &group.text };
    let head = format!("text {text}{tokens}: compares with no other table");
    format!("{head}{}", if by_bytes(group).is_empty() { "" } else { "; " }) + &by_bytes(group)
}

/// Why a group is in the order of bits per byte, if it is.
pub fn by_bytes(group: &Group<'_>) -> String {
    match group.metric == BITS_PER_BYTE {
        true => {
            "of different tokens or figures: best first by bits per byte, which compare".to_owned()
        }
        false => String::new(),
    }
}

/// All columns that some groups need.
pub(super) fn columns(groups: &[Group<'_>], trials: bool) -> Vec<String> {
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
    let tagged = points().any(|point| point.summary.column("tags").is_some());
    ["best_epoch", "seeds", "status", "text", "vocabulary", "by", "group", "tags", "why"]
        .into_iter()
        .filter(|n| !trials || *n != "seeds")
        .filter(|n| tagged || *n != "tags")
        .for_each(add);
    columns
}
