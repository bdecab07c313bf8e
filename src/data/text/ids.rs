//! A text as numbers that take no more memory than they need: a corpus is the largest thing that
//! all trials of a sweep hold.

use std::sync::Arc;

/// Token ids of a text, shared by all who hold them.
#[derive(Clone)]
pub struct Ids(Width);

/// The ids in one, two or four bytes each, whatever the largest takes.
#[derive(Clone)]
enum Width {
    One(Arc<[u8]>),
    Two(Arc<[u16]>),
    Four(Arc<[u32]>),
}

impl Ids {
    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Width::One(ids) => ids.len(),
            Width::Two(ids) => ids.len(),
            Width::Four(ids) => ids.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id at a place.
    ///
    /// # Panics
    /// When the text is shorter.
    pub fn at(&self, place: usize) -> u32 {
        match &self.0 {
            Width::One(ids) => ids[place].into(),
            Width::Two(ids) => ids[place].into(),
            Width::Four(ids) => ids[place],
        }
    }

    /// All ids in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|place| self.at(place))
    }

    /// All ids in memory of their own.
    pub fn to_vec(&self) -> Vec<u32> {
        self.iter().collect()
    }
}

impl Default for Ids {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl From<Vec<u32>> for Ids {
    fn from(ids: Vec<u32>) -> Self {
        let largest = ids.iter().copied().max().unwrap_or_default();
        // No id is cut: none is larger than the largest.
        Self(match largest {
            0..=0xff => Width::One(ids.iter().map(|id| *id as u8).collect()),
            0x100..=0xffff => Width::Two(ids.iter().map(|id| *id as u16).collect()),
            _ => Width::Four(ids.into()),
        })
    }
}

impl FromIterator<u32> for Ids {
    fn from_iter<I: IntoIterator<Item = u32>>(ids: I) -> Self {
        ids.into_iter().collect::<Vec<u32>>().into()
    }
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_are_what_they_were_made_of(
            ids in (0u32..20).prop_flat_map(|bits| {
                proptest::collection::vec(0..=1u32 << bits, 0..50)
            }),
        ) {
            let kept = Ids::from(ids.clone());
            prop_assert_eq!(kept.len(), ids.len());
            prop_assert_eq!(kept.is_empty(), ids.is_empty());
            prop_assert_eq!(kept.to_vec(), ids);
        }
    }

    #[test]
    fn ids_take_as_many_bytes_as_the_largest_needs() {
        let width = |largest: u32| match Ids::from(vec![0, largest]).0 {
            Width::One(_) => 1,
            Width::Two(_) => 2,
            Width::Four(_) => 4,
        };
        let found = [255, 256, 65_535, 65_536, u32::MAX].map(width);
        assert_eq!(found, [1, 2, 2, 4, 4]);
        assert_eq!(Ids::from(vec![1, u32::MAX]).to_vec(), [1, u32::MAX]);
    }
}
