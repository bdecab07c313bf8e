//! A chart in terms of its data, and how its page is laid out.

use super::annotate;
use super::draw::Title;
use super::glyphs;
use super::number;
use super::path;
use super::range::Range;
use super::scale::Scale;
use super::scene::{
    ALERT, Anchor, Color, GREY, GRID, HEIGHT, INK, PALETTE, Point, Scene, WHITE, WIDTH, pale,
};
use super::table::Axis;

/// Size of the text beside the curves.
pub(super) const LABEL_SIZE: f64 = 14.0;
/// From the plot to the labels at the curves' ends.
pub(super) const LEADER: f64 = 26.0;
/// The most ticks of the y axis.
const TICKS: usize = 9;
const TITLE_SIZE: f64 = 22.0;
const TICK_SIZE: f64 = 13.0;
const MARGIN: f64 = 28.0;
/// Labels are cut rather than take more of the page.
const WIDEST_LABEL: f64 = 250.0;
/// A curve with more points than this shows no dot for each.
const MOST_DOTS: usize = 30;
/// A curve with more points than this is drawn finer, so that noise does not become a band.
const DENSE: usize = 300;

/// One curve.
pub(super) struct Line {
    /// What stands at its end, if anything.
    pub(super) label: Option<String>,
    /// At least one point, in the order in which they were measured.
    pub(super) points: Vec<Point>,
    /// The colour of the curve.
    pub(super) color: Color,
    /// Its width.
    pub(super) width: f64,
    /// What lies around it: x, lowest and highest.
    pub(super) band: Vec<(f64, f64, f64)>,
}

impl Line {
    /// A line through at least one point.
    pub(super) fn new(label: Option<String>, points: Vec<Point>, color: Color, width: f64) -> Self {
        Self { label, points, color, width, band: Vec::new() }
    }
}

/// All that a chart shows.
pub(super) struct Figure<'a> {
    /// What stands above.
    pub(super) title: &'a Title,
    /// What the x axis counts.
    pub(super) axis: Axis,
    /// What the y axis measures.
    pub(super) y_label: String,
    /// The curves, bottom to top; at least one. The last is the one the chart is about.
    pub(super) lines: Vec<Line>,
    /// The best point of the last curve.
    pub(super) best: Option<Point>,
    /// Whether the curves are trials to compare rather than the splits of one trial: their late
    /// part then counts more than their start, and only the last one shows its points.
    pub(super) compares: bool,
}

/// The rectangle that holds the curves, and its axes.
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Plot {
    /// Where a point of a curve stands on the page.
    pub(super) fn at(&self, (x, y): Point) -> Point {
        let across = self.left + 10.0 + self.x.place(x) * (self.right - self.left - 16.0);
        (across, self.bottom - self.y.place(y) * (self.bottom - self.top))
    }
}

