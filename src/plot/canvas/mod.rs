//! What plotters draws on: an SVG, and beside it the same shapes for the picture of pixels.

mod font;
mod paint;

use std::io;

use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::Pos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle,
};

pub(super) use font::{FAMILY, Letters};
pub(super) use paint::png;

/// What plotters calls the size of a font, in terms of an em.
pub(super) const EM: f64 = 1.24;

/// A shape and its colour. Later ones cover earlier ones.
pub(super) struct Shape {
    pub(super) form: Form,
    pub(super) color: BackendColor,
}

/// What can be drawn, in units of the page.
pub(super) enum Form {
    /// A line through points.
    Line { points: Vec<BackendCoord>, width: u32 },
    /// What lies within the line through some points.
    Area(Vec<BackendCoord>),
    /// A circle: its rim, if that has a width, or all of it.
    Circle { center: BackendCoord, radius: u32, rim: Option<u32> },
    /// A text, and how it stands to its point.
    Text { text: String, at: BackendCoord, letters: Letters, anchor: Pos },
}

/// An SVG in a string, and its shapes.
pub(super) struct Canvas<'s> {
    svg: SVGBackend<'s>,
    shapes: &'s mut Vec<Shape>,
}

impl<'s> Canvas<'s> {
    /// A canvas of some size that leaves its SVG and its shapes there.
    pub(super) fn new(svg: &'s mut String, shapes: &'s mut Vec<Shape>, size: (u32, u32)) -> Self {
        Self { svg: SVGBackend::with_string(svg, size), shapes }
    }

    fn add(&mut self, form: Form, color: BackendColor) {
        self.shapes.push(Shape { form, color });
    }
}

type Done = Result<(), DrawingErrorKind<io::Error>>;

impl DrawingBackend for Canvas<'_> {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        self.svg.get_size()
    }

    fn ensure_prepared(&mut self) -> Done {
        self.svg.ensure_prepared()
    }

    fn present(&mut self) -> Done {
        self.svg.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Done {
        let (x, y) = point;
        self.add(Form::Area(vec![(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]), color);
        self.svg.draw_pixel(point, color)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Done {
        self.add(Form::Line { points: vec![from, to], width: style.stroke_width() }, style.color());
        self.svg.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        first: BackendCoord,
        last: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done {
        let mut points = vec![first, (last.0, first.1), last, (first.0, last.1)];
        let form = if fill {
            Form::Area(points)
        } else {
            points.push(first);
            Form::Line { points, width: 1 }
        };
        self.add(form, style.color());
        self.svg.draw_rect(first, last, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Done {
        let points: Vec<_> = path.into_iter().collect();
        self.svg.draw_path(points.iter().copied(), style)?;
        self.add(Form::Line { points, width: style.stroke_width() }, style.color());
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Done {
        let rim = (!fill).then(|| style.stroke_width());
        self.add(Form::Circle { center, radius, rim }, style.color());
        self.svg.draw_circle(center, radius, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Done {
        let points: Vec<_> = corners.into_iter().collect();
        self.svg.fill_polygon(points.iter().copied(), style)?;
        self.add(Form::Area(points), style.color());
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Done {
        let bold = matches!(style.style(), FontStyle::Bold);
        let letters = Letters { em: style.size() / EM, bold };
        let text_form = Form::Text { text: text.to_owned(), at, letters, anchor: style.anchor() };
        self.add(text_form, style.color());
        self.svg.draw_text(text, style, at)
    }
}
