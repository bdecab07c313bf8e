//! The charts of an experiment, from its summary and the trials' `metrics.csv` alone.

use super::summaries::Summary;
use super::{close, metric};
use crate::chart::{self, Bundle, ChartError, Swept, Title};
use crate::record::console::short;
use crate::record::folder::Paths;
use crate::spec;
use std::path::PathBuf;

/// Draws all curves over one another; where keys are swept, also the metric against each of them,
/// and with more than two of them parallel coordinates. Returns what was written.
///
/// # Errors
/// When a table cannot be read, or a chart not be written.
pub fn draw(summary: &Summary) -> Result<Vec<PathBuf>, ChartError> {
    let (folder, metric) = (&summary.folder, &summary.metric);
    let title = title(summary);
    let bundles = bundles(summary);
    let mut stems = Vec::new();
    if bundles.is_empty() {
        return Ok(Vec::new());
    }
    chart::points(&bundles, folder, metric, &title)?;
    stems.push(metric.file_stem.to_owned());
    let points = swept(summary);
    if points.len() > 1 && !summary.swept().is_empty() {
        chart::by_key(summary.swept(), &points, folder, metric, &title)?;
        stems.push(format!("{}_by_key", metric.file_stem));
        if summary.swept().len() > 2 {
            chart::parallel(summary.swept(), &points, folder, metric, &title)?;
            stems.push(format!("{}_parallel", metric.file_stem));
        }
    }
    Ok(stems.into_iter().map(|stem| folder.join(stem + ".svg")).collect())
}

/// The name of the experiment, and its best point; where nothing is swept, its network.
fn title(summary: &Summary) -> Title {
    let metric = &summary.metric;
    let first = summary.rows.first().map(|row| summary.folder.join(summary.cell(row, "trial")));
    let spec = first.and_then(|folder| spec::load(&Paths(folder).spec(), &[]).ok());
    let own = spec.and_then(|spec| spec.trials.into_iter().next());
    let plain = match own {
        Some(trial) => close::title(&summary.experiment, &trial.experiment, ""),
        None => Title { title: summary.experiment.clone(), ..Title::default() },
    };
    let best = swept(summary).into_iter().reduce(|best, next| {
        if metric.cost(next.metric) < metric.cost(best.metric) { next } else { best }
    });
    let Some(best) = best.filter(|_| !summary.swept().is_empty()) else {
        return plain;
    };
    let values = summary.swept().iter().zip(&best.values).filter(|(_, v)| !v.is_empty());
    let values = values.map(|(key, value)| format!("{}={value}", metric::last(key)));
    let values = values.collect::<Vec<_>>().join(", ");
    let subtitle = format!("best {} {}: {values}", metric.label, short(best.metric));
    Title { subtitle, ..plain }
}

/// The points with rows, each with its trials that have some.
fn bundles(summary: &Summary) -> Vec<Bundle> {
    let has_rows = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    let bundle = |point: &Vec<&Vec<String>>| {
        let metrics = point
            .iter()
            .map(|row| Paths(summary.folder.join(summary.cell(row, "trial"))).metrics());
        let metrics_csv: Vec<PathBuf> = metrics.filter(has_rows).collect();
        Bundle { label: label(summary, point), metrics_csv }
    };
    let bundles = summary.points().iter().map(bundle).collect::<Vec<_>>();
    bundles.into_iter().filter(|bundle| !bundle.metrics_csv.is_empty()).collect()
}

/// What tells a point from the others.
fn label(summary: &Summary, point: &[&Vec<String>]) -> String {
    let Some(row) = point.first() else {
        return String::new();
    };
    let values = summary.swept().iter().map(|key| (key, summary.cell(row, key)));
    let values = values.filter(|(_, value)| !value.is_empty());
    // Of many keys there is room for the values alone.
    let many = summary.swept().len() > 2;
    let part = |(key, value): (&String, &str)| match many {
        true => value.to_owned(),
        false => format!("{}={value}", metric::last(key)),
    };
    let mut parts: Vec<String> = values.map(part).collect();
    if point.len() == 1 {
        parts.push(format!("seed={}", summary.cell(row, "seed")));
    } else if parts.is_empty() {
        parts.push(format!("{} seeds", point.len()));
    }
    parts.join(" ")
}

/// The points that have a value, with the mean over their seeds.
fn swept(summary: &Summary) -> Vec<Swept> {
    let point = |point: &Vec<&Vec<String>>| {
        let values: Vec<f64> = point.iter().filter_map(|row| summary.value(row)).collect();
        let row = point.first()?;
        (!values.is_empty()).then(|| Swept {
            values: summary.swept().iter().map(|key| summary.cell(row, key).to_owned()).collect(),
            metric: values.iter().sum::<f64>() / values.len() as f64,
        })
    };
    summary.points().iter().filter_map(point).collect()
}
