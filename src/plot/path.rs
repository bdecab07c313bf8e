//! Curves as points on the page: cut at an edge, thinned, felt for.

use super::scene::Point;

/// The parts of a curve that do not rise above `top` (on the page, `y` grows downwards).
pub(super) fn below(points: &[Point], top: f64) -> Vec<Vec<Point>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    for (i, &point) in points.iter().enumerate() {
        let inside = point.1 >= top;
        if let Some(&before) = i.checked_sub(1).and_then(|i| points.get(i))
            && inside != (before.1 >= top)
        {
            let share = (top - before.1) / (point.1 - before.1);
            part.push((before.0 + share * (point.0 - before.0), top));
        }
        if inside {
            part.push(point);
        } else if !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The same picture from fewer points: of those in one column of pixels only the first, the
/// highest, the lowest and the last are kept.
pub(super) fn thinned(points: &[Point]) -> Vec<Point> {
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let by_height = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let highest = (0..column.len()).min_by(by_height).unwrap_or(0);
        let lowest = (0..column.len()).max_by(by_height).unwrap_or(0);
        let mut indices = [0, highest, lowest, column.len() - 1];
        indices.sort_unstable();
        let mut before = None;
        for index in indices {
            if before.replace(index) != Some(index) {
                kept.push(column[index]);
            }
        }
    }
    kept
}

/// Points along a curve, none further than `step` from the next.
pub(super) fn samples(points: &[Point], step: f64) -> Vec<Point> {
    let mut all: Vec<Point> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let count = ((b.0 - a.0).hypot(b.1 - a.1) / step).ceil().max(1.0);
        all.extend((1..=count as usize).map(|i| {
            let share = i as f64 / count;
            (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1))
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_cut_where_it_leaves() {
        let curve = [(0.0, -10.0), (1.0, 10.0), (2.0, 30.0)];
        assert_eq!(below(&curve, 0.0), [[(0.5, 0.0), (1.0, 10.0), (2.0, 30.0)]]);
        let spike = [(0.0, 10.0), (1.0, -10.0), (2.0, 10.0)];
        assert_eq!(below(&spike, 0.0), [[(0.0, 10.0), (0.5, 0.0)], [(1.5, 0.0), (2.0, 10.0)]]);
    }

    #[test]
    fn thinning_keeps_the_extremes_and_sparse_curves() {
        let sparse = [(0.0, 5.0), (3.0, 4.0), (9.0, 3.0)];
        assert_eq!(thinned(&sparse), sparse);
        let dense: Vec<_> = (0..1000).map(|i| (f64::from(i) / 500.0, f64::from(i % 7))).collect();
        let few = thinned(&dense);
        assert!(few.len() <= 8);
        assert!(few.iter().any(|p| p.1 == 0.0) && few.iter().any(|p| p.1 == 6.0));
    }

    #[test]
    fn samples_leave_no_gap() {
        let felt = samples(&[(0.0, 0.0), (10.0, 0.0)], 3.0);
        assert_eq!(felt.len(), 5);
        assert!(felt.windows(2).all(|p| p[1].0 - p[0].0 <= 3.0));
    }
}
