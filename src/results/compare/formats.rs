//! A comparison as a table for people, as JSON and as CSV.

use super::{Comparison, Group};
use crate::files::cells;
use crate::format::{aligned, number, plural, short};
use crate::metric::Direction;
use crate::results::statistics::{Mean, Method};
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

impl Comparison {
    /// The comparison for people.
    pub fn text(&self) -> String {
        let mut header = vec!["#".to_owned()];
        header.extend(self.keys.iter().map(|key| self.name(key)));
        header.extend(["runs".to_owned(), self.metric.label.to_owned(), "against #1".to_owned()]);
        let mut lines = vec![header];
        for (place, group) in self.groups.iter().enumerate() {
            let mut line = vec![(place + 1).to_string()];
            line.extend(
                self.keys
                    .iter()
                    .map(|key| group.get(key).unwrap_or("–").trim_matches('"').to_owned()),
            );
            line.extend([group.runs.len().to_string(), label(Mean::of(&group.values()))]);
            line.push(if place == 0 { String::new() } else { self.against(group) });
            lines.push(line);
        }
        let mut text = aligned(&lines);
        let same =
            if self.keys.is_empty() { "\nthe runs differ in nothing but the seed" } else { "" };
        text += same;
        let effects = self.effects();
        if self.keys.len() > 1 && !effects.is_empty() {
            text += &format!("\n\nmean {} of all runs with a value:", self.metric.label);
            for (key, values) in effects {
                text += &format!("\n{key}");
                let lines: Vec<_> = values
                    .iter()
                    .map(|(value, all)| {
                        let value = format!("  {}", value.trim_matches('"'));
                        vec![value, label(Mean::of(all)), plural(all.len(), "run")]
                    })
                    .collect();
                text += &format!("\n{}", aligned(&lines));
            }
        }
        text
    }

    /// How a group stands against the first, or why it does not.
    fn against(&self, group: &Group) -> String {
        let (first, key) = (&self.groups[0].key, &group.key);
        if key.text != first.text {
            return "another text".to_owned();
        }
        if key != first {
            return "other tokens or split".to_owned();
        }
        match self.against_first(group) {
            Some(found) => {
                let seeds = if found.method == Method::Paired { " (seed by seed)" } else { "" };
                signed(&label(Some(found.difference))) + seeds
            }
            None => String::new(),
        }
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
        let group = |group: &Group| {
            let keys = self.keys.iter().map(|key| ((*key).to_owned(), json!(group.get(key))));
            let against = self.against_first(group);
            json!({
                "keys": keys.collect::<serde_json::Map<_, _>>(),
                "seeds": group.runs.iter().map(|(seed, _)| *seed).collect::<Vec<_>>(),
                "values": group.values().into_iter().map(number).collect::<Vec<_>>(),
                "metric": mean(Mean::of(&group.values())),
                "text": group.key.text,
                "vocabulary": group.key.vocabulary,
                "difference": mean(against.map(|against| against.difference)),
                "method": against.map(|against| against.method.name()),
            })
        };
        let effects = self.effects().into_iter().map(|(key, values)| {
            let values = values
                .into_iter()
                .map(|(value, all)| json!({ "value": value, "metric": mean(Mean::of(&all)) }));
            (key.to_owned(), Json::Array(values.collect()))
        });
        let all = json!({
            "metric": self.metric.label,
            "lower_is_better": self.metric.direction == Direction::Lower,
            "warning": self.warning(),
            "groups": self.groups.iter().map(group).collect::<Vec<_>>(),
            "effects": effects.collect::<serde_json::Map<_, _>>(),
        });
        serde_json::to_string_pretty(&all).unwrap_or_default()
    }

    /// The comparison as CSV: a row a group.
    pub fn csv(&self) -> String {
        let mut header: Vec<&str> = self.keys.clone();
        header.extend(["runs", "mean", "interval", "difference", "difference_interval", "method"]);
        header.extend(["text", "vocabulary"]);
        let cell = |value: Option<f64>| value.map(number).unwrap_or_default();
        let mut rows = vec![header.into_iter().map(str::to_owned).collect()];
        for group in &self.groups {
            let mut row: Vec<String> = self
                .keys
                .iter()
                .map(|key| group.get(key).unwrap_or("").trim_matches('"').to_owned())
                .collect();
            let (mean, against) = (Mean::of(&group.values()), self.against_first(group));
            let difference = against.map(|against| against.difference);
            row.push(group.runs.len().to_string());
            row.extend([cell(mean.map(|m| m.mean)), cell(mean.and_then(|m| m.interval))]);
            row.extend([
                cell(difference.map(|m| m.mean)),
                cell(difference.and_then(|m| m.interval)),
            ]);
            row.push(against.map_or("", |against| against.method.name()).to_owned());
            row.extend([group.key.text.clone(), group.key.vocabulary.clone()]);
            rows.push(row);
        }
        // Into memory, and all rows have the same columns: nothing can fail.
        String::from_utf8_lossy(&cells::table(rows).unwrap_or_default()).into_owned()
    }

    /// The last part of a key's path, where that is clear.
    fn name(&self, key: &str) -> String {
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
        let clear = self.keys.iter().filter(|other| last(other) == last(key)).count() == 1;
        if clear { last(key) } else { key.to_owned() }
    }
}
