//! What each key did to the metric, all else equal.

use super::{Comparison, Group};
use crate::metric::Direction;
use crate::results::statistics::{Effect, between, holm};

/// What came of another value of a key.
#[derive(Clone, Debug)]
pub(super) struct KeyEffect {
    pub key: &'static str,
    /// The value that it is held against.
    pub before: String,
    pub after: String,
    /// Pairs of runs that differ in the key alone, seed and all; 0: there are none, so all runs of either
    /// value are held against one another.
    pub pairs: usize,
    /// How much the metric changed; `None` where that is undefined.
    pub effect: Option<Effect>,
    pub verdict: Verdict,
}

/// Whether a difference can be told from what seeds do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Better,
    Worse,
    /// Seeds alone may have done it.
    Unclear,
    /// One run alone tells nothing of what seeds do.
    OneRun,
}

impl Verdict {
    /// That of a difference, given its corrected probability.
    pub fn of(effect: Option<Effect>, p: Option<f64>, direction: Direction) -> Self {
        match (effect, p) {
            (Some(effect), Some(p)) if p < 0.05 => {
                match direction.worsening(effect.difference.mean) > 0.0 {
                    true => Self::Worse,
                    false => Self::Better,
                }
            }
            (Some(_), Some(_)) => Self::Unclear,
            _ => Self::OneRun,
        }
    }

    /// The words in tables.
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Unclear => "not told apart",
            Self::OneRun => "",
        }
    }
}

impl Comparison {
    /// The effect of each key, the one that did most first. Of figures that do not compare there is none.
    pub(super) fn effects(&self) -> Vec<KeyEffect> {
        if self.groups.iter().any(|group| group.key != self.groups[0].key) {
            return Vec::new();
        }
        let mut keys: Vec<Vec<KeyEffect>> = self.keys.iter().map(|key| self.of_key(key)).collect();
        let size = |effects: &Vec<KeyEffect>| {
            let sizes = effects.iter().filter_map(|it| Some(it.effect?.difference.mean.abs()));
            sizes.fold(0.0, f64::max)
        };
        keys.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let mut effects: Vec<KeyEffect> = keys.into_iter().flatten().collect();
        let p: Vec<_> = effects.iter().map(|it| it.effect.and_then(|effect| effect.p)).collect();
        for (effect, p) in effects.iter_mut().zip(holm(&p)) {
            effect.verdict = Verdict::of(effect.effect, p, self.metric.direction);
        }
        effects
    }

    /// Each value of a key against the first: the smallest number, or the first word.
    fn of_key(&self, key: &'static str) -> Vec<KeyEffect> {
        let mut values: Vec<&str> = Vec::new();
        for group in &self.groups {
            let value = group.get(key).unwrap_or("–");
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let number = |value: &&str| value.parse().unwrap_or(f64::INFINITY);
        values.sort_by(|a, b| number(a).total_cmp(&number(b)));
        let Some((before, others)) = values.split_first() else { return Vec::new() };
        let held = |after: &&str| {
            let (a, b) = self.pairs(key, before, after);
            let pairs = if a.len() > 1 { a.len() } else { 0 };
            let effect = match pairs {
                0 => between(&self.numbered(key, before, 0), &self.numbered(key, after, 1 << 32)),
                _ => between(&a, &b),
            };
            let [before, after] = [before, after].map(|value| value.trim_matches('"').to_owned());
            KeyEffect { key, before, after, pairs, effect, verdict: Verdict::OneRun }
        };
        others.iter().map(held).collect()
    }

    /// The figures of runs with either value that differ in nothing else, numbered alike.
    fn pairs(&self, key: &str, before: &str, after: &str) -> (Vec<(u64, f64)>, Vec<(u64, f64)>) {
        let of = |value: &str| -> Vec<&Group> {
            self.groups.iter().filter(|group| group.get(key).unwrap_or("–") == value).collect()
        };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for one in of(before) {
            for other in of(after).into_iter().filter(|other| one.is_like(other, key)) {
                for (seed, value) in &one.runs {
                    let Some(same) = other.runs.iter().find(|run| run.0 == *seed) else { continue };
                    let number = a.len() as u64;
                    a.push((number, *value));
                    b.push((number, same.1));
                }
            }
        }
        (a, b)
    }

    /// The figures of all runs with a value, numbered from some number on.
    fn numbered(&self, key: &str, value: &str, from: u64) -> Vec<(u64, f64)> {
        let own = self.groups.iter().filter(|group| group.get(key).unwrap_or("–") == value);
        (from..).zip(own.flat_map(Group::values)).collect()
    }
}

impl Group {
    /// Whether two groups have the same settings but for a key.
    fn is_like(&self, other: &Self, key: &str) -> bool {
        let but_key = |group: &Self| -> Vec<(&'static str, String)> {
            group.settings.iter().filter(|(path, _)| *path != key).cloned().collect()
        };
        but_key(self) == but_key(other)
    }
}
