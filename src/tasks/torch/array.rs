//! The arrays that an exported model is evaluated on.

use crate::data::{IGNORE, UNSEEN};
use safetensors::tensor::Dtype;

/// An array of `data.safetensors`.
#[derive(Clone, Debug)]
pub struct Array {
    /// Its name.
    pub name: &'static str,
    /// What its numbers are.
    pub dtype: Dtype,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// Its numbers, little-endian.
    pub bytes: Vec<u8>,
}

/// Token ids, classes or lengths. [`IGNORE`] is −100, as in PyTorch; [`UNSEEN`] is −1, which no
/// output is equal to.
pub fn integers(
    name: &'static str,
    shape: Vec<usize>,
    numbers: impl Iterator<Item = u32>,
) -> Array {
    let number = |number| match number {
        IGNORE => -100,
        UNSEEN => -1,
        _ => i64::from(number),
    };
    let bytes = numbers.flat_map(|it| number(it).to_le_bytes()).collect();
    Array { name, dtype: Dtype::I64, shape, bytes }
}

/// Numbers of series and vectors.
pub fn floats(name: &'static str, shape: Vec<usize>, numbers: impl Iterator<Item = f32>) -> Array {
    let bytes = numbers.flat_map(f32::to_le_bytes).collect();
    Array { name, dtype: Dtype::F32, shape, bytes }
}

/// Sequences one after the other, and the length of each.
pub(crate) fn ragged<'a>(
    [name, lengths]: [&'static str; 2],
    all: impl Iterator<Item = &'a Vec<u32>> + Clone,
) -> [Array; 2] {
    let sizes: Vec<u32> = all.clone().map(|it| it.len() as u32).collect();
    let total = sizes.iter().map(|size| *size as usize).sum();
    let joined = integers(name, vec![total], all.flatten().copied());
    [joined, integers(lengths, vec![sizes.len()], sizes.into_iter())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_lie_one_after_the_other() {
        let [joined, lengths] = ragged(["a", "b"], [vec![7, IGNORE], vec![9]].iter());
        assert_eq!((joined.shape, lengths.shape), (vec![3], vec![2]));
        let numbers: Vec<i64> = joined
            .bytes
            .chunks_exact(8)
            .map(|it| i64::from_le_bytes(it.try_into().expect("eight")))
            .collect();
        assert_eq!(numbers, [7, -100, 9]);
    }
}
