//! What the charts of a run show.

use std::path::{Path, PathBuf};

use super::error::ChartError;
use super::figure::{Figure, Line};
use super::page::{PALE, PALETTE, Title, save};
use super::scale::Point;
use super::table::{Table, XAxis};
use crate::metric::Metric;
use crate::standing::Standing;

/// The index and place of the best of some points; the first where several are equal.
fn best_of(metric: &Metric, points: &[Point]) -> Option<(usize, Point)> {
    // Of a curve only the figure is known: where it is infinite, no point is better than another.
    let stands = |point: &Point| Standing::new(metric, point.1, 0.0);
    points.iter().copied().enumerate().min_by_key(|(_, point)| stands(point))
}

/// Trials that differ in nothing but the seed.
#[derive(Clone, Debug)]
pub struct SeedGroup {
    /// What tells them from the others, as `hidden_size=256`.
    pub label: String,
    /// How they stand; `None`: by the best point of their curve.
    pub standing: Option<Standing>,
    /// Where the numbers of each are.
    pub metrics_csv: Vec<PathBuf>,
}

/// Draws one trial: train and valid, the best row marked. Writes `<metric>.svg` and `.png`
/// into `out_folder`.
pub fn trial(
    metrics_csv: &Path,
    out_folder: &Path,
    metric: &Metric,
    title: &Title,
) -> Result<(), ChartError> {
    let table = Table::read(metrics_csv)?;
    if !table.has(metric.columns[0]) && !table.has(metric.columns[1]) {
        return Err(table.missing(metric.columns[0]));
    }
    let axis = table.axis()?;
    let named = [("train", metric.columns[0], 1.8), ("valid", metric.columns[1], 2.4)];
    let mut lines = Vec::new();
    for ((name, column, width), color) in named.into_iter().zip([PALETTE[1], PALETTE[0]]) {
        let points = finite(table.points(axis, column)?);
        if !points.is_empty() {
            let label = Some(name.to_owned());
            lines.push(Line { label, points, color, width, band: Vec::new() });
        }
    }
    let Some(main) = lines.last() else {
        let column = metric.columns[1].to_owned();
        return Err(ChartError::NoValues { path: metrics_csv.to_owned(), column });
    };
    let best = best_of(metric, &main.points).map(|(_, at)| at);
    let y_label = metric.label.to_owned();
    let figure = Figure { title, x_axis: axis, metric, y_label, lines, best, compares: false };
    save(out_folder, metric.name, |page| figure.draw(page))
}

/// Draws the points of a sweep over one another, each as the mean of its seeds with a band from
/// the lowest to the highest, the best one standing out: valid, or train if none has a valid value.
/// Writes `<metric>.svg` and `.png` into `out_folder`.
pub fn points(
    groups: &[SeedGroup],
    out_folder: &Path,
    metric: &Metric,
    title: &Title,
) -> Result<(), ChartError> {
    let (axis, split, trials) = read(groups, metric)?;
    let mut y_label = format!("{split} {}", metric.label);
    let seeds = groups.iter().map(|group| group.metrics_csv.len()).max().unwrap_or(0);
    let what = if seeds > 1 { "points" } else { "trials" };
    if seeds > 1 {
        y_label += &format!(", mean of {seeds} seeds, band from lowest to highest");
    }
    if trials.len() < groups.len() {
        let (drawn, all) = (trials.len(), groups.len());
        y_label += &format!(", {drawn} of {all} {what} (the others have no value)");
    }
    if trials.len() > PALETTE.len() {
        y_label += &format!(", the best {} of {} {what} in colour", PALETTE.len(), trials.len());
    }
    let Some((lines, best)) = compared(trials, metric) else {
        let column = format!("{split} {}", metric.label);
        return Err(ChartError::NoValues { path: out_folder.to_owned(), column });
    };
    let figure = Figure { title, x_axis: axis, metric, y_label, lines, best, compares: true };
    save(out_folder, metric.name, |page| figure.draw(page))
}

/// What is drawn of a group.
struct Mean {
    label: String,
    standing: Option<Standing>,
    seeds: usize,
    /// The mean.
    points: Vec<Point>,
    /// x, lowest, highest.
    band: Vec<(f64, f64, f64)>,
}

