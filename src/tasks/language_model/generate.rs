//! Text from a trained model.

use super::LanguageModel;
use crate::data::{Prompt, UNKNOWN, Vocabulary};
use crate::nn::Pass;
use crate::nn::Result;
use crate::random::Stream;
use crate::tasks::TaskNetwork;

/// How the next token is drawn from the logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// Divides the logits; 0: always the most likely token.
    pub temperature: f64,
    /// Draw from this many most likely tokens only.
    pub top_k: Option<usize>,
}

/// Writes text, token by token.
#[derive(Debug)]
pub struct Generator {
    prefix: Vec<u32>,
    draw: Draw,
    unknown: Option<u32>,
}

impl Generator {
    /// A generator of texts that begin with `prefix`. `<unk>` is never drawn: it is no word.
    pub fn new(vocabulary: &Vocabulary, prefix: Prompt, draw: Draw) -> Self {
        let unknown = vocabulary.id(UNKNOWN).filter(|_| vocabulary.len() > 1);
        Self { prefix: prefix.ids, draw, unknown }
    }

    /// The ids of the prefix and of `length` more tokens.
    pub fn generate(
        &self,
        model: &LanguageModel,
        pass: &Pass,
        length: usize,
        mut stream: Stream,
    ) -> Result<Vec<u32>> {
        let mut state = model.zero_state(1);
        let mut ids = self.prefix.clone();
        // An empty prefix: the most frequent token stands before the text, unseen.
        let mut unread = if ids.is_empty() { vec![0] } else { ids.clone() };
        for _ in 0..length {
            let logits = model.logits(pass, &unread, &mut state)?;
            let last = &logits[logits.len() - logits.len() / unread.len()..];
            let next = self.next(last, &mut stream);
            ids.push(next);
            unread = vec![next];
        }
        Ok(ids)
    }

    /// Draws a token from the logits of all.
    fn next(&self, logits: &[f32], stream: &mut Stream) -> u32 {
        let mut candidates: Vec<(u32, f64)> = (0u32..)
            .zip(logits.iter().map(|logit| f64::from(*logit)))
            .filter(|(id, _)| Some(*id) != self.unknown)
            .collect();
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let first = candidates.first().map_or((0, 0.0), |first| *first);
        if self.draw.temperature == 0.0 {
            return first.0;
        }
        candidates.truncate(self.draw.top_k.unwrap_or(usize::MAX).max(1));
        let weight = |logit: f64| libm::exp((logit - first.1) / self.draw.temperature);
        let total: f64 = candidates.iter().map(|(_, logit)| weight(*logit)).sum();
        let mut left = stream.uniform() * total;
        for (id, logit) in &candidates {
            left -= weight(*logit);
            if left < 0.0 {
                return *id;
            }
        }
        first.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn counts(draw: Draw, unknown: Option<u32>) -> [u32; 4] {
        let generator = Generator { prefix: Vec::new(), draw, unknown };
        let mut stream = Stream::new(1, Purpose::Generation, 0);
        let mut counts = [0; 4];
        for _ in 0..10_000 {
            counts[generator.next(&[0.0, 2.0, 1.0, 3.0], &mut stream) as usize] += 1;
        }
        counts
    }

    #[test]
    fn temperature_zero_takes_the_most_likely() {
        assert_eq!(counts(Draw { temperature: 0.0, top_k: None }, None), [0, 0, 0, 10_000]);
    }

    #[test]
    fn draws_follow_the_softmax() {
        let counts = counts(Draw { temperature: 1.0, top_k: None }, None);
        let total: f64 = [0.0f64, 2.0, 1.0, 3.0].iter().map(|x| x.exp()).sum();
        for (count, logit) in counts.iter().zip([0.0f64, 2.0, 1.0, 3.0]) {
            assert!((f64::from(*count) / 10_000.0 - logit.exp() / total).abs() < 0.015);
        }
    }

    #[test]
    fn top_k_and_unknown_leave_tokens_out() {
        assert_eq!(counts(Draw { temperature: 1.0, top_k: Some(2) }, None)[0], 0);
        assert_eq!(counts(Draw { temperature: 5.0, top_k: Some(2) }, None)[2], 0);
        assert_eq!(counts(Draw { temperature: 1.0, top_k: None }, Some(3))[3], 0);
    }
}
