//! What plotters has no word for: labels at the ends of curves that do not cover one another, a text
//! about a point where it hides the least, and curves that leave the chart at its upper edge. All but
//! the last is in units of the page, downwards.

use plotters::prelude::*;

use super::page::{Drawn, GREY, INK, LABEL, Page, START, bold, dot, line, plain, px, width};
use super::scale::{Point, Scale};

/// The rectangle that holds the curves.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
}

/// A place on the page.
pub(super) type Place = (i32, i32);

/// From the plot to the labels at the curves' ends.
pub(super) const LEADER: f64 = 26.0;

/// Writes labels at the ends of their curves, one below the other, each joined to its end by a thin
/// line. Returns these lines. The last label is bold.
pub(super) fn end_labels(
    page: &Page<'_>,
    frame: Frame,
    ends: &[(Place, RGBColor)],
    labels: &[String],
) -> Drawn<Vec<Vec<Place>>> {
    let wanted: Vec<f64> = ends.iter().map(|(end, _)| f64::from(end.1)).collect();
    let (top, bottom) = (f64::from(frame.top), f64::from(frame.bottom - px(4.0)));
    let heights = spread(&wanted, f64::from(px(LABEL * 1.35)), top, bottom);
    let (near, far) = (frame.right + px(4.0), frame.right + px(LEADER));
    let mut leaders = Vec::new();
    for (i, ((end, color), (y, text))) in ends.iter().zip(heights.iter().zip(labels)).enumerate() {
        let (y, height) = (*y as i32, end.1.max(frame.top));
        // A curve that ended early is only pointed at.
        let early = frame.right - end.0 > px(LEADER);
        let out = if early { line(color.mix(0.5), 1.0) } else { line(*color, 1.4) };
        let leader = vec![(end.0, height), (near, height)];
        page.draw(&PathElement::new(leader.clone(), out))?;
        let across = vec![(near, height), (far - px(10.0), y), (far - px(5.0), y)];
        page.draw(&PathElement::new(across, line(*color, 1.4)))?;
        leaders.push(leader);
        let style = if i + 1 == labels.len() { bold(LABEL) } else { plain(LABEL, INK) };
        page.draw_text(text, &style, (far, y))?;
    }
    Ok(leaders)
}

/// Marks a point and writes about it where the text covers the least of the obstacles.
pub(super) fn callout(
    page: &Page<'_>,
    frame: Frame,
    center: Place,
    text: &str,
    color: RGBColor,
    obstacles: &[Vec<Place>],
) -> Drawn {
    let style = bold(LABEL);
    let size = (width(text, &style) + px(8.0), px(LABEL + 4.0));
    let felt: Vec<Place> = obstacles.iter().flat_map(|c| samples(c, f64::from(px(3.0)))).collect();
    let corner = clearest(frame, center, size, &felt);
    let end = (corner.0 + size.0, corner.1 + size.1);
    let middle = corner.1 + size.1 / 2;
    if (middle - center.1).abs() > px(24.0) {
        let foot = if middle < center.1 { end.1 } else { corner.1 };
        let x = center.0.clamp(corner.0 + px(6.0), end.0 - px(6.0));
        page.draw(&PathElement::new(vec![center, (x, foot)], line(GREY, 1.0)))?;
    }
    page.draw(&Rectangle::new([corner, end], WHITE.filled()))?;
    page.draw_text(text, &style.pos(START), (corner.0 + px(4.0), middle))?;
    dot(page, center, 5.0, color)
}

/// The upper left corner of a box of this size, near a point and within the plot, that covers the
/// fewest of the felt points; the nearest if several are equal.
fn clearest(frame: Frame, center: Place, size: Place, felt: &[Place]) -> Place {
    let place = |across: f64, down: i32| {
        let aside = across * f64::from(size.0 / 2 + px(8.0));
        let (x, y) = (center.0 - size.0 / 2 + aside as i32, center.1 - size.1 / 2 + down);
        let x = x.min(frame.right - size.0).max(frame.left + px(2.0));
        (x, y.min(frame.bottom - size.1 - px(3.0)).max(frame.top))
    };
    let hides = |corner: &Place, point: &Place, margin: i32| {
        let (right, bottom) = (corner.0 + size.0 + margin, corner.1 + size.1 + margin);
        (corner.0 - margin..right).contains(&point.0)
            && (corner.1 - margin..bottom).contains(&point.1)
    };
    let covered = |corner: &Place| {
        // To hide the very point is worse than any crossing.
        let point = if hides(corner, &center, px(8.0)) { felt.len() } else { 0 };
        point + felt.iter().filter(|point| hides(corner, point, px(2.0))).count()
    };
    (0..6)
        .map(|i| px(20.0 + 14.0 * f64::from(i)))
        .flat_map(|down| [down, -down])
        .flat_map(|down| [0.0, 0.7, -0.7].map(|across| place(across, down)))
        .min_by_key(covered)
        .unwrap_or(center)
}

