//! What the charts of a run show.

use std::path::{Path, PathBuf};

use super::error::ChartError;
use super::figure::{Figure, Line};
use super::save;
use super::scene::{PALE, PALETTE, Point};
use super::table::{Axis, Table};
use crate::metric;

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

/// Which columns of `metrics.csv` a chart draws.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The column measured while training.
    pub column_train: &'static str,
    /// The column measured on the validation split; it may be absent or empty.
    pub column_valid: &'static str,
    /// The name of the metric in words, for the axis.
    pub label: &'static str,
    /// Whether the smallest value is the best.
    pub lower_is_better: bool,
    /// The name of the written files, without `.svg` and `.png`.
    pub file_stem: &'static str,
}

impl From<&metric::Metric> for Metric {
    fn from(metric: &metric::Metric) -> Self {
        Self {
            column_train: metric.columns[0],
            column_valid: metric.columns[1],
            label: metric.label,
            lower_is_better: metric.lower_is_better,
            file_stem: metric.name,
        }
    }
}

impl Metric {
    /// The metric of a language model.
    pub const PERPLEXITY: Self = Self {
        column_train: "train_perplexity",
        column_valid: "valid_perplexity",
        label: "perplexity",
        lower_is_better: true,
        file_stem: "perplexity",
    };

    /// The index and place of the best of some points; the first where several are equal.
    fn best_of(&self, points: impl IntoIterator<Item = Point>) -> Option<(usize, Point)> {
        let better = |a: f64, b: f64| if self.lower_is_better { a < b } else { a > b };
        points.into_iter().enumerate().reduce(
            |best, next| {
                if better(next.1.1, best.1.1) { next } else { best }
            },
        )
    }
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
    if !table.has(metric.column_train) && !table.has(metric.column_valid) {
        return Err(table.missing(metric.column_train));
    }
    let axis = table.axis()?;
    let named = [("train", metric.column_train, 1.8), ("valid", metric.column_valid, 2.4)];
    let mut lines = Vec::new();
    for ((name, column, width), color) in named.into_iter().zip([PALETTE[1], PALETTE[0]]) {
        let points = table.points(axis, column)?;
        if !points.is_empty() {
            lines.push(Line::new(Some(name.to_owned()), points, color, width));
        }
    }
    let Some(main) = lines.last() else {
        let column = metric.column_valid.to_owned();
        return Err(ChartError::NoValues { path: metrics_csv.to_owned(), column });
    };
    let best = metric.best_of(main.points.iter().copied()).map(|(_, at)| at);
    let y_label = metric.label.to_owned();
    let figure = Figure { title, axis, y_label, lines, best, compares: false };
    save::both(&figure.scene(), out_folder, metric.file_stem)
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
    let figure = Figure { title, axis, y_label, lines, best: Some(best), compares: true };
    save::both(&figure.scene(), out_folder, metric.file_stem)
}

/// What is drawn of a bundle.
struct Trial {
    label: String,
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
                trials.push(Trial { label: bundle.label.clone(), points, band });
            }
        }
        Ok(trials)
    };
    let valid = of(metric.column_valid)?;
    if valid.is_empty() {
        return Ok((axis, "train", of(metric.column_train)?));
    }
    Ok((axis, "valid", valid))
}

/// The mean of several curves, and between which values they lie, as far as all of them go.
fn mean_of(members: &[Vec<Point>]) -> (Vec<Point>, Vec<(f64, f64, f64)>) {
    let full: Vec<_> = members.iter().filter(|points| !points.is_empty()).collect();
    if let [only] = full.as_slice() {
        return ((*only).clone(), Vec::new());
    }
    let rows = full.iter().map(|points| points.len()).min().unwrap_or(0);
    let row = |row: usize| {
        let ys: Vec<f64> = full.iter().map(|points| points[row].1).collect();
        let low = ys.iter().copied().fold(f64::INFINITY, f64::min);
        let high = ys.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (full[0][row].0, low, ys.iter().sum::<f64>() / ys.len() as f64, high)
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    let points = rows.iter().map(|(x, _, mean, _)| (*x, *mean)).collect();
    (points, rows.iter().map(|(x, low, _, high)| (*x, *low, *high)).collect())
}

/// The lines of several trials and the best point of all. The best line comes last, to be painted
/// on top; of more lines than there are colours only the best has one.
fn compared(trials: Vec<Trial>, metric: &Metric) -> Option<(Vec<Line>, Point)> {
    let bests = trials.iter().filter_map(|trial| metric.best_of(trial.points.iter().copied()));
    let (winner, best) = metric.best_of(bests.map(|(_, at)| at))?;
    let few = trials.len() <= PALETTE.len();
    let line = |(i, Trial { label, points, band }): (usize, Trial)| {
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
