//! The one font of the pictures, which comes with the program: a machine may have none. It is light,
//! and there is none for bold text: an outline makes the letters heavier.

use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use tiny_skia::{Path, PathBuilder};

/// The families that an SVG asks a browser for: the font of the pictures, or one much like it.
pub(in crate::plot) const FAMILY: &str =
    "Ubuntu, Helvetica, Arial, Liberation Sans, Noto Sans, sans-serif";

static FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::new(epaint_default_fonts::UBUNTU_LIGHT).ok());

/// Letters of some size and weight.
#[derive(Clone, Copy)]
pub(in crate::plot) struct Letters {
    /// Units of the page in an em.
    pub(in crate::plot) em: f64,
    /// Whether they are bold.
    pub(in crate::plot) bold: bool,
}

impl Letters {
    /// The width of a text, in units of the page.
    pub(in crate::plot) fn width(self, text: &str) -> f64 {
        let Some(font) = &*FONT else { return 0.0 };
        text.chars().map(|letter| self.advance(font, glyph(font, letter))).sum()
    }

    /// From the start of a letter to that of the next.
    fn advance(self, font: &FontRef<'_>, glyph: GlyphId) -> f64 {
        let spacing = if self.bold { 0.055 * self.em } else { 0.0 };
        let metrics = font.glyph_metrics(self.size(), LocationRef::default());
        f64::from(metrics.advance_width(glyph).unwrap_or_default()) + spacing
    }

    fn size(self) -> Size {
        Size::new(self.em as f32)
    }

    /// How wide the outline is that makes letters as heavy as they are meant to be.
    pub(in crate::plot) fn outline_width(self) -> f64 {
        if self.bold { 0.055 * self.em } else { 0.022 * self.em }
    }

    /// The height of small letters.
    pub(in crate::plot) fn x_height(self) -> f64 {
        let height = |font: &FontRef<'_>| {
            font.metrics(self.size(), LocationRef::default()).x_height.map(f64::from)
        };
        FONT.as_ref().and_then(height).unwrap_or(0.5 * self.em)
    }

    /// The outlines of a text that begins at a point of its baseline. `None` if there is nothing to see.
    pub(in crate::plot) fn outlines(self, text: &str, (mut x, y): (f64, f64)) -> Option<Path> {
        let font = FONT.as_ref()?;
        let shapes = font.outline_glyphs();
        let mut path = PathBuilder::new();
        for letter in text.chars() {
            let glyph = glyph(font, letter);
            // A space has no outline.
            if let Some(shape) = shapes.get(glyph) {
                let settings = DrawSettings::unhinted(self.size(), LocationRef::default());
                shape
                    .draw(settings, &mut Pen { path: &mut path, x: x as f32, y: y as f32 })
                    .ok()?;
            }
            x += self.advance(font, glyph);
        }
        path.finish()
    }
}

/// The glyph of a letter; the box that fonts have for letters that they lack.
fn glyph(font: &FontRef<'_>, letter: char) -> GlyphId {
    font.charmap().map(letter).unwrap_or_default()
}

/// Takes the outline of a glyph, upwards from its origin, and writes it onto the page, downwards.
struct Pen<'a> {
    path: &'a mut PathBuilder,
    x: f32,
    y: f32,
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x + x, self.y - y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x + x, self.y - y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(self.x + x1, self.y - y1, self.x + x, self.y - y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (right, up) = (self.x, self.y);
        self.path.cubic_to(right + x1, up - y1, right + x2, up - y2, right + x, up - y);
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
        let font = FONT.as_ref().unwrap();
        for letter in "0123456789,.−×±⁰¹²³⁴⁵⁶⁷⁸⁹…·abcXYZ_=".chars() {
            assert!(font.charmap().map(letter).is_some(), "no glyph for {letter}");
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
