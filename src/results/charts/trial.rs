//! The charts of a trial, from its record and its tables alone, so that they can be drawn again.

use crate::files::open_regular;
use crate::metric::Metric;
use crate::plot::{self, ChartError, Title};
use crate::results::title::{about_unknown, title};
use crate::runs::Paths;
use crate::runs::run_json::DataRecord;
use crate::spec::Experiment;
use crate::tasks::{self, Picture};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// What the last bytes of whole files have in them.
const ENDINGS: [(&str, &[u8]); 2] = [("svg", b"</svg>"), ("png", b"IEND")];

/// The charts of a trial.
pub struct TrialCharts<'a> {
    paths: Paths,
    metric: Metric,
    heading: Title,
    /// How its tables are drawn, by the names of the files.
    pictures: &'a BTreeMap<String, Picture>,
}

impl<'a> TrialCharts<'a> {
    /// Those of a trial of an experiment of this name.
    pub fn new(
        paths: &Paths,
        name: &str,
        experiment: &Experiment,
        data: &DataRecord,
        pictures: &'a BTreeMap<String, Picture>,
    ) -> Self {
        // Without the advice: "datasets/seinfeld (shipped sample: 131 KB; …" ends at the semicolon.
        let text = match data.provenance.description.split_once(';') {
            Some((text, _)) => format!("{text})"),
            None => data.provenance.description.clone(),
        };
        let mut heading = title(name, experiment, &text);
        let unknown = data.unknown.map_or(0.0, |[_, valid, _]| valid);
        heading.warning = heading.warning.or_else(|| about_unknown(unknown));
        let metric = tasks::metrics(experiment).deciding;
        Self { paths: paths.clone(), metric, heading, pictures }
    }

    /// Draws all of them: what went wrong.
    pub fn draw(&self) -> Vec<ChartError> {
        let all = std::iter::once(None).chain(self.pictures.keys().map(Some));
        all.filter_map(|table| self.draw_one(table).err()).collect()
    }

    /// Draws those that are not there or cut off: what was drawn, and what went wrong.
    pub fn mend(&self) -> (Vec<PathBuf>, Vec<ChartError>) {
        let (mut drawn, mut wrong) = (Vec::new(), Vec::new());
        for table in self.lacking() {
            match self.draw_one(table) {
                Ok(()) => drawn.push(self.path(table)),
                Err(error) => wrong.push(error),
            }
        }
        (drawn, wrong)
    }

    /// The charts that are not there or cut off, of what there is to draw.
    pub fn missing(&self) -> Vec<PathBuf> {
        self.lacking().into_iter().map(|table| self.path(table)).collect()
    }

    /// The tables whose charts are not there or cut off; `None` for the curves.
    fn lacking(&self) -> Vec<Option<&String>> {
        let all = std::iter::once(None).chain(self.pictures.keys().map(Some));
        let lacks = |table: &Option<&String>| {
            let is_filled = std::fs::metadata(self.table(*table)).is_ok_and(|file| file.len() > 0);
            is_filled && !is_drawn(&self.path(*table))
        };
        all.filter(lacks).collect()
    }

    fn table(&self, table: Option<&String>) -> PathBuf {
        table.map_or_else(|| self.paths.metrics(), |table| self.paths.0.join(table))
    }

    /// The chart of a table, as SVG.
    fn path(&self, table: Option<&String>) -> PathBuf {
        match table {
            None => self.paths.0.join(format!("{}.svg", self.metric.name)),
            Some(table) => self.paths.0.join(table).with_extension("svg"),
        }
    }

    fn draw_one(&self, table: Option<&String>) -> Result<(), ChartError> {
        let (csv, folder) = (self.table(table), &self.paths.0);
        if !std::fs::metadata(&csv).is_ok_and(|file| file.len() > 0) {
            return Ok(());
        }
        match table.and_then(|table| self.pictures.get(table)) {
            None => plot::trial(&csv, folder, &self.metric, &self.heading),
            Some(picture) => plot::picture(&csv, folder, *picture, &self.heading),
        }
    }
}

/// Whether a chart is there whole, as SVG and as PNG.
pub fn is_drawn(svg: &Path) -> bool {
    ENDINGS.iter().all(|(ending, last)| {
        let end = end_of(&svg.with_extension(ending)).unwrap_or_default();
        end.windows(last.len()).any(|bytes| bytes == *last)
    })
}

/// The last bytes of a file.
fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    const ENOUGH: u64 = 16;
    let (mut file, len) = open_regular(path)?;
    file.seek(SeekFrom::Start(len.saturating_sub(ENOUGH)))?;
    let mut bytes = Vec::new();
    file.take(ENOUGH).read_to_end(&mut bytes)?;
    Ok(bytes)
}
