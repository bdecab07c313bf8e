//! Samples: as many letters as the page has room for, the newest first.

use crate::runs::samples_txt::SampleText;
use serde_json::{Value, json};

/// Letters of samples in a page.
const LETTERS: usize = 800_000;
/// Letters of the samples of one trial, and those that each has however many there are.
const OF_TRIAL: usize = 24_000;
const AT_LEAST: usize = 240;
/// Letters of a single sample.
const OF_SAMPLE: usize = 2_000;

/// How many letters each trial may have.
pub(super) fn letters_each(trials: usize) -> usize {
    (LETTERS / trials.max(1)).clamp(AT_LEAST, OF_TRIAL)
}

/// The newest samples that fit, in the order of the file, and how many are left out.
pub(super) fn samples(samples: &[SampleText], letters: usize) -> (Vec<Value>, usize) {
    let mut left = letters;
    let mut kept = Vec::new();
    for sample in samples.iter().rev() {
        let what: String = sample.what.chars().take(OF_SAMPLE).collect();
        let room = left.saturating_sub(what.len()).min(OF_SAMPLE);
        if room == 0 {
            break;
        }
        let mut text: String = sample.text.chars().take(room).collect();
        left -= what.len() + text.len().min(room);
        if text.len() < sample.text.len() {
            text.push('…');
        }
        kept.push(json!([sample.epoch, sample.step, what, text]));
    }
    kept.reverse();
    let left_out = samples.len() - kept.len();
    (kept, left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_samples_are_kept() {
        let sample = |epoch: u64, text: &str| SampleText {
            epoch,
            step: epoch * 10,
            what: "a".into(),
            text: text.into(),
        };
        let all = [sample(1, "first"), sample(2, "second"), sample(3, "third")];
        let (kept, left_out) = samples(&all, 11);
        assert_eq!(
            (kept, left_out),
            (vec![json!([2, 20, "a", "seco…"]), json!([3, 30, "a", "third"])], 1)
        );
        assert_eq!(samples(&all, 1_000).1, 0);
    }
}
