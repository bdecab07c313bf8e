//! What a task left beside its figures: drawings and tables, as far as the page has room for them.

use crate::files::cells;
use crate::files::read_regular;
use crate::metric::ALL;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Bytes that drawings and tables take in a page.
const ROOM: usize = 1_200_000;
/// Bytes of a drawing.
const PICTURE: u64 = 400_000;
/// Bytes of a task's table, and the lines, cells and letters of it that a page shows.
const TABLE: u64 = 4_000_000;
const LINES: usize = 40;
const CELLS: usize = 40;
const LETTERS: usize = 200;
/// Where there is less room than this no table is read.
const LEAST: usize = 1_000;

/// What stands in the folder of a trial.
#[derive(Default, Serialize)]
pub(super) struct Left {
    /// Drawings: the name and the SVG.
    pub pictures: Vec<(String, String)>,
    /// Tables: the name, the first rows, and how many more there are.
    pub tables: Vec<(String, Vec<Vec<String>>, usize)>,
    /// Files that the page has no room for.
    pub not_shown: Vec<String>,
}

/// The room that is left in a page.
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(ROOM)
    }
}

impl Room {
    /// Takes some of it, if there is that much.
    fn take(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.0;
        self.0 -= if fits { bytes } else { 0 };
        fits
    }

    /// What stands in a folder but for charts of metrics, which the page draws itself.
    pub(super) fn left_in(&mut self, folder: &Path) -> Left {
        let mut left = Left::default();
        for path in files(folder) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let stem =
                path.file_stem().unwrap_or_default().to_string_lossy().replace(['_', '-'], " ");
            let shown = match path.extension().is_some_and(|ending| ending == "svg") {
                true => self.picture(&path).map(|svg| left.pictures.push((stem, svg))),
                false => self
                    .table(&path)
                    .map(|(rows, more)| left.tables.push((name.clone(), rows, more))),
            };
            if shown.is_none() {
                left.not_shown.push(name);
            }
        }
        left
    }

    fn picture(&mut self, path: &Path) -> Option<String> {
        let bytes = read_regular(path, PICTURE.min(self.0 as u64)).ok()?;
        // The page writes a `<` as six bytes.
        let tags = bytes.iter().filter(|byte| **byte == b'<').count();
        self.take(bytes.len() + 6 * tags).then(|| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The first rows of a table, and how many more there are.
    fn table(&mut self, path: &Path) -> Option<(Vec<Vec<String>>, usize)> {
        if self.0 < LEAST {
            return None;
        }
        let bytes = read_regular(path, TABLE).ok()?;
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes.as_slice());
        let mut rows = reader.into_records().flatten();
        let text = |cell: &str| cells::read(cell).chars().take(LETTERS).collect::<String>();
        let shown: Vec<Vec<String>> = rows
            .by_ref()
            .take(LINES)
            .map(|row| row.iter().take(CELLS).map(text).collect())
            .collect();
        let size = shown.iter().flatten().map(|cell| cell.len() + 3).sum();
        self.take(size).then(|| (shown, rows.count()))
    }
}

/// The drawings and tables of a folder in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("svg") => !stem.starts_with('.') && ALL.iter().all(|metric| metric.name != stem),
            Some("csv") => !["metrics", "timing"].contains(&stem.as_ref()),
            _ => false,
        }
    });
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("confusion.csv", "a,b\n1,'=2\n");
        write("metrics.csv", "epoch\n");
        write("wave.svg", &"<svg>".repeat(400));
        write("accuracy.svg", "<svg/>");
        let left = Room(2_000).left_in(folder.path());
        let rows =
            vec![vec!["a".to_owned(), "b".to_owned()], vec!["1".to_owned(), "=2".to_owned()]];
        assert_eq!(left.tables, [("confusion.csv".to_owned(), rows, 0)]);
        assert_eq!((left.pictures.len(), left.not_shown), (0, vec!["wave.svg".to_owned()]));
    }
}
