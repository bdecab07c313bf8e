//! A comparison as a table for people, as JSON and as CSV.

use super::effects::{KeyEffect, Verdict};
use super::{Comparison, Group};
use crate::files::cells;
use crate::format::{aligned, clear_key_name, number, plural, short};
use crate::metric::Direction;
use crate::results::statistics::{Effect, Mean, Method};
use crate::runs::run_json;
use serde_json::{Value as Json, json};

/// A mean with its interval; that of runs of which one failed is no number.
fn label(mean: Option<Mean>) -> String {
    match mean {
        Some(Mean { mean, .. }) if mean.is_nan() => "failed".to_owned(),
        Some(Mean { mean, interval: Some(half), .. }) => {
            format!("{} ± {}", short(mean), short(half))
        }
        Some(Mean { mean, .. }) => short(mean),
        None => String::new(),
    }
}

/// A difference with its sign.
fn signed(text: &str) -> String {
    if text.starts_with('-') || text.is_empty() { text.to_owned() } else { format!("+{text}") }
}

/// A difference, and how it was taken.
fn difference(effect: Effect) -> String {
    let seeds = if effect.method == Method::Paired { " (seed by seed)" } else { "" };
    signed(&label(Some(effect.difference))) + seeds
}

/// What another value of a key did.
fn effect_line(effect: &KeyEffect) -> Vec<String> {
    let KeyEffect { before, after, pairs, effect, verdict, .. } = effect;
    let of = if *pairs > 0 { plural(*pairs, "pair") } else { "unpaired".to_owned() };
    let change = effect.map(|effect| signed(&label(Some(effect.difference)))).unwrap_or_default();
    vec![format!("  {before} → {after}"), change, of, verdict.words().to_owned()]
}

impl Comparison {
    /// The comparison for people.
    pub fn text(&self) -> String {
        let mut header = vec!["#".to_owned()];
        let name = |key: &&'static str| clear_key_name(key, self.keys.iter().copied()).to_owned();
        header.extend(self.keys.iter().map(name));
        let against = format!("against #{}", self.reference + 1);
        header.extend(["runs".to_owned(), self.metric.label.to_owned(), against, String::new()]);
        let mut lines = vec![header];
        for ((place, group), (effect, verdict)) in
            self.groups.iter().enumerate().zip(self.differences())
        {
            let mut line = vec![(place + 1).to_string()];
            let value =
                |key: &&'static str| group.get(key).unwrap_or("–").trim_matches('"').to_owned();
            line.extend(self.keys.iter().map(value));
            line.extend([group.runs.len().to_string(), label(Mean::of(&group.values()))]);
            line.extend([self.against(place, effect), verdict.words().to_owned()]);
            lines.push(line);
        }
        let mut text = aligned(&lines);
        if self.keys.is_empty() {
            text += "\nthe runs differ in nothing but the seed";
        }
        let effects = self.effects();
        if self.keys.len() > 1 && !effects.is_empty() {
            text += &format!("\n\nwhat each key did to the {}, all else equal:", self.metric.label);
            for of_key in effects.chunk_by(|a, b| a.key == b.key) {
                let lines: Vec<_> = of_key.iter().map(effect_line).collect();
                text += &format!("\n{}\n{}", of_key[0].key, aligned(&lines));
            }
        }
        let told = self.differences().iter().any(|(_, verdict)| *verdict != Verdict::OneRun);
        if told || effects.iter().any(|effect| effect.verdict != Verdict::OneRun) {
            text += "\n\n± is a 95 % interval; better and worse are those that hold for all comparisons of \
                     a table at once (Holm)";
        }
        text
    }

    /// How a group stands against the reference, or why it does not.
    fn against(&self, place: usize, effect: Option<Effect>) -> String {
        let (reference, key) = (&self.groups[self.reference].key, &self.groups[place].key);
        if key.text != reference.text {
            return "another text".to_owned();
        }
        if key != reference {
            return "other tokens or split".to_owned();
        }
        effect.map(difference).unwrap_or_default()
    }

    /// The comparison as JSON.
    pub fn json(&self) -> String {
        let number = |value: f64| run_json::json(value);
        let mean = |mean: Option<Mean>| match mean {
            Some(mean) => json!({
                "mean": number(mean.mean), "interval": mean.interval, "runs": mean.count
            }),
            None => Json::Null,
        };
        let group = |(group, (against, verdict)): (&Group, (Option<Effect>, Verdict))| {
            let keys = self.keys.iter().map(|key| ((*key).to_owned(), json!(group.get(key))));
            json!({
                "keys": keys.collect::<serde_json::Map<_, _>>(),
                "seeds": group.runs.iter().map(|(seed, _)| *seed).collect::<Vec<_>>(),
                "values": group.values().into_iter().map(number).collect::<Vec<_>>(),
                "metric": mean(Mean::of(&group.values())),
                "text": group.key.text,
                "vocabulary": group.key.vocabulary,
                "difference": mean(against.map(|against| against.difference)),
                "method": against.map(|against| against.method.name()),
                "p": against.and_then(|against| against.p),
                "verdict": verdict.words(),
            })
        };
        let effects = self.effects().into_iter().map(|it| {
            json!({
                "key": it.key, "before": it.before, "after": it.after, "pairs": it.pairs,
                "difference": mean(it.effect.map(|effect| effect.difference)),
                "p": it.effect.and_then(|effect| effect.p), "verdict": it.verdict.words(),
            })
        });
        let all = json!({
            "metric": self.metric.label,
            "lower_is_better": self.metric.direction == Direction::Lower,
            "warning": self.warning(),
            "reference": self.reference,
            "groups": self.groups.iter().zip(self.differences()).map(group).collect::<Vec<_>>(),
            "effects": effects.collect::<Vec<_>>(),
        });
        serde_json::to_string_pretty(&all).unwrap_or_default()
    }

    /// The comparison as CSV: a row a group.
    pub fn csv(&self) -> String {
        let mut header: Vec<&str> = self.keys.clone();
        header.extend(["runs", "mean", "interval", "difference", "difference_interval", "method"]);
        header.extend(["text", "vocabulary", "p", "verdict"]);
        let cell = |value: Option<f64>| value.map(number).unwrap_or_default();
        let mut rows = vec![header.into_iter().map(str::to_owned).collect()];
        for (group, (against, verdict)) in self.groups.iter().zip(self.differences()) {
            let mut row: Vec<String> = self
                .keys
                .iter()
                .map(|key| group.get(key).unwrap_or("").trim_matches('"').to_owned())
                .collect();
            let mean = Mean::of(&group.values());
            let difference = against.map(|against| against.difference);
            row.push(group.runs.len().to_string());
            row.extend([cell(mean.map(|m| m.mean)), cell(mean.and_then(|m| m.interval))]);
            row.extend([
                cell(difference.map(|m| m.mean)),
                cell(difference.and_then(|m| m.interval)),
            ]);
            row.push(against.map_or("", |against| against.method.name()).to_owned());
            row.extend([group.key.text.clone(), group.key.vocabulary.clone()]);
            let p = against.and_then(|against| against.p);
            row.extend([cell(p), verdict.words().to_owned()]);
            rows.push(row);
        }
        // Into memory, and all rows have the same columns: nothing can fail.
        String::from_utf8_lossy(&cells::table(rows).unwrap_or_default()).into_owned()
    }
}
