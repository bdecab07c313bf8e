//! A drawing as data: marks in the order in which they are painted.
//!
//! Lengths are CSS pixels on a page of [`WIDTH`] × [`HEIGHT`], from the upper left corner.

/// Width of every chart.
pub(super) const WIDTH: f64 = 800.0;
/// Height of every chart.
pub(super) const HEIGHT: f64 = 500.0;

/// Red, green, blue. All marks are opaque.
pub(super) type Color = (u8, u8, u8);

/// The page.
pub(super) const WHITE: Color = (255, 255, 255);
/// Titles and what matters.
pub(super) const INK: Color = (0x22, 0x22, 0x22);
/// Axes and subtitles.
pub(super) const GREY: Color = (0x59, 0x59, 0x59);
/// Curves among many.
pub(super) const PALE: Color = (0xbd, 0xbd, 0xbd);
/// Grid lines.
pub(super) const GRID: Color = (0xe6, 0xe6, 0xe6);
/// Behind a warning.
pub(super) const ALERT: Color = (0xfd, 0xec, 0xdc);

/// Colours that colour-blind readers tell apart (Okabe and Ito 2008), those first that stand out
/// best on white; its yellow, which does not, is darkened.
pub(super) const PALETTE: [Color; 8] = [
    (0x00, 0x72, 0xb2),
    (0xd5, 0x5e, 0x00),
    (0x00, 0x9e, 0x73),
    (0xcc, 0x79, 0xa7),
    (0xe6, 0x9f, 0x00),
    (0x56, 0xb4, 0xe9),
    (0x22, 0x22, 0x22),
    (0xb3, 0xa2, 0x00),
];

/// A colour halfway to white.
pub(super) fn pale(color: Color) -> Color {
    let half = |channel: u8| (u16::from(channel) + 255).div_ceil(2) as u8;
    (half(color.0), half(color.1), half(color.2))
}

/// A place on the page.
pub(super) type Point = (f64, f64);

/// Where a text stands as seen from its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// To the right of it.
    Start,
    /// Around it.
    Middle,
    /// To the left of it.
    End,
}

/// One thing to paint.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    /// A line through points, with round corners.
    Stroke { points: Vec<Point>, color: Color, width: f64 },
    /// A filled polygon.
    Area { points: Vec<Point>, color: Color },
    /// A filled circle.
    Dot { center: Point, radius: f64, color: Color },
    /// A filled rectangle.
    Fill { corner: Point, size: Point, color: Color },
    /// A line of text.
    Text(Text),
}

/// A line of text whose baseline passes through `at`.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) at: Point,
    pub(super) text: String,
    /// Of an em.
    pub(super) size: f64,
    pub(super) color: Color,
    pub(super) anchor: Anchor,
    pub(super) bold: bool,
}

/// The marks of a drawing.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    /// First to last, so bottom to top.
    pub(super) marks: Vec<Mark>,
}

impl Scene {
    /// Adds a line.
    pub(super) fn stroke(&mut self, points: Vec<Point>, color: Color, width: f64) {
        self.marks.push(Mark::Stroke { points, color, width });
    }

    /// Adds a filled polygon.
    pub(super) fn area(&mut self, points: Vec<Point>, color: Color) {
        self.marks.push(Mark::Area { points, color });
    }

    /// Adds a dot with a white rim, so that it stands off the lines below it.
    pub(super) fn dot(&mut self, center: Point, radius: f64, color: Color) {
        self.marks.push(Mark::Dot { center, radius: radius + 1.2, color: WHITE });
        self.marks.push(Mark::Dot { center, radius, color });
    }

    /// Adds a rectangle.
    pub(super) fn fill(&mut self, corner: Point, size: Point, color: Color) {
        self.marks.push(Mark::Fill { corner, size, color });
    }

    /// Adds a text of ordinary weight.
    pub(super) fn text(&mut self, at: Point, text: &str, size: f64, color: Color, anchor: Anchor) {
        let text = text.to_owned();
        self.marks.push(Mark::Text(Text { at, text, size, color, anchor, bold: false }));
    }

    /// Adds a bold text that starts at a point.
    pub(super) fn bold(&mut self, at: Point, text: &str, size: f64, color: Color) {
        let (text, anchor) = (text.to_owned(), Anchor::Start);
        self.marks.push(Mark::Text(Text { at, text, size, color, anchor, bold: true }));
    }
}
