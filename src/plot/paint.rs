//! A scene as SVG text and as PNG file, both through plotters.
//!
//! plotters places marks on whole pixels only. So both formats are painted on a canvas [`FINE`]
//! times as fine as the page: the SVG is told its true size in its first line, and the bitmap is
//! averaged down to [`DENSITY`] pixels per CSS pixel, which smooths its edges.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use ab_glyph::Font;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle,
};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, DrawingErrorKind};

use super::glyphs;
use super::scene::{Anchor, Color, HEIGHT, Mark, Point, Scene, Text, WIDTH};

const FINE: f64 = 4.0;
const DENSITY: usize = 2;
/// Pixels of the canvas along the side of one of the bitmap.
const SIDE: usize = FINE as usize / DENSITY;
const CANVAS: (u32, u32) = ((WIDTH * FINE) as u32, (HEIGHT * FINE) as u32);
/// Rows of the canvas that are painted at a time.
const BAND: usize = 250;
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

/// Some rows of the canvas: all 19 MB of it at a time would be more memory than most models need.
struct Band<'a> {
    bitmap: BitMapBackend<'a>,
    /// Its rows of the canvas.
    rows: Range<i32>,
}

impl Band<'_> {
    /// A place of the canvas in the band.
    fn place(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x, y - self.rows.start)
    }

    /// Whether something between two heights, and so much above and below, lies in the band.
    fn has(&self, a: i32, b: i32, beside: i32) -> bool {
        a.min(b) - beside < self.rows.end && a.max(b) + beside >= self.rows.start
    }
}

impl DrawingBackend for Band<'_> {
    type ErrorType = <BitMapBackend<'static> as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        CANVAS
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.bitmap.ensure_prepared()
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.bitmap.present()
    }

    fn draw_pixel(
        &mut self,
        point: BackendCoord,
        color: BackendColor,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        self.bitmap.draw_pixel(self.place(point), color)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        let width = style.stroke_width() as i32;
        match self.has(from.1, to.1, width) {
            true => self.bitmap.draw_line(self.place(from), self.place(to), style),
            false => Ok(()),
        }
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        match self.has(upper_left.1, bottom_right.1, 1) {
            true => {
                let (from, to) = (self.place(upper_left), self.place(bottom_right));
                self.bitmap.draw_rect(from, to, style, fill)
            }
            false => Ok(()),
        }
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        let corners: Vec<_> = corners.into_iter().map(|corner| self.place(corner)).collect();
        self.bitmap.fill_polygon(corners, style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Result<(), DrawingErrorKind<Self::ErrorType>> {
        match self.has(center.1, center.1, radius as i32 + 1) {
            true => self.bitmap.draw_circle(self.place(center), radius, style, fill),
            false => Ok(()),
        }
    }
}

impl Surface for Band<'_> {
    /// Segment by segment with round joints: plotters' own thick paths have spikes at sharp
    /// corners and holes where they cross themselves.
    fn stroke(&mut self, points: &[(i32, i32)], style: ShapeStyle) -> Outcome {
        let half = f64::from(style.stroke_width) / 2.0;
        for pair in points.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            if length == 0.0 || !self.has(pair[0].1, pair[1].1, half.ceil() as i32 + 1) {
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
        let baseline = on_canvas(text.at).1;
        if !self.has(baseline, baseline, (2.0 * size) as i32) {
            return Ok(());
        }
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
    let file = BufWriter::new(File::create(path).map_err(said)?);
    let (width, height) = (CANVAS.0 / SIDE as u32, CANVAS.1 / SIDE as u32);
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    // Most rows of a chart are like the one above. To try all filters takes longer than to draw it.
    encoder.set_filter(png::FilterType::Up);
    let mut writer = encoder.write_header().map_err(said)?;
    let mut stream = writer.stream_writer().map_err(said)?;
    bands(scene, BAND, |pixels| stream.write_all(pixels).map_err(said))?;
    stream.finish().map_err(said)?;
    writer.finish().map_err(said)
}

/// Paints a scene in bands of so many rows of the canvas, and hands out their pixels, top to bottom.
fn bands(scene: &Scene, height: usize, mut take: impl FnMut(&[u8]) -> Outcome) -> Outcome {
    let (blank, marks) = background(&scene.marks);
    let (width, all) = (CANVAS.0 as usize, CANVAS.1 as usize);
    let mut fine = vec![blank; width * height.min(all) * 3];
    let mut pixels = vec![0; fine.len() / (SIDE * SIDE)];
    for top in (0..all).step_by(height) {
        let rows = height.min(all - top);
        let fine = &mut fine[..width * rows * 3];
        if top > 0 {
            fine.fill(blank);
        }
        let bitmap = BitMapBackend::with_buffer(fine, (CANVAS.0, rows as u32));
        paint(marks, &mut Band { bitmap, rows: top as i32..(top + rows) as i32 })?;
        let pixels = &mut pixels[..fine.len() / (SIDE * SIDE)];
        average_rows(fine, pixels);
        take(pixels)?;
    }
    Ok(())
}

/// The byte of a page that is one grey from the beginning, and the marks on it. To paint it all
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

/// Every `SIDE × SIDE` pixels of some rows of the canvas as one.
fn average_rows(fine: &[u8], pixels: &mut [u8]) {
    let row = CANVAS.0 as usize * 3;
    let out = pixels.chunks_exact_mut(row / SIDE);
    for (out, rows) in out.zip(fine.chunks_exact(row * SIDE)) {
        for (piece, out) in out.chunks_mut(PIECE * 3).enumerate() {
            let (from, len) = (piece * PIECE * SIDE * 3, out.len() * SIDE);
            average(&rows[from..], row, len, out);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::scene::GRID;

    #[test]
    fn bands_show_what_the_whole_shows() {
        let mut scene = Scene::default();
        scene.fill((0.0, 0.0), (WIDTH, HEIGHT), (255, 255, 255));
        scene.fill((10.3, 30.2), (300.0, 400.0), (200, 30, 90));
        let zigzag = (0..40).map(|x| (20.0 * f64::from(x), 250.0 + f64::from(x % 2) * 240.0));
        scene.stroke(zigzag.collect(), GRID, 3.3);
        for y in 0..30 {
            scene.text((400.0, 17.0 * f64::from(y)), "quality", 12.0, (0, 0, 0), Anchor::Start);
            let (center, color) = ((700.0, 16.3 * f64::from(y)), (0, 90, 200));
            scene.marks.push(Mark::Dot { center, radius: 9.0, color });
        }
        let corners = vec![(500.0, 3.0), (790.0, 470.0), (450.0, 490.0)];
        scene.marks.push(Mark::Area { points: corners, color: (90, 200, 30) });
        let picture = |height: usize| {
            let mut all = Vec::new();
            bands(&scene, height, |pixels| {
                all.extend_from_slice(pixels);
                Ok(())
            })
            .expect("painted");
            all
        };
        let whole = picture(CANVAS.1 as usize);
        assert_eq!(whole.len(), 1600 * 1000 * 3);
        for height in [BAND, 2, 334] {
            assert!(picture(height) == whole, "in bands of {height} rows");
        }
    }
}
