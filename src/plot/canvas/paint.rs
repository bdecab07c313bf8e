//! The shapes of a drawing as a PNG, painted by tiny-skia: what a browser makes of the SVG.

use std::io::{self, Write};

use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::BackendColor;
use tiny_skia::{
    Color, FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Shader, Stroke, Transform,
};

use super::{Form, Shape};

/// Rows of pixels that are painted at a time: a whole picture would take more memory than a small model.
const BAND: u32 = 200;

/// The bytes of a PNG file of some pixels, of which one is `unit` units of the drawing wide.
/// Most rows of a chart are like the one above; to try all filters, and to compress as much as can be,
/// takes longer than to draw it.
pub(in crate::plot) fn png(
    shapes: &[Shape],
    (width, height): (u32, u32),
    unit: f64,
) -> io::Result<Vec<u8>> {
    let strokes: Vec<_> = shapes.iter().filter_map(outlined).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::Up);
    let mut file = encoder.write_header()?;
    let mut writer = file.stream_writer()?;
    let scale = (1.0 / unit) as f32;
    for top in (0..height).step_by(BAND as usize) {
        let rows = BAND.min(height - top);
        let mut band = Pixmap::new(width, rows).ok_or_else(|| io::Error::other("no pixels"))?;
        band.fill(Color::WHITE);
        let place = Transform::from_scale(scale, scale).post_translate(0.0, -(top as f32));
        let (first, last) = (top as f32 / scale, (top + rows) as f32 / scale);
        for shape in strokes.iter().filter(|it| it.reaches(first, last)) {
            shape.paint(&mut band, place);
        }
        let colors = band.pixels().iter().flat_map(|it| [it.red(), it.green(), it.blue()]);
        writer.write_all(&colors.collect::<Vec<u8>>())?;
    }
    writer.finish()?;
    file.finish()?;
    Ok(bytes)
}

/// A shape as outlines.
struct Outlined {
    path: Path,
    color: BackendColor,
    /// Whether what lies within is painted.
    fill: bool,
    /// The width of the line, if there is one.
    stroke: Option<f32>,
}

/// `None` if there is nothing to see, as of a line through one point.
fn outlined(shape: &Shape) -> Option<Outlined> {
    let (path, fill, stroke) = match &shape.form {
        Form::Line { points, width } => (line(points, false)?, false, Some(*width as f32)),
        Form::Area(points) => (line(points, true)?, true, None),
        Form::Circle { center, radius, rim } => {
            let circle =
                PathBuilder::from_circle(center.0 as f32, center.1 as f32, *radius as f32)?;
            (circle, rim.is_none(), rim.map(|width| width as f32))
        }
        Form::Text { text, at, letters, anchor } => {
            let left = match anchor.h_pos {
                HPos::Left => 0.0,
                HPos::Center => 0.5 * letters.width(text),
                HPos::Right => letters.width(text),
            };
            // As plotters places them in an SVG.
            let down = match anchor.v_pos {
                VPos::Top => 0.76 * letters.em,
                VPos::Center => 0.5 * letters.x_height(),
                VPos::Bottom => -0.5 * letters.x_height(),
            };
            let start = (f64::from(at.0) - left, f64::from(at.1) + down);
            (letters.outlines(text, start)?, true, Some(letters.outline_width() as f32))
        }
    };
    Some(Outlined { path, color: shape.color, fill, stroke })
}

fn line(points: &[(i32, i32)], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, (x, y)) in points.iter().enumerate() {
        match index {
            0 => path.move_to(*x as f32, *y as f32),
            _ => path.line_to(*x as f32, *y as f32),
        }
    }
    if closed {
        path.close();
    }
    path.finish()
}

impl Outlined {
    /// Whether it can be seen between two heights.
    fn reaches(&self, first: f32, last: f32) -> bool {
        let bounds: Rect = self.path.bounds();
        let air = self.stroke.unwrap_or_default();
        bounds.top() - air < last && bounds.bottom() + air > first
    }

    fn paint(&self, band: &mut Pixmap, place: Transform) {
        let (red, green, blue) = self.color.rgb;
        let alpha = (255.0 * self.color.alpha).round() as u8;
        let shader = Shader::SolidColor(Color::from_rgba8(red, green, blue, alpha));
        let paint = Paint { shader, ..Paint::default() };
        if self.fill {
            band.fill_path(&self.path, &paint, FillRule::Winding, place, None);
        }
        if let Some(width) = self.stroke {
            let stroke = Stroke { width, line_join: LineJoin::Round, ..Stroke::default() };
            band.stroke_path(&self.path, &paint, &stroke, place, None);
        }
    }
}
