//! Held-out text that stands in the training text word for word: a model that has learned it by
//! heart seems better than it is.
//!
//! Passages of n tokens are compared. n is so large that in two texts of independent tokens with
//! these frequencies no passage would be common by chance: the expected number of common passages is
//! N·M·cⁿ for c = Σ pᵢ², the chance that two tokens are the same. Real text repeats itself more
//! than independent tokens do, so four times that length is taken.

use crate::data::{Dataset, Ids};
use std::collections::{HashMap, HashSet};

/// A larger part of held-out text than this in passages of the training text is told.
const TOLD: f64 = 0.01;
/// How many times longer than by chance a passage must be.
const LONGER: f64 = 4.0;
/// The expected number of common passages of independent tokens.
const CHANCE: f64 = 1e-3;
/// The longest example, in characters.
const EXAMPLE: usize = 80;
/// An odd factor of the rolling sum of a passage.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sentence for each held-out split that stands in the training text to more than chance.
pub fn warnings(dataset: &Dataset<Ids>) -> Vec<String> {
    let [train, valid, test] = dataset.splits.each_ref().map(Ids::to_vec);
    let splits = [("validation", valid), ("test", test)];
    let told = splits.into_iter().filter_map(|(name, held_out)| {
        let overlap = overlap(&train, &held_out)?;
        let example = &held_out[overlap.example.clone()];
        let text: String = dataset.info.vocabulary.decode(example).chars().take(EXAMPLE).collect();
        Some(format!(
            "{:.1} % of the {name} text stands in the training text word for word, as {text:?}",
            overlap.part * 100.0
        ))
    });
    told.collect()
}

/// How much of a text is in another.
#[derive(Clone, Debug, PartialEq)]
struct Overlap {
    /// The part of the tokens.
    part: f64,
    /// The longest run of them.
    example: std::ops::Range<usize>,
}

/// How much of `held_out` stands in passages of `train`; `None` if that is little.
fn overlap(train: &[u32], held_out: &[u32]) -> Option<Overlap> {
    let length = passage(train, held_out.len())?;
    // Only held-out passages are kept: they are the smaller part.
    let mut found: HashMap<u64, bool> = sums(held_out, length).map(|sum| (sum, false)).collect();
    for sum in sums(train, length) {
        if let Some(seen) = found.get_mut(&sum) {
            *seen = true;
        }
    }
    let seen: HashSet<u64> =
        found.into_iter().filter_map(|(sum, seen)| seen.then_some(sum)).collect();
    let mut common = 0;
    let mut run = 0..0;
    let mut longest = 0..0;
    for (start, _) in sums(held_out, length).enumerate().filter(|(_, sum)| seen.contains(sum)) {
        let end = start + length;
        common += end - start.max(run.end);
        run = if start <= run.end && run.end > 0 { run.start..end } else { start..end };
        if run.len() > longest.len() {
            longest = run.clone();
        }
    }
    let part = common as f64 / held_out.len() as f64;
    (part > TOLD).then_some(Overlap { part, example: longest })
}

/// How long a passage must be that is common not by chance; `None` if chance explains any.
fn passage(train: &[u32], held_out: usize) -> Option<usize> {
    let mut counts: HashMap<u32, u64> = HashMap::new();
    for token in train {
        *counts.entry(*token).or_default() += 1;
    }
    let mut counts: Vec<u64> = counts.into_values().collect();
    counts.sort_unstable();
    let total = train.len() as f64;
    let same: f64 = counts.iter().map(|count| (*count as f64 / total).powi(2)).sum();
    let pairs = total * held_out as f64;
    let length = (LONGER * (CHANCE / pairs).ln() / same.ln()).ceil();
    let fits = length.is_finite() && length >= 1.0 && length <= held_out as f64;
    fits.then_some(length as usize)
}

/// A sum for each passage of `length` tokens, rolled on from one to the next.
fn sums(tokens: &[u32], length: usize) -> impl Iterator<Item = u64> + '_ {
    let first = FACTOR.wrapping_pow(length as u32);
    let mut sum = 0u64;
    let rolled = tokens.iter().enumerate().map(move |(place, token)| {
        sum = sum.wrapping_mul(FACTOR).wrapping_add(mixed(*token));
        if place >= length {
            sum = sum.wrapping_sub(first.wrapping_mul(mixed(tokens[place - length])));
        }
        sum
    });
    rolled.skip(length.saturating_sub(1))
}

/// A token as a number without structure.
fn mixed(token: u32) -> u64 {
    let z = (u64::from(token) + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (z ^ (z >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ (z >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    fn text(length: usize, key: u64) -> Vec<u32> {
        let mut stream = Stream::new(key, Purpose::Shuffle, 0);
        (0..length).map(|_| stream.below(30) as u32).collect()
    }

    #[test]
    fn independent_text_has_no_overlap() {
        assert_eq!(overlap(&text(50_000, 1), &text(5_000, 2)), None);
        assert_eq!(overlap(&[7; 5_000], &[7; 500]), None);
        assert_eq!(overlap(&text(50_000, 1), &[]), None);
        assert_eq!(overlap(&[], &text(100, 1)), None);
    }

    #[test]
    fn copied_text_is_found_with_its_place() {
        let train = text(50_000, 1);
        let mut held_out = text(5_000, 2);
        held_out[1_000..1_500].copy_from_slice(&train[20_000..20_500]);
        let found = overlap(&train, &held_out).unwrap();
        assert!((found.part - 0.1).abs() < 0.002, "{}", found.part);
        assert!((999..=1_000).contains(&found.example.start), "{:?}", found.example);
        assert!((1_500..=1_501).contains(&found.example.end), "{:?}", found.example);
        assert_eq!(overlap(&train, &train[100..5_100]).unwrap().part, 1.0);
    }
}
