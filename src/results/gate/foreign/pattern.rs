//! Patterns of paths: `*` and `?` stand for parts of a name, `**` for folders, `{experiment}` and
//! `{seed}` for what names these.

use super::names::Named;
use std::path::PathBuf;

/// The paths that match a pattern, in the order of their names, with what stands in the places of
/// `{experiment}` and `{seed}`.
pub(super) fn matching(pattern: &str) -> Vec<(PathBuf, Named)> {
    let parts: Vec<&str> = pattern.split('/').collect();
    let plain = parts.iter().take_while(|part| !part.contains(['*', '?', '{'])).count();
    if plain == parts.len() {
        return Vec::new();
    }
    let root = parts[..plain].join("/");
    let root = match root.as_str() {
        "" if plain > 0 => PathBuf::from("/"),
        "" => PathBuf::from("."),
        root => PathBuf::from(root),
    };
    let deepest = if parts.contains(&"**") { usize::MAX } else { parts.len() - plain };
    let walk = walkdir::WalkDir::new(&root).min_depth(1).max_depth(deepest).sort_by_file_name();
    let paths = walk.into_iter().filter_map(Result::ok);
    let found = paths.filter_map(|entry| {
        let below = entry.path().strip_prefix(&root).ok()?;
        let names: Option<Vec<&str>> = below.iter().map(|name| name.to_str()).collect();
        let mut named = Named::default();
        matches(&parts[plain..], &names?, &mut named).then(|| {
            let path = entry.path();
            (path.strip_prefix(".").unwrap_or(path).to_owned(), named)
        })
    });
    found.collect()
}

fn matches(parts: &[&str], names: &[&str], named: &mut Named) -> bool {
    match (parts, names) {
        ([], []) => true,
        (["**", rest @ ..], _) => {
            matches(rest, names, named)
                || names.split_first().is_some_and(|(_, names)| matches(parts, names, named))
        }
        ([part, parts @ ..], [name, names @ ..]) => {
            let before = named.clone();
            let found = fits(part, name, named) && matches(parts, names, named);
            if !found {
                *named = before;
            }
            found
        }
        _ => false,
    }
}

/// Whether a name is one of those that a part of a pattern stands for.
fn fits(part: &str, name: &str, named: &mut Named) -> bool {
    let ends = || (0..=name.len()).filter(|end| name.is_char_boundary(*end));
    if let Some(rest) = part.strip_prefix("{seed}") {
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        let told = &name[..digits];
        let same = named.seed.as_deref().is_none_or(|seed| seed == told);
        named.seed = Some(told.to_owned());
        return digits > 0 && same && fits(rest, &name[digits..], named);
    }
    if let Some(rest) = part.strip_prefix("{experiment}") {
        return ends().rev().filter(|end| *end > 0).any(|end| {
            let mut tried = named.clone();
            let told = &name[..end];
            let same = named.experiment.as_deref().is_none_or(|it| it == told);
            tried.experiment = Some(told.to_owned());
            let found = same && fits(rest, &name[end..], &mut tried);
            if found {
                *named = tried;
            }
            found
        });
    }
    match part.chars().next() {
        None => name.is_empty(),
        Some('*') => ends().any(|end| {
            let mut tried = named.clone();
            let found = fits(&part[1..], &name[end..], &mut tried);
            if found {
                *named = tried;
            }
            found
        }),
        Some(letter) => name.chars().next().is_some_and(|first| {
            (letter == '?' || letter == first)
                && fits(&part[letter.len_utf8()..], &name[first.len_utf8()..], named)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_and_tell() {
        let told = |pattern: &str, path: &str| {
            let (mut named, [parts, names]) =
                (Named::default(), [pattern, path].map(|path| path.split('/').collect::<Vec<_>>()));
            matches(&parts, &names, &mut named)
                .then(|| [named.experiment, named.seed].map(Option::unwrap_or_default).join(" "))
        };
        for (pattern, path, wanted) in [
            ("{experiment}/s{seed}.csv", "gru/s42.csv", Some("gru 42")),
            ("{experiment}-{seed}.csv", "a-b-7.csv", Some("a-b 7")),
            ("{experiment}{seed}.csv", "gru42.csv", Some("gru4 2")),
            ("{seed}/**/m{seed}.csv", "1/a/b/m1.csv", Some(" 1")),
            ("{seed}/**/m{seed}.csv", "1/a/b/m2.csv", None),
            ("**/*.csv", "a.csv", Some(" ")),
            ("*.csv", "a/b.csv", None),
            ("é?.c*v", "éè.csv", Some(" ")),
            ("s{seed}.csv", "sa.csv", None),
            ("s{seed}.csv", "s.csv", None),
        ] {
            assert_eq!(told(pattern, path).as_deref(), wanted, "{pattern} {path}");
        }
    }
}