impl Figure<'_> {
    /// Lays the chart out.
    pub(super) fn scene(&self) -> Scene {
        let mut scene = Scene::default();
        scene.fill((0.0, 0.0), (WIDTH, HEIGHT), WHITE);
        let header = header(self.title, &mut scene);
        let points: Vec<_> = self.lines.iter().map(|line| line.points.as_slice()).collect();
        let range = Range::of(&points, if self.compares { 0.15 } else { 0.05 });
        let y = Scale::fitting(range.low, range.high);
        let labels = self.labels(&y);
        let plot = self.plot(header + 48.0, y, &labels);
        self.caption(&mut scene, &plot, &range);
        self.bands(&mut scene, &plot);
        self.axes(&mut scene, &plot);
        let at = |points: &[Point]| {
            path::thinned(&points.iter().map(|&point| plot.at(point)).collect::<Vec<_>>())
        };
        let curves: Vec<Vec<Point>> = points.into_iter().map(at).collect();
        let leaders = annotate::end_labels(&mut scene, &plot, &self.lines, &curves, &labels);
        self.curves(&mut scene, &plot, &curves);
        if let Some((center, text, color)) = self.best(&plot) {
            let visible = curves.iter().flat_map(|points| path::below(points, plot.top));
            let obstacles: Vec<_> = visible.chain(leaders).collect();
            annotate::callout(&mut scene, &plot, center, &text, color, &obstacles);
        }
        scene
    }

    /// The rectangle that tick labels and end labels leave.
    fn plot(&self, top: f64, y: Scale, labels: &[String]) -> Plot {
        let widest = |texts: &mut dyn Iterator<Item = &String>, size, bold| {
            texts.map(|text| glyphs::width(text, size, bold)).fold(0.0, f64::max)
        };
        let ticks = y.ticks(TICKS);
        let left = widest(&mut ticks.iter().map(|tick| &tick.text), TICK_SIZE, false) + 8.0;
        let right = match widest(&mut labels.iter(), LABEL_SIZE, true) {
            0.0 => 0.0,
            width => width + LEADER,
        };
        let (left, right) = (MARGIN + left, WIDTH - MARGIN - right);
        Plot { left, right, top, bottom: HEIGHT - 64.0, x: self.x_scale(), y }
    }

    /// From the first row to the last; steps from 0 where that is near.
    fn x_scale(&self) -> Scale {
        let xs = || self.lines.iter().flat_map(|line| line.points.iter().map(|point| point.0));
        let low = xs().fold(f64::INFINITY, f64::min);
        let high = xs().fold(f64::NEG_INFINITY, f64::max);
        let from_zero = self.axis == Axis::Step && low > 0.0 && low < 0.1 * high;
        Scale::linear(if from_zero { 0.0 } else { low }, high)
    }

    /// What the y axis measures, and how.
    fn caption(&self, scene: &mut Scene, plot: &Plot, range: &Range) {
        let mut caption = self.y_label.clone();
        if plot.y.is_log() {
            caption += ", log scale";
        }
        if let Some(cut) = range.cut {
            caption += &format!("; starts above the chart, at {}", number::value(cut, cut));
        }
        let caption = fitted(&caption, TICK_SIZE, WIDTH - 2.0 * MARGIN);
        scene.text((MARGIN, plot.top - 13.0), &caption, TICK_SIZE, GREY, Anchor::Start);
    }

    fn axes(&self, scene: &mut Scene, plot: &Plot) {
        for tick in plot.y.ticks(TICKS) {
            let y = plot.bottom - plot.y.place(tick.value) * (plot.bottom - plot.top);
            if y < plot.bottom - 3.0 {
                scene.stroke(vec![(plot.left, y), (plot.right, y)], GRID, 1.0);
            }
            let at = (plot.left - 8.0, y + TICK_SIZE * 0.35);
            scene.text(at, &tick.text, TICK_SIZE, GREY, Anchor::End);
        }
        scene.stroke(vec![(plot.left, plot.bottom), (plot.right, plot.bottom)], GREY, 1.0);
        for tick in plot.x.whole_ticks(10) {
            let x = plot.at((tick.value, 1.0)).0;
            scene.stroke(vec![(x, plot.bottom), (x, plot.bottom + 5.0)], GREY, 1.0);
            let at = (x, plot.bottom + 20.0);
            scene.text(at, &tick.text, TICK_SIZE, GREY, Anchor::Middle);
        }
        let middle = ((plot.left + plot.right) / 2.0, plot.bottom + 41.0);
        scene.text(middle, self.axis.name(), TICK_SIZE, GREY, Anchor::Middle);
    }

    /// What lies around the curves, within the plot, below everything else.
    fn bands(&self, scene: &mut Scene, plot: &Plot) {
        for line in self.lines.iter().filter(|line| line.band.len() > 1) {
            let inside = |x: f64, y: f64| {
                let (x, y) = plot.at((x, y));
                (x, y.clamp(plot.top, plot.bottom))
            };
            let above = line.band.iter().map(|(x, _, high)| inside(*x, *high));
            let below = line.band.iter().rev().map(|(x, low, _)| inside(*x, *low));
            scene.area(above.chain(below).collect(), pale(pale(line.color)));
        }
    }

    fn curves(&self, scene: &mut Scene, plot: &Plot, curves: &[Vec<Point>]) {
        for (i, (line, points)) in self.lines.iter().zip(curves).enumerate() {
            let width = if points.len() > DENSE { line.width * 0.6 } else { line.width };
            for part in path::below(points, plot.top) {
                scene.stroke(part, line.color, width);
            }
            let main = i + 1 == curves.len();
            let dotted = points.len() <= MOST_DOTS && (main || !self.compares);
            let shown = if dotted { 0 } else { points.len() - 1 };
            let radius = if points.len() == 1 { 4.5 } else { line.width * 0.6 + 1.0 };
            for &point in points[shown..].iter().filter(|point| point.1 >= plot.top) {
                scene.dot(point, radius, line.color);
            }
        }
    }

    /// The text at the end of each curve that has one; with its last value if it is a split.
    fn labels(&self, y: &Scale) -> Vec<String> {
        let text = |line: &Line| {
            let name = line.label.as_ref()?;
            let last = line.points.last().filter(|_| !self.compares);
            let value =
                last.map_or(String::new(), |p| format!(" {}", number::value(p.1, y.span())));
            Some(fitted(&format!("{name}{value}"), LABEL_SIZE, WIDEST_LABEL))
        };
        self.lines.iter().filter_map(text).collect()
    }

    /// Where the best point stands, what to say of it and its colour. Of a single row there is
    /// nothing to say that its label does not.
    fn best(&self, plot: &Plot) -> Option<(Point, String, Color)> {
        let (best, line) = (self.best?, self.lines.last()?);
        if line.points.len() == 1 && !self.compares {
            return None;
        }
        let value = number::value(best.1, plot.y.span());
        let text = format!("best {value} at {} {}", self.axis.name(), number::grouped(best.0, 0));
        Some((plot.at(best), text, line.color))
    }
}

