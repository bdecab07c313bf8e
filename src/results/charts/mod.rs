//! The charts of an experiment, from its summary and the trials' `metrics.csv` alone.

pub mod trial;

use super::ranking::{self, Group, Point};
use super::statistics::Mean;
use super::title;
use crate::files::links;
use crate::format::{key_name, plural, short};
use crate::metric::{self as figures, PERPLEXITY};
use crate::plot::{self, ChartError, SeedGroup, Swept, Title};
use crate::runs::Paths;
use crate::runs::summary_csv::Summary;
use crate::spec;
use std::fs;
use std::path::{Path, PathBuf};

/// Draws all curves over one another; where keys are swept, also the metric against each of them,
/// and with more than two of them parallel coordinates. Returns what was written.
///
/// Only figures that compare stand in one chart: those of the group that the board has first.
///
/// # Errors
/// When a table cannot be read, or a chart not be written.
pub fn draw(summary: &Summary) -> Result<Vec<PathBuf>, ChartError> {
    let groups = ranking::groups(std::slice::from_ref(summary), false);
    let Some(group) = groups.first() else { return Ok(Vec::new()) };
    let others: usize =
        groups[1..].iter().flat_map(|group| &group.points).map(|it| it.rows.len()).sum();
    let (folder, metric) = (&summary.folder, &group.metric);
    let title = heading(summary, group, others);
    // In the order of the plan: each point keeps its colour.
    let points = in_order(summary, group);
    let bundles = bundles(summary, &points);
    if bundles.is_empty() {
        return Ok(Vec::new());
    }
    plot::points(&bundles, folder, metric, &title)?;
    let swept: Vec<Swept> =
        points.iter().filter_map(|point| swept(summary, group, point)).collect();
    if swept.len() > 1 && !summary.swept().is_empty() {
        plot::by_key(summary.swept(), &swept, folder, metric, &title)?;
        if summary.swept().len() > 2 {
            plot::parallel(summary.swept(), &swept, folder, metric, &title)?;
        }
    }
    let stems = stems(summary, group, &points);
    take_away_old(folder, &stems);
    Ok(stems.into_iter().map(|stem| folder.join(stem + ".svg")).collect())
}

/// The charts that [`draw`] draws, as SVG.
pub fn all(summary: &Summary) -> Vec<PathBuf> {
    let groups = ranking::groups(std::slice::from_ref(summary), false);
    let Some(group) = groups.first() else { return Vec::new() };
    let stems = stems(summary, group, &in_order(summary, group));
    stems.into_iter().map(|stem| summary.folder.join(stem + ".svg")).collect()
}

/// The names of the charts of a group, without their endings.
fn stems(summary: &Summary, group: &Group<'_>, points: &[&Point<'_>]) -> Vec<String> {
    let name = group.metric.name;
    if bundles(summary, points).is_empty() {
        return Vec::new();
    }
    let drawn = points.iter().filter(|point| point.standing.is_some()).count();
    let by_key = drawn > 1 && !summary.swept().is_empty();
    let kinds =
        [("", true), ("_by_key", by_key), ("_parallel", by_key && summary.swept().len() > 2)];
    let drawn = kinds.into_iter().filter(|(_, drawn)| *drawn);
    drawn.map(|(kind, _)| format!("{name}{kind}")).collect()
}

/// Takes away charts of earlier trials that are drawn otherwise now.
fn take_away_old(folder: &Path, drawn: &[String]) {
    for metric in figures::ALL {
        for kind in ["", "_by_key", "_parallel"] {
            let stem = format!("{}{kind}", metric.name);
            if !drawn.contains(&stem) {
                // As a rule there is none.
                let remove = |ending| fs::remove_file(folder.join(format!("{stem}.{ending}")));
                ["svg", "png"].into_iter().for_each(|ending| drop(remove(ending)));
            }
        }
    }
}

/// A group's points in the order of the summary.
fn in_order<'a>(summary: &Summary, group: &'a Group<'a>) -> Vec<&'a Point<'a>> {
    let mut points: Vec<&Point<'_>> = group.points.iter().collect();
    points
        .sort_by_key(|point| summary.rows.iter().position(|row| std::ptr::eq(row, point.rows[0])));
    points
}