/// The groups that have values, of which split these are, and what their rows are counted by.
fn read(
    groups: &[SeedGroup],
    metric: &Metric,
) -> Result<(XAxis, &'static str, Vec<Mean>), ChartError> {
    let read = |group: &SeedGroup| -> Result<Vec<Table>, ChartError> {
        group.metrics_csv.iter().map(|path| Table::read(path)).collect()
    };
    let tables: Vec<Vec<Table>> = groups.iter().map(read).collect::<Result<_, _>>()?;
    let axes = tables.iter().flatten().map(Table::axis).collect::<Result<Vec<_>, _>>()?;
    let axis = if axes.contains(&XAxis::Step) { XAxis::Step } else { XAxis::Epoch };
    let of = |column| -> Result<Vec<Mean>, ChartError> {
        let mut trials = Vec::new();
        for (group, tables) in groups.iter().zip(&tables) {
            let members = tables.iter().map(|table| table.points(axis, column));
            let members: Vec<_> = members.collect::<Result<_, _>>()?;
            let (points, band) = mean_of(&members);
            if !points.is_empty() {
                let (label, standing) = (group.label.clone(), group.standing);
                let seeds = members.len();
                trials.push(Mean { label, standing, seeds, points, band });
            }
        }
        Ok(trials)
    };
    let valid = of(metric.columns[1])?;
    if valid.is_empty() {
        return Ok((axis, "train", of(metric.columns[0])?));
    }
    Ok((axis, "valid", valid))
}

/// The points that can be drawn.
fn finite(points: Vec<Point>) -> Vec<Point> {
    points.into_iter().filter(|(_, y)| y.is_finite()).collect()
}

/// The mean of several curves, and between which values they lie, as far as all of them go. Where
/// one of them is infinite the mean is, and there is no point.
fn mean_of(members: &[Vec<Point>]) -> (Vec<Point>, Vec<(f64, f64, f64)>) {
    let full: Vec<_> = members.iter().filter(|points| !points.is_empty()).collect();
    if let [only] = full.as_slice() {
        return (finite((*only).clone()), Vec::new());
    }
    let rows = full.iter().map(|points| points.len()).min().unwrap_or(0);
    let row = |row: usize| {
        let ys: Vec<f64> = full.iter().map(|points| points[row].1).collect();
        let low = ys.iter().copied().fold(f64::INFINITY, f64::min);
        let high = ys.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (full[0][row].0, low, ys.iter().sum::<f64>() / ys.len() as f64, high)
    };
    let rows: Vec<_> = (0..rows).map(row).filter(|(_, _, mean, _)| mean.is_finite()).collect();
    let points = rows.iter().map(|(x, _, mean, _)| (*x, *mean)).collect();
    (points, rows.iter().map(|(x, low, _, high)| (*x, *low, *high)).collect())
}

/// The lines of several trials and the best point of all, where the best line is of a single trial:
/// the mean of the best rows of several lies on no curve. The best line comes last, to be painted on
/// top; of more lines than there are colours the best have one, and the others are grey, below them.
fn compared(trials: Vec<Mean>, metric: &Metric) -> Option<(Vec<Line>, Option<Point>)> {
    let stands = |trial: &Mean| {
        let (_, (_, value)) = best_of(metric, &trial.points)?;
        Some(trial.standing.unwrap_or_else(|| Standing::new(metric, value, 0.0)))
    };
    let standing = |trial: &Mean| stands(trial).unwrap_or(Standing::FAILED);
    let mut order: Vec<usize> = (0..trials.len()).collect();
    order.sort_by_key(|index| standing(&trials[*index]));
    let winner = *order.first()?;
    let best = best_of(metric, &trials[winner].points).map(|(_, best)| best);
    let best = best.filter(|_| trials[winner].seeds == 1);
    let few = trials.len() <= PALETTE.len();
    let line = |(place, Mean { label, points, band, .. }): (usize, Mean)| {
        let rank = order.iter().position(|index| *index == place).unwrap_or(place);
        // Few keep the colour of their place in the plan, many that of their rank.
        let color = PALETTE.get(if few { place } else { rank });
        let width = if rank == 0 { 3.0 } else { 1.4 };
        let line = match color {
            Some(color) => Line { label: Some(label), points, color: *color, width, band },
            None => Line { label: None, points, color: PALE, width: 1.2, band },
        };
        (rank, line)
    };
    let mut lines: Vec<_> = trials.into_iter().enumerate().map(line).collect();
    lines.sort_by_key(|(rank, line)| (line.label.is_some(), std::cmp::Reverse(*rank)));
    Some((lines.into_iter().map(|(_, line)| line).collect(), best))
}
