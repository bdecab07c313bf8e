//! A scene as SVG text and as PNG file, both through plotters.
//!
//! plotters places marks on whole pixels only. So both formats are painted on a canvas [`FINE`]
//! times as fine as the page: the SVG is told its true size in its first line, and the bitmap is
//! averaged down to [`DENSITY`] pixels per CSS pixel, which smooths its edges.

use std::fmt::Display;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use ab_glyph::Font;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle,
};

use super::glyphs;
use super::scene::{Anchor, Color, HEIGHT, Mark, Point, Scene, Text, WIDTH};

const FINE: f64 = 4.0;
const DENSITY: usize = 2;
/// Pixels of the canvas along the side of one of the bitmap.
const SIDE: usize = FINE as usize / DENSITY;
const CANVAS: (u32, u32) = ((WIDTH * FINE) as u32, (HEIGHT * FINE) as u32);
/// What an SVG asks the browser for: the font of the bitmap, or one much like it.
const FAMILY: &str = "Ubuntu, Helvetica, Arial, Liberation Sans, Noto Sans, sans-serif";

/// What plotters' errors become: their text.
type Outcome = Result<(), String>;

/// A plotters backend, and what it does in its own way.
trait Surface: DrawingBackend {
    /// A line through points.
    fn stroke(&mut self, points: &[(i32, i32)], style: ShapeStyle) -> Outcome;

    /// A line of text.
    fn text(&mut self, text: &Text) -> Outcome;
}

impl Surface for SVGBackend<'_> {
    fn stroke(&mut self, points: &[(i32, i32)], style: ShapeStyle) -> Outcome {
        self.draw_path(points.iter().copied(), &style).map_err(said)
    }

    fn text(&mut self, text: &Text) -> Outcome {
        // plotters divides a font's size by 1.24, and lets a baseline lie 0.76 em below the top.
        let weight = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = FontDesc::new(FontFamily::Name(FAMILY), text.size * FINE * 1.24, weight);
        let anchor = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let color = rgb(text.color);
        let style = TextStyle::from(font).color(&color).pos(Pos::new(anchor, VPos::Top));
        let top = on_canvas((text.at.0, text.at.1 - 0.76 * text.size));
        self.draw_text(&text.text, &style, top).map_err(said)
    }
}

impl Surface for BitMapBackend<'_> {
    /// Segment by segment with round joints: plotters' own thick paths have spikes at sharp
    /// corners and holes where they cross themselves.
    fn stroke(&mut self, points: &[(i32, i32)], style: ShapeStyle) -> Outcome {
        let half = f64::from(style.stroke_width) / 2.0;
        for pair in points.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            if length == 0.0 {
                continue;
            }
            let (dx, dy) = ((b.1 - a.1) / length * half, (a.0 - b.0) / length * half);
            let corner = |(x, y): Point, side: f64| {
                ((x + side * dx).round() as i32, (y + side * dy).round() as i32)
            };
            let corners = [corner(a, 1.0), corner(b, 1.0), corner(b, -1.0), corner(a, -1.0)];
            self.fill_polygon(corners, &style).map_err(said)?;
        }
        for &point in points {
            self.draw_circle(point, half.round() as u32, &style, true).map_err(said)?;
        }
        Ok(())
    }

    /// Glyph by glyph: plotters forgets the space to the left of each.
    fn text(&mut self, text: &Text) -> Outcome {
        let size = text.size * FINE;
        let (glyphs, width) = glyphs::laid_out(&text.text, size, text.bold);
        let (x, y) = on_canvas(text.at);
        let x = match text.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - (width / 2.0) as i32,
            Anchor::End => x - width as i32,
        };
        let color = rgb(text.color);
        let smear = glyphs::thickening(size, text.bold).round() as i32;
        let outlines = glyphs.into_iter().filter_map(|glyph| glyphs::font()?.outline_glyph(glyph));
        for outline in outlines {
            let corner = outline.px_bounds().min;
            let (x, y) = (x + corner.x as i32 - smear / 2, y + corner.y as i32);
            let mut outcome = Ok(());
            outline.draw(|dx, dy, coverage| {
                if coverage <= 0.0 {
                    return;
                }
                let color = color.mix(f64::from(coverage)).to_backend_color();
                for shift in 0..=smear {
                    let pixel = (x + dx as i32 + shift, y + dy as i32);
                    if let Err(error) = self.draw_pixel(pixel, color) {
                        outcome = Err(said(error));
                    }
                }
            });
            outcome?;
        }
        Ok(())
    }
}

/// The scene as an SVG document.
pub(super) fn svg(scene: &Scene) -> Result<String, String> {
    let mut text = String::new();
    let mut surface = SVGBackend::with_string(&mut text, CANVAS);
    paint(&scene.marks, &mut surface)?;
    surface.present().map_err(said)?;
    drop(surface);
    let canvas = format!("width=\"{}\" height=\"{}\"", CANVAS.0, CANVAS.1);
    let page = format!("width=\"{WIDTH}\" height=\"{HEIGHT}\" stroke-linejoin=\"round\"");
    Ok(text.replacen(&canvas, &page, 1))
}

