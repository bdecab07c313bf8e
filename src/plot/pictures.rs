//! What tasks show beside their curves: a matrix of counts, a wave, images, points with names.
//! Each is drawn from a CSV file that the trained network left.

use std::path::Path;

use plotters::prelude::*;

use super::error::ChartError;
use super::number;
use super::page::{
    Drawn, END, GREY, HEIGHT, INK, MARGIN, MIDDLE, PALETTE, Page, START, Title, WIDTH, axes, dot,
    fitted, header, line, plain, px, save, width,
};
use super::scale::{Point, Scale, extremes};
use super::table::{from_csv, opened};
use crate::files::cells;
use crate::tasks::Picture;

const TINY: f64 = 11.0;
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
    let stem = csv.file_stem().unwrap_or_default().to_string_lossy();
    let (Some((head, rows)), false) = (rows.split_first(), rows.len() < 2) else {
        return Err(ChartError::NoValues { path: csv.to_owned(), column: stem.to_string() });
    };
    save(folder, &stem, |page| {
        let top = header(page, title)? + 22.0;
        match picture {
            Picture::Attention => attention(page, top, rows),
            Picture::Confusion => confusion(page, top, &stem, head, rows),
            Picture::Curves => wave(page, top, head, rows),
            Picture::Images => images(page, top, rows),
            Picture::Points => points(page, top, rows),
        }
    })
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

/// The number in a column; what is no number, or not there, is 0.
fn number_at(row: &[String], column: usize) -> f64 {
    row.get(column).map_or(0.0, |cell| value(cell))
}

/// Rows are true classes, columns predicted ones; a cell is as strong as its share of the row.
fn confusion(
    page: &Page<'_>,
    top: f64,
    stem: &str,
    head: &[String],
    rows: &[Vec<String>],
) -> Drawn {
    let names = head.get(1..).unwrap_or_default();
    let (grey, ink) = (plain(TINY, GREY), plain(TINY, INK));
    let widest = names.iter().map(|name| width(name, &grey)).max().unwrap_or(0);
    let left = px(MARGIN + 10.0) + widest.min(px(180.0));
    let cell = ((px(WIDTH - MARGIN) - left) / names.len().max(1) as i32).min(px(220.0));
    // Names that are longer than a cell stand in two rows, every other one higher.
    let levels = if widest > cell - px(3.0) { 2 } else { 1 };
    let top = px(top + 20.0 + 14.0 * f64::from(levels));
    let height = ((px(HEIGHT - MARGIN) - top) / rows.len() as i32).min(px(140.0));
    let caption = format!(
        "{}rows: true class; columns: predicted class; stronger: a greater part of the row",
        accuracy(stem, rows)
    );
    page.draw_text(
        &fitted(&caption, &grey, px(WIDTH - 2.0 * MARGIN)),
        &grey,
        (px(MARGIN), top - px(18.0 + 14.0 * f64::from(levels))),
    )?;
    for (column, name) in (0..).zip(names) {
        let higher = px(14.0 * f64::from((column + 1) % levels));
        let name = fitted(name, &grey, levels * cell - px(3.0));
        let at = (left + column * cell + cell / 2, top - px(11.0) - higher);
        page.draw_text(&name, &grey.pos(MIDDLE), at)?;
    }
    for (place, row) in (0..).zip(rows) {
        let y = top + place * height;
        let Some((name, counts)) = row.split_first() else { continue };
        let name = fitted(name, &ink, px(180.0));
        page.draw_text(&name, &ink.pos(END), (left - px(8.0), y + height / 2))?;
        let total: f64 = counts.iter().map(|count| value(count)).sum();
        for (column, count) in (0..).zip(counts) {
            let part = if total > 0.0 { value(count) / total } else { 0.0 };
            let x = left + column * cell;
            let color = if column == place { PALETTE[0] } else { PALETTE[1] };
            let corners = [(x, y), (x + cell - px(1.0), y + height - px(1.0))];
            page.draw(&Rectangle::new(corners, color.mix(0.04 + 0.9 * part).filled()))?;
            if value(count) > 0.0 && height > px(11.0) {
                let style = plain(TINY, if part > 0.5 { WHITE } else { INK });
                let middle = (x + cell / 2, y + height / 2);
                page.draw_text(count, &style.pos(MIDDLE), middle)?;
            }
        }
    }
    Ok(())
}

/// Of which split a matrix is, and how much of it is right: what lies on its diagonal.
fn accuracy(stem: &str, rows: &[Vec<String>]) -> String {
    let split = match stem.rsplit('_').next() {
        Some("valid") => "validation split, ",
        Some("test") => "test split, ",
        _ => "",
    };
    let right: f64 = (1..).zip(rows).map(|(column, row)| number_at(row, column)).sum();
    let all: f64 = rows.iter().flat_map(|row| row.iter().skip(1)).map(|count| value(count)).sum();
    format!("{split}accuracy {:.3} ({right} of {all}); ", right / all.max(1.0))
}