/// The name of the experiment, and its best point; where nothing is swept, its network.
fn heading(summary: &Summary, group: &Group<'_>, others: usize) -> Title {
    let metric = &group.metric;
    let first = summary.rows.first().map(|row| summary.folder.join(summary.cell(row, "trial")));
    let spec = first.and_then(|folder| spec::load(&Paths(folder).spec(), &[]).ok());
    let own = spec.and_then(|spec| spec.trials.into_iter().next());
    let mut title = match own {
        Some(trial) => title::title(&summary.experiment, &trial.experiment, ""),
        None => Title { title: summary.experiment.clone(), ..Title::default() },
    };
    let best = group.points.first().filter(|_| !summary.swept().is_empty());
    if let Some((point, standing)) = best.and_then(|best| Some((best, best.standing?))) {
        let cell = |key: &String| summary.cell(point.rows[0], key).to_owned();
        let values = summary.swept().iter().map(|key| (key, cell(key)));
        let values = values.filter(|(_, value)| !value.is_empty());
        let values = values.map(|(key, value)| format!("{}={value}", key_name(key)));
        let values = values.collect::<Vec<_>>().join(", ");
        let value = short(standing.value(metric));
        title.subtitle = format!("best {} {value}: {values}", metric.label);
    }
    let unknown = |row: &&Vec<String>| summary.number(row, "valid_unknown");
    let shares = group.points.iter().flat_map(|point| &point.rows).filter_map(unknown);
    if *metric == PERPLEXITY && title.warning.is_none() {
        title.warning = title::about_unknown(shares.fold(0.0, f64::max));
    }
    if others > 0 {
        let trials = plural(others, "trial");
        // What is left out is said before what the figures are worth.
        let left_out = format!("{trials} of another text or other tokens not drawn");
        title.warning = Some(match title.warning {
            Some(warning) => format!("{left_out}; {warning}"),
            None => left_out,
        });
    }
    title
}

/// The points with rows, each with its trials that have some.
fn bundles(summary: &Summary, points: &[&Point<'_>]) -> Vec<SeedGroup> {
    let has_rows = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    let bundle = |point: &&Point<'_>| {
        let trials = point.rows.iter().map(|row| summary.folder.join(summary.cell(row, "trial")));
        let trials = trials.filter(|folder| links::check(folder).is_ok());
        let metrics = trials.map(|folder| Paths(folder).metrics());
        let metrics_csv: Vec<PathBuf> = metrics.filter(has_rows).collect();
        SeedGroup { label: label(summary, point), standing: point.standing, metrics_csv }
    };
    let bundles = points.iter().map(bundle);
    bundles.filter(|bundle| !bundle.metrics_csv.is_empty()).collect()
}

/// What tells a point from the others.
fn label(summary: &Summary, point: &Point<'_>) -> String {
    let row = point.rows[0];
    let values = summary.swept().iter().map(|key| (key, summary.cell(row, key)));
    let values = values.filter(|(_, value)| !value.is_empty());
    // Of many keys there is room for the values alone.
    let many = summary.swept().len() > 2;
    let part = |(key, value): (&String, &str)| match many {
        true => value.to_owned(),
        false => format!("{}={value}", key_name(key)),
    };
    let mut parts: Vec<String> = values.map(part).collect();
    if point.rows.len() == 1 {
        parts.push(format!("seed={}", summary.cell(row, "seed")));
    } else if parts.is_empty() {
        parts.push(format!("{} seeds", point.rows.len()));
    }
    parts.join(" ")
}

/// A point with its seeds and the mean over them, if it has one.
fn swept(summary: &Summary, group: &Group<'_>, point: &Point<'_>) -> Option<Swept> {
    let cell = |key: &String| summary.cell(point.rows[0], key).to_owned();
    let standing = point.standing?;
    let values = summary.swept().iter().map(cell).collect();
    let seeds = point.rows.iter().filter_map(|row| summary.number(row, group.column));
    let seeds: Vec<f64> = seeds.collect();
    let interval = Mean::of(&seeds).and_then(|mean| mean.interval);
    Some(Swept { values, metric: standing.value(&group.metric), interval, seeds, standing })
}
