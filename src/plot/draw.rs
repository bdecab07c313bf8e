//! What the charts of a run show.

use std::path::{Path, PathBuf};

use super::error::ChartError;
use super::figure::{Figure, Line};
use super::save;
use super::scene::{PALE, PALETTE, Point};
use super::table::{Axis, Table};
use crate::metric::Metric;
use crate::standing::Standing;

/// What stands above a chart.
#[derive(Clone, Debug, Default)]
pub struct Title {
    /// The first line, in large letters: as a rule the name of the experiment or trial.
    pub title: String,
    /// The second line: what is worth knowing at a glance, or empty.
    pub subtitle: String,
    /// What a reader must know before trusting the curves.
    pub warning: Option<String>,
}

/// The index and place of the best of some points; the first where several are equal.
fn best_of(metric: &Metric, points: &[Point]) -> Option<(usize, Point)> {
    // Of a curve only the figure is known: where it is infinite, no point is better than another.
    let stands = |point: &Point| Standing::new(metric, point.1, 0.0);
    points.iter().copied().enumerate().min_by_key(|(_, point)| stands(point))
}

/// One trial in the chart of an experiment.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What tells this trial from the others, as `hidden_size=256`.
    pub label: String,
    /// Where its numbers are.
    pub metrics_csv: PathBuf,
}

/// Trials that differ in nothing but the seed.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// What tells them from the others, as `hidden_size=256`.
    pub label: String,
    /// How they stand; none: by the best point of their curve.
    pub standing: Option<Standing>,
    /// Where the numbers of each are.
    pub metrics_csv: Vec<PathBuf>,
}

/// Draws one trial: train and valid, the best row marked. Writes `<file_stem>.svg` and `.png`
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
            lines.push(Line::new(Some(name.to_owned()), points, color, width));
        }
    }
    let Some(main) = lines.last() else {
        let column = metric.columns[1].to_owned();
        return Err(ChartError::NoValues { path: metrics_csv.to_owned(), column });
    };
    let best = best_of(metric, &main.points).map(|(_, at)| at);
    let y_label = metric.label.to_owned();
    let figure = Figure { title, axis, y_label, lines, best, compares: false };
    save::both(&figure.scene(), out_folder, metric.name)
}

/// Draws the trials of an experiment over one another, the best one standing out: valid, or train
/// if no trial has a valid value. Writes `<file_stem>.svg` and `.png` into `out_folder`.
pub fn experiment(
    curves: &[Curve],
    out_folder: &Path,
    metric: &Metric,
    title: &Title,
) -> Result<(), ChartError> {
    let bundle = |curve: &Curve| Bundle {
        label: curve.label.clone(),
        standing: None,
        metrics_csv: vec![curve.metrics_csv.clone()],
    };
    let bundles: Vec<_> = curves.iter().map(bundle).collect();
    points(&bundles, out_folder, metric, title)
}

/// Draws the points of a sweep over one another, each as the mean of its seeds with a band from
/// the lowest to the highest; otherwise as [`experiment`].
pub fn points(
    bundles: &[Bundle],
    out_folder: &Path,
    metric: &Metric,
    title: &Title,
) -> Result<(), ChartError> {
    let (axis, split, trials) = read(bundles, metric)?;
    let mut y_label = format!("{split} {}", metric.label);
    let seeds = bundles.iter().map(|bundle| bundle.metrics_csv.len()).max().unwrap_or(0);
    let what = if seeds > 1 { "points" } else { "trials" };
    if seeds > 1 {
        y_label += &format!(", mean of {seeds} seeds, band from lowest to highest");
    }
    if trials.len() < bundles.len() {
        let (drawn, all) = (trials.len(), bundles.len());
        y_label += &format!(", {drawn} of {all} {what} (the others have no value)");
    } else if trials.len() > PALETTE.len() {
        y_label += &format!(", {} {what}", trials.len());
    }
    let Some((lines, best)) = compared(trials, metric) else {
        let column = format!("{split} {}", metric.label);
        return Err(ChartError::NoValues { path: out_folder.to_owned(), column });
    };
    let figure = Figure { title, axis, y_label, lines, best, compares: true };
    save::both(&figure.scene(), out_folder, metric.name)
}

/// What is drawn of a bundle.
struct Trial {
    label: String,
    standing: Option<Standing>,
    seeds: usize,
    /// The mean.
    points: Vec<Point>,
    /// x, lowest, highest.
    band: Vec<(f64, f64, f64)>,
}

/// The bundles that have values, of which split these are, and what their rows are counted by.
fn read(
    bundles: &[Bundle],
    metric: &Metric,
) -> Result<(Axis, &'static str, Vec<Trial>), ChartError> {
    let read = |bundle: &Bundle| -> Result<Vec<Table>, ChartError> {
        bundle.metrics_csv.iter().map(|path| Table::read(path)).collect()
    };
    let tables: Vec<Vec<Table>> = bundles.iter().map(read).collect::<Result<_, _>>()?;
    let axes = tables.iter().flatten().map(Table::axis).collect::<Result<Vec<_>, _>>()?;
    let axis = if axes.contains(&Axis::Step) { Axis::Step } else { Axis::Epoch };
    let of = |column| -> Result<Vec<Trial>, ChartError> {
        let mut trials = Vec::new();
        for (bundle, tables) in bundles.iter().zip(&tables) {
            let members = tables.iter().map(|table| table.points(axis, column));
            let members: Vec<_> = members.collect::<Result<_, _>>()?;
            let (points, band) = mean_of(&members);
            if !points.is_empty() {
                let (label, standing) = (bundle.label.clone(), bundle.standing);
                let seeds = members.len();
                trials.push(Trial { label, standing, seeds, points, band });
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
/// top; of more lines than there are colours only the best has one.
fn compared(trials: Vec<Trial>, metric: &Metric) -> Option<(Vec<Line>, Option<Point>)> {
    let stands = |trial: &Trial| {
        let (_, (_, value)) = best_of(metric, &trial.points)?;
        Some(trial.standing.unwrap_or_else(|| Standing::new(metric, value, 0.0)))
    };
    let standings = trials.iter().map(|trial| stands(trial).unwrap_or(Standing::FAILED));
    let (winner, _) = standings.enumerate().min_by_key(|(_, standing)| *standing)?;
    let best = best_of(metric, &trials[winner].points).map(|(_, best)| best);
    let best = best.filter(|_| trials[winner].seeds == 1);
    let few = trials.len() <= PALETTE.len();
    let line = |(i, Trial { label, points, band, .. }): (usize, Trial)| {
        let (label, color, width) = match (i == winner, few) {
            (true, true) => (Some(label), PALETTE[i], 3.0),
            (true, false) => (Some(label), PALETTE[0], 3.0),
            (false, true) => (Some(label), PALETTE[i], 1.4),
            (false, false) => (None, PALE, 1.2),
        };
        Line { band, ..Line::new(label, points, color, width) }
    };
    let mut lines: Vec<_> = trials.into_iter().enumerate().map(line).collect();
    let top = lines.remove(winner);
    lines.push(top);
    Some((lines, best))
}