/// The most examples of a network's attention side by side.
const EXAMPLES: usize = 3;

/// Rows are what was written, columns the source; the stronger, the more the network looked there.
fn attention(page: &Page<'_>, top: f64, rows: &[Vec<String>]) -> Drawn {
    let examples: Vec<&[Vec<String>]> =
        rows.chunk_by(|a, b| a.first() == b.first()).take(EXAMPLES).collect();
    let caption = "rows: what was written, and its end; columns: the source; stronger: more weight";
    page.draw_text(caption, &plain(TINY, GREY), (px(MARGIN), px(top)))?;
    let room = (WIDTH - 2.0 * MARGIN) / examples.len().max(1) as f64;
    for (number, example) in examples.into_iter().enumerate() {
        let corner = (MARGIN + number as f64 * room, top + 40.0);
        looks(page, corner, room - 16.0, example)?;
    }
    Ok(())
}

/// One example, right and below of a corner.
fn looks(page: &Page<'_>, (x, top): Point, room: f64, rows: &[Vec<String>]) -> Drawn {
    /// Room for what was written.
    const NAMES: f64 = 42.0;
    let text = |row: &[String], column: usize| visible(row.get(column).map_or("", |it| it));
    let ink = plain(TINY + 1.0, INK);
    let steps: Vec<&[Vec<String>]> = rows.chunk_by(|a, b| a.get(1) == b.get(1)).collect();
    let places = steps.iter().map(|step| step.len()).max().unwrap_or(1);
    let high = (HEIGHT - top - 20.0) / steps.len().max(1) as f64;
    let size = ((room - NAMES) / places as f64).min(high).min(40.0);
    let left = x + NAMES;
    for (row, step) in steps.iter().enumerate() {
        let y = top + row as f64 * size;
        let token = if row + 1 == steps.len() { "end".to_owned() } else { text(&step[0], 2) };
        let token = fitted(&token, &ink, px(NAMES - 6.0));
        page.draw_text(&token, &ink.pos(END), (px(left - 6.0), px(y + size / 2.0)))?;
        for (column, entry) in step.iter().enumerate() {
            let x = left + column as f64 * size;
            if row == 0 {
                let source = fitted(&text(entry, 4), &ink, px(size.max(14.0)));
                let at = (px(x + size / 2.0), px(top - 12.0));
                page.draw_text(&source, &ink.pos(MIDDLE), at)?;
            }
            let color = PALETTE[0].mix(0.04 + 0.96 * number_at(entry, 5).clamp(0.0, 1.0));
            let corners = [(px(x), px(y)), (px(x + size - 1.0), px(y + size - 1.0))];
            page.draw(&Rectangle::new(corners, color.filled()))?;
        }
    }
    Ok(())
}

/// A token that can be seen: a space is no ink.
fn visible(token: &str) -> String {
    if token.trim().is_empty() {
        "·".repeat(token.chars().count().max(1))
    } else {
        token.to_owned()
    }
}

/// The least and the greatest of some values, a little apart.
fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = extremes(values);
    let air = 0.05 * (high - low).max(1e-9);
    (low - air, high + air)
}

/// A curve for each column after the first, which is their x.
fn wave(page: &Page<'_>, top: f64, head: &[String], rows: &[Vec<String>]) -> Drawn {
    // A curve has no point where a cell is empty.
    let column = |index: usize| {
        let full = rows.iter().filter(move |row| row.get(index).is_some_and(|it| !it.is_empty()));
        full.map(move |row| (number_at(row, 0), number_at(row, index)))
    };
    let (low, high) = span((1..head.len()).flat_map(column).map(|point| point.1));
    let ends = (number_at(&rows[0], 0), number_at(&rows[rows.len() - 1], 0));
    let mut chart = ChartBuilder::on(page)
        .margin_top(px(top + 14.0))
        .margin_right(px(MARGIN))
        .margin_bottom(px(8.0))
        .x_label_area_size(px(40.0))
        .y_label_area_size(px(MARGIN + 34.0))
        .build_cartesian_2d(Scale::linear(ends.0, ends.1, 10), Scale::linear(low, high, 8))?;
    axes(&mut chart, head.first().map_or("", String::as_str), TINY)?;
    let mut legend = px(MARGIN + 34.0);
    for (index, name) in head.iter().enumerate().skip(1) {
        let color = PALETTE[(index - 1) % PALETTE.len()];
        let style = line(color, if index == 1 { 2.6 } else { 1.6 });
        chart.draw_series(LineSeries::new(column(index), style))?;
        let style = plain(TINY + 2.0, color);
        page.draw_text(name, &style, (legend, px(top - 2.0)))?;
        legend += width(name, &style) + px(18.0);
    }
    Ok(())
}

