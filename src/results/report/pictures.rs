//! What a task left beside its figures: drawings and tables.

use super::html::{escape, svg_address};
use crate::files::cells;
use crate::files::read_regular;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Bytes of a picture.
const PICTURE: u64 = 400_000;
/// Bytes of a task's table, and the lines and cells of it that a page shows.
const TABLE: u64 = 4_000_000;
const LINES: usize = 40;
const CELLS: usize = 40;

/// The files of a folder with an ending, in the order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == ending));
    files.sort();
    files
}

/// The SVG files of a folder but for those whose metric is drawn already.
pub(super) fn pictures(folder: &Path, drawn: &dyn Fn(&str) -> bool) -> String {
    let mut html = String::new();
    for path in files(folder, "svg") {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(bytes) = read_regular(&path, PICTURE) else { continue };
        if drawn(&stem) || stem.starts_with('.') {
            continue;
        }
        let address = svg_address(&String::from_utf8_lossy(&bytes));
        let name = escape(&stem.replace(['_', '-'], " "));
        let _ = writeln!(
            html,
            "<figure><figcaption>{name}</figcaption><div class=\"wide\" role=\"region\" \
             tabindex=\"0\" aria-label=\"{name}\"><img src=\"{address}\" alt=\"{name}, drawn by \
             runner\"></div></figure>"
        );
    }
    if html.is_empty() { html } else { format!("<div class=\"pictures\">\n{html}</div>\n") }
}

/// The first rows of a task's own tables, as of neighbours or a confusion matrix.
pub(super) fn tables(html: &mut String, folder: &Path) {
    for path in files(folder, "csv") {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if ["metrics.csv", "timing.csv"].contains(&name.as_ref()) {
            continue;
        }
        let Ok(bytes) = read_regular(&path, TABLE) else { continue };
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..]);
        let name = escape(&name);
        let _ = write!(
            html,
            "<details class=\"data\"><summary>{name}</summary><div class=\"wide\" role=\"region\" \
             tabindex=\"0\" aria-label=\"{name}\"><table>"
        );
        let mut rows = reader.records().flatten();
        for (line, row) in rows.by_ref().take(LINES).enumerate() {
            let (open, close) =
                if line == 0 { ("<th scope=\"col\">", "</th>") } else { ("<td>", "</td>") };
            let cells = row.iter().take(CELLS);
            let cells = cells.map(|cell| {
                let shown: String = cells::read(cell).chars().take(200).collect();
                format!("{open}{}{close}", escape(&shown))
            });
            let _ = writeln!(html, "<tr>{}</tr>", cells.collect::<String>());
        }
        let rest = match rows.count() {
            0 => String::new(),
            n => format!("<p class=\"soft\">{n} more rows in the file.</p>"),
        };
        let _ = writeln!(html, "</table></div>{rest}</details>");
    }
}
