//! Texts beside the curves, placed so that they cover neither one another nor the curves.

use super::figure::{LABEL_SIZE, LEADER, Line, Plot};
use super::glyphs;
use super::labels::spread;
use super::path;
use super::scene::{Anchor, Color, GREY, INK, Point, Scene, WHITE, pale};

/// From the middle of a text to its baseline, in ems.
const HALF_HEIGHT: f64 = 0.35;

/// Writes the labels at the ends of their curves, one below the other, each joined to its end by
/// a thin line. Returns these lines. The last curve's label is bold.
pub(super) fn end_labels(
    scene: &mut Scene,
    plot: &Plot,
    lines: &[Line],
    curves: &[Vec<Point>],
    labels: &[String],
) -> Vec<Vec<Point>> {
    let ends: Vec<(Point, Color)> = lines
        .iter()
        .zip(curves)
        .filter(|(line, _)| line.label.is_some())
        .filter_map(|(line, points)| Some((*points.last()?, line.color)))
        .collect();
    let wanted: Vec<f64> = ends.iter().map(|(end, _)| end.1).collect();
    let places = spread(&wanted, LABEL_SIZE * 1.35, plot.top, plot.bottom - 4.0);
    let x = plot.right + LEADER;
    let mut leaders = Vec::new();
    for (i, ((end, color), (y, text))) in
        ends.into_iter().zip(places.into_iter().zip(labels)).enumerate()
    {
        let height = end.1.max(plot.top);
        let out = vec![(end.0, height), (plot.right + 4.0, height)];
        let across = vec![(plot.right + 4.0, height), (x - 10.0, y), (x - 5.0, y)];
        // A curve that ended early is only pointed at.
        let early = plot.right - end.0 > LEADER;
        let shade = if early { pale(color) } else { color };
        scene.stroke(out.clone(), shade, if early { 1.0 } else { 1.4 });
        scene.stroke(across, color, 1.4);
        leaders.push(out);
        let at = (x, y + LABEL_SIZE * HALF_HEIGHT);
        if i + 1 == labels.len() {
            scene.bold(at, text, LABEL_SIZE, INK);
        } else {
            scene.text(at, text, LABEL_SIZE, INK, Anchor::Start);
        }
    }
    leaders
}

/// Marks a point and writes about it where the text covers the least of the obstacles.
pub(super) fn callout(
    scene: &mut Scene,
    plot: &Plot,
    center: Point,
    text: &str,
    color: Color,
    obstacles: &[Vec<Point>],
) {
    let size = (glyphs::width(text, LABEL_SIZE, true) + 8.0, LABEL_SIZE + 4.0);
    let felt: Vec<Point> = obstacles.iter().flat_map(|c| path::samples(c, 3.0)).collect();
    let corner = clearest(plot, center, size, &felt);
    let middle = corner.1 + size.1 / 2.0;
    if (middle - center.1).abs() > 24.0 {
        let foot = if middle < center.1 { corner.1 + size.1 } else { corner.1 };
        let x = center.0.clamp(corner.0 + 6.0, corner.0 + size.0 - 6.0);
        scene.stroke(vec![center, (x, foot)], GREY, 1.0);
    }
    scene.fill(corner, size, WHITE);
    let at = (corner.0 + 4.0, middle + LABEL_SIZE * HALF_HEIGHT);
    scene.bold(at, text, LABEL_SIZE, INK);
    scene.dot(center, 5.0, color);
}

/// The upper left corner of a box of this size, near a point and within the plot, that covers the
/// fewest of the felt points; the nearest where several are equal.
fn clearest(plot: &Plot, center: Point, size: Point, felt: &[Point]) -> Point {
    let place = |across: f64, down: f64| {
        let x = center.0 - size.0 / 2.0 + across * (size.0 / 2.0 + 8.0);
        let y = center.1 - size.1 / 2.0 + down;
        let x = x.min(plot.right - size.0).max(plot.left + 2.0);
        (x, y.min(plot.bottom - size.1 - 3.0).max(plot.top))
    };
    let hides = |corner: &Point, point: &Point, margin: f64| {
        let (right, bottom) = (corner.0 + size.0 + margin, corner.1 + size.1 + margin);
        (corner.0 - margin..right).contains(&point.0)
            && (corner.1 - margin..bottom).contains(&point.1)
    };
    let covered = |corner: &Point| {
        // To hide the very point is worse than any crossing.
        let point = if hides(corner, &center, 8.0) { felt.len() } else { 0 };
        point + felt.iter().filter(|point| hides(corner, point, 2.0)).count()
    };
    (0..6)
        .map(|i| 20.0 + 14.0 * f64::from(i))
        .flat_map(|down| [down, -down])
        .flat_map(|down| [0.0, 0.7, -0.7].map(|across| place(across, down)))
        .min_by_key(covered)
        .unwrap_or(center)
}