/// The scene as a PNG file.
pub(super) fn png(scene: &Scene, path: &Path) -> Outcome {
    let (blank, marks) = background(&scene.marks);
    let mut fine = vec![blank; CANVAS.0 as usize * CANVAS.1 as usize * 3];
    paint(marks, &mut BitMapBackend::with_buffer(&mut fine, CANVAS))?;
    let (pixels, (width, height)) = averaged(&fine);
    drop(fine);
    let file = BufWriter::new(File::create(path).map_err(said)?);
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    // Most rows of a chart are like the one above. To try all filters takes longer than to draw it.
    encoder.set_filter(png::FilterType::Up);
    let mut writer = encoder.write_header().map_err(said)?;
    writer.write_image_data(&pixels).map_err(said)?;
    writer.finish().map_err(said)
}

/// The byte of a page that is one grey from the beginning, and the marks on it. To paint 18 MB
/// twice takes as long as all else.
fn background(marks: &[Mark]) -> (u8, &[Mark]) {
    match marks.split_first() {
        Some((Mark::Fill { corner: (0.0, 0.0), size: (WIDTH, HEIGHT), color }, rest))
            if color.0 == color.1 && color.1 == color.2 =>
        {
            (color.0, rest)
        }
        _ => (0, marks),
    }
}

/// Every `SIDE × SIDE` pixels of a canvas as one.
fn averaged(fine: &[u8]) -> (Vec<u8>, (u32, u32)) {
    let (width, height) = (CANVAS.0 as usize / SIDE, CANVAS.1 as usize / SIDE);
    let row = CANVAS.0 as usize * 3;
    let mut pixels = vec![0; width * height * 3];
    for (out, rows) in pixels.chunks_exact_mut(width * 3).zip(fine.chunks_exact(row * SIDE)) {
        for (piece, out) in out.chunks_mut(PIECE * 3).enumerate() {
            let (from, len) = (piece * PIECE * SIDE * 3, out.len() * SIDE);
            average(&rows[from..], row, len, out);
        }
    }
    (pixels, (width as u32, height as u32))
}

/// Pixels that are averaged at once: most pieces of a page are blank, and need no sums.
const PIECE: usize = 32;

/// A piece of `SIDE` rows, each so many bytes after the one before, into one row of pixels.
fn average(rows: &[u8], row: usize, len: usize, out: &mut [u8]) {
    let lines: [&[u8]; SIDE] = std::array::from_fn(|line| &rows[line * row..][..len]);
    // All alike: each pixel is its right neighbour, and each line the first.
    let alike = lines[0][3..] == lines[0][..len - 3] && lines.iter().all(|line| *line == lines[0]);
    if alike {
        out.copy_from_slice(&lines[0][..out.len()]);
        return;
    }
    for (at, byte) in out.iter_mut().enumerate() {
        let first = at / 3 * 3 * SIDE + at % 3;
        let sum = |line: &&[u8]| (0..SIDE).map(|x| u16::from(line[first + 3 * x])).sum::<u16>();
        *byte = (lines.iter().map(sum).sum::<u16>() / (SIDE * SIDE) as u16) as u8;
    }
}

fn paint<S: Surface>(marks: &[Mark], surface: &mut S) -> Outcome {
    for mark in marks {
        match mark {
            Mark::Stroke { points, color, width } => {
                let points: Vec<_> = points.iter().map(|&point| on_canvas(point)).collect();
                surface.stroke(&points, style(*color, *width))?;
            }
            Mark::Area { points, color } => {
                let points: Vec<_> = points.iter().map(|&point| on_canvas(point)).collect();
                surface.fill_polygon(points, &style(*color, 0.0)).map_err(said)?;
            }
            Mark::Dot { center, radius, color } => {
                let radius = (radius * FINE).round() as u32;
                let style = style(*color, 0.0);
                surface.draw_circle(on_canvas(*center), radius, &style, true).map_err(said)?;
            }
            Mark::Fill { corner, size, color } => {
                let end = on_canvas((corner.0 + size.0, corner.1 + size.1));
                let style = style(*color, 0.0);
                surface.draw_rect(on_canvas(*corner), end, &style, true).map_err(said)?;
            }
            Mark::Text(text) => surface.text(text)?,
        }
    }
    Ok(())
}

fn said(error: impl Display) -> String {
    error.to_string()
}

fn on_canvas((x, y): Point) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

fn style(color: Color, width: f64) -> ShapeStyle {
    let stroke_width = (width * FINE).round() as u32;
    ShapeStyle { color: rgb(color).to_rgba(), filled: true, stroke_width }
}

fn rgb(color: Color) -> RGBColor {
    RGBColor(color.0, color.1, color.2)
}
