//! What a task left beside its figures: drawings and tables.

use super::families::families;
use super::html::svg_address;
use crate::files::cells;
use crate::files::read_regular;
use crate::runs::metrics_csv::Columns;
use maud::{Markup, html};
use std::path::{Path, PathBuf};

/// Bytes of a picture.
const PICTURE: u64 = 400_000;
/// Bytes of a task's table, and the lines and cells of it that a page shows.
const TABLE: u64 = 4_000_000;
const LINES: usize = 40;
const CELLS: usize = 40;
/// Letters of a cell.
const LETTERS: usize = 200;

/// The files of a folder with an ending, in the order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == ending));
    files.sort();
    files
}

/// The SVG files of a folder but for those whose metric is drawn already.
pub(super) fn pictures(folder: &Path, metrics: &Columns) -> Markup {
    let drawn = families(metrics);
    let picture = |path: PathBuf| {
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        let bytes = read_regular(&path, PICTURE).ok()?;
        let wanted = !stem.starts_with('.') && drawn.iter().all(|(metric, _)| *metric != stem);
        let name = stem.replace(['_', '-'], " ");
        wanted.then(|| (name, svg_address(&String::from_utf8_lossy(&bytes))))
    };
    let pictures: Vec<_> = files(folder, "svg").into_iter().filter_map(picture).collect();
    html! {
        @if !pictures.is_empty() {
            div.pictures {
                @for (name, address) in &pictures {
                    figure {
                        figcaption { (name) }
                        div.wide role="region" tabindex="0" aria-label=(name) {
                            img src=(address) alt={ (name) ", drawn by runner" };
                        }
                    }
                }
            }
        }
    }
}

/// The first rows of a task's own tables, as of neighbours or a confusion matrix.
pub(super) fn tables(folder: &Path) -> Markup {
    let tables = files(folder, "csv").into_iter().filter_map(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let own = !["metrics.csv", "timing.csv"].contains(&name.as_str());
        let bytes = read_regular(&path, TABLE).ok().filter(|_| own)?;
        Some(table(&name, &bytes))
    });
    html! { @for table in tables { (table) } }
}

/// The first rows of a table, of which the very first names the columns.
fn table(name: &str, bytes: &[u8]) -> Markup {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut rows = reader.into_records().flatten();
    let shown: Vec<_> = rows.by_ref().take(LINES).collect();
    let text = |cell: &str| cells::read(cell).chars().take(LETTERS).collect::<String>();
    html! {
        details.data {
            summary { (name) }
            div.wide role="region" tabindex="0" aria-label=(name) {
                table {
                    @for (line, row) in shown.iter().enumerate() {
                        tr {
                            @for cell in row.iter().take(CELLS).map(text) {
                                @if line == 0 { th scope="col" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
            @match rows.count() {
                0 => {},
                rest => p.soft { (rest) " more rows in the file." },
            }
        }
    }
}
