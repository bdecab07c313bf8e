//! What every chart looks like, and how a drawing becomes an SVG and a PNG file.

use std::io;
use std::path::Path;

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle};

use super::canvas::{self, Canvas, EM, FAMILY, Letters, Shape};
use super::error::ChartError;
use super::scale::Scale;
use crate::files::{Sync, make_folder, write_synced};
use crate::train::RecordError;

/// Width of every chart that is a file, in CSS pixels.
pub(super) const WIDTH: f64 = 800.0;
/// Height of every chart that is a file.
pub(super) const HEIGHT: f64 = 500.0;
/// From the edge of a page to what stands on it.
pub(super) const MARGIN: f64 = 28.0;
/// Size of the text beside the curves.
pub(super) const LABEL: f64 = 14.0;
/// Size of the text beside the axes.
pub(super) const SMALL: f64 = 13.0;

/// Titles and what matters.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Axes and subtitles.
pub(super) const GREY: RGBColor = RGBColor(0x59, 0x59, 0x59);
/// Curves among many.
pub(super) const PALE: RGBColor = RGBColor(0xbd, 0xbd, 0xbd);
/// Grid lines.
const GRID: RGBColor = RGBColor(0xe6, 0xe6, 0xe6);
/// Behind a warning.
const ALERT: RGBColor = RGBColor(0xfd, 0xec, 0xdc);

/// Colours that colour-blind readers tell apart (Okabe and Ito 2008), those first that stand out
/// best on white; its yellow, which does not, is darkened.
pub(super) const PALETTE: [RGBColor; 8] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    INK,
    RGBColor(0xb3, 0xa2, 0x00),
];

/// The colours of a page on a dark screen: as far from its black as those above are from white.
const DARK: [(RGBColor, RGBColor); 13] = [
    (WHITE, RGBColor(0x16, 0x18, 0x1d)),
    (INK, RGBColor(0xe8, 0xe8, 0xe8)),
    (GREY, RGBColor(0xa8, 0xa8, 0xa8)),
    (PALE, RGBColor(0x5c, 0x5f, 0x66)),
    (GRID, RGBColor(0x33, 0x36, 0x3d)),
    (ALERT, RGBColor(0x46, 0x2f, 0x1a)),
    (PALETTE[0], RGBColor(0x4a, 0xa8, 0xe0)),
    (PALETTE[1], RGBColor(0xff, 0x8b, 0x3d)),
    (PALETTE[2], RGBColor(0x2c, 0xc7, 0x9a)),
    (PALETTE[3], RGBColor(0xe2, 0x9b, 0xc4)),
    (PALETTE[4], RGBColor(0xf2, 0xb8, 0x3a)),
    (PALETTE[5], RGBColor(0x7c, 0xc8, 0xf5)),
    (PALETTE[7], RGBColor(0xd9, 0xc9, 0x3a)),
];

/// Text to the right of its point.
pub(super) const START: Pos = Pos { h_pos: HPos::Left, v_pos: VPos::Center };
/// Text around its point.
pub(super) const MIDDLE: Pos = Pos { h_pos: HPos::Center, v_pos: VPos::Center };
/// Text to the left of its point.
pub(super) const END: Pos = Pos { h_pos: HPos::Right, v_pos: VPos::Center };

/// What is drawn on.
pub(super) type Page<'s> = DrawingArea<Canvas<'s>, Shift>;
/// A pair of axes on a page.
pub(super) type Chart<'a, 's, X = Scale> = ChartContext<'a, Canvas<'s>, Cartesian2d<X, Scale>>;
/// What drawing gives.
pub(super) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<io::Error>>;

/// What stands above a chart.
#[derive(Clone, Debug, Default)]
pub struct Title {
    /// The first line, in large letters: as a rule the name of the experiment or trial.
    pub title: String,
    /// The second line: what is worth knowing at a glance, or empty.
    pub subtitle: String,
    /// What a reader must know before trusting the curves.
    pub warning: Option<String>,
}