/// Title, subtitle and warning; returns how far down they reach.
pub(super) fn header(title: &Title, scene: &mut Scene) -> f64 {
    let room = WIDTH - 2.0 * MARGIN;
    let mut y = 44.0;
    let text = fitted(&title.title, TITLE_SIZE, room);
    scene.bold((MARGIN, y), &text, TITLE_SIZE, INK);
    if !title.subtitle.is_empty() {
        y += 23.0;
        let text = fitted(&title.subtitle, LABEL_SIZE, room);
        scene.text((MARGIN, y), &text, LABEL_SIZE, GREY, Anchor::Start);
    }
    if let Some(warning) = &title.warning {
        y += 13.0;
        scene.fill((MARGIN, y), (room, 28.0), ALERT);
        scene.fill((MARGIN, y), (4.0, 28.0), PALETTE[1]);
        let text = fitted(&format!("Warning · {warning}"), LABEL_SIZE, room - 24.0);
        scene.bold((MARGIN + 14.0, y + 19.0), &text, LABEL_SIZE, INK);
        y += 24.0;
    }
    y
}

/// A text, with an ellipsis in place of what does not fit.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    let fits = |text: &str| glyphs::width(text, size, true) <= room;
    if fits(text) {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while cut.pop().is_some() {
        let shown = format!("{}…", cut.trim_end());
        if fits(&shown) {
            return shown;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_ends_in_an_ellipsis() {
        assert_eq!(fitted("short", 14.0, 200.0), "short");
        let cut = fitted(&"hidden_size=256 ".repeat(9), 14.0, 200.0);
        assert!(cut.ends_with('…') && glyphs::width(&cut, 14.0, true) <= 200.0, "{cut}");
    }
}