/// Images above one another, in the order of the rows: each `original` above what follows it.
fn images(page: &Page<'_>, top: f64, rows: &[Vec<String>]) -> Drawn {
    let pairs: Vec<&[Vec<String>]> = rows.chunks_exact(2).take(PAIRS).collect();
    // Two rows of pairs, so that images are large enough to see.
    let across = pairs.len().div_ceil(2).max(1);
    let room = (WIDTH - 2.0 * MARGIN - 90.0) / across as f64;
    let size = (room - 8.0).min((HEIGHT - top - 80.0) / 4.0);
    // White and black are those of the upper images.
    let (low, high) = extremes(pairs.iter().flat_map(|pair| pixels(&pair[0])));
    let range = (high.max(0.0) - low).max(1e-9);
    let style = plain(TINY, GREY);
    for (row, pairs) in pairs.chunks(across).enumerate() {
        for half in 0..2 {
            let y = top + 14.0 + row as f64 * (2.0 * size + 30.0) + half as f64 * (size + 6.0);
            let name = pairs[0][half].get(1).map_or("", String::as_str);
            page.draw_text(name, &style, (px(MARGIN), px(y + size / 2.0)))?;
            for (place, pair) in pairs.iter().enumerate() {
                let x = MARGIN + 90.0 + place as f64 * room;
                let shades = pixels(&pair[half]).map(|pixel| 1.0 - (pixel - low) / range);
                image(page, (x, y), size, &shades.collect::<Vec<_>>())?;
            }
        }
    }
    Ok(())
}

/// The pixels of an image: what stands after its number and its name.
fn pixels(row: &[String]) -> impl Iterator<Item = f64> {
    row.iter().skip(2).map(|cell| value(cell))
}

/// A square image, row by row, from 0 for black to 1 for white.
fn image(page: &Page<'_>, (x, y): Point, size: f64, shades: &[f64]) -> Drawn {
    let side = (shades.len() as f64).sqrt().round().max(1.0) as usize;
    let edge = |count: usize| count as f64 * size / side as f64;
    for (index, shade) in shades.iter().enumerate() {
        let grey = (255.0 * shade).clamp(0.0, 255.0) as u8;
        let (column, row) = (index % side, index / side);
        let corner = |column, row| (px(x + edge(column)), px(y + edge(row)));
        let corners = [corner(column, row), corner(column + 1, row + 1)];
        // A shade off grey: the greys of the page are others where the screen is dark.
        page.draw(&Rectangle::new(corners, RGBColor(grey, grey, grey ^ 1).filled()))?;
    }
    Ok(())
}

/// Points with names: those that would cover another's are left out.
fn points(page: &Page<'_>, top: f64, rows: &[Vec<String>]) -> Drawn {
    let (left, right) = span(rows.iter().map(|row| number_at(row, 1)));
    let (low, high) = span(rows.iter().map(|row| number_at(row, 2)));
    let chart = ChartBuilder::on(page)
        .margin_top(px(top + 10.0))
        .margin_right(px(MARGIN + 70.0))
        .margin_bottom(px(MARGIN))
        .margin_left(px(MARGIN))
        .build_cartesian_2d(Scale::linear(left, right, 1), Scale::linear(low, high, 1))?;
    let style = plain(TINY, INK);
    let mut taken: Vec<[(i32, i32); 2]> = Vec::new();
    let mut named = Vec::new();
    for row in rows {
        let (x, y) = chart.backend_coord(&(number_at(row, 1), number_at(row, 2)));
        let name = row.first().map_or("", String::as_str);
        let corner = (x - px(3.0), y - px(9.0));
        let end = (x + px(8.0) + width(name, &style), y + px(4.0));
        let free = taken.iter().all(|[other, far]| {
            corner.0 > far.0 || end.0 < other.0 || corner.1 > far.1 || end.1 < other.1
        });
        if free {
            named.push(((x, y), name));
            taken.push([corner, end]);
        } else {
            page.draw(&Circle::new((x, y), px(2.0), PALETTE[0].mix(0.5).filled()))?;
        }
    }
    // Names stand above the points that have none.
    for ((x, y), name) in named {
        dot(page, (x, y), 2.0, PALETTE[0])?;
        page.draw_text(name, &style.pos(START), (x + px(5.0), y))?;
    }
    let note = format!("{} points", number::grouped(rows.len() as f64, 0));
    let corner = (px(WIDTH - MARGIN), px(HEIGHT - 14.0));
    page.draw_text(&note, &plain(TINY, GREY).pos(END), corner)
}