/// plotters places marks on whole units only: so many of them make a CSS pixel.
const FINE: f64 = 4.0;
/// Pixels of a PNG along a CSS pixel.
const DENSITY: f64 = 2.0;
/// CSS pixels in the units of a page.
pub(super) fn px(length: f64) -> i32 {
    (length * FINE).round() as i32
}

fn text(size: f64, color: RGBColor, style: FontStyle) -> TextStyle<'static> {
    FontDesc::new(FontFamily::Name(FAMILY), size * FINE * EM, style).color(&color).pos(START)
}

/// Text of ordinary weight.
pub(super) fn plain(size: f64, color: RGBColor) -> TextStyle<'static> {
    text(size, color, FontStyle::Normal)
}

/// Bold text.
pub(super) fn bold(size: f64) -> TextStyle<'static> {
    text(size, INK, FontStyle::Bold)
}

/// The width of a text, in units of the page. plotters knows no more than how many letters there are.
pub(super) fn width(text: &str, style: &TextStyle<'_>) -> i32 {
    let bold = matches!(style.font.get_style(), FontStyle::Bold);
    Letters { em: style.font.get_size() / EM, bold }.width(text).ceil() as i32
}

/// A text, with an ellipsis in place of what does not fit.
pub(super) fn fitted(text: &str, style: &TextStyle<'_>, room: i32) -> String {
    if width(text, style) <= room {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while cut.pop().is_some() {
        let shown = format!("{}…", cut.trim_end());
        if width(&shown, style) <= room {
            return shown;
        }
    }
    String::new()
}

/// A line of some width in CSS pixels.
pub(super) fn line(color: impl Color, width: f64) -> ShapeStyle {
    color.stroke_width(px(width) as u32)
}

/// A dot with a white rim, so that it stands off the lines below it.
pub(super) fn dot(page: &Page<'_>, center: (i32, i32), radius: f64, color: RGBColor) -> Drawn {
    page.draw(&Circle::new(center, px(radius + 1.2), WHITE.filled()))?;
    page.draw(&Circle::new(center, px(radius), color.filled()))
}

/// Draws the axes of a chart: grid lines across, and a line below.
pub(super) fn axes<X>(chart: &mut Chart<'_, '_, X>, x_name: &str, size: f64) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut up = chart.configure_mesh();
    up.disable_x_axis().disable_x_mesh().axis_style(TRANSPARENT);
    up.bold_line_style(line(GRID, 1.0)).label_style(plain(size, GREY));
    up.set_all_tick_mark_size(px(4.0)).draw()?;
    let mut across = chart.configure_mesh();
    across.disable_y_axis().disable_mesh().axis_style(line(GREY, 1.0));
    across.label_style(plain(size, GREY)).x_desc(x_name);
    across.set_all_tick_mark_size(px(4.0)).draw()
}

/// Title, subtitle and warning; returns how far down they reach, in CSS pixels.
pub(super) fn header(page: &Page<'_>, title: &Title) -> Drawn<f64> {
    let room = WIDTH - 2.0 * MARGIN;
    let write = |text: &str, style: TextStyle<'_>, x: f64, y: f64| {
        let shown = fitted(text, &style, px(WIDTH - MARGIN - x));
        page.draw_text(&shown, &style, (px(x), px(y)))
    };
    write(&title.title, bold(22.0), MARGIN, 36.0)?;
    let mut y = 44.0;
    if !title.subtitle.is_empty() {
        write(&title.subtitle, plain(LABEL, GREY), MARGIN, y + 18.0)?;
        y += 23.0;
    }
    if let Some(warning) = &title.warning {
        let box_of = |width: f64| [(px(MARGIN), px(y + 13.0)), (px(MARGIN + width), px(y + 41.0))];
        page.draw(&Rectangle::new(box_of(room), ALERT.filled()))?;
        page.draw(&Rectangle::new(box_of(4.0), PALETTE[1].filled()))?;
        write(&format!("Warning · {warning}"), bold(LABEL), MARGIN + 14.0, y + 27.0)?;
        y += 37.0;
    }
    Ok(y)
}

