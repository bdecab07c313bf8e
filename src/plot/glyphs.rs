//! The one font of the bitmap, which comes with the program: a machine may have none.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

/// The font; `None` only if the data in the program were damaged.
pub(super) fn font() -> Option<&'static FontRef<'static>> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    let load = || FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).ok();
    FONT.get_or_init(load).as_ref()
}

/// How much wider than drawn every stem must become, for want of heavier fonts: the light one is
/// thin on a screen, and bold text must be bold.
pub(super) fn thickening(size: f64, bold: bool) -> f64 {
    size * if bold { 0.055 } else { 0.022 }
}

/// The glyphs of a line of text whose baseline starts at the origin, and how far it reaches.
/// `size` is that of an em.
pub(super) fn laid_out(text: &str, size: f64, bold: bool) -> (Vec<Glyph>, f64) {
    let Some(font) = font() else {
        return (Vec::new(), 0.0);
    };
    let ems = font.height_unscaled() / font.units_per_em().unwrap_or(1000.0);
    let scale = PxScale::from(size as f32 * ems);
    let scaled = font.as_scaled(scale);
    let spacing = if bold { thickening(size, true) as f32 } else { 0.0 };
    let (mut glyphs, mut x, mut before) = (Vec::new(), 0.0, None);
    for character in text.chars() {
        let id = scaled.glyph_id(character);
        x += before.replace(id).map_or(0.0, |before| scaled.kern(before, id));
        glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
        x += scaled.h_advance(id) + spacing;
    }
    (glyphs, f64::from(x))
}

/// The width of a line of text.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    laid_out(text, size, bold).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_character_that_numbers_need() {
        let font = font().unwrap();
        for character in "0123456789,.−×⁰¹²³⁴⁵⁶⁷⁸⁹…·abcXYZ_=".chars() {
            assert_ne!(font.glyph_id(character).0, 0, "no glyph for {character}");
        }
    }

    #[test]
    fn width_grows_with_text_and_size() {
        assert!(width("perplexity", 14.0, false) > width("perplex", 14.0, false));
        let (small, large) = (width("epoch", 10.0, false), width("epoch", 20.0, false));
        assert!((large - 2.0 * small).abs() < 1e-3);
    }
}
