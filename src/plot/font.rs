//! The one font of the pictures, which comes with the program: a machine may have none. It is light,
//! and there is none for bold text: an outline makes the letters heavier.

use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// The families that an SVG asks a browser for: the font of the pictures, or one much like it.
pub(super) const FAMILY: &str = "Ubuntu, Helvetica, Arial, Liberation Sans, Noto Sans, sans-serif";

static FACE: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(epaint_default_fonts::UBUNTU_LIGHT, 0).ok());

/// Letters of some size and weight.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    /// Units of the page in an em.
    pub(super) em: f64,
    /// Whether they are bold.
    pub(super) bold: bool,
}

impl Letters {
    /// The width of a text, in units of the page.
    pub(super) fn width(self, text: &str) -> f64 {
        let Some(face) = &*FACE else { return 0.0 };
        text.chars().map(|letter| self.advance(face, glyph(face, letter))).sum()
    }

    /// From the start of a letter to that of the next.
    fn advance(self, face: &Face<'_>, glyph: GlyphId) -> f64 {
        let spacing = if self.bold { 0.055 * self.em } else { 0.0 };
        f64::from(face.glyph_hor_advance(glyph).unwrap_or_default()) * self.scale(face) + spacing
    }

    fn scale(self, face: &Face<'_>) -> f64 {
        self.em / f64::from(face.units_per_em())
    }

    /// How wide the outline is that makes letters as heavy as they are meant to be.
    pub(super) fn outline_width(self) -> f64 {
        if self.bold { 0.055 * self.em } else { 0.022 * self.em }
    }

    /// The height of small letters.
    pub(super) fn x_height(self) -> f64 {
        let height = |face: &Face<'_>| Some(f64::from(face.x_height()?) * self.scale(face));
        FACE.as_ref().and_then(height).unwrap_or(0.5 * self.em)
    }

    /// The outlines of a text that begins at a point of its baseline. `None` if there is nothing to see.
    pub(super) fn outlines(self, text: &str, (mut x, y): (f64, f64)) -> Option<Path> {
        let face = FACE.as_ref()?;
        let mut pen = Pen { path: PathBuilder::new(), scale: self.scale(face), x, y };
        for letter in text.chars() {
            let glyph = glyph(face, letter);
            pen.x = x;
            // A space has no outline.
            let _ = face.outline_glyph(glyph, &mut pen);
            x += self.advance(face, glyph);
        }
        pen.path.finish()
    }
}

/// The glyph of a letter; the box that fonts have for letters that they lack.
fn glyph(face: &Face<'_>, letter: char) -> GlyphId {
    face.glyph_index(letter).unwrap_or_default()
}

/// Takes outlines in the units of the font, upwards, and writes them in units of the page, downwards.
struct Pen {
    path: PathBuilder,
    scale: f64,
    x: f64,
    y: f64,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        let across = self.x + self.scale * f64::from(x);
        let down = self.y - self.scale * f64::from(y);
        (across as f32, down as f32)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) =
            (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_character_that_numbers_need() {
        let face = FACE.as_ref().unwrap();
        for letter in "0123456789,.−×±⁰¹²³⁴⁵⁶⁷⁸⁹…·abcXYZ_=".chars() {
            assert!(face.glyph_index(letter).is_some(), "no glyph for {letter}");
        }
    }

    #[test]
    fn outlines_stand_where_the_text_does() {
        let letters = Letters { em: 100.0, bold: false };
        let bounds = letters.outlines("Hx", (10.0, 200.0)).unwrap().bounds();
        assert!(bounds.left() > 10.0 && f64::from(bounds.right()) < 10.0 + letters.width("Hx"));
        assert!((bounds.bottom() - 200.0).abs() < 1.0 && (125.0..140.0).contains(&bounds.top()));
        assert!(letters.outlines("  ", (0.0, 0.0)).is_none());
    }
}