/// A drawing as an SVG element, and its shapes.
#[derive(Default)]
pub(super) struct Drawing {
    pub(super) svg: String,
    shapes: Vec<Shape>,
}

/// A drawing of a size in CSS pixels, in the units of the page.
pub(super) fn drawing(
    (width, height): (f64, f64),
    draw: impl FnOnce(&Page<'_>) -> Drawn,
) -> Drawn<Drawing> {
    let mut made = Drawing::default();
    let size = (px(width) as u32, px(height) as u32);
    let page = Canvas::new(&mut made.svg, &mut made.shapes, size).into_drawing_area();
    draw(&page)?;
    page.present()?;
    drop(page);
    Ok(made)
}

/// A drawing on white; the SVG is a document, whose size is in CSS pixels.
pub(super) fn document(size: (f64, f64), draw: impl FnOnce(&Page<'_>) -> Drawn) -> Drawn<Drawing> {
    let mut made = drawing(size, |page| {
        page.fill(&WHITE)?;
        draw(page)
    })?;
    let (width, height) = size;
    // The first tag of plotters says the size in units of the drawing.
    let inside = made.svg.split_once('\n').map_or("</svg>\n", |(_, inside)| inside);
    made.svg = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" \
         stroke-linejoin=\"round\" xmlns=\"http://www.w3.org/2000/svg\">\n{}\n{inside}",
        px(width),
        px(height),
        in_the_dark()
    );
    Ok(made)
}

/// The style of a document where a reader's screen is dark: each colour of a page has one to go with it.
fn in_the_dark() -> String {
    let colors = DARK.iter().flat_map(|(light, dark)| {
        let [light, dark] = [light, dark]
            .map(|RGBColor(red, green, blue)| format!("#{red:02X}{green:02X}{blue:02X}"));
        ["fill", "stroke"].map(|part| format!("[{part}=\"{light}\"]{{{part}:{dark}}}"))
    });
    format!("<style>@media (prefers-color-scheme:dark){{{}}}</style>", colors.collect::<String>())
}

/// Draws a page and writes it as `<stem>.svg` and `<stem>.png` into a folder, which is created if need
/// be; whole or not at all. After a power cut they may be missing: they can be drawn again.
pub(super) fn save(
    folder: &Path,
    stem: &str,
    draw: impl FnOnce(&Page<'_>) -> Drawn,
) -> Result<(), ChartError> {
    let [svg, png] = ["svg", "png"].map(|ending| folder.join(format!("{stem}.{ending}")));
    let refused = |reason: String| ChartError::Draw { path: svg.clone(), reason };
    let made = document((WIDTH, HEIGHT), draw).map_err(|error| refused(error.to_string()))?;
    let [width, height] = [WIDTH, HEIGHT].map(|length| (length * DENSITY) as u32);
    let pixels = canvas::png(&made.shapes, (width, height), FINE / DENSITY)
        .map_err(|error| refused(error.to_string()))?;
    let unwritten = |path: &Path| {
        let path = path.to_owned();
        |error: RecordError| ChartError::Write { path, source: error.source }
    };
    make_folder(folder).map_err(unwritten(&svg))?;
    write_synced(&svg, made.svg.as_bytes(), Sync::Nothing).map_err(unwritten(&svg))?;
    write_synced(&png, &pixels, Sync::Nothing).map_err(unwritten(&png))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_ends_in_an_ellipsis() {
        let style = bold(LABEL);
        assert_eq!(fitted("short", &style, px(200.0)), "short");
        let cut = fitted(&"hidden_size=256 ".repeat(9), &style, px(200.0));
        assert!(cut.ends_with('…') && width(&cut, &style) <= px(200.0), "{cut}");
    }

    #[test]
    fn width_grows_with_text_and_size() {
        let wide = |text, size| width(text, &plain(size, INK));
        assert!(wide("perplexity", 14.0) > wide("perplex", 14.0));
        assert!((wide("epoch", 20.0) - 2 * wide("epoch", 10.0)).abs() <= 2);
    }
}
