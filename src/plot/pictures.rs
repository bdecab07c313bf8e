//! What tasks show beside their curves: a matrix of counts, a wave, images, points with names.
//! Each is drawn from a CSV file that the trained network left.

use std::path::Path;

use super::draw::Title;
use super::error::ChartError;
use super::figure::header;
use super::glyphs;
use super::number;
use super::save;
use super::scale::Scale;
use super::scene::{
    Anchor, Color, GREY, GRID, HEIGHT, INK, PALETTE, Point, Scene, WHITE, WIDTH, pale,
};
use super::table::{from_csv, opened};
use crate::files::cells;
use crate::tasks::Picture;

const MARGIN: f64 = 28.0;
const SMALL: f64 = 11.0;
/// The most pairs of images side by side.
const PAIRS: usize = 10;

/// Draws a CSV file as a picture, beside it: `<stem>.svg` and `.png` in `folder`.
pub fn picture(
    csv: &Path,
    folder: &Path,
    picture: Picture,
    title: &Title,
) -> Result<(), ChartError> {
    let rows = read(csv)?;
    let mut scene = Scene::default();
    scene.fill((0.0, 0.0), (WIDTH, HEIGHT), WHITE);
    let top = header(title, &mut scene) + 22.0;
    let stem = csv.file_stem().unwrap_or_default().to_string_lossy();
    let drawn = match picture {
        Picture::Confusion => confusion(&mut scene, top, &rows),
        Picture::Curves => curves(&mut scene, top, &rows),
        Picture::Images => images(&mut scene, top, &rows),
        Picture::Points => points(&mut scene, top, &rows),
    };
    drawn.ok_or_else(|| ChartError::NoValues { path: csv.to_owned(), column: stem.to_string() })?;
    save::both(&scene, folder, &stem)
}

/// All rows, the header first.
fn read(csv: &Path) -> Result<Vec<Vec<String>>, ChartError> {
    let fail = |error| from_csv(csv, error);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(opened(csv)?);
    let rows = reader.records().map(|row| {
        let row = row.map_err(fail)?;
        Ok(row.iter().map(|cell| cells::read(cell).to_owned()).collect())
    });
    rows.collect()
}

/// A number of a cell; anything else is 0.
fn value(cell: &str) -> f64 {
    cell.parse().ok().filter(|value: &f64| value.is_finite()).unwrap_or(0.0)
}

/// A mixture of a colour and white.
fn shade(color: Color, part: f64) -> Color {
    let mix = |channel: u8| (255.0 - (255.0 - f64::from(channel)) * part).round() as u8;
    (mix(color.0), mix(color.1), mix(color.2))
}

/// As much of a text as fits.
fn fitted(text: &str, room: f64) -> String {
    let mut text = text.to_owned();
    while glyphs::width(&text, SMALL, false) > room && text.pop().is_some() {}
    text
}