/// Points along a curve, none further than `step` from the next.
fn samples(points: &[Place], step: f64) -> Vec<Place> {
    let mut all: Vec<Place> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let [a, b] = [pair[0], pair[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
        let count = ((b.0 - a.0).hypot(b.1 - a.1) / step).ceil().max(1.0);
        all.extend((1..=count as usize).map(|i| {
            let share = i as f64 / count;
            ((a.0 + share * (b.0 - a.0)) as i32, (a.1 + share * (b.1 - a.1)) as i32)
        }));
    }
    all
}

/// The parts of a curve that do not rise above the upper end of an axis.
pub(super) fn below(points: &[Point], scale: &Scale) -> Vec<Vec<Point>> {
    let inside = |point: &Point| scale.place(point.1) <= 1.0;
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for (i, point) in points.iter().enumerate() {
        let before = i.checked_sub(1).map(|before| points[before]);
        let was_inside = before.is_some_and(|before| inside(&before));
        if inside(point) && !was_inside {
            parts.push(Vec::new());
        }
        let Some(part) = parts.last_mut() else { continue };
        if let Some(before) = before.filter(|_| inside(point) != was_inside) {
            let (from, to) = (scale.place(before.1), scale.place(point.1));
            let share = (1.0 - from) / (to - from);
            part.push((before.0 + share * (point.0 - before.0), scale.top()));
        }
        if inside(point) {
            part.push(*point);
        }
    }
    parts
}

/// The same picture from fewer points: of those in one column of pixels only the first, the
/// highest, the lowest and the last are kept.
pub(super) fn thinned(points: &[Point], column: impl Fn(f64) -> i32) -> Vec<Point> {
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| column(a.0) == column(b.0)) {
        let by_height = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let highest = (0..column.len()).max_by(by_height).unwrap_or(0);
        let lowest = (0..column.len()).min_by(by_height).unwrap_or(0);
        let mut indices = vec![0, highest, lowest, column.len() - 1];
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|index| column[index]));
    }
    kept
}

/// Moves labels as little as possible (least squares) so that neighbours stand `gap` apart
/// within `low..=high`. The order of the wanted places is kept; where there is not enough room,
/// all stand evenly closer.
///
/// With the gaps taken out, this is isotonic regression, solved by pooling adjacent violators.
pub(super) fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let count = wanted.len();
    let gap = if count > 1 { gap.min((high - low) / (count - 1) as f64) } else { gap };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));

    let mut blocks: Vec<(f64, usize)> = Vec::with_capacity(count);
    for (rank, &index) in order.iter().enumerate() {
        let mut block = (wanted[index] - rank as f64 * gap, 1);
        while let Some(&(mean, size)) = blocks.last() {
            if mean <= block.0 {
                break;
            }
            let total = size + block.1;
            block = ((mean * size as f64 + block.0 * block.1 as f64) / total as f64, total);
            blocks.pop();
        }
        blocks.push(block);
    }

    let room = high - gap * count.saturating_sub(1) as f64;
    let mut placed = vec![0.0; count];
    let means = blocks.iter().flat_map(|&(mean, size)| std::iter::repeat_n(mean, size));
    for (rank, (mean, &index)) in means.zip(&order).enumerate() {
        placed[index] = mean.min(room).max(low) + rank as f64 * gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_curve_is_cut_where_it_leaves() {
        let scale = Scale::linear(0.0, 10.0, 5);
        let curve = [(0.0, 20.0), (1.0, 0.0), (2.0, 5.0)];
        assert_eq!(below(&curve, &scale), [[(0.5, 10.0), (1.0, 0.0), (2.0, 5.0)]]);
        let spike = [(0.0, 0.0), (1.0, 20.0), (2.0, 0.0)];
        assert_eq!(below(&spike, &scale), [[(0.0, 0.0), (0.5, 10.0)], [(1.5, 10.0), (2.0, 0.0)]]);
    }

    #[test]
    fn thinning_keeps_the_extremes_and_sparse_curves() {
        let sparse = [(0.0, 5.0), (3.0, 4.0), (9.0, 3.0)];
        assert_eq!(thinned(&sparse, |x| x as i32), sparse);
        let dense: Vec<_> = (0..1000).map(|i| (f64::from(i) / 500.0, f64::from(i % 7))).collect();
        let few = thinned(&dense, |x| x as i32);
        assert!(few.len() <= 8);
        assert!(few.iter().any(|p| p.1 == 0.0) && few.iter().any(|p| p.1 == 6.0));
    }

    #[test]
    fn samples_leave_no_gap() {
        let felt = samples(&[(0, 0), (10, 0)], 3.0);
        assert_eq!(felt.len(), 5);
        assert!(felt.windows(2).all(|p| p[1].0 - p[0].0 <= 3));
    }

    #[test]
    fn labels_with_room_stay_where_they_are() {
        assert_eq!(spread(&[80.0, 10.0, 40.0], 15.0, 0.0, 100.0), [80.0, 10.0, 40.0]);
        assert!(spread(&[], 15.0, 0.0, 100.0).is_empty());
    }

    #[test]
    fn two_that_collide_part_evenly() {
        assert_eq!(spread(&[50.0, 52.0], 16.0, 0.0, 100.0), [43.0, 59.0]);
        assert_eq!(spread(&[99.0, 98.0], 16.0, 0.0, 100.0), [100.0, 84.0]);
    }

    proptest! {
        #[test]
        fn none_overlap_and_none_leave(wanted in prop::collection::vec(-50.0..150.0, 1..12)) {
            let mut placed = spread(&wanted, 20.0, 0.0, 100.0);
            let least = 20.0_f64.min(100.0 / (wanted.len() as f64 - 1.0).max(1.0));
            placed.sort_by(f64::total_cmp);
            prop_assert!(placed.windows(2).all(|p| p[1] - p[0] >= least - 1e-9));
            prop_assert!(placed.iter().all(|&y| (-1e-9..=100.0 + 1e-9).contains(&y)));
        }
    }
}
