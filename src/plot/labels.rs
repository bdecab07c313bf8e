//! Labels in a column that must not cover one another.

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