/// Rows are true classes, columns predicted ones; a cell is as dark as its share of the row.
fn confusion(scene: &mut Scene, top: f64, rows: &[Vec<String>]) -> Option<()> {
    let (head, rows) = rows.split_first()?;
    let names = head.get(1..)?;
    let widest = names.iter().map(|name| glyphs::width(name, SMALL, false)).fold(0.0, f64::max);
    let left = MARGIN + widest.min(180.0) + 10.0;
    let cell = ((WIDTH - MARGIN - left) / names.len() as f64).min(220.0);
    // Names that are longer than a cell stand in two rows, every other one higher.
    let levels = if widest > cell - 3.0 { 2 } else { 1 };
    let top = top + 20.0 + 14.0 * levels as f64;
    let height = ((HEIGHT - MARGIN - top) / rows.len() as f64).min(140.0);
    let caption = "rows: true class; columns: predicted class; darker: a greater part of the row";
    scene.text((MARGIN, top - 14.0 - 14.0 * levels as f64), caption, SMALL, GREY, Anchor::Start);
    for (column, name) in names.iter().enumerate() {
        let higher = 14.0 * ((column + 1) % levels) as f64;
        let at = (left + (column as f64 + 0.5) * cell, top - 7.0 - higher);
        scene.text(at, &fitted(name, levels as f64 * cell - 3.0), SMALL, GREY, Anchor::Middle);
    }
    for (place, row) in rows.iter().enumerate() {
        let (name, counts) = row.split_first()?;
        let y = top + place as f64 * height;
        let base = y + height / 2.0 + 4.0;
        scene.text((left - 8.0, base), &fitted(name, 180.0), SMALL, INK, Anchor::End);
        let total: f64 = counts.iter().map(|count| value(count)).sum();
        for (column, count) in counts.iter().enumerate() {
            let part = if total > 0.0 { value(count) / total } else { 0.0 };
            let x = left + column as f64 * cell;
            let right = if column == place { PALETTE[0] } else { PALETTE[1] };
            scene.fill((x, y), (cell - 1.0, height - 1.0), shade(right, 0.04 + 0.9 * part));
            if value(count) > 0.0 && height > 11.0 {
                let ink = if part > 0.5 { WHITE } else { INK };
                scene.text((x + cell / 2.0, base), count, SMALL, ink, Anchor::Middle);
            }
        }
    }
    Some(())
}

/// The axes of a plot: ticks, and grid lines across.
fn axes(scene: &mut Scene, corner: Point, end: Point, x: &Scale, y: &Scale) {
    for tick in y.ticks(8) {
        let at = end.1 - y.place(tick.value) * (end.1 - corner.1);
        scene.stroke(vec![(corner.0, at), (end.0, at)], GRID, 1.0);
        scene.text((corner.0 - 6.0, at + 4.0), &tick.text, SMALL, GREY, Anchor::End);
    }
    for tick in x.ticks(10) {
        let at = corner.0 + x.place(tick.value) * (end.0 - corner.0);
        scene.text((at, end.1 + 16.0), &tick.text, SMALL, GREY, Anchor::Middle);
    }
}

/// The least and the greatest of some values, a little apart.
fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let air = 0.05 * (high - low).max(1e-9);
    (low - air, high + air)
}

/// A curve for each column after the first, which is their x.
fn curves(scene: &mut Scene, top: f64, rows: &[Vec<String>]) -> Option<()> {
    let (head, rows) = rows.split_first().filter(|(_, rows)| !rows.is_empty())?;
    let (corner, end) = ((MARGIN + 34.0, top + 14.0), (WIDTH - MARGIN, HEIGHT - 48.0));
    let column =
        |index: usize| rows.iter().map(move |row| row.get(index).map_or(0.0, |c| value(c)));
    let (low, high) = span((1..head.len()).flat_map(column));
    let (first, last) = (column(0).next()?, column(0).next_back()?);
    let (x, y) = (Scale::linear(first, last), Scale::linear(low, high));
    axes(scene, corner, end, &x, &y);
    let mut legend = corner.0;
    for (index, name) in head.iter().enumerate().skip(1) {
        let color = PALETTE[(index - 1) % PALETTE.len()];
        let at = |(a, b): Point| {
            let across = corner.0 + x.place(a) * (end.0 - corner.0);
            (across, end.1 - y.place(b) * (end.1 - corner.1))
        };
        let line = column(0).zip(column(index)).map(at).collect();
        scene.stroke(line, color, if index == 1 { 2.6 } else { 1.6 });
        scene.text((legend, top + 2.0), name, SMALL + 2.0, color, Anchor::Start);
        legend += glyphs::width(name, SMALL + 2.0, false) + 18.0;
    }
    let name = head.first()?;
    scene.text(((corner.0 + end.0) / 2.0, HEIGHT - 14.0), name, SMALL, GREY, Anchor::Middle);
    Some(())
}

