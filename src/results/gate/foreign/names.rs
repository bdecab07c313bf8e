//! What the path of a file tells of the experiment and the seed that its figures are of.

use std::path::{Path, PathBuf};

/// Names that say nothing of what was trained.
const NOTHING: [&str; 15] = [
    "",
    "metrics",
    "metric",
    "results",
    "result",
    "log",
    "logs",
    "history",
    "progress",
    "summary",
    "trainer_state",
    "scores",
    "figures",
    "files",
    "run",
];

/// An experiment, if the path names one, and a seed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) experiment: Option<String>,
    pub(super) seed: Option<String>,
}

/// What the name of a file says, or of the last of its folders that says anything.
pub(super) fn of_file(path: &Path) -> Named {
    let stem = path.with_extension("");
    let mut named = of_parts(&stem);
    named.experiment = named.experiment.and_then(|name| name.rsplit('/').next().map(str::to_owned));
    named
}

/// What a path below the folder of all runs says: its names with slashes between them, without those of
/// which there is nothing to learn.
pub(super) fn of_run(root: &Path, folder: &Path) -> Named {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    let named = of_parts(below);
    let whole = of_parts(folder);
    Named { experiment: named.experiment.or_else(|| of_file(root).experiment), seed: whole.seed }
}

/// A path in which what stands for a seed is said to be one.
pub(super) fn with_seed(path: &Path, seed: &str) -> PathBuf {
    let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let place = |part: &String| {
        let is_digit = |letter: Option<char>| letter.is_some_and(|it| it.is_ascii_digit());
        let alone = |at: &usize| {
            let (before, after) = (&part[..*at], &part[at + seed.len()..]);
            !is_digit(before.chars().next_back()) && !is_digit(after.chars().next())
        };
        part.rmatch_indices(seed).map(|(at, _)| at).find(alone)
    };
    let found =
        parts.iter().enumerate().rev().find_map(|(index, part)| Some((index, place(part)?)));
    let mut parts = parts.clone();
    if let Some((index, at)) = found {
        let before = parts[index][..at].trim_end_matches(['=', '-', '_']).to_ascii_lowercase();
        if !before.ends_with("seed") {
            parts[index].insert_str(at, "seed");
        }
    }
    parts.iter().collect()
}

fn of_parts(path: &Path) -> Named {
    let (mut names, mut seed) = (Vec::new(), None);
    for part in path.components() {
        let std::path::Component::Normal(part) = part else { continue };
        let part = part.to_string_lossy();
        let (name, found) = without_seed(&part);
        seed = found.or(seed);
        let counted = name.rsplit_once(['-', '_']).is_some_and(|(kind, number)| {
            ["checkpoint", "version"].contains(&kind) && number.parse::<u64>().is_ok()
        });
        if !counted && !NOTHING.contains(&name.to_lowercase().as_str()) {
            names.push(name);
        }
    }
    Named { experiment: (!names.is_empty()).then(|| names.join("/")), seed }
}

/// A name without `seed=42` and what parts it from the rest, and that seed.
fn without_seed(name: &str) -> (String, Option<String>) {
    // Letters of ASCII keep their places.
    let lower = name.to_ascii_lowercase();
    for (at, word) in lower.match_indices("seed") {
        let rest = name[at + word.len()..].trim_start_matches(['=', '-', '_']);
        let digits = rest.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len());
        if digits == 0 {
            continue;
        }
        const PARTS: [char; 5] = ['=', '-', '_', ',', '.'];
        let before = name[..at].trim_end_matches(PARTS);
        let after = without_hash(&rest[digits..]).trim_start_matches(PARTS);
        let parted = if before.is_empty() || after.is_empty() { "" } else { "_" };
        return (format!("{before}{parted}{after}"), Some(rest[..digits].to_owned()));
    }
    (name.to_owned(), None)
}

/// What follows a seed, without the hash that this program's own trials have there.
fn without_hash(after: &str) -> &str {
    let hash = after.strip_prefix('-').and_then(|rest| rest.split_at_checked(8));
    match hash {
        Some((hash, rest)) if hash.bytes().all(|it| it.is_ascii_hexdigit()) => rest,
        _ => after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_seeds_are_found_in_paths() {
        for (path, experiment, seed) in [
            ("runs/lstm_seed42.csv", Some("lstm"), Some("42")),
            ("runs/lstm/seed=7/metrics.csv", Some("lstm"), Some("7")),
            ("out/gru/checkpoint-500/trainer_state.json", Some("gru"), None),
            ("seed-3-gru.jsonl", Some("gru"), Some("3")),
            ("results/gru/hidden=9,seed=42-1a2b3c4d/metrics.csv", Some("hidden=9"), Some("42")),
            ("a-seed_1-b.csv", Some("a_b"), Some("1")),
            ("seeded.csv", Some("seeded"), None),
            ("/results/seed1.csv", None, Some("1")),
        ] {
            let named = of_file(Path::new(path));
            assert_eq!(
                (named.experiment.as_deref(), named.seed.as_deref()),
                (experiment, seed),
                "{path}"
            );
        }
    }

    #[test]
    fn what_stands_for_a_seed_is_no_name() {
        for (path, seed, wanted) in [
            ("p/lstm/42.csv", "42", "lstm"),
            ("p/lstm-s4/metrics.csv", "4", "lstm-s"),
            ("p/a1/seed_1/metrics.csv", "1", "a1"),
            ("p/b2-2-2.json", "2", "b2-2"),
        ] {
            let named = of_file(&with_seed(Path::new(path), seed));
            assert_eq!(
                (named.experiment.as_deref(), named.seed.as_deref()),
                (Some(wanted), Some(seed))
            );
        }
    }

    #[test]
    fn runs_are_named_below_their_root() {
        let run = |folder: &str| of_run(Path::new("logs/tb"), Path::new(folder));
        let named = |experiment: &str, seed: Option<&str>| Named {
            experiment: Some(experiment.to_owned()),
            seed: seed.map(str::to_owned),
        };
        assert_eq!(run("logs/tb/gru/lr=1/seed=3"), named("gru/lr=1", Some("3")));
        assert_eq!(run("logs/tb/version_0"), named("tb", None));
        assert_eq!(run("logs/tb"), named("tb", None));
    }
}