/// Images above one another, in the order of the rows: each `original` above what follows it.
fn images(scene: &mut Scene, top: f64, rows: &[Vec<String>]) -> Option<()> {
    let rows = rows.get(1..)?;
    let pairs: Vec<&[Vec<String>]> = rows.chunks_exact(2).take(PAIRS).collect();
    let pixels = pairs.first()?.first()?.len().checked_sub(2)?;
    let side = (pixels as f64).sqrt().round() as usize;
    // Two rows of pairs, so that images are large enough to see.
    let across = pairs.len().div_ceil(2);
    let room = (WIDTH - 2.0 * MARGIN - 90.0) / across as f64;
    let size = (room - 8.0).min((HEIGHT - top - 80.0) / 4.0);
    // White and black are those of the upper images.
    let upper = || pairs.iter().filter_map(|pair| pair.first());
    let all = || upper().flat_map(|row| row.iter().skip(2)).map(|cell| value(cell));
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let range = (high - low).max(1e-9);
    for (row, pairs) in pairs.chunks(across).enumerate() {
        for half in 0..2 {
            let y = top + 14.0 + row as f64 * (2.0 * size + 30.0) + half as f64 * (size + 6.0);
            let name = pairs.first()?.get(half)?.get(1)?;
            scene.text((MARGIN, y + size / 2.0 + 4.0), name, SMALL, GREY, Anchor::Start);
            for (place, pair) in pairs.iter().enumerate() {
                let x = MARGIN + 90.0 + place as f64 * room;
                let dot = size / side as f64;
                for (index, cell) in pair.get(half)?.iter().skip(2).enumerate() {
                    let grey = 255.0 * (1.0 - (value(cell) - low) / range);
                    let grey = grey.clamp(0.0, 255.0) as u8;
                    let at = (x + (index % side) as f64 * dot, y + (index / side) as f64 * dot);
                    scene.fill(at, (dot, dot), (grey, grey, grey));
                }
            }
        }
    }
    Some(())
}

/// Points with names: those that would cover another's are left out.
fn points(scene: &mut Scene, top: f64, rows: &[Vec<String>]) -> Option<()> {
    let rows = rows.get(1..).filter(|rows| !rows.is_empty())?;
    let point = |row: &Vec<String>| {
        let at = |index: usize| row.get(index).map_or(0.0, |cell| value(cell));
        (at(1), at(2))
    };
    let (left, right) = span(rows.iter().map(|row| point(row).0));
    let (low, high) = span(rows.iter().map(|row| point(row).1));
    let mut taken: Vec<(Point, Point)> = Vec::new();
    let mut named = Vec::new();
    for row in rows {
        let (x, y) = point(row);
        let x = MARGIN + (x - left) / (right - left) * (WIDTH - 2.0 * MARGIN - 70.0);
        let y = HEIGHT - MARGIN - (y - low) / (high - low) * (HEIGHT - MARGIN - top - 10.0);
        let name = row.first()?;
        let width = glyphs::width(name, SMALL, false);
        let (corner, end) = ((x - 3.0, y - 9.0), (x + 8.0 + width, y + 4.0));
        let free = taken.iter().all(|(other, far)| {
            corner.0 > far.0 || end.0 < other.0 || corner.1 > far.1 || end.1 < other.1
        });
        if free {
            named.push(((x, y), name));
            taken.push((corner, end));
        } else {
            scene.dot((x, y), 2.0, pale(PALETTE[0]));
        }
    }
    // Names stand above the points that have none.
    for ((x, y), name) in named {
        scene.dot((x, y), 2.0, PALETTE[0]);
        scene.text((x + 5.0, y + 4.0), name, SMALL, INK, Anchor::Start);
    }
    let note = format!("{} points", number::grouped(rows.len() as f64, 0));
    scene.text((WIDTH - MARGIN, HEIGHT - 10.0), &note, SMALL, GREY, Anchor::End);
    Some(())
}
